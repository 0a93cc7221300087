// What the buddy allocator does when the lists of the wanted migrate type are empty: take from another type, and if it can,
// claim the whole pageblock, so that pages that cannot move stay together.
//
//   claim   from the largest blocks down: retag whole pageblocks, or a pageblock that is mostly free or of our kind
//   steal   from the smallest block up: take one block, leave its pageblock as it is
//
// Each claim of part of a pageblock raises the zone's watermarks for a while (boost), so that kswapd frees whole blocks; what it
// worked for when its run is over it takes off again.
//
// Models   Linux 6.12 __rmqueue, __rmqueue_claim, try_to_claim_block, __rmqueue_steal, boost_watermark
//          (facts: physical memory, 2.6 and 4.2).

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Sysctl;

namespace VboxMem.Kernel.Physical;

/// <summary>What last worked for a refill of a per-CPU list; the next page of the same refill starts there.</summary>
public enum FallbackMode
{
    Normal,
    Claim,
    Steal,
}

public static class PageblockFallback
{
    /// <summary>From this order on a chunk is large enough to claim its pageblock for any requester.</summary>
    private const int ClaimableOrder = PageGeometry.PageblockOrder / 2;

    private static readonly MigrateType[][] _alternatives =
    [
        [MigrateType.Reclaimable, MigrateType.Movable],
        [MigrateType.Reclaimable, MigrateType.Unmovable],
        [MigrateType.Unmovable, MigrateType.Movable],
    ];

    /// <summary>Takes a block for a type from its own lists, or by claiming, or by stealing.</summary>
    /// <returns>False, with nothing taken, when the zone has no block that may serve.</returns>
    public static bool TryTake(
        Zone zone, PageFrames frames, VmTunables tunables, int order, MigrateType type, bool avoidMixing,
        ref FallbackMode mode, out Pfn block)
    {
        if (mode == FallbackMode.Normal && zone.Buddy.TryTake(order, type, out block))
        {
            return true;
        }

        if (mode <= FallbackMode.Claim && TryClaim(zone, frames, tunables, order, type, avoidMixing, out block))
        {
            mode = FallbackMode.Normal;
            return true;
        }

        if (!avoidMixing && TrySteal(zone, order, type, out block))
        {
            zone.Paths.Count(ReachedPath.BuddySteals);
            mode = FallbackMode.Steal;
            return true;
        }

        block = Pfn.None;
        return false;
    }

    /// <summary>Another type has a free block of the order that this one may claim with its pageblock (find_suitable_fallback).</summary>
    internal static bool CanClaim(Zone zone, int order, MigrateType type) =>
        (order >= ClaimableOrder || type != MigrateType.Movable) && TryFindAlternative(zone, order, type, out _);

    private static bool TryClaim(
        Zone zone, PageFrames frames, VmTunables tunables, int order, MigrateType type, bool avoidMixing, out Pfn block)
    {
        var lowest = avoidMixing && order < PageGeometry.PageblockOrder ? PageGeometry.PageblockOrder : order;
        for (var current = PageGeometry.MaxOrder; current >= lowest; current--)
        {
            if (current < ClaimableOrder && type == MigrateType.Movable)
            {
                break;   // too small to claim for pages that can be moved away again
            }

            if (TryFindAlternative(zone, current, type, out var from)
                && TryClaimBlock(zone, frames, tunables, zone.Buddy.First(current, from), current, order, type, from, out block))
            {
                return true;
            }
        }

        block = Pfn.None;
        return false;
    }

    private static bool TryClaimBlock(
        Zone zone, PageFrames frames, VmTunables tunables, Pfn found, int foundOrder, int order, MigrateType type,
        MigrateType from, out Pfn block)
    {
        if (foundOrder >= PageGeometry.PageblockOrder)
        {
            zone.Paths.Count(ReachedPath.BuddyClaimsWholeBlocks);
            for (var offset = 0u; offset < 1u << foundOrder; offset += PageGeometry.PageblockPages)
            {
                frames.SetPageblockType(found.Plus(offset), type);
            }

            zone.Buddy.TakeFrom(found, foundOrder, order, from, type);
            block = found;
            return true;
        }

        block = Pfn.None;
        Boost(zone, tunables.WatermarkBoostFactor);

        var pageblock = found.AlignDown(PageGeometry.PageblockOrder);
        if (pageblock < zone.Extent.Start || pageblock.Plus(PageGeometry.PageblockPages) > zone.Extent.End)
        {
            return false;
        }

        CountPageblock(frames, pageblock, out var freePages, out var movablePages);
        var alikePages = type == MigrateType.Movable ? movablePages
            : from == MigrateType.Movable ? PageGeometry.PageblockPages - (freePages + movablePages)
            : 0;
        if (freePages + alikePages < PageGeometry.PageblockPages / 2)
        {
            zone.Paths.Count(ReachedPath.BuddyClaimRefused);
            return false;
        }

        zone.Paths.Count(ReachedPath.BuddyClaimsMixedBlock);
        zone.Buddy.MovePageblock(pageblock, from, type);
        frames.SetPageblockType(pageblock, type);
        return zone.Buddy.TryTake(order, type, out block);
    }

    private static bool TrySteal(Zone zone, int order, MigrateType type, out Pfn block)
    {
        for (var current = order; current <= PageGeometry.MaxOrder; current++)
        {
            if (TryFindAlternative(zone, current, type, out var from))
            {
                block = zone.Buddy.First(current, from);
                zone.Buddy.TakeFrom(block, current, order, from, from);
                return true;
            }
        }

        block = Pfn.None;
        return false;
    }

    private static bool TryFindAlternative(Zone zone, int order, MigrateType type, out MigrateType from)
    {
        foreach (var candidate in _alternatives[(int)type])
        {
            if (!zone.Buddy.IsEmpty(order, candidate))
            {
                from = candidate;
                return true;
            }
        }

        from = type;
        return false;
    }

    /// <summary>Free pages of a pageblock, and pages in it that are on an LRU list and so can be moved.</summary>
    private static void CountPageblock(PageFrames frames, Pfn pageblock, out uint freePages, out uint movablePages)
    {
        freePages = 0;
        movablePages = 0;
        for (var pfn = pageblock; pfn < pageblock.Plus(PageGeometry.PageblockPages);)
        {
            ref var frame = ref frames[pfn];
            var pages = 1u << frame.Order;
            if (frame.Owner == FrameOwner.Free)
            {
                freePages += pages;
            }
            else if (frame.Owner is FrameOwner.Anonymous or FrameOwner.File or FrameOwner.Shmem)
            {
                movablePages += pages;
            }

            pfn = pfn.Plus(pages);
        }
    }

    private static void Boost(Zone zone, uint factor)
    {
        // Too small a zone, or one whose marks are not set yet, is left alone.
        var limit = zone.Marks.HighPages * factor / 10000;
        if (limit > 0 && PageGeometry.PageblockPages * 4 <= zone.ManagedPages)
        {
            limit = Math.Max(limit, PageGeometry.PageblockPages);
            zone.BoostPages = Math.Min(zone.BoostPages + PageGeometry.PageblockPages, limit);
            zone.IsBoostNew = true;
        }
    }
}
