// Goal: kills are read out of the kernel log with their victims and the memory that was left.
// Method: the captured reports, figure by figure; a small report by hand for what no capture has.

using VboxMem.Testing.Experiments;

namespace VboxMem.Conformance.Tests.Experiments;

public sealed class OomReportTests
{
    public static TheoryData<string> Killing => new(Experiment.Names.Where(static name => name.Contains("oom", StringComparison.Ordinal) || name.StartsWith("swapleak", StringComparison.Ordinal)));

    [Fact]
    public void The_plain_kill_reads_as_its_report_says()
    {
        var kill = Assert.Single(Experiment.Load("oom-base").Texts.Kills);

        Assert.Equal(18_580_274, kill.Microseconds);
        Assert.Equal(("leaker", 0, 0), (kill.Invoker, kill.Order, kill.InvokerScoreAdjust));
        Assert.Equal("0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO)", kill.GfpMask);
        Assert.Equal(new OomVictim(169, "leaker", 758592, 755840, 0, 652, 1520, 0), kill.Victim);
        Assert.Equal(11027, kill.MemInfo["free"]);
        Assert.Equal(8427, kill.MemInfo["free_pcp"]);
        Assert.Equal(222429, kill.MemInfo["inactive_anon"]);
        Assert.Equal(717, kill.MemInfo["shmem"]);
        Assert.True(kill.AllUnreclaimable);
        Assert.Equal(["DMA", "DMA32"], kill.Zones.Select(static zone => zone.Name));
        Assert.Equal((4376L, 704L, 880L, 1056L, 416L), Memory(kill.Zones[0]));
        Assert.Equal((39732L, 44348L, 55432L, 66516L, 33292L), Memory(kill.Zones[1]));
        Assert.Equal([0L, 944, 944, 944, 944], kill.Zones[0].ReservePages);
        Assert.Equal(7, kill.Tasks.Count);
        Assert.Equal(new OomTask(156, "batch", 8144, 7855, 7692, 0, 163, 98304, 0, 500), kill.Tasks[4]);
    }

    [Fact]
    public void Kills_come_in_order()
    {
        var kills = Experiment.Load("oom-leaker-minus500").Texts.Kills;

        Assert.Equal(["batch", "leaker"], kills.Select(static kill => kill.Victim.Name));
        Assert.Equal(171, kills[1].Victim.Pid);
        Assert.Equal(6, kills[1].Tasks.Count);
        Assert.True(kills[0].Microseconds < kills[1].Microseconds);
    }

    [Theory, MemberData(nameof(Killing))]
    public void Every_captured_kill_leaves_each_zone_below_min_and_reserve_but_hardly_below_min(string name)
    {
        var kills = Experiment.Load(name).Texts.Kills;

        Assert.NotEmpty(kills);
        foreach (var zone in kills.SelectMany(static kill => kill.Zones))
        {
            Assert.True(zone.IsBelowMinAndReserve);
            Assert.True(zone.FreePercentOfMin >= ExperimentComparison.LeastFreePercentOfMin);
        }
    }

    [Fact]
    public void Swap_is_full_when_a_box_with_swap_kills()
    {
        var kill = Assert.Single(Experiment.Load("swapleak-60").Texts.Kills);

        Assert.Equal(0, kill.FreeSwapKilobytes);
        Assert.Equal(23393, kill.SwapCachePages);
        Assert.False(kill.AllUnreclaimable);
        Assert.Equal(101504, kill.Tasks.Single(static task => task.Name == "leaker").SwapPages);
    }

    [Theory]
    [InlineData(4480, true)]
    [InlineData(4481, false)]
    public void A_zone_refuses_user_memory_at_min_and_what_is_kept_from_the_highest_zone(long freeKilobytes, bool refused) =>
        Assert.Equal(refused, new OomZone(0, "DMA", freeKilobytes, 704, 880, 1056, 0, [0, 944, 944, 944, 944]).IsBelowMinAndReserve);

    [Fact]
    public void A_report_without_a_kill_is_no_kill_and_a_kill_without_tables_is_one()
    {
        const string Log = """
            [    1.000000] a b invoked oom-killer: gfp_mask=0x100(X), order=2, oom_score_adj=-5
            [    1.000001] Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled
            [    2.000000] c invoked oom-killer: gfp_mask=0x100(X), order=0, oom_score_adj=7
            [    2.000001] Out of memory: Killed process 5 (d (e)) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:-3
            """;

        var kill = Assert.Single(new ExperimentTexts { Moments = new Dictionary<string, ProcTexts>(), KernelLog = Log }.Kills);

        Assert.Equal("c", kill.Invoker);
        Assert.Equal(new OomVictim(5, "d (e)", 8, 4, 0, 0, 4, -3), kill.Victim);
        Assert.Empty(kill.Zones);
    }

    private static (long Free, long Min, long Low, long High, long Pcp) Memory(OomZone zone) =>
        (zone.FreeKilobytes, zone.MinKilobytes, zone.LowKilobytes, zone.HighKilobytes, zone.FreePcpKilobytes);
}
