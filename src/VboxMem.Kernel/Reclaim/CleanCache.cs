// What reclaim meets most: a clean page of a file that no program maps and no one else holds. It goes at once, whatever its signs of
// use; all other folios take the long way of FolioReclaim, at whose end such a page would leave the same way.
//
// Models   Linux 6.12 mm/vmscan.c: shrink_folio_list, as far as it goes for such a page (facts: reclaim, 1.8).

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Reclaim;

internal sealed class CleanCache(Machine machine)
{
    private const PageFlags NeedsMore = PageFlags.Locked | PageFlags.Dirty | PageFlags.Writeback | PageFlags.SwapBacked
        | PageFlags.SwapCache | PageFlags.Mlocked | PageFlags.Lru;

    private readonly RefaultDetector _refaults = machine.Workingset;
    private readonly PageCacheStore _pageCache = machine.PageCache;
    private readonly PageAllocator _allocator = machine.Allocator;
    private readonly CpuContext _cpus = machine.Cpus;
    private readonly ReachedPaths _paths = machine.Paths;
    private readonly uint _nanoseconds = machine.Costs.ReclaimCleanPage;

    /// <summary>Frees an isolated folio if it is such a page.</summary>
    /// <param name="folio">The folio.</param>
    /// <param name="frame">Its descriptor.</param>
    /// <param name="vector">The vector it was taken off.</param>
    /// <returns>False, with nothing changed: it is none.</returns>
    public bool TryFree(Pfn folio, ref PageFrame frame, Lruvec vector)
    {
        if (!frame.IsBlock(FrameOwner.File, order: 0, without: NeedsMore) || frame.MapCount != 0
            || frame.ReferenceCount != FolioEviction.CachedReferences || frame.OwnerId == 0)
        {
            return false;
        }

        _pageCache.Remove(folio, ref frame, _refaults.Evict(frame, vector), vector.NodeStats);
        _cpus.SpendInKernel(_nanoseconds);
        _paths.Count(ReachedPath.FateReclaimed);
        frame.ReferenceCount = 0;
        _allocator.Free(folio);
        return true;
    }
}
