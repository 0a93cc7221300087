// Moving the entries of a range to another place of the same address space: whole tables where both sides allow it, else one by one.
//
// Pages, their counts and RSS stay as they are.
//
// Models   Linux 6.12 mm/mremap.c: move_page_tables, move_ptes, move_normal_pmd, move_huge_pmd.
// Departs  a moved entry costs what copying one at fork costs; PMD tables are not moved whole.

using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

internal sealed class MovePageTables(Machine machine)
{
    /// <summary>Moves entries until the turn is over.</summary>
    /// <param name="mm">The descriptor; source and target areas both exist.</param>
    /// <param name="page">The page to go on at, in the source.</param>
    /// <param name="end">The page past the source.</param>
    /// <param name="distance">From a source page to its target, wrapping around.</param>
    /// <returns>False: no memory for a table; what lies below <paramref name="page"/> has moved.</returns>
    public bool TryMove(MemoryDescriptor mm, ref ulong page, ulong end, ulong distance)
    {
        while (page < end)
        {
            if (!TryMoveSome(mm, ref page, end, distance))
            {
                return false;
            }

            if (machine.Cpus.IsTurnOver)
            {
                break;
            }
        }

        return true;
    }

    /// <summary>Moves what one table covers on both sides.</summary>
    private bool TryMoveSome(MemoryDescriptor mm, ref ulong page, ulong end, ulong distance)
    {
        var tables = machine.Memory.Tables;
        var source = tables.FindPmdTable(mm, page);
        if (source == Pfn.None)
        {
            page = Math.Min(end, tables.PastHole(mm.TopTable, page));
            return true;
        }

        var stop = Math.Min(end, (page | (PageTables.PagesPerPteTable - 1)) + 1);
        var index = PageTables.IndexOf(page, PageTables.PmdShift);
        if (tables.Entries(source)[index].IsNone)
        {
            page = stop;
            return true;
        }

        if (stop - page == PageTables.PagesPerPteTable && distance % PageTables.PagesPerPteTable == 0)
        {
            return TryMoveTable(mm, source, ref page, distance);
        }

        if (HugeMapping.IsHuge(tables.Entries(source)[index]))
        {
            machine.HugeFolios.Mappings.Split(mm, mm.Find(page)!, source, page);
        }

        return TryMoveEntries(mm, tables.Entries(PageTables.Next(tables.Entries(source)[index])), ref page, stop, distance);
    }

    private bool TryMoveTable(MemoryDescriptor mm, Pfn source, ref ulong page, ulong distance)
    {
        var tables = machine.Memory.Tables;
        if (!tables.TryMakePmdTable(mm, page + distance, out var target))
        {
            return false;
        }

        ref var from = ref tables.Entries(source)[PageTables.IndexOf(page, PageTables.PmdShift)];
        ref var to = ref tables.Entries(target)[PageTables.IndexOf(page + distance, PageTables.PmdShift)];
        if (to.IsNone)
        {
            to = from;
            if (HugeMapping.IsHuge(from))
            {
                tables.Deposit(target, tables.Withdraw(source));
                to = SoftDirty.Moved(from);
            }

            from = PageTableEntry.None;
            page += PageTables.PagesPerPteTable;
            machine.Cpus.SpendInKernel(machine.Costs.ForkPage);
            machine.Cpus.CountPages(1);
            return true;
        }

        // An empty table is there already: what is in the other one goes there.
        Invariant.Holds(!HugeMapping.IsHuge(from));
        return TryMoveEntries(mm, tables.Entries(PageTables.Next(from)), ref page, page + PageTables.PagesPerPteTable, distance);
    }

    private bool TryMoveEntries(MemoryDescriptor mm, Span<PageTableEntry> from, ref ulong page, ulong stop, ulong distance)
    {
        var tables = machine.Memory.Tables;
        var target = page + distance;
        if (!tables.TryMakePteTable(mm, target, out var table))
        {
            return false;
        }

        var to = tables.Entries(table);
        var moved = 0;
        stop = Math.Min(stop, page + PageTables.PagesPerPteTable - (target % PageTables.PagesPerPteTable));
        for (; page < stop; page++)
        {
            ref var entry = ref from[PageTables.IndexOf(page, PageTables.PteShift)];
            if (!entry.IsNone)
            {
                to[PageTables.IndexOf(page + distance, PageTables.PteShift)] = SoftDirty.Moved(entry);
                entry = PageTableEntry.None;
                moved++;
            }
        }

        machine.Cpus.SpendInKernel((ulong)moved * machine.Costs.ForkPage);
        machine.Cpus.CountPages(moved);
        return true;
    }
}
