// The last step of reclaim: a clean, unmapped folio that no one else holds leaves its cache, and a shadow stays in its place.
//
// Models   Linux 6.12 mm/vmscan.c: __remove_mapping (facts: reclaim, 1.8 step 14, 4).

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Reclaim;

internal sealed class FolioEviction(Machine machine)
{
    /// <summary>References of a folio that no one but its cache and its reclaimer has.</summary>
    public const uint CachedReferences = 2;

    /// <summary>Takes a folio out of its cache; the reclaimer's reference is the last one then.</summary>
    /// <returns>False, with nothing changed: someone holds it, or it is dirty again.</returns>
    public bool TryEvict(Pfn folio, ref PageFrame frame)
    {
        if (frame.IsAnonymous && !frame.Has(PageFlags.SwapBacked))
        {
            if (frame.ReferenceCount != 1)
            {
                return false;
            }

            machine.Paths.Count(ReachedPath.FateLazyFreed);
            machine.Events.Count(VmEvent.PgLazyfreed, frame.Pages);
            return true;
        }

        var isInSwapCache = frame.Has(PageFlags.SwapCache);
        if (frame.ReferenceCount != CachedReferences || frame.Has(PageFlags.Dirty) || (frame.IsAnonymous && !isInSwapCache))
        {
            return false;
        }

        if (isInSwapCache)
        {
            machine.Swap.RemoveFromCache(folio, machine.Workingset.Evict(folio));
        }
        else
        {
            // Pages of tmpfs leave no shadow: only their swap entries do.
            machine.PageCache.Remove(folio, frame.IsFileLru ? machine.Workingset.Evict(folio) : 0);
        }

        frame.ReferenceCount--;   // the cache's
        return true;
    }
}
