using VboxMem.Kernel.Writeback;

namespace VboxMem.Kernel.Tests.Writeback;

public sealed class BandwidthStateTests
{
    private const ulong Threshold = 185_948;
    private static readonly DirtyPosition _above = new(170_000, Threshold, 92_860, 170_000, Threshold);
    private static readonly DirtyPosition _below = new(150_000, Threshold, 92_860, 150_000, Threshold);

    // 10240 pages in 200 ms are 51200 a second, averaged in over 1024 ticks.
    [Fact]
    public void The_bandwidth_is_averaged_over_four_seconds_and_the_average_follows_later()
    {
        var device = BandwidthState.AtBoot(nowTicks: 0);

        device.Update(50, dirtiedPages: 0, writtenPages: 10_240);
        Assert.Equal((26_850UL, 25_600UL), (device.WriteBandwidth, device.AverageBandwidth));

        device.Update(100, dirtiedPages: 0, writtenPages: 20_480);
        Assert.Equal((28_038UL, 25_756UL), (device.WriteBandwidth, device.AverageBandwidth));
    }

    [Fact]
    public void After_more_than_four_seconds_only_the_new_measurement_counts()
    {
        var device = BandwidthState.AtBoot(nowTicks: 0);

        device.Update(1025, dirtiedPages: 0, writtenPages: 2050);

        Assert.Equal((500UL, 500UL), (device.WriteBandwidth, device.AverageBandwidth));
    }

    [Fact]
    public void A_spike_against_the_trend_leaves_the_average_alone()
    {
        var device = BandwidthState.AtBoot(nowTicks: 0) with { WriteBandwidth = 30_000, AverageBandwidth = 20_000 };

        device.Update(50, dirtiedPages: 0, writtenPages: 0);

        Assert.Equal((30_000UL * 974 / 1024, 20_000UL), (device.WriteBandwidth, device.AverageBandwidth));
    }

    [Fact]
    public void A_device_that_writes_nothing_keeps_an_average_of_one()
    {
        var device = BandwidthState.AtBoot(nowTicks: 0);

        device.Update(5000, dirtiedPages: 0, writtenPages: 0);

        Assert.Equal((0UL, 1UL), (device.WriteBandwidth, device.AverageBandwidth));
    }

    [Fact]
    public void Idle_time_is_not_measured()
    {
        var device = BandwidthState.AtBoot(nowTicks: 0);

        device.StartEstimate(250, dirtiedPages: 7, writtenPages: 8, hasWriteback: false);
        Assert.Equal(0UL, device.StampTicks);
        device.StartEstimate(251, dirtiedPages: 7, writtenPages: 8, hasWriteback: true);
        Assert.Equal(0UL, device.StampTicks);
        device.StartEstimate(251, dirtiedPages: 7, writtenPages: 8, hasWriteback: false);
        Assert.Equal((251UL, 7UL, 8UL), (device.StampTicks, device.DirtiedStamp, device.WrittenStamp));
    }

    // Dirtied 51200 a second, factor 1/2: balanced 12801 * 25600 / 51201 = 6400. The rate limit waits until two measurements agree,
    // then steps by (25600 - 12801) >> 1, an eighth of it: 800.
    [Fact]
    public void The_rate_limit_steps_down_when_measurement_and_position_agree()
    {
        var domain = DirtyDomain.AtBoot(Threshold);
        var device = BandwidthState.AtBoot(nowTicks: 0);

        device.UpdateWithRatelimit(ref domain, _above, ratio: 512, nowTicks: 50, dirtiedPages: 10_240, writtenPages: 5_120);
        Assert.Equal((25_600UL, 6_400UL), (device.DirtyRatelimit, device.BalancedRatelimit));

        device.UpdateWithRatelimit(ref domain, _above, ratio: 512, nowTicks: 100, dirtiedPages: 20_480, writtenPages: 10_240);
        Assert.Equal(24_800UL, device.DirtyRatelimit);
    }

    [Fact]
    public void Below_the_set_point_it_does_not_step_down()
    {
        var domain = DirtyDomain.AtBoot(Threshold);
        var device = BandwidthState.AtBoot(nowTicks: 0);

        for (var now = 50UL; now <= 500; now += 50)
        {
            device.UpdateWithRatelimit(ref domain, _below, ratio: 512, now, dirtiedPages: now * 200, writtenPages: now * 102);
        }

        Assert.Equal(25_600UL, device.DirtyRatelimit);
    }

    // Balanced stays at the bandwidth, 25600: the step is (25600 - 100), shifted by 100 / 51001 = 0, an eighth: 3188.
    [Fact]
    public void Below_the_set_point_it_steps_up()
    {
        var domain = DirtyDomain.AtBoot(Threshold);
        var device = BandwidthState.AtBoot(nowTicks: 0) with { DirtyRatelimit = 100 };

        device.UpdateWithRatelimit(ref domain, _below, ratio: 300 * 1024, nowTicks: 50, dirtiedPages: 20, writtenPages: 5_120);

        Assert.Equal(100UL + 3_188, device.DirtyRatelimit);
    }

    [Fact]
    public void An_update_is_due_after_more_than_200_ms()
    {
        var device = BandwidthState.AtBoot(nowTicks: 1000);

        Assert.False(device.IsUpdateDue(1050));
        Assert.True(device.IsUpdateDue(1051));
    }
}
