// Is another round of direct reclaim worth it, or is it time for the OOM killer? And may a task reclaim directly at all?
//
// Rounds without progress are counted; after 16 the next one gives up. Before, a round is worth it as long as some zone would pass
// its min mark if everything reclaimable in it were freed. A zone with nothing to reclaim counts its free pages twice, so a box
// without swap and page cache still runs all 17 rounds: 34 allocation stalls for a plain kill.
//
// Units    pages.
// Models   Linux 6.12.107 should_reclaim_retry, zone_reclaimable_pages, allow_direct_reclaim (facts: reclaim, 3.4 and 3.5).

using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Reclaim;

public static class ReclaimRetry
{
    /// <summary>MAX_RECLAIM_RETRIES: rounds without progress before the machine is out of memory, and kswapd's failures before it gives up.</summary>
    public const int MaxRetries = 16;

    /// <summary>The count of fruitless rounds after one more.</summary>
    /// <param name="loops">The count before; 0 at the start of an allocation.</param>
    /// <param name="madeProgress">The round reclaimed something.</param>
    /// <param name="order">Order of the request: progress says little about blocks above order 3.</param>
    public static int NextLoops(int loops, bool madeProgress, int order) =>
        madeProgress && order <= PageGeometry.CostlyOrder ? 0 : loops + 1;

    /// <summary>True when no round follows, whatever the zones hold.</summary>
    public static bool IsExhausted(int loops) => loops > MaxRetries;

    /// <summary>Pages of a zone that reclaim could free.</summary>
    /// <param name="sizes">The zone's lists.</param>
    /// <param name="canReclaimAnon">A swap slot is free, or pages can be demoted.</param>
    /// <param name="freePages">The zone's free pages: what it counts when it has nothing to reclaim.</param>
    public static ulong ReclaimablePages(in LruSizes sizes, bool canReclaimAnon, ulong freePages)
    {
        var pages = sizes.InactiveFilePages + sizes.ActiveFilePages;
        if (canReclaimAnon)
        {
            pages += sizes.InactiveAnonPages + sizes.ActiveAnonPages;
        }

        return pages != 0 ? pages : freePages;
    }

    /// <summary>Free pages to hold against the zone's min mark: those it has, and those it could have.</summary>
    /// <inheritdoc cref="ReclaimablePages" path="/param"/>
    public static ulong AvailablePages(in LruSizes sizes, bool canReclaimAnon, ulong freePages) =>
        ReclaimablePages(sizes, canReclaimAnon, freePages) + freePages;
}

/// <summary>The emergency reserve of a node's zones up to Normal, summed up: below half of it user tasks wait for kswapd.</summary>
public struct EmergencyReserve
{
    private ulong _minPages;
    private ulong _freePages;

    /// <summary>Adds a managed zone; one without anything to reclaim does not count.</summary>
    /// <param name="minPages">Its min mark, boost included.</param>
    /// <param name="freePages">Its free pages.</param>
    /// <param name="reclaimablePages">See <see cref="ReclaimRetry.ReclaimablePages"/>.</param>
    public void AddZone(ulong minPages, ulong freePages, ulong reclaimablePages)
    {
        if (reclaimablePages == 0)
        {
            return;
        }

        _minPages += minPages;
        _freePages += freePages;
    }

    /// <summary>True when direct reclaim may go ahead; otherwise the task counts as throttled and kswapd is woken.</summary>
    /// <param name="kswapdFailures">A kswapd that has given up is not waited for.</param>
    public readonly bool AllowsDirectReclaim(int kswapdFailures) =>
        kswapdFailures >= ReclaimRetry.MaxRetries || _minPages == 0 || _freePages > _minPages / 2;
}
