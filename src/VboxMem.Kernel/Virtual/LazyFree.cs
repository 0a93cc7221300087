// MADV_FREE: anonymous pages are given up. They stay until memory is short, and a write takes them back.
//
// Models   Linux 6.12 mm/madvise.c: madvise_free_pte_range; mm/huge_memory.c: madvise_free_huge_pmd (facts: virtual memory, 3.8).
// Departs  the walk costs what copying an entry at fork costs; a huge folio of which a part is given up is kept unless it can be split.

using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

internal sealed class LazyFree(Machine machine)
{
    /// <summary>Gives up pages of an anonymous area until the turn is over.</summary>
    /// <returns>The page to go on at.</returns>
    public ulong Free(MemoryDescriptor mm, Vma area, ulong page, ulong end)
    {
        mm.NoteHighWater();
        while (page < end)
        {
            page = FreeInTable(mm, area, page, end);
            if (machine.Cpus.IsTurnOver)
            {
                break;
            }
        }

        return page;
    }

    private ulong FreeInTable(MemoryDescriptor mm, Vma area, ulong page, ulong end)
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
                FreeHuge(ref tables.Entries(pmd)[index]);
                return stop;
            }

            machine.HugeFolios.Mappings.Split(mm, area, pmd, page);
        }

        if (PageTables.Next(tables.Entries(pmd)[index]) is var table && table != Pfn.None)
        {
            var entries = tables.Entries(table).Slice(PageTables.IndexOf(page, PageTables.PteShift), (int)(stop - page));
            for (var i = 0; i < entries.Length; i++)
            {
                FreeEntry(mm, entries, i);
            }
        }

        return stop;
    }

    private void FreeEntry(MemoryDescriptor mm, Span<PageTableEntry> entries, int index)
    {
        var entry = entries[index];
        if (entry.IsNone)
        {
            return;
        }

        machine.Cpus.SpendInKernel(machine.Costs.ForkPage);
        machine.Cpus.CountPages(1);
        if (entry.IsSwap)
        {
            entries[index] = PageTableEntry.None;
            mm.SwapEntryPages--;
            machine.Swap.Free(entry.Swap);
        }
        else if (entry.IsPresent && !entry.Has(EntryBits.Special))
        {
            var folio = FolioMapping.HeadOf(machine.Frames, entry.Pfn);
            if (machine.Frames[folio].IsAnonymous && (machine.Frames[folio].Order == 0 || HugePart.TrySplit(machine, folio)))
            {
                GiveUp(entry.Pfn, ref entries[index]);
            }
        }
    }

    private void FreeHuge(ref PageTableEntry entry)
    {
        machine.Cpus.SpendInKernel(machine.Costs.ForkPage);
        machine.Cpus.CountPages(1);
        if (!HugeMapping.IsZero(entry) && entry.IsPresent)
        {
            GiveUp(entry.Pfn, ref entry);
        }
    }

    private void GiveUp(Pfn folio, ref PageTableEntry entry)
    {
        ref var frame = ref machine.Frames[folio];
        if (frame.HasAny(PageFlags.SwapCache | PageFlags.Dirty) || frame.Order > 0)
        {
            var isAlone = frame.Order > 0 ? HugeCounts.AllMappings(machine.Frames, folio) == 1 : frame.MapCount == 1;
            if (frame.Has(PageFlags.Locked) || !isAlone || (frame.Has(PageFlags.SwapCache) && !machine.Swap.TryFreeSlot(folio)))
            {
                return;
            }

            frame.Clear(PageFlags.Dirty);
        }

        entry = entry.Without(EntryBits.Accessed | EntryBits.Dirty);
        machine.Lru.MarkLazyFree(folio);
    }
}
