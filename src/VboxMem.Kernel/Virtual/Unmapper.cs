// Taking a folio out of all page tables, so that reclaim can have it.
//
//   anonymous, in the swap cache   present entry -> swap entry (one more user of the slot), Exclusive kept in it
//   anonymous, given up            present entry -> none, if it was not written to since; else it is kept after all
//   file, shmem                    present entry -> none
//
// Models   Linux 6.12 mm/rmap.c: try_to_unmap_one, with TTU_SPLIT_HUGE_PMD for huge folios; unmap_huge_pmd_locked.

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Swap;

namespace VboxMem.Kernel.Virtual;

internal sealed class Unmapper(Machine machine)
{
    private readonly PageFrames _frames = machine.Frames;

    public UnmapResult TryUnmap(Pfn folio)
    {
        if (!FolioMapping.IsMapped(_frames, folio))
        {
            return UnmapResult.Unmapped;   // its anon_vma may be gone
        }

        var isHuge = _frames[folio].Order != 0;
        for (var walk = machine.ReverseMap.WalkOf(folio); walk.MoveNext();)
        {
            var goesOn = isHuge ? TryUnmapHuge(walk, folio) : TryUnmapPage(walk, walk.Page, folio, folio);
            if (!goesOn)
            {
                break;
            }
        }

        return FolioMapping.IsMapped(_frames, folio) ? UnmapResult.StillMapped : UnmapResult.Unmapped;
    }

    private bool TryUnmapHuge(in RmapWalk walk, Pfn head)
    {
        if (machine.ReverseMap.TryFindHuge(walk.Memory, walk.Page, head, out var pmdTable))
        {
            if (walk.Area.Has(VmaFlags.Locked))
            {
                return false;
            }

            if (!_frames[head].Has(PageFlags.SwapBacked) && TryDiscardHuge(walk, head, pmdTable))
            {
                return true;
            }

            machine.HugeFolios.Mappings.Split(walk.Memory, walk.Area, pmdTable, walk.Page);
        }

        for (var i = 0u; i < walk.Count; i++)
        {
            if (!TryUnmapPage(walk, walk.Page + i, head.Plus(walk.FirstInFolio + i), head))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A huge page given up by MADV_FREE goes at once if it was not written to since.</summary>
    private bool TryDiscardHuge(in RmapWalk walk, Pfn head, Pfn pmdTable)
    {
        var entry = machine.Memory.Tables.Entries(pmdTable)[PageTables.IndexOf(walk.Page, PageTables.PmdShift)];
        ref var frame = ref _frames[head];
        if (entry.Has(EntryBits.Dirty) || frame.Has(PageFlags.Dirty)
            || frame.ReferenceCount != 1 + HugeCounts.AllMappings(_frames, head))
        {
            return false;
        }

        machine.HugeFolios.Mappings.Zap(walk.Memory, walk.Area, pmdTable, walk.Page);
        return true;
    }

    /// <returns>False: this mapping must stay, and the walk ends.</returns>
    private bool TryUnmapPage(in RmapWalk walk, ulong page, Pfn frameOfPage, Pfn folio)
    {
        if (!machine.ReverseMap.TryFindEntry(walk.Memory, page, frameOfPage, out var entries, out var index))
        {
            return true;
        }

        ref var frame = ref _frames[folio];
        if (walk.Area.Has(VmaFlags.Locked))
        {
            if (frame.Order == 0 && !frame.Has(PageFlags.Mlocked))
            {
                machine.Lru.Lock(folio);
            }

            return false;
        }

        ref var entry = ref entries[index];
        var wasWritten = entry.Has(EntryBits.Dirty);
        if (wasWritten)
        {
            MarkDirty(folio, ref frame);
        }

        if (frame.IsAnonymous)
        {
            if (!TryLeaveAnon(ref frame, folio, frameOfPage, walk.Memory, ref entry))
            {
                return false;
            }
        }
        else
        {
            walk.Memory.NoteHighWater();
            FolioMapping.AddRss(walk.Memory, frame.Owner, -1);
            entry = PageTableEntry.None;
        }

        machine.ReverseMap.Stale.Gather(walk.Memory, wasWritten);
        FolioMapping.Remove(machine, frameOfPage, walk.Area);
        machine.Lru.Put(folio);
        return true;
    }

    private bool TryLeaveAnon(ref PageFrame frame, Pfn folio, Pfn page, MemoryDescriptor mm, ref PageTableEntry entry)
    {
        if (!frame.Has(PageFlags.SwapBacked))
        {
            if (frame.Has(PageFlags.Dirty) || frame.ReferenceCount != 1 + MappingsOf(folio))
            {
                frame.Set(PageFlags.SwapBacked);   // written again: it is wanted after all
                return false;
            }

            mm.NoteHighWater();
            mm.RssAnonPages--;
            entry = PageTableEntry.None;
            return true;
        }

        if (!frame.Has(PageFlags.SwapCache))
        {
            return false;   // it has no place to go to
        }

        var slot = SwapEntry.Unpack(frame.Private).Plus(page.Index - folio.Index);
        machine.Swap.Duplicate(slot);
        var marks = entry.Has(EntryBits.SoftDirty) ? EntryBits.Writable : EntryBits.None;   // bit 1 of a swap entry
        marks |= _frames[page].TestClear(PageFlags.AnonExclusive) ? EntryBits.WriteThrough : EntryBits.None;
        mm.NoteHighWater();
        mm.RssAnonPages--;
        mm.SwapEntryPages++;
        entry = PageTableEntry.Of(slot, marks);
        return true;
    }

    private uint MappingsOf(Pfn folio) =>
        _frames[folio].Order == 0 ? _frames[folio].MapCount : HugeCounts.AllMappings(_frames, folio);

    private void MarkDirty(Pfn folio, ref PageFrame frame)
    {
        if (frame.Owner == FrameOwner.File)
        {
            machine.Dirty.MarkDirty(folio);
        }
        else
        {
            frame.Set(PageFlags.Dirty);
        }
    }
}
