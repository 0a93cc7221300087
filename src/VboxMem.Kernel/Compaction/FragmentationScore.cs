using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sysctl;

namespace VboxMem.Kernel.Compaction;

/// <summary>
/// How fragmented memory is, from 0 to 100: the part of what is free that lies in blocks smaller than a huge page. Above the high mark it
/// is compacted before anybody asks, down to the low mark; both follow from compaction_proactiveness.
/// </summary>
/// <remarks>mm/compaction.c: fragmentation_score_zone, fragmentation_score_node, fragmentation_score_wmark.</remarks>
internal static class FragmentationScore
{
    private const int Whole = 100;
    private const int SmallestLow = 5;
    private const int HighAboveLow = 10;

    public static ulong Of(Zone zone) => Fragmentation.Of(zone, PageGeometry.PageblockOrder).UnusablePercent(PageGeometry.PageblockOrder);

    /// <summary>Of a node: that of its zones, each weighing as much as it has pages.</summary>
    public static ulong Of(Node node)
    {
        var score = 0UL;
        foreach (var zone in node.Zones)
        {
            score += zone.IsPopulated ? zone.Extent.PresentPages * Of(zone) / (node.PresentPages + 1) : 0;
        }

        return score;
    }

    public static ulong Low(VmTunables tunables) => (ulong)Math.Max(Whole - tunables.CompactionProactiveness, SmallestLow);

    public static ulong High(VmTunables tunables) => Math.Min(Low(tunables) + HighAboveLow, Whole);
}
