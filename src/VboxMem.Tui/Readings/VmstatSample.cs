using VboxMem.Tools;
using VboxMem.Tools.Vmstat;

namespace VboxMem.Tui.Readings;

/// <summary>A moment's line of vmstat, and what the line of the next moment is made from.</summary>
public sealed record VmstatSample
{
    private const double LeastSeconds = 0.5;

    private VmstatCounters _counters;
    private long _idleDebt;

    /// <summary>As <c>vmstat 1</c> of procps 4.0.4 prints it in kB; null: too little time has passed since the sample before.</summary>
    public VmstatLine? Line { get; private init; }

    /// <summary>The line has averages since boot, as vmstat's first one: there was no sample before.</summary>
    public bool IsSinceBoot { get; private init; }

    /// <summary>Makes the line of a reading.</summary>
    /// <param name="reading">The reading.</param>
    /// <param name="previous">The sample before it; null: there is none.</param>
    /// <returns>Null: a file that vmstat needs is missing.</returns>
    internal static VmstatSample? Take(Reading reading, Sample? previous)
    {
        if (reading.VmStat.Value is not { } events || reading.Stat.Value is not { } stat || reading.Meminfo.Value is not { } meminfo) return null;
        var now = new VmstatReading(events, stat, meminfo, reading.Uptime);
        var unit = VmstatUnit.Kibibytes(ProcpsVersion.V4_0_4);
        var counters = VmstatCounters.Of(now);
        if (previous?.Vmstat is not { } before)
            return new VmstatSample { _counters = counters, Line = VmstatLine.SinceBoot(now, unit), IsSinceBoot = true };

        var debt = before._idleDebt;
        var seconds = (reading.At - previous.At).TotalSeconds;
        VmstatLine? line = seconds < LeastSeconds ? null
            : VmstatLine.Interval(before._counters, now, now, (uint)Math.Max(Math.Round(seconds), 1), ref debt, unit);
        return new VmstatSample { _counters = counters, _idleDebt = debt, Line = line };
    }
}
