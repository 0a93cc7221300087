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
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(4, false)]
    public void Streaks_at_the_tail_of_a_stock_are_given_back_as_single_pages_would_be(ulong seed, bool ascends)
    {
        using var machine = AMachine.Booted(256);
        Fragment(machine, seed);
        using var copy = machine.Clone();
        var (zone, other) = (machine.Nodes[0][ZoneType.Dma32], copy.Nodes[0][ZoneType.Dma32]);
        var prng = new Prng(seed, "streaks");
        var streaks = new List<(Pfn First, int Count)>();
        while (zone.Buddy.TryTakeRun(0, MigrateType.Movable, 1 + (int)prng.NextBelow(600), out var first, out var count))   // small free blocks go first
        {
            Assert.True(other.Buddy.TryTakeRun(0, MigrateType.Movable, count, out var same, out _) && same == first);
            streaks.Add((first, count));
        }

        var longest = 0;
        foreach (var (first, count) in streaks)
        {
            var (list, left) = (default(PageList), count);
            for (var i = 0u; i < count; i++)
            {
                machine.Frames.AddTail(ref list, first.Plus(ascends ? (uint)count - 1 - i : i));   // what is last goes first
            }

            while (left > 0)
            {
                var block = machine.Frames.TailRun(list, left, out var order);
                for (var i = 0u; i < 1u << order; i++)
                {
                    other.Buddy.Free(block.Plus(ascends ? i : (1u << order) - 1 - i), 0, copy.Frames.PageblockType(block));
                }

                machine.Frames.RemoveTailRun(ref list, block, order);
                zone.Buddy.FreeRun(block, order, machine.Frames.PageblockType(block));
                left -= 1 << order;
                longest = Math.Max(longest, order);
            }

            Assert.True(list.IsEmpty && list.Count == 0);
        }

        Assert.True(longest >= 5, $"order {longest}");
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
