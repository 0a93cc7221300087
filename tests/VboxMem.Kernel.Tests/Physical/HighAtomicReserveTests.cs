// Goal: the reserve of high-order requests that cannot wait grows to about 1 % of the zone and is given back when memory is
//       short (facts: physical memory, 2.6).

using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Tests.Physical;

public sealed class HighAtomicReserveTests
{
    [Fact]
    public void It_grows_by_a_pageblock_for_each_success_up_to_one_percent()
    {
        using var machine = AMachine.Booted(1024);
        var zone = machine.Nodes[0][ZoneType.Dma32];
        var held = TakeUntilNothingIsLeft(machine);
        var onePercent = zone.ManagedPages / 100;
        Assert.InRange(zone.ReservedHighAtomicPages, 512UL, (onePercent + 511) / 512 * 512);
        Audit.Check(machine, held);
    }

    [Fact]
    public void A_zone_of_less_than_a_hundred_pageblocks_has_none()
    {
        using var machine = AMachine.Booted(128);
        TakeUntilNothingIsLeft(machine);
        Assert.Equal(0UL, machine.Nodes[0][ZoneType.Dma32].ReservedHighAtomicPages);
    }

    [Fact]
    public void Its_free_pages_serve_atomic_requests_and_not_others_until_it_is_given_back()
    {
        using var machine = AMachine.Booted(1024);
        var zone = machine.Nodes[0][ZoneType.Dma32];
        var held = TakeUntilNothingIsLeft(machine);
        foreach (var block in held.Where(block => machine.Frames.PageblockType(block) == MigrateType.HighAtomic).ToList())
        {
            machine.Allocator.Free(block);
            held.Remove(block);
        }

        machine.Allocator.DrainAllPerCpuPages();
        Assert.True(zone.FreeHighAtomicPages > 0);
        var free = zone.FreeHighAtomicPages;
        while (machine.Allocator.TryAllocate(GfpFlags.HighUserMovable & ~GfpFlags.DirectReclaim, 0, FrameOwner.Anonymous, out var page))
        {
            held.Add(page);
        }

        Assert.Equal(free, zone.FreeHighAtomicPages);

        // Of an order that no per-CPU list holds the reserve is looked at first.
        Assert.True(machine.Allocator.TryAllocate(GfpFlags.Atomic, 4, FrameOwner.Kernel, out var atomic));
        held.Add(atomic);
        Assert.Equal(MigrateType.HighAtomic, machine.Frames.PageblockType(atomic));
        Assert.Equal(free - 16, zone.FreeHighAtomicPages);

        var reserved = zone.ReservedHighAtomicPages;
        var request = new AllocationRequest(GfpFlags.HighUserMovable, 0, 0);
        Assert.True(machine.Allocator.ShrinkHighAtomic(request, force: false));
        Assert.Equal(reserved - 512, zone.ReservedHighAtomicPages);
        while (machine.Allocator.ShrinkHighAtomic(request, force: true))
        {
        }

        Audit.Check(machine, held);
    }

    [Fact]
    public void The_last_pageblock_is_given_only_by_force()
    {
        using var machine = AMachine.Booted(1024);
        var zone = machine.Nodes[0][ZoneType.Dma32];
        var held = TakeMovable(machine);
        while (zone.ReservedHighAtomicPages == 0)
        {
            Assert.True(machine.Allocator.TryAllocate(GfpFlags.Atomic, 1, FrameOwner.Kernel, out var pair));
            held.Add(pair);
        }

        held.ForEach(machine.Allocator.Free);
        machine.Allocator.DrainAllPerCpuPages();
        var request = new AllocationRequest(GfpFlags.HighUserMovable, 0, 0);
        Assert.Equal(512UL, zone.ReservedHighAtomicPages);
        Assert.False(machine.Allocator.ShrinkHighAtomic(request, force: false));
        Assert.True(machine.Allocator.ShrinkHighAtomic(request, force: true));
        Assert.Equal(0UL, zone.ReservedHighAtomicPages);
        Audit.Check(machine);
    }

    [Fact]
    public void A_request_bound_to_a_node_leaves_the_other_nodes_reserve_alone()
    {
        using var machine = Machine.Boot(AMachine.WithNodes(2, 1024));
        machine.Cpus.SwitchTo(1);
        var held = TakeUntilNothingIsLeft(machine);
        held.ForEach(machine.Allocator.Free);
        var remote = machine.Nodes[1][ZoneType.Dma32];
        var reserved = remote.ReservedHighAtomicPages;
        Assert.True(reserved > 0);
        var bound = new AllocationRequest(GfpFlags.HighUserMovable | GfpFlags.ThisNode, 0, Node: 0);
        while (machine.Allocator.ShrinkHighAtomic(bound, force: true))
        {
        }

        Assert.Equal(reserved, remote.ReservedHighAtomicPages);
    }

    /// <summary>Movable memory until direct reclaim would be next, then atomic pairs until even these fail.</summary>
    private static List<Pfn> TakeUntilNothingIsLeft(Machine machine)
    {
        var held = TakeMovable(machine);
        while (machine.Allocator.TryAllocate(GfpFlags.Atomic, 1, FrameOwner.Kernel, out var pair))
        {
            held.Add(pair);
        }

        return held;
    }

    private static List<Pfn> TakeMovable(Machine machine)
    {
        var held = new List<Pfn>();
        while (machine.Allocator.TryAllocate(GfpFlags.HighUserMovable & ~GfpFlags.DirectReclaim, 0, FrameOwner.Anonymous, out var page))
        {
            held.Add(page);
        }

        return held;
    }
}
