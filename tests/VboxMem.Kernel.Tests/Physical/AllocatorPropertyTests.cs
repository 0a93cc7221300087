// Goal: whatever is asked of the allocator and given back, no page is lost, invented or handed out twice.
// Method: random requests of random orders, types, nodes and reserves on small machines, with a full audit after every step.

using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Tests.Physical;

public sealed class AllocatorPropertyTests
{
    private static readonly GfpFlags[] _gfps =
    [
        GfpFlags.HighUserMovable, GfpFlags.Kernel, GfpFlags.Kernel | GfpFlags.Reclaimable, GfpFlags.Atomic, GfpFlags.NoWait,
        GfpFlags.Kernel | GfpFlags.Dma, GfpFlags.Kernel | GfpFlags.Dma32, GfpFlags.Kernel | GfpFlags.MemAlloc,
        GfpFlags.HighUserMovable | GfpFlags.ThisNode, GfpFlags.TransHuge,
    ];

    /// <summary>One thing a random client does.</summary>
    /// <param name="Gfp">Index of the kind of request.</param>
    /// <param name="Order">Order asked for.</param>
    /// <param name="Count">How many in a row.</param>
    /// <param name="Cpu">Where it runs.</param>
    /// <param name="Victim">It is an OOM victim, which may go deeper.</param>
    /// <param name="Frees">It gives back instead: so many of its blocks, from this place on.</param>
    public sealed record Act(int Gfp, int Order, int Count, int Cpu, bool Victim, bool Frees);

    public static Arbitrary<Act[]> Acts() => (
        from acts in Gen.ArrayOf(
            from gfp in Gen.Choose(0, _gfps.Length - 1)
            from order in Gen.Frequency((6, Gen.Choose(0, 1)), (3, Gen.Choose(2, 8)), (2, Gen.Choose(9, 10)))
            from count in Gen.Frequency((5, Gen.Choose(1, 40)), (1, Gen.Choose(500, 4000)))
            from cpu in Gen.Choose(0, 1)
            from victim in Gen.Frequency((4, Gen.Constant(false)), (1, Gen.Constant(true)))
            from frees in Gen.Frequency((3, Gen.Constant(false)), (2, Gen.Constant(true)))
            select new Act(gfp, order, count, cpu, victim, frees))
        where acts.Length <= 40
        select acts).ToArbitrary();

    [Property(MaxTest = 25, Arbitrary = [typeof(AllocatorPropertyTests)])]
    public void One_node_never_loses_a_page(Act[] acts) => Live(AMachine.Of(96), acts);

    [Property(MaxTest = 25, Arbitrary = [typeof(AllocatorPropertyTests)])]
    public void Two_nodes_never_lose_a_page(Act[] acts) => Live(AMachine.WithNodes(2, 96), acts);

    [Property(MaxTest = 15, Arbitrary = [typeof(AllocatorPropertyTests)])]
    public void Three_zones_and_a_movable_one_never_lose_a_page(Act[] acts) =>
        Live(AMachine.Of(3600) with { MovableBytes = 256UL << 20 }, acts);

    [Property(MaxTest = 15, Arbitrary = [typeof(AllocatorPropertyTests)])]
    public void What_is_given_back_can_be_had_again(Act[] acts)
    {
        using var machine = Machine.Boot(AMachine.Of(96));
        machine.Allocator.DrainAllPerCpuPages();
        var before = FreePages(machine);
        var held = new List<Pfn>();
        foreach (var act in acts)
        {
            Do(machine, act, held);
        }

        foreach (var block in held)
        {
            machine.Allocator.Free(block);
        }

        machine.Allocator.DrainAllPerCpuPages();
        machine.Allocator.ShrinkHighAtomic(new AllocationRequest(GfpFlags.HighUserMovable, 0, 0), force: true);
        Audit.Check(machine);
        Assert.Equal(before, FreePages(machine));
    }

    private static void Live(MachineConfiguration configuration, Act[] acts)
    {
        using var machine = Machine.Boot(configuration);
        var held = new List<Pfn>();
        foreach (var act in acts)
        {
            Do(machine, act, held);
            Audit.Check(machine, held);
        }
    }

    private static void Do(Machine machine, Act act, List<Pfn> held)
    {
        machine.Cpus.SwitchTo(act.Cpu);
        if (act.Frees)
        {
            for (var i = 0; i < act.Count && held.Count > 0; i++)
            {
                var index = (i * 7919) % held.Count;
                machine.Allocator.Free(held[index]);
                held[index] = held[^1];
                held.RemoveAt(held.Count - 1);
            }

            return;
        }

        var requester = act.Victim ? RequesterFlags.OomVictim : RequesterFlags.None;
        var request = new AllocationRequest(_gfps[act.Gfp], act.Order, machine.Cpus.CurrentNode, requester);
        var owner = (request.Gfp & GfpFlags.Movable) != 0 ? FrameOwner.Anonymous : FrameOwner.Kernel;
        for (var i = 0; i < act.Count && machine.Allocator.TryAllocate(request, owner, out var block); i++)
        {
            Assert.True(block.IsAlignedTo(act.Order));
            Assert.InRange(machine.Allocator.ZoneOf(block).Type, ZoneType.Dma, request.Gfp.HighestZone());
            held.Add(block);
        }
    }

    private static ulong FreePages(Machine machine)
    {
        var pages = 0UL;
        foreach (var node in machine.Nodes)
        {
            foreach (var zone in node.Zones)
            {
                for (var order = 0; order <= PageGeometry.MaxOrder; order++)
                {
                    pages += (ulong)zone.Buddy.FreeBlocks(order) << order;
                }
            }
        }

        return pages;
    }
}
