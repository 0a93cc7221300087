// Goal: short ways that do many things at once leave the very state that doing them one by one leaves.
// Method: the same on two copies of a machine, once each way, at random; the state hashes are compared.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Tests.Physical;

public sealed class RunTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Blocks_taken_in_runs_are_those_that_would_be_taken_singly(ulong seed)
    {
        using var machine = AMachine.Booted(256);
        Fragment(machine, seed);
        using var copy = machine.Clone();
        var prng = new Prng(seed, "runs");
        for (var round = 0; round < 300; round++)
        {
            var (order, most) = ((int)prng.NextBelow(4), 1 + (int)prng.NextBelow(300));
            var zone = round % 2 == 0 ? ZoneType.Dma32 : ZoneType.Dma;
            if (!machine.Nodes[0][zone].Buddy.TryTakeRun(order, MigrateType.Movable, most, out var first, out var count))
            {
                Assert.False(copy.Nodes[0][zone].Buddy.TryTake(order, MigrateType.Movable, out _));
                continue;
            }

            Assert.InRange(count, 1, most);
            for (var i = 0; i < count; i++)
            {
                Assert.True(copy.Nodes[0][zone].Buddy.TryTake(order, MigrateType.Movable, out var single));
                Assert.Equal(first.Plus((uint)i << order), single);
            }
        }

        Assert.Equal(machine.ComputeStateHash(), copy.ComputeStateHash());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(125)]
    public void A_counter_moved_many_times_at_once_folds_where_single_moves_would(int threshold)
    {
        var cpus = new CpuContext([0, 0]);
        var (atOnce, singly) = (new PerCpuCounters(2, cpus) { Threshold = threshold }, new PerCpuCounters(2, cpus) { Threshold = threshold });
        var prng = new Prng(5, "counters");
        for (var round = 0; round < 2000; round++)
        {
            if (round == 1000)
            {
                (atOnce.Threshold, singly.Threshold) = (threshold / 3, threshold / 3);
            }

            var delta = (prng.NextBelow(2) == 0 ? 1L : -1L) << (int)prng.NextBelow(4);
            var times = (int)prng.NextBelow(300);
            atOnce.AddTimes(1, delta, times);
            for (var i = 0; i < times; i++)
            {
                singly.Add(1, delta);
            }

            Assert.Equal((singly.ReadShared(1), singly.LargestDelta), (atOnce.ReadShared(1), atOnce.LargestDelta));
        }
    }

    /// <summary>Leaves free blocks of all sizes.</summary>
    private static void Fragment(Machine machine, ulong seed)
    {
        var prng = new Prng(seed, "fragments");
        var held = new List<Pfn>();
        for (var i = 0; i < 20_000 && machine.Allocator.TryAllocate(GfpFlags.HighUserMovable, (int)prng.NextBelow(3), FrameOwner.Kernel, out var block); i++)
        {
            held.Add(block);
        }

        foreach (var block in held)
        {
            if (prng.NextBelow(3) != 0)
            {
                machine.Allocator.Free(block);
            }
        }

        machine.Allocator.DrainAllPerCpuPages();
    }
}
