using System.Text;
using VboxMem.Kernel.Swap;

namespace VboxMem.Kernel.Tests.Swap;

// Goal: slots come from the right area in the right order, stocks count as used, and the recount agrees at every step.
public sealed class SwapSlotsTests
{
    private const int MebibytePages = 256;

    [Fact]
    public void A_disk_has_one_page_less_for_swap_than_it_has()
    {
        using var box = new SwapBox((512, true, -1));

        Assert.Equal(131071, box.Swap.TotalPages);
        Assert.Equal(131071, box.Swap.FreePages);
        Assert.Equal(524284 / 4, box.Swap.ShownFreePages);
        box.Audit();
    }

    [Fact]
    public void Swapon_is_logged_as_the_captured_machines_log_it()
    {
        using var box = new SwapBox((512, true, -1), (512, false, 5));
        var texts = new List<string>();
        foreach (var record in box.Machine.Log.RecordsFrom(0))
        {
            texts.Add(Encoding.UTF8.GetString(record.Text));
        }

        Assert.Contains("Adding 524284k swap on /dev/vda.  Priority:-2 extents:1 across:524284k ", texts);
        Assert.Contains("Adding 524284k swap on /dev/vdb.  Priority:5 extents:1 across:524284k SS", texts);
    }

    [Fact]
    public void The_first_slot_that_is_asked_for_puts_64_to_use()
    {
        using var box = new SwapBox((64, true, -1));

        Assert.True(box.Swap.Slots.TryTake(out var entry));

        Assert.Equal(new SwapEntry(0, 1), entry);
        Assert.Equal(box.Swap.TotalPages - 64, box.Swap.FreePages);
        Assert.Equal(63, box.Swap.Slots.Caches[box.Machine.Cpus.Current].Stock.Length);
    }

    [Fact]
    public void Stocks_are_given_up_when_swap_runs_low()
    {
        // 2 CPUs: stocks from 640 free slots on, none below 256.
        using var box = new SwapBox((4, true, -1));
        while (box.Swap.FreePages >= 256)
        {
            Assert.True(box.Swap.Slots.TryTake(out _));
        }

        var before = box.Swap.FreePages + box.Swap.Slots.Caches[box.Machine.Cpus.Current].Stock.Length;
        Assert.True(box.Swap.Slots.TryTake(out _));

        Assert.Equal(before - 1, box.Swap.FreePages);
        Assert.Equal(0, box.Swap.Slots.Caches[box.Machine.Cpus.Current].Stock.Length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_slot_is_handed_out_once_and_no_more(bool isRotational)
    {
        using var box = new SwapBox((4, isRotational, -1));
        var seen = new HashSet<SwapEntry>();
        while (box.Swap.Slots.TryTake(out var entry))
        {
            Assert.True(seen.Add(entry));
        }

        Assert.Equal((4 * MebibytePages) - 1, seen.Count);
        Assert.Equal(0, box.Swap.FreePages);
        Assert.True(box.Swap.IsFull);
        Assert.All(seen, entry => Assert.InRange(entry.Offset, 1u, 1023u));

        foreach (var entry in seen)
        {
            box.Swap.Slots.Release(entry, 1);
        }

        Assert.Equal(box.Swap.TotalPages, box.Swap.FreePages);
        box.Audit();
    }

    [Fact]
    public void Higher_priorities_serve_first_and_equal_ones_take_turns()
    {
        using var box = new SwapBox((2, true, 3), (2, true, 7), (2, true, 7));
        var order = new List<int>();
        while (box.Swap.Slots.TryTake(out var entry))
        {
            if (order.Count == 0 || order[^1] != entry.Area)
            {
                order.Add(entry.Area);
            }
        }

        Assert.Equal([1, 2, 1, 2, 1, 2], order.Take(6));
        Assert.Equal(0, order[^1]);
        Assert.Equal(1, order.Count(area => area == 0));
    }

    [Fact]
    public void Unasked_priorities_fall_from_minus_two_on()
    {
        using var box = new SwapBox((2, true, -1), (2, true, -1), (2, true, 0));

        Assert.Equal([-2, -3, 0], new[] { box.Swap.Areas[0]!.Priority, box.Swap.Areas[1]!.Priority, box.Swap.Areas[2]!.Priority });
    }

    [Fact]
    public void Runs_of_a_device_that_seeks_begin_at_the_first_empty_run()
    {
        using var box = new SwapBox((8, true, -1));
        var area = box.Swap.Areas[0]!;
        var entries = new SwapEntry[512];
        for (var run = 0; run < 2; run++)
        {
            for (var i = 0; i < 512; i += 64)
            {
                Assert.Equal(64, area.NextFit!.Take(area, box.Swap, entries.AsSpan(i, 64)));
            }
        }

        // The first run is free again, all but its 10th slot: the next run of 512 begins behind that.
        for (var slot = 1u; slot <= 512; slot++)
        {
            if (slot != 10)
            {
                area.Release(slot, 1);
            }
        }

        Assert.Equal(1, area.NextFit!.Take(area, box.Swap, entries.AsSpan(0, 1)));
        Assert.Equal(1025u, entries[0].Offset);
    }

    [Fact]
    public void A_stock_ends_where_no_free_slot_follows()
    {
        using var box = new SwapBox((2, true, -1));
        while (box.Swap.Slots.TryTake(out _))
        {
        }

        var area = box.Swap.Areas[0]!;
        area.Release(100, 1);
        area.Release(200, 1);
        area.Take(200, 1);   // free slots are said to end at 199, which is in use
        var entries = new SwapEntry[4];

        Assert.Equal(1, area.NextFit!.Take(area, box.Swap, entries));
        Assert.Equal(100u, entries[0].Offset);
    }

    // Swap is more than half full here, but not so full that the CPUs give up their stocks.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_slot_that_only_the_cache_has_is_free_at_once_when_swap_is_full(bool isRotational)
    {
        using var box = new SwapBox((4, isRotational, -1));
        var entry = box.SwapOut(box.MapOnList(0), out _);
        box.Run(1000);
        while (!box.Swap.IsFull)
        {
            Assert.True(box.Swap.Slots.TryTake(out _));
        }

        Assert.True(box.Swap.FreePages > 256);
        box.Swap.FreeKeepingCache(entry);
        var area = box.Swap.Areas[0]!;
        Assert.True(area.IsCacheOnly(entry.Offset));

        Assert.True(box.Swap.TryReclaimSlot(entry));

        Assert.True(area.IsFree(entry.Offset));
    }

    [Fact]
    public void Each_cpu_fills_a_cluster_of_its_own_where_seeking_costs_nothing()
    {
        using var box = new SwapBox((8, false, -1));
        box.Machine.Cpus.SwitchTo(0);
        Assert.True(box.Swap.Slots.TryTake(out var first));
        box.Machine.Cpus.SwitchTo(1);
        Assert.True(box.Swap.Slots.TryTake(out var second));

        Assert.NotEqual(first.Offset / 512, second.Offset / 512);
    }

    [Fact]
    public void A_huge_folio_gets_a_whole_cluster_where_there_are_clusters()
    {
        using var box = new SwapBox((8, false, -1));
        Assert.True(box.Swap.Slots.TryTakeHuge(out var entry));
        Assert.Equal(0u, entry.Offset % 512);
        Assert.Equal(box.Swap.TotalPages - 512, box.Swap.FreePages);

        using var seeking = new SwapBox((8, true, -1));
        Assert.False(seeking.Swap.Slots.TryTakeHuge(out _));
        Assert.Equal(seeking.Swap.TotalPages, seeking.Swap.FreePages);
    }

    [Fact]
    public void Single_slots_take_the_remains_of_huge_clusters_last()
    {
        using var box = new SwapBox((4, false, -1));
        Assert.True(box.Swap.Slots.TryTakeHuge(out var huge));   // of two clusters one has the header
        Assert.False(box.Swap.Slots.TryTakeHuge(out _));
        box.Swap.Slots.Release(huge.Plus(100), 1);
        var last = SwapEntry.None;
        while (box.Swap.Slots.TryTake(out var entry))
        {
            last = entry;
        }

        Assert.Equal(huge.Plus(100), last);
        Assert.Equal(0, box.Swap.FreePages);
    }

    [Fact]
    public void A_disk_can_be_put_into_use_later_but_not_twice()
    {
        using var machine = Machine.Boot(AMachine.Of(128) with { Disks = [SwapBox.ADisk("vda", 16, isRotational: true)] });
        Assert.Equal(0, machine.Swap.TotalPages);

        Assert.True(machine.Swap.TrySwapOn(0, 4));
        Assert.False(machine.Swap.TrySwapOn(0));
        Assert.False(machine.Swap.TrySwapOn(1));

        Assert.Equal(4, machine.Swap.Areas[0]!.Priority);
        Assert.Equal((16 * MebibytePages) - 1, machine.Swap.TotalPages);
    }
}
