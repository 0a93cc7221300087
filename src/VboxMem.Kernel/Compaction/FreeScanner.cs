// Finds free pages to move others to: goes through a zone from its end down, pageblock by pageblock, and within a pageblock up. What it
// takes is kept by order until it is used or given back.
//
// Invariants
//   F1  A block taken is tagged Kernel and on the list of its order; no one else has it.
//
// Units    pages, pfns.
// Models   Linux 6.12 mm/compaction.c: isolate_freepages, isolate_freepages_block, suitable_migration_target, compaction_alloc,
//          compaction_free, release_free_list; mm/page_alloc.c: __isolate_free_page (facts: physical memory, 5).

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Compaction;

internal static class FreeScanner
{
    /// <summary>The page heads a free block.</summary>
    public static bool IsFreeBlock(PageFrames frames, Pfn page, out int order)
    {
        order = PageGeometry.MaxOrder;
        if (page.IsAlignedTo(order) && frames.IsFreeLargestBlock(page, out _))
        {
            return true;
        }

        ref var frame = ref frames[page];
        order = frame.Order;
        return frame.Owner == FrameOwner.Free;
    }

    /// <summary>One page to move something to; it belongs to nobody then.</summary>
    /// <returns>False: there is none.</returns>
    public static bool TryTake(Machine machine, Zone zone, CompactionWork work, out Pfn page)
    {
        var order = SmallestTaken(work);
        if (order < 0)
        {
            Search(machine, zone, work);
            order = SmallestTaken(work);
        }

        if (order < 0)
        {
            page = Pfn.None;
            return false;
        }

        var frames = machine.Frames;
        page = frames.RemoveHead(ref work.Targets[order]);
        while (order > 0)
        {
            order--;
            Keep(frames, work, page.Plus(1u << order), order, toTail: false);
        }

        frames[page] = default;
        work.TargetPages--;
        work.WantedTargets--;
        return true;
    }

    /// <summary>A page that could not be used comes back.</summary>
    public static void Return(Machine machine, CompactionWork work, Pfn page)
    {
        Keep(machine.Frames, work, page, 0, toTail: false);
        work.TargetPages++;
        work.WantedTargets++;
    }

    /// <summary>Gives all that was not used back to the allocator.</summary>
    /// <returns>The highest of it.</returns>
    public static Pfn Release(Machine machine, CompactionWork work)
    {
        var highest = Pfn.None;
        for (var order = 0; order < PageGeometry.OrderCount; order++)
        {
            while (!work.Targets[order].IsEmpty)
            {
                var block = machine.Frames.RemoveHead(ref work.Targets[order]);
                highest = block > highest ? block : highest;
                machine.Allocator.Free(block);
            }
        }

        work.TargetPages = 0;
        return highest;
    }

    /// <summary>Only where movable pages are at home, and not where all is free already.</summary>
    public static bool IsSuitable(Machine machine, Zone zone, CompactionWork work, Pfn pageblock)
    {
        var limit = work.Control.Order > 0 ? work.Control.Order : PageGeometry.PageblockOrder;
        return pageblock >= zone.Extent.Start && machine.Frames.ZoneOf(pageblock) == zone.Extent.Index
            && !(IsFreeBlock(machine.Frames, pageblock, out var order) && order >= limit)
            && (work.Control.IgnoresBlockTypes || machine.Frames.PageblockType(pageblock) == MigrateType.Movable);
    }

    /// <summary>Takes a free block off its list, if the zone can spare it.</summary>
    public static bool TryTakeBlock(Machine machine, Zone zone, CompactionWork work, Pfn block, int order)
    {
        // Each block taken must leave min in the zone.
        if (!WatermarkCheck.IsMet(zone, 0, zone.Marks.MinPages + (1UL << order), ZoneType.Dma, ReserveFlags.None))
        {
            return false;
        }

        var type = machine.Frames.PageblockType(block);
        zone.Buddy.TakeFrom(block, order, order, type, type);
        if (order >= PageGeometry.PageblockOrder - 1 && type is MigrateType.Unmovable or MigrateType.Reclaimable)
        {
            BecomeMovable(machine, zone, block, order, type);
        }

        Keep(machine.Frames, work, block, order, toTail: true);
        work.TargetPages += 1u << order;
        machine.Allocator.UncountedPages += 1UL << order;
        machine.Events.Count(VmEvent.CompactIsolated, 1UL << order);
        return true;
    }

    /// <summary>Looks through part of a pageblock.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="zone">Its zone.</param>
    /// <param name="work">The run.</param>
    /// <param name="start">Where it begins.</param>
    /// <param name="end">Where the pageblock ends.</param>
    /// <param name="stride">Looks at one page of so many.</param>
    /// <returns>Where it stopped.</returns>
    public static uint SearchBlock(Machine machine, Zone zone, CompactionWork work, uint start, uint end, uint stride)
    {
        var pfn = start;
        for (; pfn < end; pfn += stride)
        {
            work.FreeScanned++;
            work.Looks++;
            var page = new Pfn(pfn);
            if (!IsFreeBlock(machine.Frames, page, out var order))
            {
                var rest = CompoundPages.Behind(machine.Frames, page);
                work.FreeScanned += rest;
                pfn += rest;
                continue;
            }

            if (!TryTakeBlock(machine, zone, work, page, order))
            {
                return pfn;
            }

            work.FreeScanned += (1u << order) - 1;
            if (work.TargetPages >= work.WantedTargets)
            {
                return pfn + (1u << order);
            }

            pfn += (1u << order) - 1;
        }

        return end;
    }

    private static int SmallestTaken(CompactionWork work)
    {
        for (var order = 0; order < PageGeometry.OrderCount; order++)
        {
            if (!work.Targets[order].IsEmpty)
            {
                return order;
            }
        }

        return -1;
    }

    private static void Search(Machine machine, Zone zone, CompactionWork work)
    {
        TargetSearch.Run(machine, zone, work);
        if (work.TargetPages > 0)
        {
            return;
        }

        const long pageblock = PageGeometry.PageblockPages;
        var hints = machine.CompactionHints[zone.Extent.Index];
        var lowest = work.MigratePosition.AlignDown(PageGeometry.PageblockOrder).Index + pageblock;
        var start = work.FreePosition;
        var block = start & ~(pageblock - 1);
        var end = Math.Min(block + pageblock, zone.Extent.End.Index);
        var stride = work.Control.Mode == CompactionMode.Async ? (uint)CompactionWork.Cluster : 1;
        for (; block >= lowest; end = block, block -= pageblock, start = block)
        {
            work.Looks++;
            var first = new Pfn((uint)block);
            if (!IsSuitable(machine, zone, work, first) || (!work.Control.IgnoresHints && hints.IsSkipped(first)))
            {
                continue;
            }

            var before = work.TargetPages;
            start = SearchBlock(machine, zone, work, (uint)start, (uint)end, stride);
            if (start >= end)
            {
                start = end;
                hints.Skip(first);
                hints.Free = Math.Min(hints.Free, block - pageblock);
            }

            if (work.TargetPages >= work.WantedTargets)
            {
                start = start >= end ? block - pageblock : start;
                break;
            }

            if (start < end)
            {
                break;   // the zone is too short of memory for more
            }

            stride = work.TargetPages > before ? 1 : Math.Min(CompactionWork.Cluster, stride << 1);
        }

        work.FreePosition = start;
    }

    private static void Keep(PageFrames frames, CompactionWork work, Pfn block, int order, bool toTail)
    {
        frames[block] = default;
        frames[block].SetHead(FrameOwner.Kernel, order);
        frames[block].ReferenceCount = 1;
        if (toTail)
        {
            frames.AddTail(ref work.Targets[order], block);
        }
        else
        {
            frames.AddHead(ref work.Targets[order], block);
        }
    }

    /// <summary>A block of half a pageblock or more makes the pageblock a movable one.</summary>
    private static void BecomeMovable(Machine machine, Zone zone, Pfn block, int order, MigrateType type)
    {
        for (var first = block.AlignDown(PageGeometry.PageblockOrder); first < block.Plus(1u << order); first = first.Plus(PageGeometry.PageblockPages))
        {
            if (order < PageGeometry.PageblockOrder)
            {
                machine.Frames[block].SetHead(FrameOwner.Kernel, order);   // not free, for who counts the free pages of the pageblock
                zone.Buddy.MovePageblock(first, type, MigrateType.Movable);
            }

            machine.Frames.SetPageblockType(first, MigrateType.Movable);
        }
    }
}
