using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Tests.Accounting;

public sealed class MemoryInfoTests
{
    private static readonly MachineConfiguration TwoNodes = new()
    {
        RamBytes = 2UL << 30,
        Cpus = 2,
        Nodes = [new NodeConfiguration { RamBytes = 1UL << 30, Cpus = 1 }, new NodeConfiguration { RamBytes = 1UL << 30, Cpus = 1 }],
        CommandLine = "nokaslr",
    };

    [Fact]
    public void The_machine_is_the_sum_of_its_nodes()
    {
        using var machine = Machine.Boot(TwoNodes);
        machine.RunUntil(SimTime.FromSeconds(10));
        var whole = MemoryInfo.Of(machine);
        var first = MemoryInfo.OfNode(machine, 0);
        var second = MemoryInfo.OfNode(machine, 1);

        Assert.Equal(whole.TotalPages, first.TotalPages + second.TotalPages);
        Assert.Equal(whole.FreePages, first.FreePages + second.FreePages);
        foreach (var item in Enum.GetValues<NodeStatItem>())
        {
            Assert.Equal(whole[item], first[item] + second[item]);
        }

        foreach (var kind in Enum.GetValues<NumaEvent>())
        {
            Assert.Equal(whole[kind], first[kind] + second[kind]);
        }
    }

    [Fact]
    public void Free_pages_are_those_of_the_free_lists_once_all_is_folded()
    {
        using var machine = Machine.Boot(TwoNodes);
        machine.Sysctls.Write("stat_refresh", "1"u8);

        var onLists = 0L;
        foreach (var node in machine.Nodes)
        {
            foreach (var zone in node.Zones)
            {
                for (var order = 0; order <= 10; order++)
                {
                    onLists += (long)zone.Buddy.FreeBlocks(order) << order;
                }
            }
        }

        Assert.Equal(onLists, MemoryInfo.Of(machine).FreePages);
    }

    // A page is freed on another CPU than the one that counted it: one node's shared part may sink below zero for a while.
    [Fact]
    public void Sums_are_held_against_zero_not_their_parts()
    {
        using var machine = Machine.Boot(TwoNodes);
        machine.Nodes[0].Stats.Add((int)NodeStatItem.Mapped, -1000);
        machine.Nodes[1].Stats.Add((int)NodeStatItem.Mapped, 1500);

        Assert.Equal(500, MemoryInfo.Of(machine)[NodeStatItem.Mapped]);
        Assert.Equal(0, MemoryInfo.OfNode(machine, 0)[NodeStatItem.Mapped]);
    }

    [Theory]
    [InlineData(NodeStatItem.AnonTransparentHugepages, 1024, 2)]
    [InlineData(NodeStatItem.ShmemPmdmapped, 511, 0)]
    [InlineData(NodeStatItem.AnonPages, 1024, 1024)]
    public void Items_that_count_huge_pages_print_as_such(NodeStatItem item, long pages, long printed) =>
        Assert.Equal(printed, NodeStatNames.Printed(item, pages));

    [Fact]
    public void A_counter_reads_shared_values_unclamped_for_sums()
    {
        var counters = new PerCpuCounters(1, new CpuContext([0]));
        counters.Add(0, -5);

        Assert.Equal(-5, counters.ReadShared(0));
        Assert.Equal(0, counters.Read(0));
    }
}
