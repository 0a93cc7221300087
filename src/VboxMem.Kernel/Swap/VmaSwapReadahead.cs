// Swap readahead by virtual neighbourhood, for devices that do not seek: what is near in the program's memory is read along,
// wherever it lies on the device.
//
//   63             12 11        6 5       0
//   [ virtual page   ] [ window  ] [ hits ]     all zero: no fault yet
//
// Invariants
//   V1  The page at fault lies in the planned range, and the range in the area and in one page-table page.
//
// Units    virtual page numbers (address >> 12).
// Models   Linux 6.12 swap_vma_ra_win, swap_cache_get_folio (facts: reclaim, 6.3).

namespace VboxMem.Kernel.Swap;

/// <summary>Virtual pages to look at; those that are swapped out are read.</summary>
/// <param name="FirstPage">The first.</param>
/// <param name="EndPage">One past the last.</param>
public readonly record struct VirtualPageRange(ulong FirstPage, ulong EndPage);

/// <summary>What one area remembers of its swap faults. Plain data.</summary>
public struct VmaSwapReadahead
{
    private const int WindowShift = 6;
    private const int PageShift = 12;
    private const ulong FieldMask = 63;
    private const int LargestOrder = 5;
    private const ulong PagesPerTable = 512;

    private ulong _word;

    /// <param name="packed">As <see cref="Packed"/> said: what an area keeps.</param>
    public VmaSwapReadahead(ulong packed) => _word = packed;

    /// <summary>The whole state in one word; 0: no fault yet.</summary>
    public readonly ulong Packed => _word;

    private readonly ulong PageOfLastFault => Word >> PageShift;

    private readonly uint LastWindowPages => (uint)(Word >> WindowShift & FieldMask);

    private readonly uint Hits => (uint)(Word & FieldMask);

    private readonly ulong Word => _word != 0 ? _word : SwapReadahead.InitialHits;

    /// <summary>A fault found its page in the swap cache.</summary>
    /// <param name="page">Virtual page at fault.</param>
    /// <param name="wasReadAhead">The page carried the readahead mark: the window was worth it.</param>
    public void NoteCacheHit(ulong page, bool wasReadAhead) =>
        Set(page, LastWindowPages, wasReadAhead ? Math.Min(Hits + 1, (uint)FieldMask) : Hits);

    /// <summary>A fault has to read its page: what to read along. The range of one page is the page alone.</summary>
    /// <param name="page">Virtual page at fault.</param>
    /// <param name="pageCluster">vm.page-cluster.</param>
    /// <param name="areaFirstPage">First page of the area.</param>
    /// <param name="areaEndPage">One past its last.</param>
    public VirtualPageRange PlanFault(ulong page, int pageCluster, ulong areaFirstPage, ulong areaEndPage)
    {
        var most = 1u << Math.Min(pageCluster, LargestOrder);
        if (most == 1)
        {
            return new VirtualPageRange(page, page + 1);
        }

        var previous = PageOfLastFault;
        var window = SwapReadahead.WindowPages(previous, page, Hits, most, LastWindowPages);
        Set(page, window, 0);

        var before = (window - 1) / 2;
        if (page == previous + 1)
        {
            before = 0;
        }
        else if (page + 1 == previous)
        {
            before = window - 1;
        }

        var tableFirstPage = page & ~(PagesPerTable - 1);
        var first = page - Math.Min(page, before);
        return new VirtualPageRange(
            Math.Max(first, Math.Max(areaFirstPage, tableFirstPage)),
            Math.Min(page - before + window, Math.Min(areaEndPage, tableFirstPage + PagesPerTable)));
    }

    public readonly void HashInto(StateHash hash) => hash.Add(_word);

    private void Set(ulong page, uint windowPages, uint hits) => _word = (page << PageShift) | ((ulong)windowPages << WindowShift) | hits;
}
