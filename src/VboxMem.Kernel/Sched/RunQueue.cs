using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Sched;

/// <summary>One CPU's runnable tasks, and what its pressure and idle time are made of.</summary>
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

    public int Runnable { get; set; }

    public int RunnableStalled { get; set; }

    /// <summary>Since when the counts above hold.</summary>
    public SimTime PressureSince { get; set; }

    /// <summary>Local timer interrupts while it was busy.</summary>
    public ulong TimerInterrupts { get; set; }

    /// <summary>/proc/schedstat: time that tasks ran here, that they had waited before they came to run, and how often one came.</summary>
    public ulong BusyNanoseconds { get; set; }

    public ulong DelayNanoseconds { get; set; }

    public ulong Timeslices { get; set; }

    public int QueuedCount => _queued.Count;

    public bool HasWork => Current is not null || _queued.Count > 0;

    public Process First => _queued[0];

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

    public Process TakeLast()
    {
        var task = _queued[^1];
        _queued.RemoveAt(_queued.Count - 1);
        return task;
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
            BusyNanoseconds = BusyNanoseconds,
            DelayNanoseconds = DelayNanoseconds,
            Timeslices = Timeslices,
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
        hash.Add(BusyNanoseconds);
        hash.Add(DelayNanoseconds);
        hash.Add(Timeslices);
        foreach (var task in _queued)
        {
            hash.Add((long)task.Pid);
        }
    }

    private static bool IsBefore(Process left, Process right) => left.VirtualRuntime != right.VirtualRuntime
        ? left.VirtualRuntime < right.VirtualRuntime
        : left.Pid < right.Pid;
}
