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
            var part = PageWalk.Next(machine, mm, area, page, end);
            if (part.IsHuge)
            {
                ZapHuge(mm, area, part, page);
                page = part.EndPage;
            }
            else
            {
                page = part.Entries.IsEmpty ? part.EndPage : page + ZapEntries(mm, area, part.Entries);
            }

            if (machine.Cpus.IsTurnOver)
            {
                break;
            }
        }

        return page;
    }

    /// <summary>Zaps entries until the turn is over.</summary>
    /// <returns>How many it has dealt with.</returns>
    private ulong ZapEntries(MemoryDescriptor mm, Vma area, Span<PageTableEntry> entries)
    {
        var done = 0;
        while (done < entries.Length)
        {
            ref var slot = ref entries[done++];
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

        return (ulong)done;
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

    private void ZapHuge(MemoryDescriptor mm, Vma area, in PageWalk part, ulong page)
    {
        var entry = part.Huge;
        var isCached = !HugeMapping.IsZero(entry) && machine.Frames[entry.Pfn].Has(PageFlags.SwapCache);
        if (isCached)
        {
            machine.Lru.Get(entry.Pfn);
        }

        machine.HugeFolios.Mappings.Zap(mm, area, part.PmdTable, page);
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
