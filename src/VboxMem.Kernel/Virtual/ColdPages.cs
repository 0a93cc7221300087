// MADV_COLD and MADV_PAGEOUT: pages that their program will not need soon go to the inactive list, or out at once.
//
// Models   Linux 6.12 mm/madvise.c: madvise_cold_or_pageout_pte_range (facts: virtual memory, 3.8).
// Departs  the walk costs what copying an entry at fork costs; every file may be written by whoever maps it.

using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

internal sealed class ColdPages(Machine machine)
{
    /// <summary>Isolated for pageout within one table; empty between steps.</summary>
    private readonly List<Pfn> _isolated = [];

    /// <summary>Ages pages of an area until the turn is over.</summary>
    /// <returns>The page to go on at.</returns>
    public ulong Age(MemoryDescriptor mm, Vma area, ulong page, ulong end, bool isPageOut)
    {
        while (page < end)
        {
            page = AgeInTable(mm, area, page, end, isPageOut);
            if (_isolated.Count > 0)
            {
                machine.Reclaimer.ReclaimIsolated(_isolated);
                _isolated.Clear();
            }

            if (machine.Cpus.IsTurnOver)
            {
                break;
            }
        }

        return page;
    }

    private ulong AgeInTable(MemoryDescriptor mm, Vma area, ulong page, ulong end, bool isPageOut)
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
                AgeEntry(ref tables.Entries(pmd)[index], isPageOut);
                return stop;
            }

            machine.HugeFolios.Mappings.Split(mm, area, pmd, page);
        }

        if (PageTables.Next(tables.Entries(pmd)[index]) is var table && table != Pfn.None)
        {
            var entries = tables.Entries(table).Slice(PageTables.IndexOf(page, PageTables.PteShift), (int)(stop - page));
            for (var i = 0; i < entries.Length; i++)
            {
                AgeEntry(ref entries[i], isPageOut);
            }
        }

        return stop;
    }

    private void AgeEntry(ref PageTableEntry entry, bool isPageOut)
    {
        if (!entry.IsPresent || entry.Has(EntryBits.Special))
        {
            return;
        }

        machine.Cpus.SpendInKernel(machine.Costs.ForkPage);
        machine.Cpus.CountPages(1);
        var page = entry.Pfn;
        var folio = FolioMapping.HeadOf(machine.Frames, page);
        if (machine.Frames[folio].Order > 0 && !entry.Has(EntryBits.Huge) && !HugePart.TrySplit(machine, folio))
        {
            return;
        }

        folio = FolioMapping.HeadOf(machine.Frames, page);
        ref var frame = ref machine.Frames[folio];
        var mappings = frame.Order > 0 ? HugeCounts.AllMappings(machine.Frames, folio) : frame.MapCount;
        if (mappings != 1 || (frame.Order == 0 && !frame.Has(PageFlags.Lru)))
        {
            return;   // someone else's too, or on no list yet
        }

        entry = isPageOut ? entry : entry.Without(EntryBits.Accessed);
        frame.Clear(PageFlags.Referenced);
        if (frame.Has(PageFlags.Active))
        {
            frame.Set(PageFlags.Workingset);
        }

        Move(folio, isPageOut);
    }

    private void Move(Pfn folio, bool isPageOut)
    {
        if (!isPageOut)
        {
            machine.Lru.Deactivate(folio);
        }
        else if (machine.Lru.TryIsolate(folio))
        {
            if (machine.Frames[folio].Has(PageFlags.Unevictable))
            {
                machine.Lru.PutBack(folio);
            }
            else
            {
                _isolated.Add(folio);
            }
        }
    }
}
