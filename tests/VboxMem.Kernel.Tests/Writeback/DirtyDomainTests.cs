using VboxMem.Kernel.Writeback;

namespace VboxMem.Kernel.Tests.Writeback;

public sealed class DirtyDomainTests
{
    [Fact]
    public void The_limit_follows_up_at_once_and_down_by_a_32nd_of_the_gap()
    {
        var domain = DirtyDomain.AtBoot(thresholdPages: 1000);

        domain.UpdateLimit(33_000, dirtyPages: 0, nowTicks: 50);
        Assert.Equal(33_000UL, domain.LimitPages);

        domain.UpdateLimit(1000, dirtyPages: 0, nowTicks: 100);
        Assert.Equal(32_000UL, domain.LimitPages);
        Assert.Equal(32_000UL, domain.HardLimitPages(1000));
        Assert.Equal(40_000UL, domain.HardLimitPages(40_000));
    }

    [Fact]
    public void The_limit_moves_every_200_ms_at_most()
    {
        var domain = DirtyDomain.AtBoot(thresholdPages: 1000);

        domain.UpdateLimit(2000, dirtyPages: 0, nowTicks: 49);
        Assert.Equal(1000UL, domain.LimitPages);
        domain.UpdateLimit(2000, dirtyPages: 0, nowTicks: 50);
        Assert.Equal(2000UL, domain.LimitPages);
        domain.UpdateLimit(3000, dirtyPages: 0, nowTicks: 99);
        Assert.Equal(2000UL, domain.LimitPages);
    }

    [Fact]
    public void The_limit_stays_above_the_dirty_pages_on_its_way_down()
    {
        var domain = DirtyDomain.AtBoot(thresholdPages: 10_000);

        for (var now = 50UL; now < 100_000; now += 50)
        {
            domain.UpdateLimit(1000, dirtyPages: 5000, now);
        }

        // The last 31 pages of the gap come to no step.
        Assert.Equal(5031UL, domain.LimitPages);
    }
}
