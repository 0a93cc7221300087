using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Swap;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Swap;

// Goal: a page's way to swap and back moves exactly the counters and slots that Linux moves, and nothing is lost on it.
public sealed class SwapSpaceTests
{
    [Fact]
    public void A_page_that_is_added_is_in_the_cache_dirty_and_counted()
    {
        using var box = new SwapBox((64, true, -1));
        var folio = box.Map(0);

        Assert.True(box.Swap.TryAdd(folio));

        var entry = SwapEntry.Unpack(box.Machine.Frames[folio].Private);
        Assert.Equal(folio, box.Swap.FindInCache(entry));
        Assert.True(box.Machine.Frames[folio].Has(PageFlags.SwapCache | PageFlags.Dirty));
        Assert.Equal(1, box.Gauge(NodeStatItem.Swapcached));
        Assert.Equal(0, box.Swap.CountOf(entry));
        box.Audit();
    }

    [Fact]
    public void Writing_a_page_counts_it_when_it_begins_and_when_it_ends()
    {
        using var box = new SwapBox((64, true, -1));
        var entry = box.SwapOut(box.Map(0), out var result);
        var folio = box.Swap.FindInCache(entry);

        Assert.Equal(PageOutResult.Started, result);
        Assert.Equal(1UL, box.Count(VmEvent.PSwpOut));
        Assert.Equal(1, box.Gauge(NodeStatItem.Writeback));
        Assert.Equal(0, box.Gauge(NodeStatItem.Written));
        Assert.Equal(1, box.Swap.CountOf(entry));
        Assert.Equal(1UL, box.Memory.SwapEntryPages);
        box.Audit();

        box.Run(100);

        Assert.Equal(0, box.Gauge(NodeStatItem.Writeback));
        Assert.Equal(1, box.Gauge(NodeStatItem.Written));
        Assert.Equal(4UL, box.Count(VmEvent.PgPgOut));
        Assert.False(box.Machine.Frames[folio].HasAny(PageFlags.Writeback | PageFlags.Dirty | PageFlags.Reclaim));
        box.Audit();
    }

    [Fact]
    public void A_page_of_zeros_takes_a_slot_and_no_disk()
    {
        using var box = new SwapBox((64, true, -1));
        box.SwapOut(box.Map(0, isZero: true), out var result);

        Assert.Equal(PageOutResult.Clean, result);
        Assert.Equal(1UL, box.Count(VmEvent.SwpoutZero));
        Assert.Equal(0UL, box.Count(VmEvent.PSwpOut));
        Assert.Equal(0UL, box.Machine.Disks.Disks[0].Counters.Writes);
        box.Audit();
    }

    [Fact]
    public void An_evicted_page_leaves_its_slot_and_a_shadow()
    {
        using var box = new SwapBox((64, true, -1));
        var entry = box.SwapOutPages(1)[0];

        Assert.Equal(Pfn.None, box.Swap.FindInCache(entry));
        Assert.True(box.Swap.Cache.At(entry).IsValue);
        Assert.Equal(1, box.Swap.CountOf(entry));
        Assert.Equal(0, box.Gauge(NodeStatItem.Swapcached));
        box.Audit();
    }

    [Fact]
    public void The_last_entry_frees_the_slot_through_the_stock_and_later_the_shadow()
    {
        using var box = new SwapBox((64, true, -1));
        var entries = box.SwapOutPages(65);
        foreach (ref var entry in entries.AsSpan(0, 64))
        {
            box.Swap.Free(entry);
        }

        Assert.Equal(64, box.Swap.Slots.Caches[box.Machine.Cpus.Current].Returned.Length);
        var used = box.Swap.Areas[0]!.UsedSlots;
        Assert.True(box.Swap.Cache.At(entries[0]).IsValue);

        box.Swap.Free(entries[64]);

        Assert.Equal(used - 64, box.Swap.Areas[0]!.UsedSlots);
        Assert.True(box.Swap.Cache.At(entries[0]).IsNone);
        Assert.True(box.Swap.Areas[0]!.IsFree(entries[0].Offset));
    }

    [Fact]
    public void Freeing_the_entry_drops_an_unmapped_cache_page_unless_it_is_being_written()
    {
        using var box = new SwapBox((64, true, -1));
        var written = box.SwapOut(box.Map(0), out _);
        box.Run(100);
        var writing = box.SwapOut(box.Map(1), out _);

        Free(box, 0);
        Free(box, 1);

        Assert.Equal(Pfn.None, box.Swap.FindInCache(written));
        Assert.NotEqual(Pfn.None, box.Swap.FindInCache(writing));
        Assert.Equal(1, box.Gauge(NodeStatItem.Swapcached));
        box.Audit();
    }

    [Fact]
    public void A_slot_keeps_as_many_entries_as_processes_share_it()
    {
        using var box = new SwapBox((64, true, -1));
        var entry = box.SwapOutPages(1)[0];
        for (var i = 0; i < 200; i++)
        {
            box.Swap.Duplicate(entry);
        }

        Assert.Equal(201, box.Swap.CountOf(entry));
        for (var i = 0; i < 200; i++)
        {
            box.Swap.Free(entry);
        }

        Assert.Equal(1, box.Swap.CountOf(entry));
        box.Audit();
    }

    [Fact]
    public void A_page_that_is_used_by_no_entry_gives_its_slot_back_on_demand()
    {
        using var box = new SwapBox((64, true, -1));
        var folio = box.Map(0);
        Assert.True(box.Swap.TryAdd(folio));
        box.Machine.Frames[folio].Clear(PageFlags.Dirty);

        Assert.True(box.Swap.TryFreeSlot(folio));

        Assert.False(box.Machine.Frames[folio].Has(PageFlags.SwapCache));
        Assert.True(box.Machine.Frames[folio].Has(PageFlags.Dirty));
        Assert.Equal(0, box.Gauge(NodeStatItem.Swapcached));
        box.Audit();
    }

    [Fact]
    public void Full_swap_makes_room_from_pages_that_only_the_cache_holds()
    {
        using var box = new SwapBox((4, true, -1));
        var kept = box.Map(0);
        Assert.True(box.Swap.Slots.TryTake(out var first));
        Assert.True(box.Swap.TryAdd(kept));   // in the cache, named by no entry
        var slot = SwapEntry.Unpack(box.Machine.Frames[kept].Private);
        while (box.Swap.Slots.TryTake(out _))
        {
        }

        box.Swap.Slots.Release(first, 1);
        box.Swap.Slots.Release(slot.Plus(5), 1);

        Assert.True(box.Swap.Slots.TryTake(out var again));
        Assert.True(box.Swap.Slots.TryTake(out var next));

        Assert.Equal(first, again);
        Assert.Equal(slot, next);   // it comes before the free one
        Assert.False(box.Machine.Frames[kept].Has(PageFlags.SwapCache));
        Assert.Equal(1, box.Swap.FreePages);
    }

    [Fact]
    public void A_huge_folio_stands_in_all_its_slots_and_leaves_them_together()
    {
        using var box = new SwapBox((8, false, -1));
        Assert.True(box.Machine.Allocator.TryAllocate(GfpFlags.TransHuge, 9, FrameOwner.Anonymous, out var folio));
        box.Machine.Frames[folio].Set(PageFlags.SwapBacked | PageFlags.UpToDate);

        Assert.True(box.Swap.TryAdd(folio));

        var first = SwapEntry.Unpack(box.Machine.Frames[folio].Private);
        Assert.Equal(folio, box.Swap.FindInCache(first.Plus(511)));
        Assert.Equal(512, box.Gauge(NodeStatItem.Swapcached));
        box.Audit();

        Assert.True(box.Swap.TryFreeSlot(folio));
        Assert.Equal(Pfn.None, box.Swap.FindInCache(first.Plus(511)));
        Assert.Equal(box.Swap.TotalPages, box.Swap.FreePages);
        box.Audit();
    }

    private static void Free(SwapBox box, int page)
    {
        ref var entry = ref box.EntryOf(page);
        var slot = entry.Swap;
        entry = PageTableEntry.None;
        box.Memory.SwapEntryPages--;
        box.Swap.Free(slot);
    }
}
