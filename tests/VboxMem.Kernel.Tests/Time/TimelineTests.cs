using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Tests.Time;

public sealed class TimelineTests
{
    [Fact]
    public void Events_come_in_order_of_time_and_those_of_one_instant_in_the_order_they_were_posted()
    {
        var timeline = new Timeline();
        var random = new Prng(1, "timeline");
        var posted = new List<(ulong Due, uint Operand)>();
        for (var i = 0u; i < 1000; i++)
        {
            var due = random.NextBelow(50);
            timeline.Post(new SimTime(due), EventKind.VmstatUpdate, i);
            posted.Add((due, i));
        }

        var expected = posted.OrderBy(static entry => entry.Due).ThenBy(static entry => entry.Operand).ToList();
        var seen = new List<(ulong, uint)>();
        while (timeline.TryAdvance(new SimTime(100), out var next))
        {
            Assert.Equal(next.Due, timeline.Now);
            seen.Add((next.Due.Nanoseconds, next.Operand));
        }

        Assert.Equal(expected, seen);
        Assert.Equal(new SimTime(100), timeline.Now);
    }

    [Fact]
    public void The_clock_stops_at_the_limit_and_leaves_later_events_pending()
    {
        var timeline = new Timeline();
        timeline.Post(new SimTime(10), EventKind.LoadAverageSample, 0);
        Assert.False(timeline.TryAdvance(new SimTime(9), out _));
        Assert.Equal(1, timeline.PendingCount);
        Assert.True(timeline.TryAdvance(new SimTime(10), out _));
    }

    [Fact]
    public void Work_cannot_be_posted_into_the_past()
    {
        var timeline = new Timeline();
        timeline.TryAdvance(new SimTime(5), out _);
        Assert.Throws<InvariantBrokenException>(() => timeline.Post(new SimTime(4), EventKind.VmstatUpdate, 0));
    }
}
