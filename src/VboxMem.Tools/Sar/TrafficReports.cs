namespace VboxMem.Tools.Sar;

/// <summary>-W: pages swapped.</summary>
internal sealed class SwappingReport() : SarReport("swapping", ["pswpin/s", "pswpout/s"])
{
    internal override IReadOnlyList<SarRow> Average(SarReading first, SarReading last) => Interval(first, last);

    internal override IReadOnlyList<SarRow> Interval(SarReading before, SarReading now)
    {
        var (from, to, elapsed) = (before.Traffic, now.Traffic, SarReading.Elapsed(before, now));
        return
        [
            new SarRow(null,
            [
                SarFigure.Number(PerSecond(from.PagesSwappedIn, to.PagesSwappedIn, elapsed)),
                SarFigure.Number(PerSecond(from.PagesSwappedOut, to.PagesSwappedOut, elapsed)),
            ]),
        ];
    }
}

/// <summary>-B: paging. %vmeff is pages stolen of pages scanned; since pgsteal_ counts twice on today's kernels, it reaches 200 %.</summary>
internal sealed class PagingReport() : SarReport("paging",
    ["pgpgin/s", "pgpgout/s", "fault/s", "majflt/s", "pgfree/s", "pgscank/s", "pgscand/s", "pgsteal/s", "%vmeff"])
{
    internal override IReadOnlyList<SarRow> Average(SarReading first, SarReading last) => Interval(first, last);

    internal override IReadOnlyList<SarRow> Interval(SarReading before, SarReading now)
    {
        var (from, to, elapsed) = (before.Traffic, now.Traffic, SarReading.Elapsed(before, now));
        var scanned = unchecked(
            to.PagesScannedByKswapd - from.PagesScannedByKswapd + to.PagesScannedDirectly - from.PagesScannedDirectly);
        SarFigure Rate(ulong before, ulong now) => SarFigure.Number(PerSecond(before, now, elapsed));
        return
        [
            new SarRow(null,
            [
                Rate(from.KilobytesIn, to.KilobytesIn), Rate(from.KilobytesOut, to.KilobytesOut),
                Rate(from.Faults, to.Faults), Rate(from.MajorFaults, to.MajorFaults), Rate(from.PagesFreed, to.PagesFreed),
                Rate(from.PagesScannedByKswapd, to.PagesScannedByKswapd), Rate(from.PagesScannedDirectly, to.PagesScannedDirectly),
                Rate(from.PagesStolen, to.PagesStolen),
                SarFigure.Percent(scanned == 0 ? 0 : Share(from.PagesStolen, to.PagesStolen, scanned)),
            ]),
        ];
    }
}
