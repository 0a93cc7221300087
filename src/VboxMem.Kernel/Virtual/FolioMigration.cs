// Moves what is in one frame to another: whoever had the old one has the new one afterwards.
//
//   page tables: each entry that maps the old frame maps the new one, its bits unchanged (rmap)
//   cache: the file's or the swap cache's entry names the new frame
//   descriptor: flags, counts, owner and place go over; the old frame goes back to the allocator
//
// Invariants
//   M1  The two frames lie in one zone, so that no statistic of zone or node changes.
//
// Units    single pages; huge folios are never moved.
// Models   Linux 6.12 mm/migrate.c: migrate_folio_unmap, folio_migrate_mapping, folio_migrate_flags, remove_migration_pte.
// Departs  nothing runs in between, so no migration entries stand in the page tables meanwhile; a page that is locked or being written
//          is left where it is, while Linux waits for it if it may.

using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Swap;

namespace VboxMem.Kernel.Virtual;

internal sealed class FolioMigration(Machine machine)
{
    private readonly PageFrames _frames = machine.Frames;

    /// <summary>Moves an isolated single page; afterwards the new frame is the isolated one.</summary>
    /// <param name="from">Isolated: on no list, with one reference for it.</param>
    /// <param name="to">A frame of the same zone that belongs to nobody.</param>
    /// <returns>False: someone else holds the page, or it is locked or being written; nothing has changed.</returns>
    public bool TryMove(Pfn from, Pfn to)
    {
        ref var old = ref _frames[from];
        Invariant.Holds(old.Order == 0 && !old.Has(PageFlags.Lru) && _frames.ZoneOf(from) == _frames.ZoneOf(to));
        if (old.HasAny(PageFlags.Locked | PageFlags.Writeback) || old.ReferenceCount != ExpectedReferences(old))
        {
            return false;
        }

        MoveMappings(from, to);
        MoveInCache(from, to);
        ref var @new = ref _frames[to];
        @new = old;
        @new.Previous = Pfn.None;
        @new.Next = Pfn.None;
        old = default;
        old.SetHead(FrameOwner.Kernel, 0);
        machine.Allocator.Free(from);
        return true;
    }

    /// <summary>References that mappings, its cache and the isolation account for (folio_expected_refs).</summary>
    private static uint ExpectedReferences(in PageFrame frame)
    {
        var isInFile = !frame.IsAnonymous && frame.OwnerId != 0;
        return 1 + frame.MapCount + (isInFile ? 1u : 0) + (frame.Has(PageFlags.SwapCache) ? 1u : 0);
    }

    private void MoveMappings(Pfn from, Pfn to)
    {
        var left = _frames[from].MapCount;
        if (left == 0)
        {
            return;   // the anon_vma of a page that is left in the swap cache may be gone
        }

        for (var walk = machine.ReverseMap.WalkOf(from); walk.MoveNext();)
        {
            if (!machine.ReverseMap.TryFindEntry(walk.Memory, walk.Page, from, out var entries, out var index))
            {
                continue;
            }

            ref var entry = ref entries[index];
            if (entry.Has(EntryBits.Dirty))
            {
                MarkDirty(from);
            }

            entry = entry.WithFrame(to);
            left--;
        }

        Invariant.Holds(left == 0);
    }

    /// <summary>The entry's dirty bit becomes the page's as well, as it does on Linux when the entry is taken out.</summary>
    private void MarkDirty(Pfn folio)
    {
        if (_frames[folio].Owner == FrameOwner.File)
        {
            machine.Dirty.MarkDirty(folio);
        }
        else
        {
            _frames[folio].Set(PageFlags.Dirty);
        }
    }

    private void MoveInCache(Pfn from, Pfn to)
    {
        ref var frame = ref _frames[from];
        if (frame.Has(PageFlags.SwapCache))
        {
            machine.Swap.Cache.Move(from, to);
        }

        if (!frame.IsAnonymous && frame.OwnerId != 0)
        {
            machine.PageCache.Move(from, to);
        }
    }
}
