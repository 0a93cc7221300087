// Goal: an expectation is met exactly when the README says so.
// Method: a tree whose MemFree is told for each moment; the looks are those that a run would make, worked out by hand.

using VboxMem.Kernel.Time;
using VboxMem.Session.Scripts;
using VboxMem.Testing;
using VboxMem.Tools.Predicates;

namespace VboxMem.Session.Tests;

public sealed class ExpectationTests
{
    // High (h: 900) or low (l: 100) from so many ms on; the expectation begins at 2050 ms.
    [Theory]
    [InlineData("", "h", true, 2050)]
    [InlineData("", "l", false, 2050)]
    [InlineData("within 1s", "l h2500", true, 2500)]
    [InlineData("within 1s", "l h2501", true, 2600)]
    [InlineData("within 1s", "l h3050", true, 3050)]       // the end of the time is a look of its own
    [InlineData("within 1s", "l h3051", false, 3050)]
    [InlineData("within 1s", "l h2410 l2490", false, 3050)]   // high between two looks
    [InlineData("for 1s", "h", true, 3050)]
    [InlineData("for 1s", "h l2400 h2500", false, 2400)]
    [InlineData("for 1s", "h l2410 h2490", true, 3050)]     // low between two looks
    [InlineData("for 1s", "l h2051", false, 2050)]
    [InlineData("for 1s", "h l3050", false, 3050)]
    [InlineData("for 1s", "h l3051", true, 3050)]
    [InlineData("for 1s within 2s", "l h3000", true, 4000)]
    [InlineData("for 1s within 2s", "h l2300 h2500", true, 3500)]
    [InlineData("for 1s within 2s", "l h3900", true, 4900)]   // begins in time, ends later
    [InlineData("for 1s within 2s", "l h4050", true, 5050)]
    [InlineData("for 1s within 2s", "l h4051", false, 4050)]
    [InlineData("for 1s within 2s", "l h4000 l4600 h4700", false, 4600)]   // too late to begin again
    [InlineData("for 1s within 2s", "h l2900 h3000 l3900", false, 4050)]
    [InlineData("within 2s for 1s", "l h3000", true, 4000)]   // in any order
    public void A_worked_timeline(string times, string story, bool isMet, ulong judgedAt)
    {
        var expectation = ExpectationText.TryParse($" meminfo.MemFree > 500k {times}", out var problem);
        Assert.Equal("", problem);
        var state = new ExpectationState(new ScriptLine(1, ScriptClock.None, default, "", expectation));
        var now = SimTime.FromMilliseconds(2050);
        state.Begin(now, ReadingAt(story, now));
        while (state.Outcome is null)
        {
            var next = state.NextLook(now);
            Assert.True(next > now && next <= state.Deadline && next.Nanoseconds - now.Nanoseconds <= 100_000_000, $"{next} after {now}");
            now = next;
            state.Look(now, ReadingAt(story, now));
        }

        Assert.Equal((isMet, SimTime.FromMilliseconds(judgedAt)), (state.Outcome.IsMet, state.Outcome.At));
        Assert.Equal(isMet, state.Outcome.Reason.Length == 0);
    }

    [Fact]
    public void What_is_not_met_says_what_the_figures_were()
    {
        Assert.Equal("meminfo.MemFree is 100KiB", Fail("meminfo.MemFree > 500k"));
        Assert.Equal("not within 100ms, in the end meminfo.MemFree is 100KiB", Fail("meminfo.MemFree > 500k within 100ms"));
        Assert.Contains("unknown", Fail("meminfo.MemFree/s > 5k/s"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "expect column 1: empty")]
    [InlineData("alive(sshd) for", "expect column")]
    [InlineData("alive(sshd) for 5", "for 5: allowed is a whole number and a unit")]
    [InlineData("alive(sshd) within 5s within 6s", "within stands twice")]
    [InlineData("alive(sshd) for 5s for 6s", "for stands twice")]
    [InlineData("for 5s", "expect column 1: empty")]
    public void Mistakes_are_told(string text, string start)
    {
        Assert.Null(ExpectationText.TryParse(text, out var problem));
        Assert.StartsWith(start, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Words_in_the_names_of_processes_are_no_times()
    {
        var expectation = ExpectationText.TryParse("alive(\"x for 5s\") within 1m", out _);
        Assert.Equal(("alive(\"x for 5s\")", SimTime.Zero, SimTime.FromSeconds(60)), (expectation!.Predicate.Text, expectation.For, expectation.Within));
        Assert.Equal("alive(\"x for 5s\")", ExpectationText.TryParse("alive(\"x for 5s\")", out _)!.Predicate.Text);
    }

    private static string Fail(string text)
    {
        var state = new ExpectationState(new ScriptLine(1, ScriptClock.None, default, "", ExpectationText.TryParse(text, out _)));
        var now = SimTime.FromMilliseconds(2000);
        state.Begin(now, ReadingAt("l", now));
        while (state.Outcome is null)
        {
            now = state.NextLook(now);
            state.Look(now, ReadingAt("l", now));
        }

        return state.Outcome.Reason;
    }

    private static TreeReading ReadingAt(string story, SimTime now)
    {
        var isHigh = false;
        foreach (var part in story.Split(' '))
        {
            var from = part.Length > 1 ? ulong.Parse(part[1..], System.Globalization.CultureInfo.InvariantCulture) : 0;
            isHigh = now >= SimTime.FromMilliseconds(from) ? part[0] == 'h' : isHigh;
        }

        return new TreeReading(FreeTree(isHigh ? 900 : 100, now));
    }

    /// <summary>A tree of two files.</summary>
    private static MemoryTree FreeTree(int kilobytes, SimTime now) => MemoryTree.Of(
        ("/proc/meminfo", FormattableString.Invariant($"MemTotal: 1000 kB\nMemFree: {kilobytes} kB\n")),
        ("/proc/uptime", FormattableString.Invariant($"{now.Nanoseconds / 1e9:0.00} 0.00\n")));
}
