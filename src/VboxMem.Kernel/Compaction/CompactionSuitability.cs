// Whether compaction is what a request for a block needs: enough must be free to move pages to, and the lack of a block must be one of
// order rather than of memory.
//
//   fragmentation index 0 ...... extfrag_threshold ...... 1000
//        reclaim helps, not this        compact
//
// Units    pages.
// Models   Linux 6.12 mm/compaction.c: compaction_suitable, __compaction_suitable, compaction_suit_allocation_order, compact_gap,
//          compaction_zonelist_suitable; mm/vmscan.c: compaction_ready (facts: physical memory, 5).

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Reclaim;

namespace VboxMem.Kernel.Compaction;

internal static class CompactionSuitability
{
    /// <summary>Free pages that moving pages together takes, besides the marks.</summary>
    public static ulong GapPages(int order) => 2UL << order;

    /// <summary>What to do for a request: nothing (Success), it is of no use (Skipped), or compact (Continue).</summary>
    public static CompactionResult Judge(Machine machine, Zone zone, int order, ZoneType highestZone, ReserveFlags reserves) =>
        WatermarkCheck.IsMet(zone, order, zone.MarkPages(WatermarkLevel.Min), highestZone, reserves) ? CompactionResult.Success
        : IsSuitable(machine, zone, order, highestZone) ? CompactionResult.Continue
        : CompactionResult.Skipped;

    /// <summary>Enough is free, and above order 3 it is fragmented enough.</summary>
    public static bool IsSuitable(Machine machine, Zone zone, int order, ZoneType highestZone)
    {
        if (!HasRoom(zone, order, highestZone, zone.FreePages))
        {
            return false;
        }

        if (order <= PageGeometry.CostlyOrder)
        {
            return true;
        }

        var index = Fragmentation.Of(zone, order).Index(order);
        var isForWantOfMemory = index >= 0 && index <= machine.Tunables.ExtfragThreshold;
        if (isForWantOfMemory)
        {
            machine.Paths.Count(ReachedPath.CompactionNotForFragmentation);
        }

        return !isForWantOfMemory;
    }

    /// <summary>The zone could serve the request now, or compaction could make the block: reclaim for it may end.</summary>
    public static bool IsCovered(Machine machine, Zone zone, int order, ZoneType highestZone) =>
        Judge(machine, zone, order, highestZone, ReserveFlags.None) != CompactionResult.Skipped;

    /// <summary>Enough is free of a zone to stop direct reclaim for a costly block there (compaction_ready).</summary>
    public static bool IsReady(Machine machine, Zone zone, int order, ZoneType highestZone)
    {
        var judgement = Judge(machine, zone, order, highestZone, ReserveFlags.None);
        return judgement == CompactionResult.Success
            || (judgement == CompactionResult.Continue
                && WatermarkCheck.IsMetExactly(zone, 0, zone.MarkPages(WatermarkLevel.High) + GapPages(order), highestZone));
    }

    /// <summary>Compaction was skipped: with some of what could be reclaimed, a zone would have room enough.</summary>
    public static bool CouldBecomeSuitable(Machine machine, in AllocationRequest request)
    {
        var highest = request.Gfp.HighestZone();
        foreach (var zone in machine.Allocator.ZonelistOf(request.Node))
        {
            if (zone.Type > highest || (zone.Node != request.Node && (request.Gfp & GfpFlags.ThisNode) != 0))
            {
                continue;
            }

            var available = (ZoneReclaim.ReclaimablePages(machine, zone) / (ulong)request.Order)
                + (ulong)zone.Stats.ReadExact((int)ZoneStatItem.FreePages);
            if (HasRoom(zone, request.Order, highest, (long)available))
            {
                return true;
            }
        }

        return false;
    }

    private static bool HasRoom(Zone zone, int order, ZoneType highestZone, long freePages)
    {
        var mark = zone.MarkPages(order > PageGeometry.CostlyOrder ? WatermarkLevel.Low : WatermarkLevel.Min);
        return WatermarkCheck.IsMetWith(zone, 0, mark + GapPages(order), highestZone, ReserveFlags.None, freePages);
    }
}
