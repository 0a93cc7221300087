// Goal: blocks are found, split, merged and claimed as Linux does it (facts: physical memory, 4.1 and 4.2).

using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Tests.Physical;

public sealed class BuddyAllocatorTests
{
    [Fact]
    public void A_fresh_box_hands_out_low_addresses_of_the_highest_zone_first()
    {
        using var machine = AMachine.Booted(4096);
        var normal = machine.Nodes[0][ZoneType.Normal];
        var buddy = normal.Buddy;
        var first = buddy.First(PageGeometry.MaxOrder, MigrateType.Movable);
        Assert.True(buddy.TryTake(PageGeometry.MaxOrder, MigrateType.Movable, out var block));
        Assert.True(buddy.TryTake(PageGeometry.MaxOrder, MigrateType.Movable, out var next));
        Assert.Equal(first, block);
        Assert.Equal(block.Plus(PageGeometry.LargestBlockPages), next);
    }

    [Fact]
    public void Splitting_keeps_the_lowest_part_and_leaves_one_block_of_each_smaller_order()
    {
        var buddy = EmptyBuddyWithOneBlock(out var machine, out var block);
        using (machine)
        {
            Assert.True(buddy.TryTake(0, MigrateType.Movable, out var page));
            Assert.Equal(block, page);
            for (var order = 0; order < PageGeometry.MaxOrder; order++)
            {
                Assert.Equal(1u, buddy.FreeBlocks(order));
                Assert.Equal(block.Plus(1u << order), buddy.First(order, MigrateType.Movable));
            }
        }
    }

    [Fact]
    public void Freeing_the_last_page_merges_all_the_way_up()
    {
        var buddy = EmptyBuddyWithOneBlock(out var machine, out var block);
        using (machine)
        {
            var pages = new List<Pfn>();
            while (buddy.TryTake(0, MigrateType.Movable, out var page))
            {
                pages.Add(page);
            }

            Assert.Equal(1024, pages.Count);
            foreach (var page in pages.Where(static (_, index) => index % 2 == 0).Concat(pages.Where(static (_, index) => index % 2 == 1)))
            {
                buddy.Free(page, 0, MigrateType.Movable);
            }

            Assert.Equal(1u, buddy.FreeBlocks(PageGeometry.MaxOrder));
            Assert.Equal(block, buddy.First(PageGeometry.MaxOrder, MigrateType.Movable));
        }
    }

    [Fact]
    public void A_block_whose_merge_is_near_goes_to_the_tail()
    {
        var buddy = EmptyBuddyWithOneBlock(out var machine, out var block);
        using (machine)
        {
            var pages = new List<Pfn>();
            while (buddy.TryTake(0, MigrateType.Movable, out var page))
            {
                pages.Add(page);
            }

            // Pages 4..5 lie beside the free pair 6..7: freeing page 4 puts it behind page 64, which has no such prospect.
            buddy.Free(block.Plus(6), 0, MigrateType.Movable);
            buddy.Free(block.Plus(7), 0, MigrateType.Movable);
            buddy.Free(block.Plus(64), 0, MigrateType.Movable);
            buddy.Free(block.Plus(4), 0, MigrateType.Movable);
            Assert.Equal(block.Plus(64), buddy.First(0, MigrateType.Movable));
            Assert.Equal(block.Plus(4), buddy.Following(block.Plus(64), 0));
        }
    }

    [Fact]
    public void An_unmovable_request_claims_a_whole_free_pageblock()
    {
        using var machine = AMachine.Booted(128);
        var zone = machine.Nodes[0][ZoneType.Dma32];
        var before = CountPageblocks(machine, MigrateType.Reclaimable);
        var held = new List<Pfn>();
        while (CountPageblocks(machine, MigrateType.Reclaimable) == before)
        {
            Assert.True(machine.Allocator.TryAllocate(GfpFlags.Kernel | GfpFlags.Reclaimable, 0, FrameOwner.Kernel, out var page));
            held.Add(page);
        }

        Assert.Equal(0UL, zone.BoostPages);   // a whole block was free: nothing was mixed
        Assert.Equal(MigrateType.Reclaimable, machine.Frames.PageblockType(held[^1]));
        Audit.Check(machine, held);
    }

    [Fact]
    public void Claiming_part_of_a_pageblock_boosts_the_watermarks()
    {
        using var machine = AMachine.Booted(128);
        var zone = machine.Nodes[0][ZoneType.Dma32];
        var held = new List<Pfn>();

        // Movable memory in single pages, every second given back: no large block is left to anyone.
        while (machine.Allocator.TryAllocate(GfpFlags.HighUserMovable, 0, FrameOwner.Anonymous, out var page))
        {
            held.Add(page);
        }

        for (var i = held.Count - 1; i >= 0; i -= 2)
        {
            machine.Allocator.Free(held[i]);
            held.RemoveAt(i);
        }

        machine.Allocator.DrainAllPerCpuPages();
        machine.Limits.SetWatermarks();   // ends the boost that filling the zone to the brim has brought
        for (var i = 0; i < 600; i++)
        {
            Assert.True(machine.Allocator.TryAllocate(GfpFlags.Kernel, 0, FrameOwner.Kernel, out var page));
            held.Add(page);
        }

        Assert.True(zone.BoostPages >= PageGeometry.PageblockPages, $"boost is {zone.BoostPages}");
        Audit.Check(machine, held);
    }

    /// <summary>A zone's buddy allocator with everything taken out of it but one block of the largest order.</summary>
    private static BuddyAllocator EmptyBuddyWithOneBlock(out Machine machine, out Pfn block)
    {
        machine = AMachine.Booted(128);
        var buddy = machine.Nodes[0][ZoneType.Dma32].Buddy;
        Assert.True(buddy.TryTake(PageGeometry.MaxOrder, MigrateType.Movable, out block));
        for (var order = 0; order <= PageGeometry.MaxOrder; order++)
        {
            for (var type = MigrateType.Unmovable; type <= MigrateType.Reclaimable; type++)
            {
                while (!buddy.IsEmpty(order, type))
                {
                    buddy.TakeFrom(buddy.First(order, type), order, order, type, type);
                }
            }
        }

        machine.Frames.SetPageblockType(block, MigrateType.Movable);
        buddy.Free(block, PageGeometry.MaxOrder, MigrateType.Movable);
        return buddy;
    }

    private static int CountPageblocks(Machine machine, MigrateType type)
    {
        var count = 0;
        for (var pfn = 0u; pfn < machine.Frames.Count; pfn += PageGeometry.PageblockPages)
        {
            count += machine.Frames.PageblockType(new Pfn(pfn)) == type ? 1 : 0;
        }

        return count;
    }
}
