using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Swap;

namespace VboxMem.Kernel.Tests.Swap;

// Goal: a program's accesses bring swapped pages back as faults do on Linux: what is read along, what counts, what keeps its slot.
public sealed class SwapInTests
{
    [Fact]
    public void The_first_fault_reads_the_aligned_block_of_eight_around_it_where_seeking_costs()
    {
        using var box = new SwapBox((64, true, -1));
        box.SwapOutPages(64);   // page n in slot n + 1

        var task = box.Touch(20, 1, TouchKind.Read);
        box.Run(100);

        Assert.Equal(1UL, box.Count(VmEvent.PgMajfault));
        Assert.Equal(1UL, task.MajorFaults);
        Assert.Equal(8UL, box.Count(VmEvent.PSwpIn));
        Assert.Equal(7UL, box.Count(VmEvent.SwapRa));
        Assert.Equal(1UL, box.Machine.Disks.Disks[0].Counters.Reads);
        Assert.Equal(64UL, box.Machine.Disks.Disks[0].Counters.ReadSectors);
        Assert.Equal(8, box.Gauge(NodeStatItem.Swapcached));
        Assert.Equal(8, box.Gauge(NodeStatItem.WorkingsetRefaultAnon));
        Assert.Equal(8UL * PageGeometry.PageBytes, task.ReadBytes);
        Assert.NotEqual(Pfn.None, box.Swap.FindInCache(new SwapEntry(0, 16)));
        Assert.Equal(Pfn.None, box.Swap.FindInCache(new SwapEntry(0, 24)));
        box.Audit();
    }

    [Fact]
    public void Pages_read_along_are_minor_faults_and_hits()
    {
        using var box = new SwapBox((64, true, -1));
        box.SwapOutPages(64);

        var task = box.Touch(15, 8, TouchKind.Read);   // slots 16..23
        box.Run(100);

        Assert.Equal(1UL, task.MajorFaults);
        Assert.Equal(7UL, task.MinorFaults);
        Assert.Equal(7UL, box.Count(VmEvent.SwapRaHit));
        Assert.Equal(8UL, box.Memory.RssAnonPages);
        Assert.Equal(56UL, box.Memory.SwapEntryPages);
        box.Audit();
    }

    [Fact]
    public void Without_seeks_pages_next_to_it_in_the_area_are_read_wherever_their_slots_are()
    {
        using var box = new SwapBox((64, false, -1));
        var folios = new Pfn[64];
        for (var page = 63; page >= 0; page--)   // slots run against the pages
        {
            folios[page] = box.Map(page);
            box.SwapOut(folios[page], out _);
        }

        box.Run(1000);
        foreach (var folio in folios)
        {
            box.Evict(folio);
        }

        box.Touch(20, 1, TouchKind.Read);
        box.Run(100);

        // The first window: 8 pages, 3 of them before the one at fault.
        Assert.Equal(8UL, box.Count(VmEvent.PSwpIn));
        for (var page = 0; page < 64; page++)
        {
            var entry = box.EntryOf(page);
            var isIn = entry.IsPresent || box.Swap.FindInCache(entry.Swap) != Pfn.None;
            Assert.Equal(page is >= 17 and < 25, isIn);
        }

        box.Audit();
    }

    [Fact]
    public void A_page_that_is_read_keeps_its_slot_and_can_be_dropped_again_without_writing()
    {
        using var box = new SwapBox((64, true, -1));
        var slot = box.SwapOutPages(1)[0];
        box.Touch(0, 1, TouchKind.Read);
        box.Run(100);

        var folio = box.EntryOf(0).Pfn;
        Assert.Equal(folio, box.Swap.FindInCache(slot));
        Assert.False(box.Machine.Frames[folio].Has(PageFlags.Dirty));
        Assert.Equal(0, box.Swap.CountOf(slot));
        box.Audit();

        Assert.Equal(Kernel.Virtual.UnmapResult.Unmapped, box.Machine.ReverseMap.TryUnmap(folio));
        Assert.Equal(1, box.Swap.CountOf(slot));
        box.Audit();
    }

    [Fact]
    public void A_write_by_the_only_user_gives_the_slot_back()
    {
        using var box = new SwapBox((64, true, -1));
        var slot = box.SwapOutPages(1)[0];
        box.Touch(0, 1, TouchKind.Write);
        box.Run(100);

        Assert.Equal(Pfn.None, box.Swap.FindInCache(slot));
        Assert.Equal(0, box.Gauge(NodeStatItem.Swapcached));
        Assert.Contains(slot, box.Machine.Swap.Slots.Caches.ToArray().SelectMany(cache => cache.Returned.ToArray()));
        box.Audit();
    }

    [Fact]
    public void A_page_still_being_written_is_taken_from_the_cache_without_waiting()
    {
        using var box = new SwapBox((64, true, -1));
        box.SwapOut(box.Map(0), out var result);
        Assert.Equal(PageOutResult.Started, result);

        var task = box.Touch(0, 1, TouchKind.Read);
        box.Machine.RunUntil(box.Machine.Now.Plus(new Kernel.Time.SimTime(20_000)));

        Assert.True(box.EntryOf(0).IsPresent);
        Assert.Equal(1UL, task.MinorFaults);
        Assert.Equal(0UL, box.Count(VmEvent.PgMajfault));
        Assert.True(box.Machine.Frames[box.EntryOf(0).Pfn].Has(PageFlags.Writeback));
        box.Run(100);
        box.Audit();
    }

    [Fact]
    public void A_page_of_zeros_is_a_major_fault_without_a_wait()
    {
        using var box = new SwapBox((64, true, -1));
        var folio = box.Map(0, isZero: true);
        box.SwapOut(folio, out _);
        box.Evict(folio);

        var task = box.Touch(0, 1, TouchKind.Read);
        box.Run(100);

        Assert.Equal(1UL, task.MajorFaults);
        Assert.Equal(1UL, box.Count(VmEvent.SwpinZero));
        Assert.Equal(0UL, task.IoWaitNanoseconds);
    }

    [Fact]
    public void The_wait_for_the_disk_is_io_wait_and_memory_stall_for_a_page_of_the_working_set()
    {
        using var box = new SwapBox((64, true, -1));
        box.Machine.Lru.Activate(box.MapOnList(1));   // room that the page could have had
        box.Machine.Lru.Drain();
        box.Run(3000);   // until the statistics say so
        var folio = box.Map(0);
        box.Machine.Frames[folio].Set(PageFlags.Workingset);
        box.SwapOut(folio, out _);
        box.Run(100);
        box.Evict(folio);

        var task = box.Touch(0, 1, TouchKind.Read);
        box.Run(1);
        Assert.Equal(TaskState.DiskSleep, task.State);
        Assert.True(task.Has(ProcessFlags.MemoryStall));

        box.Run(100);
        Assert.False(task.Has(ProcessFlags.MemoryStall));
        Assert.InRange(task.IoWaitNanoseconds, 1_100_000UL, 2_000_000UL);   // a seek, a page and the latency
        Assert.Equal(1, box.Gauge(NodeStatItem.WorkingsetRestoreAnon));
    }

    [Fact]
    public void With_more_than_half_of_swap_used_a_read_gives_the_slot_back_too()
    {
        using var box = new SwapBox((4, true, -1));
        var entries = box.SwapOutPages(600);

        box.Touch(300, 1, TouchKind.Read);
        box.Run(100);

        Assert.True(box.Swap.IsFull);
        Assert.True(box.EntryOf(300).IsPresent);
        Assert.False(box.Machine.Frames[box.EntryOf(300).Pfn].Has(PageFlags.SwapCache));
        Assert.Equal(Pfn.None, box.Swap.FindInCache(entries[300]));
        box.Audit();
    }

    [Fact]
    public void Page_cluster_0_reads_the_page_alone()
    {
        using var box = new SwapBox(
            AMachine.Of(128) with { VmSettings = [new("page-cluster", "0")] }, (64, true, -1));
        box.SwapOutPages(64);

        var task = box.Touch(0, 64, TouchKind.Read);
        box.Run(1000);

        Assert.Equal(64UL, task.MajorFaults);
        Assert.Equal(0UL, box.Count(VmEvent.SwapRa));
        Assert.Equal(64UL, box.Machine.Disks.Disks[0].Counters.Reads);
    }
}
