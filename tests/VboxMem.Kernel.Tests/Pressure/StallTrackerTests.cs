using VboxMem.Kernel.Pressure;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Tests.Pressure;

// The averages' check values are those of a real kernel under a constant load (facts: reclaim, 11).
public sealed class StallTrackerTests
{
    private const StallStates Stalled = StallStates.MemorySome | StallStates.NonIdle;

    [Theory]
    [InlineData(1, 1811, 327, 68)]
    [InlineData(2, 3294, 643, 136)]
    [InlineData(5, 6318, 1532, 337)]
    [InlineData(7, 7531, 2077, 468)]
    public void A_full_stall_from_idle_raises_the_averages_as_on_Linux(int periods, uint ten, uint sixty, uint threeHundred)
    {
        var tracker = new StallTracker(cpus: 1);

        Stall(tracker, periods, perMille: 1000);

        AssertAverages(tracker, After(periods), ten, sixty, threeHundred);
    }

    [Fact]
    public void Idle_periods_decay_as_on_Linux()
    {
        var tracker = new StallTracker(cpus: 1);
        Stall(tracker, periods: 7, perMille: 1000);
        for (var period = 8; period <= 12; period++)
        {
            tracker.Advance(After(period));
        }

        AssertAverages(tracker, After(12), 2772, 1758, 453);
    }

    // The weight to the power of the missed periods is rounded once more than single steps are.
    [Fact]
    public void Periods_that_were_missed_decay_all_at_once()
    {
        var tracker = new StallTracker(cpus: 1);
        Stall(tracker, periods: 7, perMille: 1000);

        AssertAverages(tracker, After(12), 2770, 1759, 452);
    }

    [Fact]
    public void A_period_of_three_tenths_counts_three_tenths()
    {
        var tracker = new StallTracker(cpus: 1);

        Stall(tracker, periods: 1, perMille: 300);

        AssertAverages(tracker, After(1), 543, 98, 20);
    }

    [Fact]
    public void Averages_stand_still_between_the_ends_of_periods()
    {
        var tracker = new StallTracker(cpus: 1);
        Stall(tracker, periods: 1, perMille: 1000);
        tracker.Record(0, Stalled, SimTime.FromSeconds(1));

        var figures = tracker.ReadAt(StallStates.MemorySome, StallTracker.Period.Plus(SimTime.FromSeconds(1)));

        Assert.Equal(1811u, figures.Average10);
        Assert.Equal(StallTracker.Period.Plus(SimTime.FromSeconds(1)), figures.Total);
    }

    [Fact]
    public void Idle_cpus_do_not_dilute_a_stall()
    {
        var tracker = new StallTracker(cpus: 4);
        tracker.Record(0, Stalled, StallTracker.Period);

        Assert.Equal(StallTracker.Period, tracker.ReadAt(StallStates.MemorySome, StallTracker.Period).Total);
    }

    [Fact]
    public void A_busy_cpu_without_stalls_halves_the_stall_of_another()
    {
        var tracker = new StallTracker(cpus: 2);
        tracker.Record(0, Stalled, SimTime.FromSeconds(2));
        tracker.Record(1, StallStates.NonIdle, SimTime.FromSeconds(2));

        Assert.Equal(SimTime.FromSeconds(1), tracker.ReadAt(StallStates.MemorySome, SimTime.FromSeconds(2)).Total);
    }

    [Fact]
    public void Reading_changes_nothing_and_a_copy_goes_the_same_way()
    {
        var tracker = new StallTracker(cpus: 2);
        tracker.Record(1, Stalled, SimTime.FromSeconds(1));
        var before = HashOf(tracker);

        tracker.ReadAt(StallStates.MemorySome, SimTime.FromSeconds(60));
        Assert.Equal(before, HashOf(tracker));

        var copy = tracker.Clone();
        copy.Advance(SimTime.FromSeconds(3));
        Assert.Equal(before, HashOf(tracker));
        tracker.Advance(SimTime.FromSeconds(3));
        Assert.Equal(HashOf(tracker), HashOf(copy));
        Assert.NotEqual(before, HashOf(copy));
    }

    [Fact]
    public void States_are_kept_apart()
    {
        var tracker = new StallTracker(cpus: 1);
        tracker.Record(0, StallStates.IoSome | StallStates.IoFull | StallStates.NonIdle, SimTime.FromSeconds(1));

        Assert.Equal(SimTime.FromSeconds(1), tracker.ReadAt(StallStates.IoFull, SimTime.FromSeconds(1)).Total);
        Assert.Equal(SimTime.Zero, tracker.ReadAt(StallStates.MemorySome, SimTime.FromSeconds(1)).Total);
        Assert.Equal(SimTime.Zero, tracker.ReadAt(StallStates.CpuSome, SimTime.FromSeconds(1)).Total);
    }

    private static void Stall(StallTracker tracker, int periods, ulong perMille)
    {
        for (var period = 1; period <= periods; period++)
        {
            tracker.Record(0, Stalled, new SimTime(StallTracker.Period.Nanoseconds / 1000 * perMille));
            tracker.Advance(After(period));
        }
    }

    private static SimTime After(int periods) => new(StallTracker.Period.Nanoseconds * (ulong)periods);

    private static void AssertAverages(StallTracker tracker, SimTime now, uint ten, uint sixty, uint threeHundred)
    {
        var figures = tracker.ReadAt(StallStates.MemorySome, now);
        Assert.Equal((ten, sixty, threeHundred), (figures.Average10, figures.Average60, figures.Average300));
    }

    private static ulong HashOf(StallTracker tracker)
    {
        var hash = new StateHash();
        tracker.HashInto(hash);
        return hash.Value;
    }
}
