// Who runs where: a fair scheduler over per-CPU queues in simulated time.
//
// The CPU with the lowest clock runs next, for one short turn (CpuContext). A task that has had its slice gives way at
// the next timer interrupt to one that has run less; a sleeper comes back no further behind than half a slice, so that it gets a CPU soon without starving others.
// Where a task that wakes up goes is CpuSelection's business, and who moves when some CPUs have more to do than others LoadBalance's.
//
// Invariants
//   S1  A task is runnable exactly if it is some queue's current task or queued in it; only that queue's CPU runs it.
//   S2  A sleeping task with a wait kind is in the wait table once.
//   S3  Each queue's counts of runnable, stalled and waiting tasks are those of the tasks whose Cpu is that queue.
//   S4  Who waits for a client, a child or a time of his own is not in a section of waiting for memory.
//
// Units    nanoseconds.
// Models   Linux 6.12 kernel/sched/fair.c in outline (base slice, weights), core.c: try_to_wake_up, io_schedule;
//          psi.c: psi_group_change (facts: reclaim, 11).
// Departs  lag and deadlines of EEVDF are not kept: the least virtual runtime runs. Wake-ups cost the woken CPU nothing.

using VboxMem.Kernel.Pressure;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Sched;

public sealed partial class Scheduler
{
    public const int InitPid = 1;

    /// <summary>sched_base_slice: 0.7 ms times 1 + log2(CPUs), with at most 8 CPUs counted.</summary>
    private const ulong SliceUnitNanoseconds = 700_000;

    /// <summary>What a turn costs at least, so that time passes whatever a task does.</summary>
    private const ulong ShortestTurnNanoseconds = 100;

    private readonly CpuContext _cpus;
    private readonly CpuTimes _times;
    private readonly StallTracker _stalls;
    private readonly Timeline _timeline;
    private readonly ProcessTable _tasks;
    private readonly Costs _costs;
    private readonly RunQueue[] _queues;
    private readonly WaitTable _waits;
    private readonly LoadBalance _balance;
    private readonly ulong _slice;

    internal Scheduler(CpuContext cpus, CpuTimes times, StallTracker stalls, Timeline timeline, ProcessTable tasks, Costs costs)
    {
        _cpus = cpus;
        _times = times;
        _stalls = stalls;
        _timeline = timeline;
        _tasks = tasks;
        _costs = costs;
        _queues = new RunQueue[cpus.Count];
        for (var cpu = 0; cpu < _queues.Length; cpu++)
        {
            _queues[cpu] = new RunQueue(cpu) { BalanceInterval = LoadBalance.LeastInterval(_queues.Length) };
        }

        _waits = new WaitTable();
        _balance = new LoadBalance(this, _queues, cpus);
        _slice = SliceUnitNanoseconds * (ulong)(1 + System.Numerics.BitOperations.Log2((uint)Math.Min(cpus.Count, 8)));
    }

    private Scheduler(
        Scheduler other, CpuContext cpus, CpuTimes times, StallTracker stalls, Timeline timeline, ProcessTable tasks)
        : this(cpus, times, stalls, timeline, tasks, other._costs)
    {
        for (var cpu = 0; cpu < _queues.Length; cpu++)
        {
            _queues[cpu] = other._queues[cpu].Clone(tasks);
        }

        _waits = other._waits.Clone(tasks);
        ContextSwitches = other.ContextSwitches;
    }

    /// <summary>The task whose turn it is; null outside of turns: in an interrupt, at boot, for a tester.</summary>
    public Process? CurrentTask { get; private set; }

    public ulong ContextSwitches { get; private set; }

    internal ReadOnlySpan<RunQueue> Queues => _queues;

    /// <summary>What /proc/schedstat tells of a CPU.</summary>
    public CpuSchedule ScheduleOf(int cpu)
    {
        var queue = _queues[cpu];
        return new CpuSchedule(queue.BusyNanoseconds, queue.DelayNanoseconds, queue.Timeslices);
    }

    /// <summary>Local timer interrupts of a CPU while it was busy.</summary>
    internal ulong TimerInterruptsOf(int cpu) => _queues[cpu].TimerInterrupts;

    internal Scheduler Clone(CpuContext cpus, CpuTimes times, StallTracker stalls, Timeline timeline, ProcessTable tasks) =>
        new(this, cpus, times, stalls, timeline, tasks);

    /// <summary>Counts a switch to a task and away from it again that has no turn of its own.</summary>
    internal void CountRoundTrip() => ContextSwitches += 2;

    /// <summary>Accounts the idle time of all CPUs up to a moment.</summary>
    internal void AccountIdle(SimTime now)
    {
        foreach (var queue in _queues)
        {
            if (!queue.HasWork)
            {
                _times.AccountUntil(queue.Cpu, IdleKind(queue), now);
            }

            RecordPressure(queue, now);
        }

        _cpus.BeginTurn(_cpus.Current, now);
    }

    /// <summary>Records what all CPUs have waited for up to a moment, so that the averages can be brought up to date.</summary>
    internal void RecordAllPressure(SimTime now)
    {
        foreach (var queue in _queues)
        {
            RecordPressure(queue, now);
        }
    }

    /// <summary>Puts the running task, or a kernel thread at boot, to sleep.</summary>
    /// <param name="task">The task; it must not be asleep.</param>
    /// <param name="wait">What for.</param>
    /// <param name="wakeTime">When to wake it in any case; zero: never.</param>
    public void Sleep(Process task, in Wait wait, SimTime wakeTime = default)
    {
        Invariant.Holds(task.State == TaskState.Running && wait.Kind != WaitKind.None);
        Invariant.Holds(
            wait.Depth != SleepDepth.Interruptible || wait.Kind == WaitKind.PfMemAlloc || !task.Has(ProcessFlags.MemoryStall));
        if (wait.IsMemoryStall)
        {
            Invariant.Holds(!task.Has(ProcessFlags.MemoryStall));
            SetMemoryStall(task, isStalled: true);
        }

        var now = _cpus.Now;
        var queue = _queues[task.Cpu];
        RecordPressure(queue, now);
        queue.CountNotRunnable(task, now);
        queue.IoWaiters += wait.IsIo ? 1 : 0;
        task.State = StateOf(wait.Depth);
        task.Wait = wait;
        task.WakeTime = wakeTime;
        task.StateSince = now;
        _waits.Add(task);
        if (wakeTime != default)
        {
            _timeline.Post(wakeTime > now ? wakeTime : now, EventKind.TaskTimer, (uint)task.Pid);
        }
    }

    /// <summary>Lets a kernel thread that has never run wait for its work.</summary>
    internal void Park(Process task, in Wait wait)
    {
        Invariant.Holds(task.State != TaskState.Running && task.Wait.Kind == WaitKind.None);
        task.State = StateOf(wait.Depth);
        task.Wait = wait;
        _waits.Add(task);
    }

    /// <summary>Wakes every task that sleeps for this.</summary>
    /// <returns>How many.</returns>
    public int WakeAll(WaitKind kind, ulong key) => Wake(kind, key, int.MaxValue);

    /// <summary>Wakes tasks that sleep for this, those that came first, this many at most.</summary>
    /// <returns>How many.</returns>
    internal int Wake(WaitKind kind, ulong key, int most)
    {
        var woken = 0;
        while (woken < most && _waits.TryFind(kind, key, out var task))
        {
            Wake(task);
            woken++;
        }

        return woken;
    }

    /// <summary>True when some task sleeps for this.</summary>
    public bool HasWaiter(WaitKind kind, ulong key) => _waits.TryFind(kind, key, out _);

    internal int CountInWaitTable(Process task) => _waits.Count(task);

    /// <summary>Ends a task's sleep, whatever it waits for.</summary>
    /// <returns>False when it does not sleep.</returns>
    public bool Wake(Process task)
    {
        if (task.State is TaskState.Running or TaskState.Zombie)
        {
            return false;
        }

        var now = _cpus.Now;
        var old = _queues[task.Cpu];
        RecordPressure(old, now);
        if (task.Wait.IsMemoryStall)
        {
            SetMemoryStall(task, isStalled: false);
        }

        if (task.Wait.Kind != WaitKind.None)
        {
            _waits.Remove(task);
        }

        if (task.Wait.IsIo)
        {
            if (!old.HasWork)
            {
                _times.AccountUntil(old.Cpu, CpuTimeKind.IoWait, now);
            }

            old.IoWaiters--;
            task.IoWaitNanoseconds += now.Nanoseconds - task.StateSince.Nanoseconds;
        }

        old.MemoryStalled -= task.Has(ProcessFlags.MemoryStall) ? 1 : 0;
        task.Wait = default;
        task.WakeTime = default;
        Enqueue(task, CpuSelection.ForWoken(_queues, _cpus, task, CurrentTask is null ? task.Cpu : _cpus.Current, now), now);
        return true;
    }

    /// <summary>A timer has come: wakes the task if it is the timer of its present sleep.</summary>
    internal void TimerExpired(int pid, SimTime due)
    {
        if (_tasks.TryGet(pid, out var task) && task.WakeTime != default && task.WakeTime <= due && task.State != TaskState.Running)
        {
            Wake(task);
        }
    }

    /// <summary>Makes a new task runnable for the first time.</summary>
    internal void Start(Process task)
    {
        Invariant.Holds(task.State != TaskState.Running);
        task.Flags &= ~ProcessFlags.New;
        task.StartTime = _cpus.Now;
        task.Cpu = CpuSelection.ForNew(_queues, _cpus, task, _cpus.Current, task.StartTime);
        task.Load = LoadTracking.Full(Weights.Of(task.Nice), task.StartTime);
        _queues[task.Cpu].Load.Add(task.Load);
        Enqueue(task, task.Cpu, task.StartTime);
    }

    /// <summary>Takes the running task off its CPU for good.</summary>
    internal void Retire(Process task)
    {
        Invariant.Holds(task.State == TaskState.Running && task == CurrentTask);
        var queue = _queues[task.Cpu];
        RecordPressure(queue, _cpus.Now);
        SetMemoryStall(task, isStalled: false);
        queue.CountNotRunnable(task, _cpus.Now);
        queue.Load.Remove(task.Load);
        task.State = TaskState.Zombie;
    }

    /// <summary>A task that waits for a CPU goes on waiting for another.</summary>
    internal void Move(Process task, RunQueue from, RunQueue to, SimTime now)
    {
        var (stateSince, queuedSince) = (task.StateSince, task.QueuedSince);
        RecordPressure(from, now);
        from.Take(task);
        from.CountNotRunnable(task, now);
        from.MemoryStalled -= task.Has(ProcessFlags.MemoryStall) ? 1 : 0;
        Enqueue(task, to.Cpu, now);
        task.StateSince = stateSince;
        task.QueuedSince = queuedSince;
    }

    /// <summary>Begins or ends a section of a task that waits for memory (psi_memstall_enter, psi_memstall_leave).</summary>
    /// <returns>Whether it was inside one before.</returns>
    public bool SetMemoryStall(Process task, bool isStalled)
    {
        var was = task.Has(ProcessFlags.MemoryStall);
        if (was != isStalled)
        {
            var queue = _queues[task.Cpu];
            RecordPressure(queue, _cpus.Now);
            var change = isStalled ? 1 : -1;
            queue.MemoryStalled += change;
            queue.RunnableStalled += task.State == TaskState.Running ? change : 0;
            task.Flags ^= ProcessFlags.MemoryStall;
        }

        return was;
    }

    /// <summary>Changes what a task is worth against others.</summary>
    internal void SetNice(Process task, int nice)
    {
        var isRunnable = task.State == TaskState.Running;
        if (isRunnable)
        {
            _queues[task.Cpu].CountNotRunnable(task, _cpus.Now);
        }

        task.Nice = nice;
        if (isRunnable)
        {
            _queues[task.Cpu].CountRunnable(task, _cpus.Now);
        }
    }

    internal void HashInto(StateHash hash)
    {
        hash.Add(ContextSwitches);
        foreach (var queue in _queues)
        {
            queue.HashInto(hash);
        }

        _waits.HashInto(hash);
    }

    private static TaskState StateOf(SleepDepth depth) => depth switch
    {
        SleepDepth.Interruptible => TaskState.Sleeping,
        SleepDepth.Idle => TaskState.Idle,
        _ => TaskState.DiskSleep,
    };

    private static CpuTimeKind IdleKind(RunQueue queue) => queue.IoWaiters > 0 ? CpuTimeKind.IoWait : CpuTimeKind.Idle;

    private void RecordPressure(RunQueue queue, SimTime now)
    {
        if (now <= queue.PressureSince)
        {
            return;
        }

        var states = queue.Pressure;
        if (states != StallStates.None)
        {
            _stalls.Record(queue.Cpu, states, new SimTime(now.Nanoseconds - queue.PressureSince.Nanoseconds));
        }

        queue.PressureSince = now;
    }
}
