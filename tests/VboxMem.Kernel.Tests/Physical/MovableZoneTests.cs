// Goal: movablecore= leaves the kernel its share from the bottom of each node, and never takes memory below the highest zone.
// The expected figures follow Linux 6.12's find_zone_movable_pfns_for_nodes by hand.

using VboxMem.Kernel.Auditing;

namespace VboxMem.Kernel.Tests.Physical;

public sealed class MovableZoneTests
{
    [Fact]
    public void One_node_gives_movable_memory_from_its_top()
    {
        using var machine = Machine.Boot(AMachine.Of(4096) with { MovableBytes = 512UL << 20 });
        var movable = machine.Nodes[0][ZoneType.Movable].Extent;

        // 4 GiB on pc: 1 GiB lies above 4 GiB, frames 0x100000 to 0x140000; the upper half of it.
        Assert.Equal((0x120000u, 0x20000u), (movable.Start.Index, movable.PresentPages));
        Assert.Equal(0x20000u, machine.Nodes[0][ZoneType.Normal].Extent.PresentPages);
        Audit.Check(machine);
    }

    [Fact]
    public void More_than_the_highest_zone_has_cannot_be_movable()
    {
        using var machine = Machine.Boot(AMachine.Of(4096) with { MovableBytes = 3UL << 30 });
        Assert.Equal(0x100000u, machine.Nodes[0][ZoneType.Movable].Extent.Start.Index);
        Assert.False(machine.Nodes[0][ZoneType.Normal].IsPopulated);
        Assert.Equal(782304u, machine.Nodes[0][ZoneType.Dma32].Extent.PresentPages);
        Audit.Check(machine);
    }

    [Fact]
    public void A_node_of_low_memory_alone_gives_none()
    {
        using var machine = Machine.Boot(AMachine.WithNodes(2, 2048) with { MovableBytes = 1UL << 30 });
        Assert.False(machine.Nodes[0][ZoneType.Movable].IsPopulated);

        // Node 1 has 1 GiB below the hole and 1 GiB above 4 GiB. The kernel is to have 3 GiB: node 0 and node 1's low memory
        // are 3 GiB less the ACPI tables' 32 pages and the hole below 1 MiB, which come off the movable memory.
        var movable = machine.Nodes[1][ZoneType.Movable].Extent;
        Assert.InRange(movable.PresentPages, 0x40000u - 1024, 0x40000u);
        Audit.Check(machine);
    }

    [Fact]
    public void Low_memory_machines_take_it_from_dma32()
    {
        using var machine = Machine.Boot(AMachine.Of(1024) with { MovableBytes = 256UL << 20 });
        var movable = machine.Nodes[0][ZoneType.Movable].Extent;
        Assert.InRange(movable.PresentPages, (256u << 8) - 1024, 256u << 8);
        Assert.Equal(machine.Nodes[0][ZoneType.Dma32].Extent.End, movable.Start);
        Audit.Check(machine);
    }

    [Fact]
    public void All_memory_cannot_be_movable() =>
        Assert.Throws<Kernel.Physical.MachineLayoutException>(() => Machine.Boot(AMachine.Of(512) with { MovableBytes = 1UL << 30 }));
}
