using VboxMem.Kernel.Reclaim;

namespace VboxMem.Kernel.Tests.Reclaim;

public sealed class ReclaimRetryTests
{
    [Fact]
    public void Seventeen_fruitless_rounds_are_run()
    {
        var loops = 0;
        var rounds = 0;
        do
        {
            rounds++;
            loops = ReclaimRetry.NextLoops(loops, madeProgress: false, order: 0);
        }
        while (!ReclaimRetry.IsExhausted(loops));

        Assert.Equal(17, rounds);
    }

    [Theory]
    [InlineData(true, 0, 0)]
    [InlineData(true, 3, 0)]
    [InlineData(true, 4, 8)]
    [InlineData(false, 0, 8)]
    public void Progress_starts_the_count_anew_but_not_for_costly_orders(bool progress, int order, int expected) =>
        Assert.Equal(expected, ReclaimRetry.NextLoops(7, progress, order));

    [Theory]
    [InlineData(true, 1110 + 5)]
    [InlineData(false, 1100 + 5)]
    public void Anonymous_pages_count_when_they_can_be_swapped(bool canReclaimAnon, ulong expected) =>
        Assert.Equal(expected, ReclaimRetry.AvailablePages(new LruSizes(3, 7, 100, 1000), canReclaimAnon, freePages: 5));

    [Fact]
    public void A_zone_with_nothing_to_reclaim_counts_its_free_pages_twice()
    {
        Assert.Equal(2000UL, ReclaimRetry.AvailablePages(new LruSizes(50, 50, 0, 0), canReclaimAnon: false, freePages: 1000));
        Assert.Equal(1001UL, ReclaimRetry.AvailablePages(new LruSizes(50, 50, 1, 0), canReclaimAnon: false, freePages: 1000));
    }

    [Fact]
    public void Tasks_wait_for_kswapd_when_half_the_min_marks_are_gone()
    {
        var reserve = default(EmergencyReserve);
        reserve.AddZone(minPages: 1000, freePages: 300, reclaimablePages: 1);
        reserve.AddZone(minPages: 200, freePages: 300, reclaimablePages: 9);

        Assert.False(reserve.AllowsDirectReclaim(kswapdFailures: 0));
        Assert.False(reserve.AllowsDirectReclaim(kswapdFailures: 15));
        Assert.True(reserve.AllowsDirectReclaim(kswapdFailures: 16));

        reserve.AddZone(minPages: 0, freePages: 1, reclaimablePages: 1);
        Assert.True(reserve.AllowsDirectReclaim(kswapdFailures: 0));
    }

    [Fact]
    public void Zones_with_nothing_to_reclaim_do_not_throttle()
    {
        var reserve = default(EmergencyReserve);
        reserve.AddZone(minPages: 1000, freePages: 0, reclaimablePages: 0);

        Assert.True(reserve.AllowsDirectReclaim(kswapdFailures: 0));
    }
}
