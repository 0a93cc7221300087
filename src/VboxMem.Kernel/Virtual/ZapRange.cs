// Taking pages out of page tables: munmap, MADV_DONTNEED, truncation, exit, the OOM reaper.
//
// Each entry is cleared, its page loses a mapping and a reference, its swap slot an entry. Tables stay: they are freed with the area.
// Pages wait in this CPU's batches with a reference of their own; the batches are applied first, so that they are freed at once.
//
// Models   Linux 6.12 mm/memory.c: zap_pte_range, zap_present_folio_ptes; mm/huge_memory.c: zap_huge_pmd; mm/swap_state.c:
//          free_pages_and_swap_cache (facts: virtual memory, 3.4, 3.8).
// Departs  pages are freed one by one, not in batches after a TLB flush.

using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

internal sealed class ZapRange(Machine machine)
{
    private const VmaFlags NoRecency = VmaFlags.SequentialRead | VmaFlags.RandomRead;

    /// <summary>
    /// Unmaps the pages of an area from <paramref name="page"/> to <paramref name="end"/>, frees swap entries, drops RSS, marks
    /// folios dirty or accessed by their entries, splits huge mappings that lie partly inside. Stops at the end of the CPU's turn,
    /// but never before it has done something.
    /// </summary>
    /// <returns>The page to go on at; <paramref name="end"/> when done.</returns>
    public ulong Zap(MemoryDescriptor mm, Vma area, ulong page, ulong end)
    {
        mm.NoteHighWater();
        machine.Lru.Drain();
        while (page < end)
        {
            page = ZapInTable(mm, area, page, end);
            if (machine.Cpus.IsTurnOver)
            {
                break;
            }
        }

        return page;
    }

    /// <summary>Zaps what one PTE table covers.</summary>
    private ulong ZapInTable(MemoryDescriptor mm, Vma area, ulong page, ulong end)
    {
        var tables = machine.Memory.Tables;
        var pmd = tables.FindPmdTable(mm, page);
        if (pmd == Pfn.None)
        {
            return Math.Min(end, tables.PastHole(mm.TopTable, page));
        }

        var stop = Math.Min(end, (page | (PageTables.PagesPerPteTable - 1)) + 1);
        var index = PageTables.IndexOf(page, PageTables.PmdShift);
        if (tables.Entries(pmd)[index].IsNone)
        {
            return stop;
        }

        if (HugeMapping.IsHuge(tables.Entries(pmd)[index]))
        {
            if (stop - page == PageTables.PagesPerPteTable)
            {
                ZapHuge(mm, area, pmd, page);
                return stop;
            }

            machine.HugeFolios.Mappings.Split(mm, area, pmd, page);
        }

        var entry = tables.Entries(pmd)[index];
        return ZapEntries(mm, area, tables.Entries(PageTables.Next(entry)), page, stop);
    }

    private ulong ZapEntries(MemoryDescriptor mm, Vma area, Span<PageTableEntry> entries, ulong page, ulong stop)
    {
        while (page < stop)
        {
            ref var slot = ref entries[PageTables.IndexOf(page, PageTables.PteShift)];
            page++;
            if (slot.IsNone)
            {
                continue;
            }

            var entry = slot;
            slot = PageTableEntry.None;
            if (entry.IsMapped)
            {
                ZapMapped(mm, area, entry);
            }
            else
            {
                mm.SwapEntryPages--;
                machine.Swap.Free(entry.Swap);
            }

            machine.Cpus.SpendInKernel(machine.Costs.UnmapPage);
            machine.Cpus.CountPages(1);
            if (machine.Cpus.IsTurnOver)
            {
                break;
            }
        }

        return page;
    }

    private void ZapMapped(MemoryDescriptor mm, Vma area, PageTableEntry entry)
    {
        if (entry.Has(EntryBits.Special))
        {
            return;
        }

        var folio = FolioMapping.HeadOf(machine.Frames, entry.Pfn);
        ref var frame = ref machine.Frames[folio];
        if (!frame.IsAnonymous)
        {
            if (entry.Has(EntryBits.Dirty))
            {
                machine.Dirty.MarkDirty(folio);
            }

            if (entry.Has(EntryBits.Accessed) && (area.Flags & NoRecency) == 0)
            {
                machine.Lru.MarkAccessed(folio);
            }
        }

        FolioMapping.AddRss(mm, frame.Owner, -1);
        FolioMapping.Remove(machine, entry.Pfn, area);
        LetGo(folio);
    }

    private void ZapHuge(MemoryDescriptor mm, Vma area, Pfn pmd, ulong page)
    {
        var entry = machine.Memory.Tables.Entries(pmd)[PageTables.IndexOf(page, PageTables.PmdShift)];
        var isCached = !HugeMapping.IsZero(entry) && machine.Frames[entry.Pfn].Has(PageFlags.SwapCache);
        if (isCached)
        {
            machine.Lru.Get(entry.Pfn);
        }

        machine.HugeFolios.Mappings.Zap(mm, area, pmd, page);
        if (isCached)
        {
            LetGo(entry.Pfn);
        }

        machine.Cpus.SpendInKernel(machine.Costs.UnmapPage);
        machine.Cpus.CountPages(1);
    }

    /// <summary>Drops a reference. A page that is left in the swap cache alone goes from there too (free_swap_cache).</summary>
    private void LetGo(Pfn folio)
    {
        ref var frame = ref machine.Frames[folio];
        if (frame.Has(PageFlags.SwapCache) && !frame.Has(PageFlags.Locked) && !FolioMapping.IsMapped(machine.Frames, folio))
        {
            machine.Swap.TryFreeSlot(folio);
        }

        machine.Lru.Put(folio);
    }
}
