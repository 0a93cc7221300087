using VboxMem.Kernel.Writeback;

namespace VboxMem.Kernel.Tests.Writeback;

public sealed class DirtyLimitsTests
{
    [Fact]
    public void The_worked_example_of_the_facts_comes_out()
    {
        var dirtyable = DirtyLimits.DirtyablePages(900_000, 30_030, 60_000);

        Assert.Equal(929_971, dirtyable);
        Assert.Equal(new DirtyLimits(185_948, 92_860), DirtyLimits.For(DirtySettings.Default, dirtyable));
    }

    [Fact]
    public void Reserves_above_the_free_pages_leave_the_file_pages() =>
        Assert.Equal(701, DirtyLimits.DirtyablePages(freePages: 100, totalReservePages: 5_000, filePages: 700));

    [Fact]
    public void Bytes_win_over_ratios_and_are_rounded_up_to_pages()
    {
        var settings = new DirtySettings(20, 10, DirtyBytes: 8193, BackgroundBytes: 4096);

        Assert.Equal(new DirtyLimits(3, 1), DirtyLimits.For(settings, 1_000_000));
    }

    [Theory]
    [InlineData(10, 10)]
    [InlineData(10, 40)]
    public void A_background_limit_not_below_the_limit_becomes_half_of_it(int ratio, int background)
    {
        var limits = DirtyLimits.For(new DirtySettings(ratio, background, 0, 0), 1_000_000);

        Assert.Equal(409L * 1_000_000 / 4096, limits.Threshold);
        Assert.Equal(limits.Threshold / 2, limits.Background);
    }

    [Fact]
    public void Realtime_tasks_go_a_quarter_and_a_thirty_second_further()
    {
        var limits = DirtyLimits.ForRealTime(new DirtySettings(0, 0, 4096 * 1000, 4096 * 400), 1, smoothedLimitPages: 3_200);

        Assert.Equal(new DirtyLimits(1_000 + 250 + 100, 400 + 100 + 100), limits);
    }

    [Fact]
    public void Limits_stay_within_32_bits()
    {
        var limits = DirtyLimits.For(new DirtySettings(20, 10, long.MaxValue / 2, 0), 1_000_000);

        Assert.Equal(uint.MaxValue, limits.Threshold);
    }

    [Fact]
    public void A_node_may_hold_its_share_of_the_limit()
    {
        Assert.Equal(2_000, DirtyLimits.NodeLimitPages(DirtySettings.Default, 10_000, 40_001, isRealTime: false));
        Assert.Equal(2_500, DirtyLimits.NodeLimitPages(DirtySettings.Default, 10_000, 40_001, isRealTime: true));
        Assert.Equal(249, DirtyLimits.NodeLimitPages(new DirtySettings(0, 10, 4096 * 1000, 0), 10_000, 40_001, isRealTime: false));
    }
}
