// Reading the page tables of a range without changing them: what PageWalk is for those who change many entries.
//
// Models   Linux 6.12 mm/pagewalk.c: walk_page_range, walk_pmd_range.

using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

/// <summary>What one PTE table, or the mapping of a huge page in its place, covers of a range. Neither: nothing is mapped there.</summary>
internal readonly ref struct TablePart
{
    private TablePart(ulong endPage, ReadOnlySpan<PageTableEntry> entries, PageTableEntry huge)
    {
        EndPage = endPage;
        Entries = entries;
        Huge = huge;
    }

    /// <summary>Where the walk goes on.</summary>
    public ulong EndPage { get; }

    /// <summary>The entries of the pages up to there; empty where there is no table.</summary>
    public ReadOnlySpan<PageTableEntry> Entries { get; }

    /// <summary>The PMD entry, where it maps a huge page of which the part is a piece.</summary>
    public PageTableEntry Huge { get; }

    public bool IsHuge => !Huge.IsNone;

    /// <summary>The next part of a range that is not empty.</summary>
    public static TablePart Next(PageTables tables, MemoryDescriptor mm, ulong page, ulong end)
    {
        var pmdTable = tables.FindPmdTable(mm, page);
        if (pmdTable == Pfn.None)
        {
            return new TablePart(Math.Min(end, tables.PastHole(mm.TopTable, page)), default, default);
        }

        var stop = Math.Min(end, (page | (PageTables.PagesPerPteTable - 1)) + 1);
        var pmd = tables.Entries(pmdTable)[PageTables.IndexOf(page, PageTables.PmdShift)];
        if (HugeMapping.IsHuge(pmd))
        {
            return new TablePart(stop, default, pmd);
        }

        var table = PageTables.Next(pmd);
        return table == Pfn.None
            ? new TablePart(stop, default, default)
            : new TablePart(stop, tables.Entries(table).Slice(PageTables.IndexOf(page, PageTables.PteShift), (int)(stop - page)), default);
    }
}
