using VboxMem.Tools.Vmstat;
using VboxMem.Tui.Readings;

namespace VboxMem.Tui.Panes;

/// <summary>A column of the vmstat pane: vmstat's own ones, in its order, then some that it has not.</summary>
/// <param name="Group">Heading above it; columns in a row share one.</param>
/// <param name="Heading">vmstat's.</param>
/// <param name="Width">Cells, as vmstat has them; more where a figure needs them.</param>
/// <param name="Rank">Those with the highest go first where there is no room.</param>
/// <param name="Counter">The figure of meminfo or vmstat behind it; empty: it has none.</param>
/// <param name="OfLine">Its figure of a line of vmstat; null: it is none of vmstat's.</param>
/// <param name="OfSample">Its counter; the column shows its increase a second.</param>
/// <param name="AlarmFrom">From this figure on it stands out; 0: it never does.</param>
internal sealed record VmstatColumn(
    string Group, string Heading, int Width, int Rank, string Counter, Func<VmstatLine, ulong?>? OfLine,
    Func<Sample, ulong>? OfSample = null, ulong AlarmFrom = 0)
{
    /// <summary>Disks that are used at all are waited for a little.</summary>
    private const ulong MuchWaiting = 10;

    public static IReadOnlyList<VmstatColumn> All { get; } =
    [
        new("procs", "r", 2, 0, "", static line => line.Running),
        new("procs", "b", 2, 0, "", static line => line.Blocked, AlarmFrom: 1),
        new("memory", "swpd", 6, 1, "SwapFree", static line => line.SwapUsed),
        new("memory", "free", 6, 0, "MemFree", static line => line.Free),
        new("memory", "buff", 6, 11, "Buffers", static line => line.Buffers),
        new("memory", "cache", 6, 5, "Cached", static line => line.Cache),
        new("swap", "si", 4, 0, "pswpin", static line => line.SwapIn, AlarmFrom: 1),
        new("swap", "so", 4, 0, "pswpout", static line => line.SwapOut, AlarmFrom: 1),
        new("io", "bi", 5, 4, "pgpgin", static line => line.BlocksIn),
        new("io", "bo", 5, 3, "pgpgout", static line => line.BlocksOut),
        new("system", "in", 4, 10, "", static line => line.Interrupts),
        new("system", "cs", 4, 9, "", static line => line.ContextSwitches),
        new("cpu", "us", 2, 0, "", static line => line.UserPercent),
        new("cpu", "sy", 2, 0, "", static line => line.SystemPercent),
        new("cpu", "id", 3, 0, "", static line => line.IdlePercent),
        new("cpu", "wa", 2, 0, "", static line => line.IoWaitPercent, AlarmFrom: MuchWaiting),
        new("cpu", "st", 2, 12, "", static line => line.StealPercent),
        new("cpu", "gu", 2, 13, "", static line => line.GuestPercent),
        new("faults", "flt", 6, 20, "pgfault", null, static sample => sample.Faults),
        new("faults", "maj", 4, 21, "pgmajfault", null, static sample => sample.MajorFaults),
        new("reclaim", "kswapd", 7, 22, "pgscan_kswapd", null, static sample => sample.ScannedByKswapd),
        new("reclaim", "direct", 6, 23, "pgscan_direct", null, static sample => sample.ScannedDirectly),
        new("reclaim", "stolen", 6, 24, "pgsteal_kswapd", null, static sample => sample.Stolen),
        new("reclaim", "stall", 5, 25, "allocstall_normal", null, static sample => sample.DirectStalls, AlarmFrom: 1),
        new("reclaim", "kill", 4, 26, "oom_kill", null, static sample => sample.OomKills, AlarmFrom: 1),
    ];

    /// <summary>Its figure of a moment; null: not known.</summary>
    /// <param name="now">The moment's sample.</param>
    /// <param name="before">The one before.</param>
    public ulong? Of(Sample now, Sample? before)
    {
        if (OfLine is not null) return now.Vmstat?.Line is { } line ? OfLine(line) : null;
        if (OfSample is null || before is null) return null;
        var seconds = (ulong)Math.Max(Math.Round((now.At - before.At).TotalSeconds), 1);
        var (later, earlier) = (OfSample(now), OfSample(before));
        return later < earlier ? 0 : (later - earlier + (seconds / 2)) / seconds;
    }
}
