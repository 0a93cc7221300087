// One line of vmstat: what it shows, computed from one reading (since boot) or from two (an interval).
//
// Rates    since boot   4.0.2: (counter * 100 + D/2) / D, D being the ticks of all CPUs together, so on n CPUs an n-th
//                       of the true rate; 4.0.4: counter / uptime, truncated, but cs = counter / D, a leftover.
//          interval     (difference + delay/2) / delay, with the delay asked for, not the one measured.
// CPU      (100 * ticks + D/2) / D per cent; D = user + nice + system + irq + softirq + idle + iowait + steal, which
//          has guest time in it; us leaves guest time out. All 0 but id when no time has passed.
// Memory   4.0.2 shows the first reading's memory on every line; 4.0.4 reads it anew.
//
// A figure whose source the files lack is null.
//
// Units    memory in the unit asked for; si and so in that unit per second; bi and bo in KiB per second.
// Models   facts: virtual memory and tools, 7.2.

using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Vmstat;

/// <summary>The figures of one line of vmstat, in its order of columns.</summary>
public readonly record struct VmstatLine
{
    public ulong? Running { get; private init; }

    public ulong? Blocked { get; private init; }

    public ulong? SwapUsed { get; private init; }

    public ulong? Free { get; private init; }

    public ulong? Buffers { get; private init; }

    public ulong? Cache { get; private init; }

    public ulong? Inactive { get; private init; }

    public ulong? Active { get; private init; }

    public ulong? SwapIn { get; private init; }

    public ulong? SwapOut { get; private init; }

    public ulong? BlocksIn { get; private init; }

    public ulong? BlocksOut { get; private init; }

    public ulong? Interrupts { get; private init; }

    public ulong? ContextSwitches { get; private init; }

    public ulong? UserPercent { get; private init; }

    public ulong? SystemPercent { get; private init; }

    public ulong? IdlePercent { get; private init; }

    public ulong? IoWaitPercent { get; private init; }

    public ulong? StealPercent { get; private init; }

    public ulong? GuestPercent { get; private init; }

    private const ulong KilobytesPerPage = 4;

    /// <summary>vmstat's first line: averages since boot.</summary>
    internal static VmstatLine SinceBoot(VmstatReading reading, VmstatUnit unit)
    {
        var shares = reading.Stat.Total is { } total ? CpuShares.SinceBoot(total) : (CpuShares?)null;
        var ticks = shares?.Divisor ?? 1;
        var vmStat = reading.VmStat;
        var isPerTick = unit.Version == ProcpsVersion.V4_0_2;

        ulong? Rate(ulong? counter) =>
            counter is not { } count ? null
            : isPerTick ? PerTicks(count, ticks)
            : (uint)(ulong)(count / Seconds(reading.Uptime));

        return Common(reading, reading, shares, unit) with
        {
            SwapIn = Rate(unit.FromKilobytes(unchecked(vmStat.PSwpIn * KilobytesPerPage))),
            SwapOut = Rate(unit.FromKilobytes(unchecked(vmStat.PSwpOut * KilobytesPerPage))),
            BlocksIn = Rate(vmStat.PgPgIn),
            BlocksOut = Rate(vmStat.PgPgOut),
            Interrupts = Rate(reading.Stat.Interrupts),
            ContextSwitches = isPerTick
                ? Rate(reading.Stat.ContextSwitches)
                : reading.Stat.ContextSwitches is { } switches ? (uint)(switches / (ulong)ticks) : null,
        };
    }

    /// <summary>A line over the time between two readings.</summary>
    /// <param name="before">Counters of the earlier reading.</param>
    /// <param name="now">The later one.</param>
    /// <param name="memory">The reading whose memory is shown: the first one for 4.0.2, else <paramref name="now"/>.</param>
    /// <param name="delay">Seconds asked for, at least 1.</param>
    /// <param name="idleDebt">Idle ticks that ran backwards and are still to be made up; carried from line to line.</param>
    /// <param name="unit">Unit of memory.</param>
    internal static VmstatLine Interval(
        in VmstatCounters before, VmstatReading now, VmstatReading memory, uint delay, ref long idleDebt, VmstatUnit unit)
    {
        var counters = VmstatCounters.Of(now);
        CpuShares? shares = before.Ticks is { } earlier && counters.Ticks is { } later
            ? CpuShares.Between(earlier, later, ref idleDebt)
            : null;

        ulong? Rate(ulong? difference) => difference is { } count ? (uint)(unchecked(count + delay / 2) / delay) : null;

        unchecked
        {
            return Common(now, memory, shares, unit) with
            {
                SwapIn = Rate(unit.FromKilobytes((counters.SwappedIn - before.SwappedIn) * KilobytesPerPage)),
                SwapOut = Rate(unit.FromKilobytes((counters.SwappedOut - before.SwappedOut) * KilobytesPerPage)),
                BlocksIn = Rate(counters.PagedIn - before.PagedIn),
                BlocksOut = Rate(counters.PagedOut - before.PagedOut),
                Interrupts = Rate(counters.Interrupts - before.Interrupts),
                ContextSwitches = Rate(counters.ContextSwitches - before.ContextSwitches),
            };
        }
    }

    private static VmstatLine Common(VmstatReading tasks, VmstatReading memory, CpuShares? shares, VmstatUnit unit)
    {
        var meminfo = memory.Meminfo;
        var figures = MemoryFigures.From(meminfo);
        return new VmstatLine
        {
            Running = unit.Version == ProcpsVersion.V4_0_2 || tasks.Stat.Running is null or 0
                ? tasks.Stat.Running
                : tasks.Stat.Running - 1,   // vmstat itself
            Blocked = tasks.Stat.Blocked,
            SwapUsed = meminfo.SwapTotal is null ? null : unit.FromKilobytes((ulong)figures.SwapUsed),
            Free = unit.FromKilobytes(meminfo.MemFree),
            Buffers = unit.FromKilobytes(meminfo.Buffers),
            Cache = meminfo.Cached is null && meminfo.SReclaimable is null ? null : unit.FromKilobytes((ulong)figures.Cache),
            Inactive = unit.FromKilobytes(meminfo.Inactive),
            Active = unit.FromKilobytes(meminfo.Active),
            UserPercent = shares?.User,
            SystemPercent = shares?.System,
            IdlePercent = shares?.Idle,
            IoWaitPercent = shares?.IoWait,
            StealPercent = shares?.Steal,
            GuestPercent = shares?.Guest,
        };
    }

    private static uint PerTicks(ulong count, long ticks) =>
        (uint)(unchecked(count * 100 + (ulong)ticks / 2) / (ulong)ticks);

    private static double Seconds(Uptime? uptime) =>
        uptime is { Centiseconds: > 0 } known ? known.Centiseconds / 100.0 : 1.0;
}
