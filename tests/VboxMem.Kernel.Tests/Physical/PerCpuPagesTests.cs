// Goal: how far a CPU's stock is filled and when it gives back follows Linux 6.12 (facts: physical memory, 3).

using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Tests.Physical;

public sealed class PerCpuPagesTests
{
    [Fact]
    public void A_streak_of_single_pages_doubles_each_refill_up_to_32_batches()
    {
        using var machine = Machine.Boot(AMachine.Of(8192));
        var pages = machine.Nodes[0][ZoneType.Normal].PerCpu[0];
        for (var i = 0; i < 10; i++)
        {
            // Each free halves the factor that boot's streaks have left.
            Assert.True(machine.Allocator.TryAllocate(GfpFlags.HighUserMovable, 0, FrameOwner.Anonymous, out var page));
            machine.Allocator.Free(page);
        }

        machine.Allocator.DrainAllPerCpuPages();
        var refills = new List<int>();
        var raises = new List<int>();
        for (var i = 0; i < 12_000; i++)
        {
            var (before, high) = (pages.CountPages, pages.HighPages);
            Assert.True(machine.Allocator.TryAllocate(GfpFlags.HighUserMovable, 0, FrameOwner.Anonymous, out _));
            if (pages.CountPages > before)
            {
                refills.Add(pages.CountPages - before + 1);
                raises.Add(pages.HighPages - high);
            }
        }

        Assert.Equal([63, 126, 252, 504, 1008, 2016, 2016], refills.Take(7));
        Assert.Equal(refills.Take(7), raises.Take(7));   // each refill raises the limit by as much
    }

    [Fact]
    public void A_streak_of_frees_gives_back_more_and_more_and_the_limit_follows()
    {
        using var machine = Machine.Boot(AMachine.Of(2048));
        var zone = machine.Nodes[0][ZoneType.Dma32];
        var held = new List<Pfn>();
        for (var i = 0; i < 60_000; i++)
        {
            Assert.True(machine.Allocator.TryAllocate(GfpFlags.HighUserMovable, 0, FrameOwner.Anonymous, out var page));
            held.Add(page);
        }

        var most = 0;
        foreach (var page in held)
        {
            var before = zone.PerCpu[0].CountPages;
            machine.Allocator.Free(page);
            most = Math.Max(most, before + 1 - zone.PerCpu[0].CountPages);
            Assert.InRange(zone.PerCpu[0].HighPages, zone.PerCpu[0].HighMinPages, zone.PerCpu[0].HighMaxPages);
            Assert.True(zone.PerCpu[0].CountPages <= zone.PerCpu[0].HighPages);
        }

        Assert.Equal(32 * 63, most);   // a streak ends in steps of 32 batches
        Audit.Check(machine);
    }

    [Fact]
    public void The_vmstat_tick_lets_an_idle_stock_sink()
    {
        using var machine = AMachine.Booted(2048);
        var pages = machine.Nodes[0][ZoneType.Dma32].PerCpu[0];
        var (count, high) = (pages.CountPages, pages.HighPages);
        Assert.True(high > pages.HighMinPages);
        machine.RunUntil(SimTime.FromSeconds(120));
        Assert.Equal(pages.HighMinPages, pages.HighPages);
        Assert.True(pages.CountPages <= Math.Min(count, high));
        Audit.Check(machine);
    }

    [Fact]
    public void Each_tick_takes_an_eighth_off_the_limit_but_not_below_what_lies_there()
    {
        using var machine = Machine.Boot(AMachine.Of(8192));
        var pages = machine.Nodes[0][ZoneType.Normal].PerCpu[0];
        var streak = new List<Pfn>();
        for (var i = 0; i < 200_000; i++)
        {
            Assert.True(machine.Allocator.TryAllocate(GfpFlags.HighUserMovable, 0, FrameOwner.Anonymous, out var page));
            streak.Add(page);
        }

        streak.ForEach(machine.Allocator.Free);
        var high = pages.HighPages;
        var held = pages.CountPages - (32 * pages.BatchPages);
        Assert.True(held > high - (high / 8), "the stock is too small to hold the limit up");
        pages.Decay(isLocalNode: true, wasUsed: false);
        Assert.Equal(held, pages.HighPages);

        machine.Allocator.DrainAllPerCpuPages();
        for (high = pages.HighPages; high > pages.HighMinPages; high = pages.HighPages)
        {
            Assert.Equal(high - (high >> 3) > pages.HighMinPages, pages.Decay(isLocalNode: true, wasUsed: false));
            Assert.Equal(Math.Max(high - (high >> 3), pages.HighMinPages), pages.HighPages);
        }
    }

    [Fact]
    public void Another_nodes_pages_are_given_back_when_unused_for_three_ticks()
    {
        using var machine = Machine.Boot(AMachine.WithNodes(2, 512));
        machine.Allocator.DrainAllPerCpuPages();
        machine.Cpus.SwitchTo(0);
        var remote = machine.Nodes[1][ZoneType.Dma32].PerCpu[0];
        var request = new AllocationRequest(GfpFlags.HighUserMovable, 0, Node: 1);
        Assert.True(machine.Allocator.TryAllocate(request, FrameOwner.Anonymous, out var page));
        var stock = remote.CountPages;
        Assert.Equal(remote.BatchPages - 1, stock);
        machine.RunUntil(machine.Now.Plus(SimTime.FromSeconds(2)));
        Assert.Equal(stock, remote.CountPages);
        machine.RunUntil(machine.Now.Plus(SimTime.FromSeconds(5)));
        Assert.Equal(0, remote.CountPages);
        Audit.Check(machine, [page]);
    }

    [Fact]
    public void Orders_without_a_list_bypass_the_stock()
    {
        Assert.Equal([0, 1, 2, 3, 9], Enumerable.Range(0, PageGeometry.OrderCount).Where(PerCpuPages.Holds));
    }
}
