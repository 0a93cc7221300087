using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Tests.Physical;

public sealed class ZonelistTests
{
    // The measured guest of the facts (physical memory, 4.3): four nodes, distances 10/16/22 in pairs.
    [Fact]
    public void Nodes_fall_back_from_near_to_far_and_spread_the_load()
    {
        int[][] distances = [[10, 16, 22, 22], [16, 10, 22, 22], [22, 22, 10, 16], [22, 22, 16, 10]];
        var orders = Zonelist.NodeOrders(distances, [true, true, true, true]);
        Assert.Equal(["0 1 2 3", "1 0 3 2", "2 3 0 1", "3 2 1 0"], orders.Select(static order => string.Join(' ', order)));
    }

    [Fact]
    public void Of_equally_distant_nodes_the_one_without_cpus_comes_first()
    {
        int[][] distances = [[10, 20, 20], [20, 10, 20], [20, 20, 10]];
        Assert.Equal([0, 2, 1], Zonelist.NodeOrders(distances, [true, true, false])[0]);
    }

    [Fact]
    public void A_full_node_overflows_to_the_next_at_its_low_mark_and_the_counts_say_so()
    {
        using var machine = Machine.Boot(AMachine.WithNodes(2, 256));
        var local = machine.Nodes[0][ZoneType.Dma32];
        while (machine.Allocator.TryAllocate(GfpFlags.HighUserMovable, 0, FrameOwner.Anonymous, out var page))
        {
            if (machine.Allocator.ZoneOf(page).Node == 1)
            {
                break;
            }
        }

        var batch = (long)(32 * local.PerCpu[0].BatchPages);
        Assert.InRange(local.FreePages, (long)local.MarkPages(WatermarkLevel.Low) - batch - (3 * local.Stats.Threshold), (long)local.MarkPages(WatermarkLevel.Low) + local.Stats.Threshold);
        var remote = machine.Nodes[1][ZoneType.Dma32];
        Assert.Equal(1UL, remote.NumaEvents(Kernel.Accounting.NumaEvent.NumaMiss));
        Assert.Equal(1UL, local.NumaEvents(Kernel.Accounting.NumaEvent.NumaForeign));
    }
}
