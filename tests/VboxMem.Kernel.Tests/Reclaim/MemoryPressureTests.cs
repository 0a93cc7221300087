using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Reclaim;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Sysctl;
using VboxMem.Kernel.Tests.PageCache;

namespace VboxMem.Kernel.Tests.Reclaim;

// Goal: a machine asked for more than it has answers as Linux does: kswapd, direct reclaim, swap, and in the end the OOM killer.
public sealed class MemoryPressureTests
{
    [Fact]
    public void Without_swap_and_cache_seventeen_rounds_of_two_passes_come_before_the_oom_killer()
    {
        using var box = new ReclaimBox(1024);
        Assert.Equal(SysctlResult.Done, box.Machine.Sysctls.Write("min_free_kbytes", "45056"u8));   // as the captured box has it
        box.StartWriter(pages: 256 << 10);

        RunToOom(box);

        Assert.Equal(34UL, box[VmEvent.AllocstallMovable]);
        Assert.Equal(16UL, box[VmEvent.Pageoutrun]);
        Assert.Equal(15UL, box[VmEvent.KswapdHighWmarkHitQuickly]);
        Assert.Equal(16, box.Machine.Kswapds[0].Failures);
        Assert.Equal(0UL, box[VmEvent.PgScanKswapd] + box[VmEvent.PgScanDirect]);
        foreach (var zone in box.Machine.Nodes[0].Zones)
        {
            var mark = zone.Marks.MinPages + zone.LowmemReservePages[(int)ZoneType.Movable];
            Assert.True(!zone.IsPopulated || (ulong)zone.FreePages <= mark, $"{zone.Extent.Name} is above its min mark");
        }
    }

    [Fact]
    public void With_swap_more_than_memory_can_be_touched_and_touched_again()
    {
        using var box = new ReclaimBox(swapMebibytes: 128);
        var writer = box.StartWriter(pages: 40 << 10, rounds: 2);

        for (var i = 0; i < 200 && writer.Request.Kind != RequestKind.Pause; i++)
        {
            box.Run(100);
            box.Audit();
        }

        Assert.Equal(RequestKind.Pause, writer.Request.Kind);
        Assert.True(box[VmEvent.PSwpOut] > 10 << 10, $"{box[VmEvent.PSwpOut]} pages out");
        Assert.True(box[VmEvent.PSwpIn] > 5 << 10, $"{box[VmEvent.PSwpIn]} pages in");
        Assert.Equal(box[VmEvent.PgScanAnon] + box[VmEvent.PgScanFile], box[VmEvent.PgScanKswapd] + box[VmEvent.PgScanDirect]);
        Assert.Equal(box[VmEvent.PgStealAnon] + box[VmEvent.PgStealFile], box[VmEvent.PgStealKswapd] + box[VmEvent.PgStealDirect]);

        // Each page is met at least twice: written, then freed once that is done.
        Assert.True(box[VmEvent.PgScanAnon] >= 2 * box[VmEvent.PgStealAnon] - box[VmEvent.SwpoutZero]);
        Assert.Equal(0UL, box[ReachedPath.SlowPathOomKill]);
    }

    [Fact]
    public void A_copy_made_in_the_middle_of_reclaim_goes_on_as_the_original_does()
    {
        using var box = new ReclaimBox(swapMebibytes: 128);
        box.StartWriter(pages: 40 << 10);
        while (box[VmEvent.PgScanKswapd] + box[VmEvent.PgScanDirect] == 0)
        {
            box.Run(1);
        }

        for (var i = 0; i < 5; i++)
        {
            using var copy = box.Clone();
            Assert.Equal(box.Machine.ComputeStateHash(), copy.Machine.ComputeStateHash());

            copy.Run(3);
            box.Run(3);

            Assert.Equal(box.Machine.ComputeStateHash(), copy.Machine.ComputeStateHash());
        }
    }

    [Fact]
    public void Kswapd_stops_above_the_high_mark_and_sleeps()
    {
        using var box = new ReclaimBox(swapMebibytes: 128);
        box.StartWriter(pages: 34 << 10);

        box.Run(5000);

        Assert.True(box[VmEvent.Pageoutrun] > 0);
        Assert.True(box.Machine.Kswapds[0].IsAsleep);
        Assert.True(box[ReachedPath.KswapdSleepsDeep] > 0);
        var dma32 = box.Machine.Nodes[0][ZoneType.Dma32];
        Assert.True((ulong)dma32.FreePages >= dma32.Marks.LowPages, $"{dma32.FreePages} pages free");
        Assert.False(dma32.IsReclaimActive);
        box.Audit();
    }

    [Fact]
    public void Kswapd_that_has_given_up_comes_back_when_somebody_else_reclaims_a_page()
    {
        using var box = new ReclaimBox(swapMebibytes: 128);
        box.StartWriter(pages: 40 << 10);
        box.Machine.Kswapds[0].Failures = ReclaimRetry.MaxRetries;
        while (box[VmEvent.PgStealDirect] == 0)
        {
            box.Machine.RunUntil(box.Machine.Now.Plus(new Kernel.Time.SimTime(50_000)));
            Assert.True(box[VmEvent.PgStealDirect] > 0 || box[VmEvent.Pageoutrun] == 0, "it was woken though it had given up");
        }

        box.Run(1000);

        Assert.False(box.Machine.Kswapds[0].IsHopeless);
        Assert.True(box[VmEvent.PgScanKswapd] > 0);
        box.Audit();
    }

    [Fact]
    public void Raised_marks_are_met_once_from_the_page_cache_and_fall_again()
    {
        using var box = new FileBox(ramMebibytes: 256);
        box.Run(FileBox.Open("/mnt/f", OpenFlags.Create, 300UL << 20), FileBox.Read(0, 300UL << 20));
        box.Sleep(3000);
        var zone = box.Machine.Nodes[0][ZoneType.Dma32];
        var (free, runs) = (zone.FreePages, box.Count(VmEvent.Pageoutrun));

        zone.BoostPages = 2048;
        box.Machine.Kswapds[0].Wake(GfpFlags.None, order: 0, ZoneType.Dma32);
        box.Sleep(1000);

        Assert.Equal(runs + 1, box.Count(VmEvent.Pageoutrun));
        Assert.Equal(0UL, zone.BoostPages);
        Assert.InRange(zone.FreePages - free, 2000, 2 * (2048 + (long)zone.Marks.HighPages));   // each look may go for all of the raised mark
        box.Audit();
    }

    /// <summary>Runs until the OOM killer is called.</summary>
    private static void RunToOom(ReclaimBox box)
    {
        for (var i = 0; i < 10_000 && box[ReachedPath.SlowPathOomKill] == 0; i++)
        {
            box.Run(1);
        }

        Assert.Equal(1UL, box[ReachedPath.SlowPathOomKill]);
    }
}
