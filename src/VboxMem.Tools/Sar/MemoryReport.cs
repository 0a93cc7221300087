using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Sar;

/// <summary>-r and -r ALL: memory. Used is what is neither free, buffers, cache nor slab.</summary>
internal sealed class MemoryReport(bool allFields) : SarReport("memory", allFields ? [.. FewColumns, .. MoreColumns] : FewColumns)
{
    private static readonly string[] FewColumns =
        ["kbmemfree", "kbavail", "kbmemused", "%memused", "kbbuffers", "kbcached", "kbcommit", "%commit", "kbactive", "kbinact", "kbdirty"];

    private static readonly string[] MoreColumns = ["kbanonpg", "kbslab", "kbkstack", "kbpgtbl", "kbvmused"];

    private readonly ulong[] _sums = new ulong[13];
    private ulong _count;

    internal override IReadOnlyList<SarRow> Interval(SarReading before, SarReading now)
    {
        var meminfo = now.Meminfo!;
        var sizes = Sizes(meminfo);
        for (var i = 0; i < sizes.Length; i++) _sums[i] = unchecked(_sums[i] + sizes[i]);
        _count++;

        var (total, all) = Totals(meminfo);
        var notUsed = Math.Min(NotUsed(sizes), total);
        return Row(
            i => SarFigure.Kilobytes(sizes[i]), SarFigure.Kilobytes(total - notUsed),
            total == 0 ? 0 : Share(notUsed, total, total), all == 0 ? 0 : sizes[4] / (double)all * 100);
    }

    internal override IReadOnlyList<SarRow> Average(SarReading first, SarReading last)
    {
        var (total, all) = Totals(last.Meminfo!);
        var notUsed = Math.Min((double)NotUsed(_sums) / _count, total);
        return Row(
            i => SarFigure.Mean(SarUnit.Kilobytes, (double)_sums[i] / _count), SarFigure.Mean(SarUnit.Kilobytes, total - notUsed),
            total == 0 ? 0 : (total - notUsed) / total * 100, all == 0 ? 0 : (double)_sums[4] / _count / all * 100);
    }

    private static (ulong Total, ulong WithSwap) Totals(Meminfo meminfo) =>
        (meminfo.MemTotal ?? 0, unchecked((meminfo.MemTotal ?? 0) + (meminfo.SwapTotal ?? 0)));

    /// <summary>Free, available, buffers, cached, committed, active, inactive, dirty; anonymous, slab, stacks, page tables, vmalloc.</summary>
    private static ulong[] Sizes(Meminfo meminfo) =>
    [
        meminfo.MemFree ?? 0, meminfo.MemAvailable ?? 0, meminfo.Buffers ?? 0, meminfo.Cached ?? 0, meminfo.CommittedAs ?? 0,
        meminfo.Active ?? 0, meminfo.Inactive ?? 0, meminfo.Fields["Dirty"u8] ?? 0, meminfo.Fields["AnonPages"u8] ?? 0,
        meminfo.Fields["Slab"u8] ?? 0, meminfo.Fields["KernelStack"u8] ?? 0, meminfo.Fields["PageTables"u8] ?? 0,
        meminfo.Fields["VmallocUsed"u8] ?? 0,
    ];

    private static ulong NotUsed(ulong[] sizes) => unchecked(sizes[0] + sizes[2] + sizes[3] + sizes[9]);

    private IReadOnlyList<SarRow> Row(Func<int, SarFigure> size, SarFigure used, double usedPercent, double committedPercent)
    {
        var figures = new List<SarFigure>
        {
            size(0), size(1), used, SarFigure.Percent(usedPercent), size(2), size(3), size(4), SarFigure.Percent(committedPercent),
            size(5), size(6), size(7),
        };
        for (var i = 8; allFields && i < 13; i++) figures.Add(size(i));
        return [new SarRow(null, figures)];
    }
}
