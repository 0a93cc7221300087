// Pageblocks kept aside for high-order requests that cannot wait. The reserve grows by one pageblock after each such
// request that succeeded, up to about 1 % of the zone, and is given back when memory runs short.
//
// Models   Linux 6.12 reserve_highatomic_pageblock, unreserve_highatomic_pageblock (facts: physical memory, 2.6).

using VboxMem.Kernel.Accounting;

namespace VboxMem.Kernel.Physical;

public static class HighAtomicReserve
{
    /// <summary>Reserves the pageblock that just served a high-order atomic request, if the zone may have another.</summary>
    public static void Grow(Zone zone, PageFrames frames, Pfn block, int order)
    {
        var onePercent = zone.ManagedPages / 100;
        if (onePercent < PageGeometry.PageblockPages)
        {
            return;
        }

        var limit = (onePercent + PageGeometry.PageblockPages - 1) & ~(ulong)(PageGeometry.PageblockPages - 1);
        var type = frames.PageblockType(block);
        if (zone.ReservedHighAtomicPages >= limit || !type.IsMergeable())
        {
            return;
        }

        var pageblock = block.AlignDown(PageGeometry.PageblockOrder);
        if (order >= PageGeometry.PageblockOrder)
        {
            for (var offset = 0u; offset < 1u << order; offset += PageGeometry.PageblockPages)
            {
                frames.SetPageblockType(block.Plus(offset), MigrateType.HighAtomic);
            }

            zone.ReservedHighAtomicPages += 1UL << order;
            zone.Paths.Count(ReachedPath.HighAtomicGrows);
        }
        else if (pageblock >= zone.Extent.Start && pageblock.Plus(PageGeometry.PageblockPages) <= zone.Extent.End)
        {
            zone.Buddy.MovePageblock(pageblock, type, MigrateType.HighAtomic);
            frames.SetPageblockType(pageblock, MigrateType.HighAtomic);
            zone.ReservedHighAtomicPages += PageGeometry.PageblockPages;
            zone.Paths.Count(ReachedPath.HighAtomicGrows);
        }
    }

    /// <summary>Gives one reserved pageblock with free pages back to a requester's type.</summary>
    /// <param name="force">Give even the last one: done before the OOM killer is called.</param>
    /// <returns>True when a pageblock was given back that had free pages.</returns>
    public static bool Shrink(Zone zone, PageFrames frames, MigrateType type, bool force)
    {
        if (!force && zone.ReservedHighAtomicPages <= PageGeometry.PageblockPages)
        {
            return false;
        }

        for (var order = 0; order <= PageGeometry.MaxOrder; order++)
        {
            var block = zone.Buddy.First(order, MigrateType.HighAtomic);
            if (block == Pfn.None)
            {
                continue;
            }

            var pages = order < PageGeometry.PageblockOrder ? PageGeometry.PageblockPages : 1u << order;
            zone.ReservedHighAtomicPages -= Math.Min(pages, zone.ReservedHighAtomicPages);
            if (order == PageGeometry.MaxOrder)
            {
                zone.Buddy.RetypeLargestBlock(block, MigrateType.HighAtomic, type);
                return true;
            }

            var pageblock = block.AlignDown(PageGeometry.PageblockOrder);
            frames.SetPageblockType(pageblock, type);
            return zone.Buddy.MovePageblock(pageblock, MigrateType.HighAtomic, type) > 0;
        }

        return false;
    }
}
