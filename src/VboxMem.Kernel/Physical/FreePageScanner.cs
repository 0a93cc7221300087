// Finds the free pages that compaction moves other pages to: it goes through a zone from its end down, pageblock by pageblock, and
// within a pageblock up. What it takes is kept here by order until it is used or given back.
//
// Units    pages, pfns.
// Models   Linux 6.12 mm/compaction.c: isolate_freepages, isolate_freepages_block, suitable_migration_target, compaction_alloc,
//          release_free_list (facts: physical memory, 5).
// Departs  a run over the whole zone is all there is, so no position or skip bit is kept for the next one.

using VboxMem.Kernel.Accounting;

namespace VboxMem.Kernel.Physical;

internal sealed class FreePageScanner(PageAllocator allocator, Zone zone)
{
    private readonly PageFrames _frames = allocator.Frames;
    private readonly LinkedList<Pfn>[] _taken = [.. Enumerable.Range(0, PageGeometry.OrderCount).Select(static _ => new LinkedList<Pfn>())];
    private uint _takenPages;

    /// <summary>Where the next search begins; everything above has been looked at.</summary>
    public long Position { get; private set; } = new Pfn(zone.Extent.End.Index - 1).AlignDown(PageGeometry.PageblockOrder).Index;

    public ulong ScannedPages { get; private set; }

    /// <summary>Pages taken out of the buddy allocator, used or not.</summary>
    public ulong IsolatedPages { get; private set; }

    /// <summary>One page to move something to.</summary>
    /// <param name="wantedPages">How many are wanted from now on, this one included: so much is looked for at once.</param>
    /// <param name="end">The search ends above this pfn's pageblock.</param>
    /// <param name="page">The page; it belongs to nobody.</param>
    /// <returns>False: there is none.</returns>
    public bool TryTake(uint wantedPages, Pfn end, out Pfn page)
    {
        var order = SmallestTaken();
        if (order < 0)
        {
            Search(wantedPages, end);
            order = SmallestTaken();
        }

        if (order < 0)
        {
            page = Pfn.None;
            return false;
        }

        page = _taken[order].First!.Value;
        _taken[order].RemoveFirst();
        while (order > 0)
        {
            order--;
            _taken[order].AddFirst(page.Plus(1u << order));
        }

        _takenPages--;
        return true;
    }

    /// <summary>A page that could not be used comes back.</summary>
    public void Return(Pfn page)
    {
        _taken[0].AddFirst(page);
        _takenPages++;
    }

    /// <summary>Gives all that was not used back to the allocator.</summary>
    public void Release()
    {
        for (var order = 0; order < _taken.Length; order++)
        {
            foreach (var block in _taken[order])
            {
                _frames[block].SetHead(FrameOwner.Kernel, order);
                allocator.Free(block);
            }

            _taken[order].Clear();
        }

        _takenPages = 0;
    }

    private int SmallestTaken() => Array.FindIndex(_taken, static blocks => blocks.Count > 0);

    private void Search(uint wantedPages, Pfn end)
    {
        const long Pageblock = PageGeometry.PageblockPages;
        var lowest = (end.Index & ~(Pageblock - 1)) + Pageblock;
        var start = Position;
        var block = start & ~(Pageblock - 1);
        var blockEnd = Math.Min(block + Pageblock, zone.Extent.End.Index);
        for (; block >= lowest; blockEnd = block, block -= Pageblock, start = block)
        {
            if (!IsSuitable(new Pfn((uint)block)))
            {
                continue;
            }

            start = SearchBlock((uint)start, (uint)blockEnd, wantedPages);
            if (_takenPages >= wantedPages)
            {
                start = start >= blockEnd ? block - Pageblock : start;
                break;
            }

            if (start < blockEnd)
            {
                break;   // the zone is too short of memory for more
            }
        }

        Position = start;
    }

    /// <summary>Only where movable pages are at home, and not where all is free already.</summary>
    private bool IsSuitable(Pfn pageblock) =>
        pageblock >= zone.Extent.Start && _frames.ZoneOf(pageblock) == zone.Extent.Index
        && _frames.PageblockType(pageblock) == MigrateType.Movable
        && !(IsFreeBlock(pageblock, out var order) && order >= PageGeometry.PageblockOrder);

    /// <returns>Where the search stopped.</returns>
    private uint SearchBlock(uint start, uint end, uint wantedPages)
    {
        for (var pfn = start; pfn < end; pfn++)
        {
            ScannedPages++;
            var page = new Pfn(pfn);
            if (!IsFreeBlock(page, out var order))
            {
                var rest = CompoundPages.Behind(_frames, page);
                ScannedPages += rest;
                pfn += rest;
                continue;
            }

            // Each page taken must leave min in the zone, and a block counts as its pages.
            if (!WatermarkCheck.IsMet(zone, 0, zone.Marks.MinPages + (1UL << order), ZoneType.Dma, ReserveFlags.None))
            {
                return pfn;
            }

            zone.Buddy.TakeFrom(page, order, order, _frames.PageblockType(page), _frames.PageblockType(page));
            _taken[order].AddLast(page);
            var pages = 1u << order;
            ScannedPages += pages - 1;
            IsolatedPages += pages;
            allocator.UncountedPages += pages;
            _takenPages += pages;
            pfn += pages - 1;
            if (_takenPages >= wantedPages)
            {
                return pfn + 1;
            }
        }

        return end;
    }

    private bool IsFreeBlock(Pfn page, out int order)
    {
        order = PageGeometry.MaxOrder;
        if (page.IsAlignedTo(order) && _frames.IsFreeLargestBlock(page, out _))
        {
            return true;
        }

        ref var frame = ref _frames[page];
        order = frame.Order;
        return frame.Owner == FrameOwner.Free;
    }
}
