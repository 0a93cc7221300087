using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Reclaim;

/// <summary>What compaction would need to work; reclaim for blocks frees that much and no more (compaction_suitable, compact_gap).</summary>
internal static class CompactionNeed
{
    /// <summary>Free pages that moving pages together takes, besides the marks.</summary>
    public static ulong GapPages(int order) => 2UL << order;

    /// <summary>The zone could serve the request now, or compaction could make the block.</summary>
    public static bool IsCovered(Zone zone, int order, ZoneType highestZone) =>
        WatermarkCheck.IsMet(zone, order, zone.MarkPages(WatermarkLevel.Min), highestZone, ReserveFlags.None) || IsSuitable(zone, order, highestZone);

    /// <summary>Enough is free of a zone to stop direct reclaim for a costly block there (compaction_ready).</summary>
    public static bool IsReady(Zone zone, int order, ZoneType highestZone)
    {
        if (WatermarkCheck.IsMet(zone, order, zone.MarkPages(WatermarkLevel.Min), highestZone, ReserveFlags.None))
        {
            return true;
        }

        return IsSuitable(zone, order, highestZone)
            && WatermarkCheck.IsMetExactly(zone, 0, zone.MarkPages(WatermarkLevel.High) + GapPages(order), highestZone);
    }

    private static bool IsSuitable(Zone zone, int order, ZoneType highestZone)
    {
        var mark = zone.MarkPages(order > PageGeometry.CostlyOrder ? WatermarkLevel.Low : WatermarkLevel.Min);
        return WatermarkCheck.IsMet(zone, 0, mark + GapPages(order), highestZone, ReserveFlags.None);
    }
}
