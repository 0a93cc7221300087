using VboxMem.Kernel.Pressure;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Sched;

/// <summary>One CPU's runnable tasks, and what its pressure, load and idle time are made of.</summary>
internal sealed class RunQueue(int cpu)
{
    /// <summary>Waiting for the CPU, by virtual runtime, then pid.</summary>
    private readonly List<Process> _queued = [];

    public int Cpu { get; } = cpu;

    /// <summary>The moment up to which the CPU has run.</summary>
    public SimTime Clock { get; set; }

    public Process? Current { get; set; }

    /// <summary>Run time of the current task since it was picked.</summary>
    public ulong RanNanoseconds { get; set; }

    public ulong MinVirtualRuntime { get; set; }

    /// <summary>Tasks that ran here last and sleep for I/O; inside a memory stall; runnable; both of these.</summary>
    public int IoWaiters { get; set; }

    public int MemoryStalled { get; set; }

    public int Runnable { get; private set; }

    public int RunnableStalled { get; set; }

    /// <summary>Since when the counts above hold.</summary>
    public SimTime PressureSince { get; set; }

    /// <summary>Local timer interrupts while it was busy.</summary>
    public ulong TimerInterrupts { get; set; }

    /// <summary>Time that interrupts from other CPUs take; the running task pays for them in its next turn.</summary>
    public ulong InterruptNanoseconds { get; set; }

    /// <summary>/proc/schedstat: time that tasks ran here, that they had waited before they came to run, and how often one came.</summary>
    public ulong BusyNanoseconds { get; set; }

    public ulong DelayNanoseconds { get; private set; }

    public ulong Timeslices { get; private set; }

    /// <summary>Weights of the runnable tasks; their average over the past, and that of 1024 for each of them.</summary>
    public ulong Weight { get; private set; }

    public LoadTracking Load;

    public LoadTracking Demand;

    /// <summary>Balancing: the tick of the last, the interval in milliseconds, how often in a row nothing could be moved.</summary>
    public ulong LastBalance { get; set; }

    public ulong BalanceInterval { get; set; }

    public int FailedBalances { get; set; }

    public int QueuedCount => _queued.Count;

    public bool HasWork => Current is not null || _queued.Count > 0;

    public Process First => _queued[0];

    /// <summary>More is asked of it than it can do (group_is_overloaded).</summary>
    public bool IsOverloaded => Runnable > 1 && Demand.Value * 100 > Weights.NiceZero * LoadBalance.ImbalancePercent;

    /// <summary>One task runs, and it was not always there (group_has_spare).</summary>
    public bool HasSpareTime => Runnable < 2 && Demand.Value * LoadBalance.ImbalancePercent < Weights.NiceZero * 100;

    /// <summary>What time passes as, for pressure.</summary>
    public StallStates Pressure
    {
        get
        {
            var states = StallStates.None;
            if (IoWaiters > 0)
            {
                states |= StallStates.IoSome | StallStates.NonIdle;
                states |= Runnable == 0 ? StallStates.IoFull : StallStates.None;
            }

            if (MemoryStalled > 0)
            {
                states |= StallStates.MemorySome | StallStates.NonIdle;
                var isFull = Runnable == RunnableStalled || (Current is { } current && current.Has(ProcessFlags.MemoryStall));
                states |= isFull ? StallStates.MemoryFull : StallStates.None;
            }

            if (Runnable > 0)
            {
                states |= StallStates.NonIdle;
                states |= Runnable > 1 ? StallStates.CpuSome : StallStates.None;
            }

            return states;
        }
    }

    public Process QueuedAt(int index) => _queued[index];

    /// <summary>A task, which may be one that waits in it or not, is runnable here from now on; or no longer.</summary>
    public void CountRunnable(Process task, SimTime now)
    {
        UpdateLoad(now);
        task.Load.Advance(now, 0);
        Runnable++;
        RunnableStalled += task.Has(ProcessFlags.MemoryStall) ? 1 : 0;
        Weight += Weights.Of(task.Nice);
    }

    public void CountNotRunnable(Process task, SimTime now)
    {
        UpdateLoad(now);
        task.Load.Advance(now, Weights.Of(task.Nice));
        Runnable--;
        RunnableStalled -= task.Has(ProcessFlags.MemoryStall) ? 1 : 0;
        Weight -= Weights.Of(task.Nice);
    }

    /// <summary>A task that is not runnable now goes to another queue, with its load and its lag.</summary>
    public void HandOver(Process task, RunQueue to, SimTime now)
    {
        task.Load.Advance(now, 0);
        UpdateLoad(now);
        to.UpdateLoad(now);
        Load.Remove(task.Load);
        to.Load.Add(task.Load);
        var ahead = (long)(task.VirtualRuntime - MinVirtualRuntime);
        task.VirtualRuntime = (ulong)Math.Max(0, (long)to.MinVirtualRuntime + ahead);
        task.Cpu = to.Cpu;
    }

    public void UpdateLoad(SimTime now)
    {
        Load.Advance(now, Weight);
        Demand.Advance(now, (ulong)Runnable * Weights.NiceZero);
    }

    /// <summary>A task that waited for a CPU has got one (sched_info_arrive). CPUs' clocks differ by a turn: it may have come from one that is ahead.</summary>
    public void CountArrival(Process task)
    {
        var waited = Clock > task.QueuedSince ? Clock.Nanoseconds - task.QueuedSince.Nanoseconds : 0;
        DelayNanoseconds += waited;
        Timeslices++;
        task.RunDelayNanoseconds += waited;
        task.Timeslices++;
    }

    public void Add(Process task)
    {
        var at = _queued.Count;
        while (at > 0 && IsBefore(task, _queued[at - 1]))
        {
            at--;
        }

        _queued.Insert(at, task);
    }

    public Process TakeFirst()
    {
        var task = _queued[0];
        _queued.RemoveAt(0);
        return task;
    }

    public void Take(Process task) => Invariant.Holds(_queued.Remove(task));

    /// <summary>Its task goes back to those that wait.</summary>
    public void PutBackCurrent()
    {
        var task = Current!;
        task.InvoluntarySwitches++;
        task.QueuedSince = Clock;
        Add(task);
        Current = null;
    }

    public RunQueue Clone(ProcessTable tasks)
    {
        var copy = new RunQueue(Cpu)
        {
            Clock = Clock,
            Current = Current is null ? null : tasks[Current.Pid],
            RanNanoseconds = RanNanoseconds,
            MinVirtualRuntime = MinVirtualRuntime,
            IoWaiters = IoWaiters,
            MemoryStalled = MemoryStalled,
            Runnable = Runnable,
            RunnableStalled = RunnableStalled,
            PressureSince = PressureSince,
            TimerInterrupts = TimerInterrupts,
            InterruptNanoseconds = InterruptNanoseconds,
            BusyNanoseconds = BusyNanoseconds,
            DelayNanoseconds = DelayNanoseconds,
            Timeslices = Timeslices,
            Weight = Weight,
            Load = Load,
            Demand = Demand,
            LastBalance = LastBalance,
            BalanceInterval = BalanceInterval,
            FailedBalances = FailedBalances,
        };
        foreach (var task in _queued)
        {
            copy._queued.Add(tasks[task.Pid]);
        }

        return copy;
    }

    public void HashInto(StateHash hash)
    {
        hash.Add(Clock.Nanoseconds);
        hash.Add((long)(Current?.Pid ?? 0));
        hash.Add(RanNanoseconds);
        hash.Add(MinVirtualRuntime);
        hash.Add(((long)IoWaiters << 32) | (uint)MemoryStalled);
        hash.Add(((long)Runnable << 32) | (uint)RunnableStalled);
        hash.Add(PressureSince.Nanoseconds);
        hash.Add(TimerInterrupts);
        hash.Add(InterruptNanoseconds);
        hash.Add(BusyNanoseconds);
        hash.Add(DelayNanoseconds);
        hash.Add(Timeslices);
        hash.Add(Weight);
        Load.HashInto(hash);
        Demand.HashInto(hash);
        hash.Add(LastBalance);
        hash.Add((BalanceInterval << 32) | (uint)FailedBalances);
        foreach (var task in _queued)
        {
            hash.Add((long)task.Pid);
        }
    }

    private static bool IsBefore(Process left, Process right) => left.VirtualRuntime != right.VirtualRuntime
        ? left.VirtualRuntime < right.VirtualRuntime
        : left.Pid < right.Pid;
}
