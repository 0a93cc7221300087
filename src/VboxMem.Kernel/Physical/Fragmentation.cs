namespace VboxMem.Kernel.Physical;

/// <summary>How the free memory of a zone lies, as far as blocks of one order are concerned (fill_contig_page_info).</summary>
/// <param name="FreePages">Free pages.</param>
/// <param name="FreeBlocks">In how many blocks.</param>
/// <param name="SuitableBlocks">Blocks of the order that they could serve as.</param>
/// <remarks>mm/vmstat.c: __fragmentation_index, unusable_free_index, extfrag_for_order (facts: physical memory, 5).</remarks>
public readonly record struct Fragmentation(long FreePages, long FreeBlocks, long SuitableBlocks)
{
    private const long One = 1000;

    public static Fragmentation Of(Zone zone, int order)
    {
        var (pages, blocks, suitable) = (0L, 0L, 0L);
        for (var free = 0; free < PageGeometry.OrderCount; free++)
        {
            var count = (long)zone.Buddy.FreeBlocks(free);
            blocks += count;
            pages += count << free;
            suitable += free >= order ? count << (free - order) : 0;
        }

        return new Fragmentation(pages, blocks, suitable);
    }

    /// <summary>Why a request of the order would fail: towards 0 for want of memory, towards 1000 for fragmentation; -1000: it would not.</summary>
    public long Index(int order) =>
        FreeBlocks == 0 ? 0 : SuitableBlocks > 0 ? -One : One - ((One + (FreePages * One / (1L << order))) / FreeBlocks);

    /// <summary>Thousandths of free memory that are of no use to the order.</summary>
    public long UnusableIndex(int order) => FreePages == 0 ? One : (FreePages - (SuitableBlocks << order)) * One / FreePages;

    /// <summary>The same in percent, 0 where nothing is free: the score of a zone.</summary>
    public ulong UnusablePercent(int order) => FreePages == 0 ? 0 : (ulong)((FreePages - (SuitableBlocks << order)) * 100 / FreePages);
}
