using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

/// <summary>
/// What a folio of 512 pages keeps in the frames behind its head, whose fields are otherwise unused. The head and each tail hold
/// in MapCount the page-table entries (PTEs) that map that very page.
/// </summary>
/// <remarks>
/// head + 1: Private = PMD entries that map it whole (_entire_mapcount); Index = pages of it that are mapped in any way.
/// head + 2: links of the node's deferred split list; Private = pages that hold zeros; Index = 1 while on that list.
/// head + 3: Private = pages that some PTE maps (_nr_pages_mapped).
/// </remarks>
internal static class HugeCounts
{
    public const int Order = PageGeometry.PageblockOrder;

    public const uint Pages = 1u << Order;

    public static ref uint WholeMappings(PageFrames frames, Pfn head) => ref frames[head.Plus(1)].Private;

    public static ref uint PagesMappedByPte(PageFrames frames, Pfn head) => ref frames[head.Plus(3)].Private;

    public static ref uint ZeroPages(PageFrames frames, Pfn head) => ref frames[head.Plus(2)].Private;

    public static ref uint IsQueued(PageFrames frames, Pfn head) => ref frames[head.Plus(2)].Index;

    /// <summary>The frame whose links put the folio on a deferred split list.</summary>
    public static Pfn QueueLink(Pfn head) => head.Plus(2);

    public static Pfn HeadOfLink(Pfn link) => new(link.Index - 2);

    /// <summary>Pages of it that are mapped in any way.</summary>
    public static uint MappedPages(PageFrames frames, Pfn head) => frames[head.Plus(1)].Index;

    /// <summary>Brings <see cref="MappedPages"/> up to date after either count has changed.</summary>
    /// <returns>By how much it has changed.</returns>
    public static int UpdateMappedPages(PageFrames frames, Pfn head)
    {
        ref var mapped = ref frames[head.Plus(1)].Index;
        var before = (int)mapped;
        mapped = WholeMappings(frames, head) > 0 ? Pages : PagesMappedByPte(frames, head);
        return (int)mapped - before;
    }

    /// <summary>All entries of any level that map the folio or a page of it (folio_mapcount).</summary>
    public static uint AllMappings(PageFrames frames, Pfn head)
    {
        var mappings = WholeMappings(frames, head);
        if (PagesMappedByPte(frames, head) == 0)
        {
            return mappings;
        }

        for (var i = 0u; i < Pages; i++)
        {
            mappings += frames[head.Plus(i)].MapCount;
        }

        return mappings;
    }

    /// <summary>A new huge folio: nothing of it is mapped, all of it is zero or none.</summary>
    public static void Prepare(PageFrames frames, Pfn head, bool isZero)
    {
        for (var i = 1u; i < Pages; i++)
        {
            frames[head.Plus(i)] = default;
        }

        frames[head].MapCount = 0;
        if (isZero)
        {
            MarkAllZero(frames, head);
        }
    }

    private static void MarkAllZero(PageFrames frames, Pfn head)
    {
        for (var i = 0u; i < Pages; i++)
        {
            frames[head.Plus(i)].Set(PageFlags.ZeroPart);
        }

        frames[head].Set(PageFlags.ZeroFilled);
        ZeroPages(frames, head) = Pages;
    }

    /// <summary>Something else than zeros is written to pages of the folio.</summary>
    /// <returns>True when some page of it still holds zeros.</returns>
    public static bool ClearZero(PageFrames frames, Pfn head, uint first, uint count)
    {
        ref var zero = ref ZeroPages(frames, head);
        for (var i = first; i < first + count && zero > 0; i++)
        {
            zero -= frames[head.Plus(i)].TestClear(PageFlags.ZeroPart) ? 1u : 0;
        }

        frames[head].Clear(PageFlags.ZeroFilled);
        return zero > 0;
    }
}
