// Giving the entries of a range the rights of their area.
//
// An entry that may be written to without a copy and without telling anyone becomes writable at once; others do so by a fault.
//
// Models   Linux 6.12 mm/mprotect.c: change_pte_range, can_change_private_pte_writable; mm/huge_memory.c: change_huge_pmd.
// Departs  the walk costs what copying an entry at fork costs.

using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

internal sealed class EntryRights(Machine machine)
{
    /// <summary>Changes the entries of an area's pages until the turn is over.</summary>
    /// <returns>The page to go on at.</returns>
    public ulong Change(MemoryDescriptor mm, Vma area, ulong page, ulong end)
    {
        while (page < end)
        {
            page = ChangeInTable(mm, area, page, end);
            if (machine.Cpus.IsTurnOver)
            {
                break;
            }
        }

        return page;
    }

    private ulong ChangeInTable(MemoryDescriptor mm, Vma area, ulong page, ulong end)
    {
        var tables = machine.Memory.Tables;
        var pmd = tables.FindPmdTable(mm, page);
        if (pmd == Pfn.None)
        {
            return Math.Min(end, tables.PastHole(mm.TopTable, page));
        }

        var stop = Math.Min(end, (page | (PageTables.PagesPerPteTable - 1)) + 1);
        var index = PageTables.IndexOf(page, PageTables.PmdShift);
        if (HugeMapping.IsHuge(tables.Entries(pmd)[index]))
        {
            if (stop - page == PageTables.PagesPerPteTable)
            {
                ref var huge = ref tables.Entries(pmd)[index];
                huge = WithRights(area, huge);
                machine.Cpus.SpendInKernel(machine.Costs.ForkPage);
                machine.Cpus.CountPages(1);
                return stop;
            }

            machine.HugeFolios.Mappings.Split(mm, area, pmd, page);
        }

        if (PageTables.Next(tables.Entries(pmd)[index]) is var table && table != Pfn.None)
        {
            ChangeEntries(area, tables.Entries(table), page, stop);
        }

        return stop;
    }

    private void ChangeEntries(Vma area, Span<PageTableEntry> entries, ulong page, ulong stop)
    {
        var changed = 0;
        for (; page < stop; page++)
        {
            ref var entry = ref entries[PageTables.IndexOf(page, PageTables.PteShift)];
            if (entry.IsMapped)
            {
                entry = WithRights(area, entry);
                changed++;
            }
        }

        machine.Cpus.SpendInKernel((ulong)changed * machine.Costs.ForkPage);
        machine.Cpus.CountPages(changed);
    }

    private PageTableEntry WithRights(Vma area, PageTableEntry entry)
    {
        const EntryBits rights = EntryBits.Present | EntryBits.Global | EntryBits.Writable | EntryBits.NoExecute;
        var bits = (area.Flags & AreaRights.Access) == 0 ? EntryBits.Global : EntryBits.Present;
        bits |= area.Has(VmaFlags.Execute) ? 0 : EntryBits.NoExecute;
        bits |= area.Has(VmaFlags.Write) && MayWriteAtOnce(area, entry) ? EntryBits.Writable : 0;
        return entry.Without(rights).With(bits);
    }

    private bool MayWriteAtOnce(Vma area, PageTableEntry entry)
    {
        if (entry.Has(EntryBits.Special))
        {
            return false;
        }

        if (area.Has(VmaFlags.Shared))
        {
            return entry.Has(EntryBits.Dirty);
        }

        var folio = FolioMapping.HeadOf(machine.Frames, entry.Pfn);
        return machine.Frames[folio].IsAnonymous && machine.Frames[entry.Pfn].Has(PageFlags.AnonExclusive);
    }
}
