using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Tests;

public sealed class MachineTests
{
    [Theory]
    [InlineData(96)]
    [InlineData(128)]
    [InlineData(700)]
    [InlineData(4096)]
    [InlineData(1 << 20)]
    public void A_booted_machine_passes_the_audit_and_still_does_after_a_minute(int ramMebibytes)
    {
        using var machine = AMachine.Booted(ramMebibytes);
        Audit.Check(machine);
        machine.RunUntil(SimTime.FromSeconds(60));
        Audit.Check(machine);
    }

    [Theory]
    [InlineData(2, 1024)]
    [InlineData(4, 2048)]
    [InlineData(8, 512)]
    public void A_machine_of_several_nodes_passes_the_audit(int nodes, int ramMebibytesEach)
    {
        using var machine = Machine.Boot(AMachine.WithNodes(nodes, ramMebibytesEach));
        machine.RunUntil(SimTime.FromSeconds(10));
        Audit.Check(machine);
    }

    [Fact]
    public void A_descriptor_takes_32_bytes() => Assert.Equal(32, System.Runtime.CompilerServices.Unsafe.SizeOf<Kernel.Physical.PageFrame>());

    // On the captured machine with two nodes of 1 GiB, node 0 has 5340 of 9536 kB of slab, and 480 interleaved allocations.
    [Fact]
    public void Boot_spreads_its_memory_over_the_nodes_and_nothing_does_afterwards()
    {
        using var machine = Machine.Boot(AMachine.WithNodes(2, 1024));
        var slab = new long[2];
        var interleaved = 0UL;
        foreach (var node in machine.Nodes)
        {
            slab[node.Id] = node.Stats.ReadExact((int)Kernel.Accounting.NodeStatItem.SlabUnreclaimable);
            interleaved += node[ZoneType.Dma32].NumaEvents(Kernel.Accounting.NumaEvent.NumaInterleave);
        }

        Assert.InRange(slab[0], (slab[0] + slab[1]) * 2 / 5, (slab[0] + slab[1]) * 3 / 5);
        Assert.True(interleaved > 500);
        machine.Cpus.SwitchTo(1);
        Assert.True(machine.Allocator.TryAllocate(Kernel.Physical.GfpFlags.Kernel, 0, Kernel.Physical.FrameOwner.Kernel, out var page));
        Assert.Equal(1, machine.Allocator.ZoneOf(page).Node);
    }

    [Fact]
    public void The_same_configuration_gives_the_same_state_and_another_seed_another()
    {
        var configuration = AMachine.Of(512) with { CommandLine = "quiet" };
        using var first = Machine.Boot(configuration);
        using var second = Machine.Boot(configuration);
        using var other = Machine.Boot(configuration with { Seed = 2 });
        first.RunUntil(SimTime.FromSeconds(30));
        second.RunUntil(SimTime.FromSeconds(30));
        other.RunUntil(SimTime.FromSeconds(30));

        Assert.Equal(first.ComputeStateHash(), second.ComputeStateHash());
        Assert.NotEqual(first.ComputeStateHash(), other.ComputeStateHash());
        Assert.NotEqual(first.Layout.ImageStart, other.Layout.ImageStart);
    }

    [Fact]
    public void How_a_run_is_cut_into_pieces_does_not_matter()
    {
        using var whole = AMachine.Booted();
        using var pieces = AMachine.Booted();
        whole.RunUntil(SimTime.FromSeconds(20));
        for (var milliseconds = 3000UL; milliseconds <= 20_000; milliseconds += 37)
        {
            pieces.RunUntil(SimTime.FromMilliseconds(milliseconds));
        }

        pieces.RunUntil(SimTime.FromSeconds(20));
        Assert.Equal(whole.ComputeStateHash(), pieces.ComputeStateHash());
    }

    [Fact]
    public void All_kinds_of_cpu_time_add_up_to_the_uptime()
    {
        using var machine = AMachine.Booted(cpus: 3);
        machine.RunUntil(SimTime.FromSeconds(17));
        for (var cpu = 0; cpu < 3; cpu++)
        {
            var sum = 0UL;
            for (var kind = 0; kind < Kernel.Sched.CpuTimes.Kinds; kind++)
            {
                sum += machine.CpuTimes.Read(cpu, (Kernel.Sched.CpuTimeKind)kind).Nanoseconds;
            }

            Assert.Equal(machine.Now.Nanoseconds, sum);
        }
    }

    [Theory]
    [InlineData(16)]
    [InlineData(40)]
    public void A_machine_too_small_for_the_kernel_says_so(int ramMebibytes)
    {
        var error = Assert.Throws<Kernel.Physical.MachineLayoutException>(() => AMachine.Booted(ramMebibytes));
        Assert.Contains("too small", error.Message, StringComparison.Ordinal);
    }
}
