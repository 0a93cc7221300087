using VboxMem.Kernel.Log;

namespace VboxMem.Kernel.Tests.Log;

public sealed class RateLimitTests
{
    private const long Second = 1_000_000_000;

    private readonly KernelLog _log = new();

    [Fact]
    public void A_burst_passes_and_the_rest_of_the_interval_does_not()
    {
        var limit = new RateLimit(5, 10);

        var passed = 0;
        for (var message = 0; message < 15; message++)
        {
            if (limit.Allows(_log, new LogClock(Second), "f")) passed++;
        }

        Assert.Equal(10, passed);
        Assert.Equal(5u, limit.Missed);
        Assert.Equal(0, _log.Count);
    }

    [Fact]
    public void The_first_message_after_the_interval_tells_how_many_were_left_out()
    {
        var limit = new RateLimit(5, 1);
        Assert.True(limit.Allows(_log, new LogClock(Second), "f"));
        Assert.False(limit.Allows(_log, new LogClock(2 * Second), "f"));
        Assert.False(limit.Allows(_log, new LogClock(3 * Second), "f"));

        Assert.True(limit.Allows(_log, new LogClock(7 * Second), "f"));

        Assert.Equal(["<4>f: 2 callbacks suppressed"], _log.LeveledTexts());
        Assert.Equal(0u, limit.Missed);
    }

    // The interval is over when the clock has passed its end, not when it has reached it: a tick later.
    [Fact]
    public void An_interval_lasts_its_last_tick()
    {
        var limit = new RateLimit(5, 1);
        Assert.True(limit.Allows(_log, new LogClock(0), "f"));

        Assert.False(limit.Allows(_log, new LogClock(5 * Second + 3_999_999), "f"));
        Assert.True(limit.Allows(_log, new LogClock(5 * Second + 4_000_000), "f"));
    }

    [Fact]
    public void Without_anything_left_out_nothing_is_told()
    {
        var limit = new RateLimit(5, 1);
        for (var interval = 0; interval < 4; interval++) Assert.True(limit.Allows(_log, new LogClock(interval * 6 * Second), "f"));

        Assert.Equal(0, _log.Count);
    }

    [Fact]
    public void Limits_are_independent_can_be_copied_and_show_in_the_hash()
    {
        var limits = new LogRateLimits();
        var before = Hash(limits);
        var copy = limits.Clone();

        Assert.True(limits.AllocationFailure.Allows(_log, new LogClock(0), "warn_alloc"));
        Assert.False(limits.AllocationFailure.Allows(_log, new LogClock(0), "warn_alloc"));

        Assert.True(limits.OomReport.Allows(_log, new LogClock(0), "oom_kill_process"));
        Assert.True(copy.AllocationFailure.Allows(_log, new LogClock(0), "warn_alloc"));
        Assert.NotEqual(before, Hash(limits));
        Assert.NotEqual(Hash(limits), Hash(copy));
        Assert.Equal(Hash(limits), Hash(limits.Clone()));
    }

    private static ulong Hash(LogRateLimits limits)
    {
        var hash = new StateHash();
        limits.HashInto(hash);
        return hash.Value;
    }
}
