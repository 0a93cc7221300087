namespace VboxMem.Tools.Parsing;

/// <summary>CPU time since boot, in ticks of 1/100 s. Guest time is part of user time, nice guest time of nice time.</summary>
/// <remarks>Old kernels print fewer columns; what they do not know of counts as 0, as it does for procps.</remarks>
public readonly record struct CpuTicks(
    ulong User, ulong Nice, ulong System, ulong Idle, ulong IoWait,
    ulong Irq, ulong SoftIrq, ulong Steal, ulong Guest, ulong GuestNice);

/// <summary><c>/proc/stat</c>. A line the file has not is null.</summary>
public sealed record Stat
{
    public const string Path = "/proc/stat";

    /// <summary>The sum over all CPUs.</summary>
    public CpuTicks? Total { get; private init; }

    /// <summary>Every online CPU: its number, which may have gaps, and its time.</summary>
    public IReadOnlyList<KeyValuePair<int, CpuTicks>> Cpus { get; private init; } = [];

    /// <summary>Interrupts served, all kinds.</summary>
    public ulong? Interrupts { get; private init; }

    public ulong? ContextSwitches { get; private init; }

    /// <summary>Seconds since 1970.</summary>
    public ulong? BootTime { get; private init; }

    /// <summary>Processes and threads made since boot.</summary>
    public ulong? Forks { get; private init; }

    /// <summary>Tasks that run or wait for a CPU, the reader of the file among them.</summary>
    public ulong? Running { get; private init; }

    /// <summary>Tasks that wait for a disk.</summary>
    public ulong? Blocked { get; private init; }

    /// <summary>Soft interrupts: total, then HI TIMER NET_TX NET_RX BLOCK IRQ_POLL TASKLET SCHED HRTIMER RCU.</summary>
    public IReadOnlyList<ulong> SoftIrqs { get; private init; } = [];

    /// <exception cref="ProcFormatException">A known line is malformed. Unknown lines are left to later kernels.</exception>
    public static Stat Parse(ReadOnlySpan<byte> text, string path = Path)
    {
        var stat = new Stat();
        var cpus = new List<KeyValuePair<int, CpuTicks>>();
        var reader = new LineReader(text, path);
        while (reader.TryNextLine())
        {
            reader.TryTakeField(out var name);
            if (name.SequenceEqual("cpu"u8)) stat = stat with { Total = TakeTicks(ref reader) };
            else if (name.StartsWith("cpu"u8)) cpus.Add(new(TakeCpuNumber(ref reader, name), TakeTicks(ref reader)));
            else stat = TakeOther(stat, ref reader, name);
        }

        return stat with { Cpus = cpus };
    }

    private static Stat TakeOther(Stat stat, ref LineReader reader, ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("intr"u8)) return stat with { Interrupts = reader.TakeNumber("intr") };
        if (name.SequenceEqual("ctxt"u8)) return stat with { ContextSwitches = reader.TakeNumber("ctxt") };
        if (name.SequenceEqual("btime"u8)) return stat with { BootTime = reader.TakeNumber("btime") };
        if (name.SequenceEqual("processes"u8)) return stat with { Forks = reader.TakeNumber("processes") };
        if (name.SequenceEqual("procs_running"u8)) return stat with { Running = reader.TakeNumber("procs_running") };
        if (name.SequenceEqual("procs_blocked"u8)) return stat with { Blocked = reader.TakeNumber("procs_blocked") };
        if (!name.SequenceEqual("softirq"u8)) return stat;

        var softIrqs = new List<ulong> { reader.TakeNumber("softirq") };
        while (reader.TakeNumberIfAny("softirq") is { } count) softIrqs.Add(count);
        return stat with { SoftIrqs = softIrqs };
    }

    private static int TakeCpuNumber(ref LineReader reader, ReadOnlySpan<byte> name)
    {
        var number = reader.Number(name[3..], "the number of the CPU");
        if (number > int.MaxValue) throw reader.Malformed($"CPU {number}: allowed are 0 to {int.MaxValue}");
        return (int)number;
    }

    private static CpuTicks TakeTicks(ref LineReader reader) => new(
        reader.TakeNumber("user time"),
        reader.TakeNumber("nice time"),
        reader.TakeNumber("system time"),
        reader.TakeNumber("idle time"),
        reader.TakeNumberIfAny("iowait time") ?? 0,
        reader.TakeNumberIfAny("irq time") ?? 0,
        reader.TakeNumberIfAny("softirq time") ?? 0,
        reader.TakeNumberIfAny("steal time") ?? 0,
        reader.TakeNumberIfAny("guest time") ?? 0,
        reader.TakeNumberIfAny("nice guest time") ?? 0);
}
