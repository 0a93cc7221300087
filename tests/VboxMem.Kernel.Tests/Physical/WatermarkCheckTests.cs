// Goal: each kind of request may go exactly as deep as the table of the facts says (physical memory, 2.4 and 2.5).

using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Tests.Physical;

public sealed class WatermarkCheckTests
{
    [Theory]
    [InlineData(GfpFlags.Kernel, RequesterFlags.None, 1000)]
    [InlineData(GfpFlags.NoWait, RequesterFlags.None, 1000)]
    [InlineData(GfpFlags.Kernel | GfpFlags.High, RequesterFlags.None, 500)]
    [InlineData(GfpFlags.Kernel, RequesterFlags.Realtime, 500)]
    [InlineData(GfpFlags.Atomic, RequesterFlags.None, 375)]
    [InlineData(GfpFlags.Kernel, RequesterFlags.OomVictim, 500)]
    [InlineData(GfpFlags.Kernel | GfpFlags.NoMemAlloc, RequesterFlags.OomVictim, 1000)]
    [InlineData(GfpFlags.Atomic, RequesterFlags.OomVictim, 188)]
    public void A_request_passes_down_to_its_own_depth_of_min(GfpFlags gfp, RequesterFlags requester, long deepestFailing)
    {
        using var machine = AMachine.Booted(128);
        var zone = machine.Nodes[0][ZoneType.Dma32];
        zone.Marks = new Watermarks(1000, 1250, 1500, 1750);
        var reserves = Reserves.For(gfp, 0, requester);
        SetFree(zone, deepestFailing);
        Assert.False(WatermarkCheck.IsMetForAllocation(zone, 0, WatermarkLevel.Min, WatermarkLevel.Min, gfp.HighestZone(), reserves));
        SetFree(zone, deepestFailing + 1);
        Assert.True(WatermarkCheck.IsMetForAllocation(zone, 0, WatermarkLevel.Min, WatermarkLevel.Min, gfp.HighestZone(), reserves));
    }

    [Fact]
    public void Reclaimers_ignore_the_marks()
    {
        Assert.Equal(ReserveFlags.NoWatermarks, Reserves.For(GfpFlags.Kernel, 0, RequesterFlags.MemAlloc));
        Assert.Equal(ReserveFlags.NoWatermarks, Reserves.For(GfpFlags.Kernel | GfpFlags.MemAlloc, 0, RequesterFlags.None));
        Assert.Equal(ReserveFlags.None, Reserves.For(GfpFlags.Kernel | GfpFlags.NoMemAlloc, 0, RequesterFlags.MemAlloc));
    }

    [Fact]
    public void Only_an_urgent_high_order_request_that_cannot_wait_may_use_high_atomic_blocks()
    {
        Assert.True(Reserves.For(GfpFlags.Atomic, 1, RequesterFlags.None).HasFlag(ReserveFlags.HighAtomic));
        Assert.False(Reserves.For(GfpFlags.Atomic, 0, RequesterFlags.None).HasFlag(ReserveFlags.HighAtomic));
        Assert.False(Reserves.For(GfpFlags.Kernel | GfpFlags.High, 1, RequesterFlags.None).HasFlag(ReserveFlags.HighAtomic));
    }

    [Fact]
    public void A_boost_raises_every_mark_but_not_for_an_urgent_page_at_min()
    {
        using var machine = AMachine.Booted(128);
        var zone = machine.Nodes[0][ZoneType.Dma32];
        zone.Marks = new Watermarks(1000, 1250, 1500, 1750);
        zone.BoostPages = 512;
        SetFree(zone, 1001);
        Assert.False(WatermarkCheck.IsMetForAllocation(zone, 0, WatermarkLevel.Min, WatermarkLevel.Min, ZoneType.Normal, ReserveFlags.None));
        SetFree(zone, 700);
        Assert.True(WatermarkCheck.IsMetForAllocation(zone, 0, WatermarkLevel.Min, WatermarkLevel.Min, ZoneType.Normal, ReserveFlags.MinReserve));
        Assert.False(WatermarkCheck.IsMetForAllocation(zone, 0, WatermarkLevel.Low, WatermarkLevel.Low, ZoneType.Normal, ReserveFlags.MinReserve));
    }

    [Fact]
    public void Free_high_atomic_pages_count_only_for_those_with_a_reserve()
    {
        using var machine = AMachine.Booted(128);
        var zone = machine.Nodes[0][ZoneType.Dma32];
        zone.Marks = new Watermarks(1000, 1250, 1500, 1750);
        SetFree(zone, 1200);
        zone.FreeHighAtomicPages = 300;
        Assert.False(WatermarkCheck.IsMet(zone, 0, 1000, ZoneType.Normal, ReserveFlags.None));
        Assert.True(WatermarkCheck.IsMet(zone, 0, 1000, ZoneType.Normal, ReserveFlags.NonBlock));
    }

    [Fact]
    public void Below_the_drift_mark_kswapd_looks_at_what_the_cpus_hold_back()
    {
        using var machine = AMachine.Booted(128);
        var zone = machine.Nodes[0][ZoneType.Dma32];
        SetFree(zone, 1010);
        zone.Stats.Threshold = 125;
        zone.Stats.Add(0, -20);   // stays with the CPU: 990 are really free
        Assert.Equal(1010, zone.FreePages);

        zone.DriftMarkPages = 0;
        Assert.True(WatermarkCheck.IsMetExactly(zone, 0, 1000, ZoneType.Normal));
        zone.DriftMarkPages = 1010;   // not below it
        Assert.True(WatermarkCheck.IsMetExactly(zone, 0, 1000, ZoneType.Normal));
        zone.DriftMarkPages = 1011;
        Assert.False(WatermarkCheck.IsMetExactly(zone, 0, 1000, ZoneType.Normal));
        Assert.True(WatermarkCheck.IsMet(zone, 0, 1000, ZoneType.Normal, ReserveFlags.None));
    }

    [Fact]
    public void A_high_order_request_needs_a_block_besides_the_pages()
    {
        using var machine = AMachine.Booted(128);
        var zone = machine.Nodes[0][ZoneType.Dma32];
        var held = new List<Pfn>();
        while (zone.Buddy.TryTake(PageGeometry.MaxOrder, MigrateType.Movable, out var block))
        {
            held.Add(block);
        }

        SetFree(zone, 10_000);
        Assert.False(WatermarkCheck.IsMet(zone, PageGeometry.MaxOrder, 100, ZoneType.Normal, ReserveFlags.None));
        zone.Buddy.Free(held[0], PageGeometry.MaxOrder, MigrateType.Movable);
        SetFree(zone, 10_000);
        Assert.True(WatermarkCheck.IsMet(zone, PageGeometry.MaxOrder, 100, ZoneType.Normal, ReserveFlags.None));
    }

    private static void SetFree(Zone zone, long pages)
    {
        zone.Stats.Threshold = 0;
        zone.Stats.Fold(0);
        zone.Stats.Fold(1);
        zone.Stats.Add(0, pages - zone.Stats.ReadExact(0));
        Assert.Equal(pages, zone.FreePages);
    }
}
