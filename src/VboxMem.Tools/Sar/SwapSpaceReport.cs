namespace VboxMem.Tools.Sar;

/// <summary>-S: swap space, and how much of what lies there is in memory as well.</summary>
internal sealed class SwapSpaceReport() : SarReport("swapSpace", ["kbswpfree", "kbswpused", "%swpused", "kbswpcad", "%swpcad"])
{
    private ulong _total, _free, _cached, _count;

    internal override IReadOnlyList<SarRow> Interval(SarReading before, SarReading now)
    {
        var meminfo = now.Meminfo!;
        var (total, free, cached) = (meminfo.SwapTotal ?? 0, meminfo.SwapFree ?? 0, meminfo.Fields["SwapCached"u8] ?? 0);
        unchecked
        {
            (_total, _free, _cached, _count) = (_total + total, _free + free, _cached + cached, _count + 1);
            var used = total - free;
            return
            [
                new SarRow(null,
                [
                    SarFigure.Kilobytes(free), SarFigure.Kilobytes(used), SarFigure.Percent(total == 0 ? 0 : Share(free, total, total)),
                    SarFigure.Kilobytes(cached), SarFigure.Percent(used == 0 ? 0 : Share(0, cached, used)),
                ]),
            ];
        }
    }

    internal override IReadOnlyList<SarRow> Average(SarReading first, SarReading last)
    {
        double Mean(ulong sum) => (double)sum / _count;
        var (total, free, cached) = (Mean(_total), Mean(_free), Mean(_cached));
        var used = Mean(unchecked(_total - _free));
        return
        [
            new SarRow(null,
            [
                SarFigure.Mean(SarUnit.Kilobytes, free), SarFigure.Mean(SarUnit.Kilobytes, used), SarFigure.Percent(total == 0 ? 0 : used / total * 100),
                SarFigure.Mean(SarUnit.Kilobytes, cached), SarFigure.Percent(used == 0 ? 0 : cached / used * 100),
            ]),
        ];
    }
}
