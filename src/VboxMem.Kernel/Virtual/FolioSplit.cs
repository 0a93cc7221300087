// Splitting a huge anonymous folio into 512 single pages.
//
//   whole mappings -> 512 PTEs each -> every page a folio of its own -> pages of zeros mapped as the zero page instead
//   -> pages that nothing maps any more are freed
//
// Models   Linux 6.12 mm/huge_memory.c: split_huge_page_to_list_to_order, __split_huge_page_tail; mm/migrate.c:
//          try_to_map_unused_to_zeropage.
// Departs  pages are not frozen behind migration entries: nothing runs in between.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

internal sealed class FolioSplit(Machine machine)
{
    private const PageFlags Inherited =
        PageFlags.Referenced | PageFlags.UpToDate | PageFlags.Dirty | PageFlags.Lru | PageFlags.Active | PageFlags.Workingset
        | PageFlags.SwapBacked | PageFlags.Unevictable | PageFlags.Mlocked | PageFlags.SwapCache;

    private readonly PageFrames _frames = machine.Frames;

    public bool TrySplit(Pfn head, List<Pfn>? isolated)
    {
        ref var frame = ref _frames[head];
        Invariant.Holds(frame.IsAnonymous && frame.Order == HugeCounts.Order && frame.Has(PageFlags.Locked));
        if (frame.Has(PageFlags.Writeback))
        {
            return false;
        }

        var cacheReferences = frame.Has(PageFlags.SwapCache) ? 1u : 0;
        var mappings = HugeCounts.AllMappings(_frames, head);
        if (frame.ReferenceCount != mappings + cacheReferences + 1)
        {
            machine.Events.Count(VmEvent.ThpSplitPageFailed);
            machine.ThpSettings.Count(ThpCount.SplitFailed, 1);
            return false;
        }

        SplitMappings(head);
        machine.HugeFolios.Release(head);
        MakeSinglePages(head);
        if (frame.Has(PageFlags.SwapCache))
        {
            machine.Swap.SplitInCache(head, HugeCounts.Pages);
        }

        if (frame.Has(PageFlags.Lru))
        {
            machine.Lru.LinkSplitPages(head, HugeCounts.Pages);
        }

        if (mappings > 0)
        {
            MapZerosToZeroPage(head);
        }

        LetGoOfTails(head, isolated);
        machine.Events.Count(VmEvent.ThpSplitPage);
        machine.Paths.Count(ReachedPath.HugeFolioSplit);
        machine.ThpSettings.Count(ThpCount.Split, 1);
        return true;
    }

    private void SplitMappings(Pfn head)
    {
        if (HugeCounts.WholeMappings(_frames, head) == 0)
        {
            return;
        }

        for (var walk = machine.ReverseMap.WalkOf(head); walk.MoveNext();)
        {
            if (machine.ReverseMap.TryFindHuge(walk.Memory, walk.Page, head, out var pmdTable))
            {
                machine.HugeFolios.Mappings.Split(walk.Memory, walk.Area, pmdTable, walk.Page);
            }
        }
    }

    /// <summary>Each page becomes a folio of its own, with one reference more than its mappings and its cache have.</summary>
    private void MakeSinglePages(Pfn head)
    {
        ref var first = ref _frames[head];
        var inherited = (PageFlags)first.Flags & Inherited;
        var cacheReferences = first.Has(PageFlags.SwapCache) ? 1u : 0;
        for (var i = 1u; i < HugeCounts.Pages; i++)
        {
            ref var page = ref _frames[head.Plus(i)];
            var isExclusive = page.Has(PageFlags.AnonExclusive);
            var isZero = page.Has(PageFlags.ZeroPart);
            page.SetHead(FrameOwner.Anonymous, 0);
            page.Set(inherited | (isExclusive ? PageFlags.AnonExclusive : 0) | (isZero ? PageFlags.ZeroFilled : 0));
            page.Previous = Pfn.None;
            page.Next = Pfn.None;
            page.ReferenceCount = page.MapCount + cacheReferences + 1;
            page.OwnerId = first.OwnerId;
            page.Index = first.Index + i;
            page.Private = first.Has(PageFlags.SwapCache) ? first.Private + i : 0;
        }

        var headIsZero = first.TestClear(PageFlags.ZeroPart);
        first.ChangeHead(FrameOwner.Anonymous, 0);
        first.Clear(PageFlags.ZeroFilled);
        first.Set(headIsZero ? PageFlags.ZeroFilled : 0);
        first.ReferenceCount = first.MapCount + cacheReferences + 1;
    }

    private void MapZerosToZeroPage(Pfn head)
    {
        if (_frames[head].Has(PageFlags.Mlocked))
        {
            return;
        }

        // The folio is 512 folios now, but the walk goes by the place that the first page has and by how many there were.
        ref var frame = ref _frames[head];
        for (var walk = new RmapWalk(machine.ReverseMap.Anons[(int)frame.OwnerId], null, frame.Index, HugeCounts.Pages); walk.MoveNext();)
        {
            if (walk.Area.Has(VmaFlags.Locked))
            {
                continue;
            }

            for (var i = 0u; i < walk.Count; i++)
            {
                var page = head.Plus(walk.FirstInFolio + i);
                if (_frames[page].Has(PageFlags.ZeroFilled)
                    && machine.ReverseMap.TryFindEntry(walk.Memory, walk.Page + i, page, out var entries, out var index))
                {
                    MapZeroPage(walk, page, ref entries[index]);
                }
            }
        }
    }

    private void MapZeroPage(in RmapWalk walk, Pfn page, ref PageTableEntry entry)
    {
        entry = PageTableEntry.Of(Pfn.None, AreaProtection.Of(walk.Area, isWritable: false) | EntryBits.Special);
        walk.Memory.NoteHighWater();
        walk.Memory.RssAnonPages--;
        FolioMapping.Remove(machine, page, walk.Area);
        machine.Lru.Put(page);
    }

    private void LetGoOfTails(Pfn head, List<Pfn>? isolated)
    {
        for (var i = 1u; i < HugeCounts.Pages; i++)
        {
            if (isolated is not null)
            {
                isolated.Add(head.Plus(i));
            }
            else
            {
                machine.Lru.Put(head.Plus(i));
            }
        }
    }
}
