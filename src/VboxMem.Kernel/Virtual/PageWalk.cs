// Going over the page tables of a range, one PTE table after the other: what calls that change many pages are built on.
//
// Models   Linux 6.12 mm/pagewalk.c: walk_page_range, walk_pmd_range.

using System.Runtime.CompilerServices;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

/// <summary>What one PTE table, or the mapping of a whole huge page in its place, covers of a range. Both absent: nothing is mapped there.</summary>
internal readonly ref struct PageWalk
{
    private readonly ref PageTableEntry _huge;

    private PageWalk(ulong endPage, Pfn pmdTable, Span<PageTableEntry> entries, ref PageTableEntry huge)
    {
        EndPage = endPage;
        PmdTable = pmdTable;
        Entries = entries;
        _huge = ref huge;
    }

    /// <summary>Where the walk goes on.</summary>
    public ulong EndPage { get; }

    /// <summary>The table that leads to the part; none where there is not even that.</summary>
    public Pfn PmdTable { get; }

    /// <summary>The entries of the pages up to there; empty where there is no table.</summary>
    public Span<PageTableEntry> Entries { get; }

    /// <summary>The range covers a huge page's mapping as a whole: <see cref="Huge"/>.</summary>
    public bool IsHuge => !Unsafe.IsNullRef(in _huge);

    public ref PageTableEntry Huge => ref _huge;

    /// <summary>The next part of a range. A huge mapping that lies in it only in part is split.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="mm">Whose tables.</param>
    /// <param name="area">The area that the range is in.</param>
    /// <param name="page">Where to begin.</param>
    /// <param name="end">The range's end, above <paramref name="page"/>.</param>
    public static PageWalk Next(Machine machine, MemoryDescriptor mm, Vma area, ulong page, ulong end)
    {
        var tables = machine.Memory.Tables;
        var pmdTable = tables.FindPmdTable(mm, page);
        if (pmdTable == Pfn.None)
        {
            return new PageWalk(Math.Min(end, tables.PastHole(mm.TopTable, page)), Pfn.None, [], ref Unsafe.NullRef<PageTableEntry>());
        }

        var stop = Math.Min(end, (page | (PageTables.PagesPerPteTable - 1)) + 1);
        ref var pmd = ref tables.Entries(pmdTable)[PageTables.IndexOf(page, PageTables.PmdShift)];
        if (HugeMapping.IsHuge(pmd))
        {
            if (stop - page == PageTables.PagesPerPteTable)
            {
                return new PageWalk(stop, pmdTable, [], ref pmd);
            }

            machine.HugeFolios.Mappings.Split(mm, area, pmdTable, page);
        }

        var table = PageTables.Next(pmd);
        var entries = table == Pfn.None ? [] : tables.Entries(table).Slice(PageTables.IndexOf(page, PageTables.PteShift), (int)(stop - page));
        return new PageWalk(stop, pmdTable, entries, ref Unsafe.NullRef<PageTableEntry>());
    }
}
