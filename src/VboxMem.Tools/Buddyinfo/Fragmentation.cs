using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Buddyinfo;

/// <summary>How hard a block of an order is to get in a zone, and why.</summary>
/// <param name="Order">The order.</param>
/// <param name="FreeBlocks">Free blocks of exactly that order.</param>
/// <param name="Index">
/// The kernel's fragmentation index in thousandths: -1000 where such a block, or a larger one, is free; otherwise towards 0 it is memory
/// that is missing, towards 1000 the free pages lie scattered. 0 where nothing is free.
/// </param>
/// <param name="UnusablePerMille">Thousandths of the free pages that are in blocks too small.</param>
/// <remarks>Models Linux 6.12 mm/vmstat.c: __fragmentation_index, unusable_free_index (facts: physical memory, 5).</remarks>
public readonly record struct Fragmentation(int Order, ulong FreeBlocks, int Index, int UnusablePerMille)
{
    private const int PerMille = 1000;

    /// <summary>All orders of a zone.</summary>
    public static IReadOnlyList<Fragmentation> Of(BuddyInfo zone)
    {
        ArgumentNullException.ThrowIfNull(zone);
        var (blocks, pages) = (0UL, zone.FreePages);
        foreach (var count in zone.FreeBlocks) blocks += count;

        var orders = new List<Fragmentation>(zone.FreeBlocks.Count);
        for (var order = 0; order < zone.FreeBlocks.Count; order++)
        {
            var suitablePages = 0UL;
            for (var larger = order; larger < zone.FreeBlocks.Count; larger++) suitablePages += zone.FreeBlocks[larger] << larger;
            orders.Add(new Fragmentation(
                order,
                zone.FreeBlocks[order],
                blocks == 0 ? 0 : suitablePages > 0 ? -PerMille : IndexOf(order, blocks, pages),
                pages == 0 ? 0 : (int)((UInt128)(pages - suitablePages) * PerMille / pages)));
        }

        return orders;
    }

    private static int IndexOf(int order, ulong blocks, ulong pages) =>
        (int)(PerMille - (long)((PerMille + ((UInt128)pages * PerMille >> order)) / blocks));
}
