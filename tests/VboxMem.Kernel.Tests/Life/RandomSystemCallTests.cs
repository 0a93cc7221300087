// Goal: whatever programs ask for and administrators do, nothing is lost and every figure is true.
// Method: random programs on small machines of twelve kinds, short of memory most of the time; a full audit after every few
//         milliseconds; copies at random moments, run on beside the original, end with the same hash; a new program takes the place
//         of one that has died. Fifty copies more are made of machines in the middle of reclaim and writing.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Tests.Life;

public sealed class RandomSystemCallTests
{
    private const int Steps = 120;

    public static TheoryData<RandomMachineKind, ulong> Worlds
    {
        get
        {
            var worlds = new TheoryData<RandomMachineKind, ulong>();
            foreach (var kind in Enum.GetValues<RandomMachineKind>())
            {
                worlds.Add(kind, 1);
                worlds.Add(kind, 2);
            }

            return worlds;
        }
    }

    [Theory]
    [MemberData(nameof(Worlds))]
    public void Every_figure_is_true_after_every_step(RandomMachineKind kind, ulong seed)
    {
        using var world = new RandomWorld(kind, seed);
        var machine = world.Machine;
        for (var step = 0; step < Steps && !machine.HasPanicked; step++)
        {
            var before = machine.Now;
            world.Step();
            Assert.True(machine.Now > before || machine.HasPanicked, "time stands still");
            Audit.Check(machine);
            if (step % 20 == 10)
            {
                CheckCopy(machine);
            }
        }

        Assert.True(machine.Events[VmEvent.PgFault] > 10_000, "hardly anything was touched");
    }

    [Fact]
    public void Fifty_copies_from_the_middle_of_reclaim_and_writing_run_on_as_the_original()
    {
        var (copies, kswapds, writing, inSlowPath) = (0, 0, 0, 0);
        for (var seed = 11UL; copies < 50; seed++)
        {
            using var world = new RandomWorld(seed % 2 == 0 ? RandomMachineKind.SwapAndTwoCpus : RandomMachineKind.SlowDisk, seed);
            var machine = world.Machine;
            for (var step = 0; step < Steps && copies < 50 && !machine.HasPanicked; step++)
            {
                world.Step();
                var isReclaiming = Array.Exists(machine.Kswapds, static kswapd => !kswapd.IsAsleep);
                var isWriting = machine.Nodes[0].Stats.ReadExact((int)NodeStatItem.Writeback) > 0;
                var isWaiting = machine.Processes.Tasks.Any(static task => task.Allocation.IsPending);
                if (step % 10 != 0 && !(isReclaiming && isWriting && isWaiting))
                {
                    continue;
                }

                copies++;
                kswapds += isReclaiming ? 1 : 0;
                writing += isWriting ? 1 : 0;
                inSlowPath += isWaiting ? 1 : 0;
                CheckCopy(machine);
            }
        }

        Assert.True(kswapds >= 10 && writing >= 10 && inSlowPath >= 10, $"{kswapds} in kswapd, {writing} while writing, {inSlowPath} in the slow path");
    }

    [Fact]
    public void The_same_seed_gives_the_same_state_and_another_seed_another()
    {
        static ulong Run(ulong seed)
        {
            using var world = new RandomWorld(RandomMachineKind.SwapAndTwoCpus, seed);
            for (var step = 0; step < 20; step++)
            {
                world.Step();
            }

            return world.Machine.ComputeStateHash();
        }

        Assert.Equal(Run(5), Run(5));
        Assert.NotEqual(Run(5), Run(6));
    }

    private static void CheckCopy(Machine machine)
    {
        using var copy = machine.Clone();
        Assert.Equal(machine.ComputeStateHash(), copy.ComputeStateHash());
        var end = machine.Now.Plus(Kernel.Time.SimTime.FromMilliseconds(20));
        machine.RunUntil(end);
        copy.RunUntil(end);
        Assert.Equal(machine.ComputeStateHash(), copy.ComputeStateHash());
        Audit.Check(copy);
    }
}
