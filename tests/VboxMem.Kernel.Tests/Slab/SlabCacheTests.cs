// Goal: objects and slabs move between CPUs, nodes and the page allocator as in SLUB (facts: physical memory, 7.3).

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Slab;

namespace VboxMem.Kernel.Tests.Slab;

public sealed class SlabCacheTests
{
    private const string Name = "xfrm_state";   // 19 objects a slab, none after boot

    [Fact]
    public void A_slab_is_made_for_the_first_object_and_serves_until_it_is_full()
    {
        using var machine = AMachine.Booted(256);
        var cache = machine.Slabs[Name];
        Assert.Equal((0UL, 0UL), (cache.SlabCount, cache.ObjectCount));
        var held = Allocate(machine, cache, cache.Geometry.ObjectsPerSlab);
        Assert.Equal((1UL, (ulong)held.Length), (cache.SlabCount, cache.ObjectCount));
        Allocate(machine, cache, 1);
        Assert.Equal(2UL, cache.SlabCount);
    }

    [Fact]
    public void Objects_free_in_cpu_slabs_count_as_active_and_those_on_node_lists_do_not()
    {
        using var machine = AMachine.Booted(256);
        var cache = machine.Slabs[Name];
        var held = Allocate(machine, cache, 10 * cache.Geometry.ObjectsPerSlab);
        Assert.Equal(0UL, cache.FreeOnNodeLists());

        // One object out of each slab: full slabs join the CPU's chain until it is too long and moves to the node's list.
        Free(machine, cache, [.. held.Where((_, index) => index % 19 == 0)]);
        var limit = (ulong)cache.Geometry.CpuPartialSlabs;
        Assert.True(cache.CpuSlabs[0].PartialSlabs <= limit);
        Assert.Equal(cache.Nodes[0].Partial.Count, (uint)cache.FreeOnNodeLists());
        Assert.True(cache.FreeOnNodeLists() > 0);
    }

    [Fact]
    public void Empty_slabs_go_back_once_the_node_keeps_enough()
    {
        using var machine = AMachine.Booted(256);
        var cache = machine.Slabs[Name];
        var held = Allocate(machine, cache, 40 * cache.Geometry.ObjectsPerSlab);
        Assert.Equal(40UL, cache.SlabCount);
        Free(machine, cache, held);

        // What stays: the active slab, the CPU's chain, and min_partial slabs on the node's list.
        var most = 1 + (ulong)cache.Geometry.CpuPartialSlabs + (ulong)cache.Geometry.MinPartial;
        Assert.InRange(cache.SlabCount, (ulong)cache.Geometry.MinPartial, most);
        Assert.InRange(cache.Nodes[0].Partial.Count, 1u, (uint)cache.Geometry.MinPartial);
    }

    [Fact]
    public void An_object_freed_by_another_cpu_is_found_when_the_slabs_own_cpu_runs_out()
    {
        using var machine = AMachine.Booted(256);
        var cache = machine.Slabs[Name];
        var held = Allocate(machine, cache, cache.Geometry.ObjectsPerSlab);
        machine.Cpus.SwitchTo(1);
        Free(machine, cache, held[..3]);
        Assert.Equal(Pfn.None, cache.CpuSlabs[1].Partial);   // it is CPU 0's active slab: nobody else may list it
        machine.Cpus.SwitchTo(0);
        Allocate(machine, cache, 3);
        Assert.Equal(1UL, cache.SlabCount);
        Allocate(machine, cache, 1);
        Assert.Equal(2UL, cache.SlabCount);
    }

    [Fact]
    public void A_cpu_takes_a_partial_slab_from_the_node_and_some_more_for_its_chain()
    {
        using var machine = AMachine.Booted(256);
        var cache = machine.Slabs[Name];
        var held = Allocate(machine, cache, 40 * cache.Geometry.ObjectsPerSlab);
        for (var slab = 0; slab < 40; slab++)
        {
            Free(machine, cache, [held[slab * cache.Geometry.ObjectsPerSlab]]);
        }

        machine.Cpus.SwitchTo(1);
        var onNode = cache.Nodes[0].Partial.Count;
        Assert.True(onNode > 10);
        Allocate(machine, cache, 1);
        var more = (uint)(cache.Geometry.CpuPartialSlabs / 2) + 1;
        Assert.Equal((onNode - 1 - more, more), (cache.Nodes[0].Partial.Count, cache.CpuSlabs[1].PartialSlabs));
    }

    [Fact]
    public void A_request_falls_back_to_the_smallest_slab_when_large_blocks_are_gone()
    {
        using var machine = AMachine.Booted(128);
        var cache = machine.Slabs["kmalloc-512"];
        var pages = new List<Pfn>();
        while (machine.Allocator.TryAllocate(GfpFlags.Kernel, 1, FrameOwner.Kernel, out var block))
        {
            pages.Add(block);
        }

        while (machine.Allocator.TryAllocate(GfpFlags.Atomic, 0, FrameOwner.Kernel, out var page))
        {
            pages.Add(page);
        }

        // Single pages come back, none beside another: no block of order 1 is to be had.
        for (var i = pages.Count - 1; i >= 0; i -= 2)
        {
            if (machine.Frames[pages[i]].Order == 0)
            {
                machine.Allocator.Free(pages[i]);
            }
        }

        machine.Allocator.DrainAllPerCpuPages();
        var slabs = cache.SlabCount;
        var objects = cache.ObjectCount;
        while (cache.SlabCount == slabs)
        {
            if (!cache.TryAllocate(GfpFlags.Atomic, out _))
            {
                Assert.Fail("not even a single page was left above the reserve");
            }
        }

        Assert.InRange(cache.ObjectCount - objects, (ulong)cache.Geometry.MinObjects, (ulong)cache.Geometry.ObjectsPerSlab);
    }

    [Theory]
    [InlineData(8193, 2)]
    [InlineData(16384, 2)]
    [InlineData(16385, 3)]
    public void Large_kmallocs_are_whole_pages_that_count_as_slab_and_show_in_no_cache(int bytes, int order)
    {
        using var machine = AMachine.Booted(128);
        var before = machine.Nodes[0].Stats.ReadExact((int)Kernel.Accounting.NodeStatItem.SlabUnreclaimable);
        Assert.True(machine.Slabs.TryAllocateLarge(bytes, GfpFlags.Kernel, out var block));
        Assert.Equal(before + (1 << order), machine.Nodes[0].Stats.ReadExact((int)Kernel.Accounting.NodeStatItem.SlabUnreclaimable));
        machine.Slabs.FreeLarge(block);
        Assert.Equal(before, machine.Nodes[0].Stats.ReadExact((int)Kernel.Accounting.NodeStatItem.SlabUnreclaimable));
    }

    [Theory]
    [InlineData(1, GfpFlags.Kernel, "kmalloc-8")]
    [InlineData(65, GfpFlags.Kernel, "kmalloc-96")]
    [InlineData(97, GfpFlags.KernelAccount, "kmalloc-cg-128")]
    [InlineData(129, GfpFlags.Kernel | GfpFlags.Reclaimable, "kmalloc-rcl-192")]
    [InlineData(8192, GfpFlags.KernelAccount | GfpFlags.Dma, "dma-kmalloc-8k")]
    public void A_kmalloc_goes_to_the_least_size_of_its_family(int bytes, GfpFlags gfp, string name)
    {
        using var machine = AMachine.Booted(128);
        Assert.Equal(name, machine.Slabs.KmallocCacheFor(bytes, gfp).Description.Name);
    }

    [Fact]
    public void Objects_of_another_nodes_memory_are_taken_only_from_what_it_has_in_excess()
    {
        using var machine = Machine.Boot(AMachine.WithNodes(2, 512));
        var cache = machine.Slabs[Name];
        var held = Allocate(machine, cache, 60 * cache.Geometry.ObjectsPerSlab);
        for (var slab = 0; slab < 60; slab++)
        {
            Free(machine, cache, [held[slab * cache.Geometry.ObjectsPerSlab]]);
        }

        machine.Cpus.SwitchTo(1);
        var slabs = cache.SlabCount;
        while (cache.SlabCount == slabs)
        {
            Assert.True(cache.TryAllocate(GfpFlags.Kernel, out _));
        }

        Assert.Equal(1UL, cache.Nodes[1].Slabs);
        Assert.InRange(cache.Nodes[0].Partial.Count, 1u, (uint)cache.Geometry.MinPartial);
    }

    private static SlabObject[] Allocate(Machine machine, SlabCache cache, int count)
    {
        var held = new SlabObject[count];
        for (var i = 0; i < count; i++)
        {
            Assert.True(cache.TryAllocate(GfpFlags.Kernel, out held[i]));
        }

        Assert.Equal(cache.Id, (int)machine.Frames[held[0].Slab].OwnerId);
        return held;
    }

    private static void Free(Machine machine, SlabCache cache, IEnumerable<SlabObject> held)
    {
        foreach (var used in held)
        {
            Assert.Equal(FrameOwner.Slab, machine.Frames[used.Slab].Owner);
            cache.Free(used);
        }
    }
}
