// Goal: which checkpoints are kept: those of the last twelve minutes, ever fewer of those before, the first always, within the budget.
// Method: copies of one small machine, advanced minute by minute, with made-up costs.

using VboxMem.Kernel.Time;
using VboxMem.Session.History;

namespace VboxMem.Session.Tests.History;

public sealed class CheckpointsTests
{
    private const long Cost = 10;

    [Theory]
    [InlineData(1000, 150)]
    [InlineData(19, 150)]
    [InlineData(19, 300)]
    [InlineData(5, 150)]
    public void The_recent_and_some_of_the_old_are_kept(int budget, int minutes)
    {
        using var box = Box.Boot(SessionBox.Profile("""{ "machine": { "ram": "128MiB", "cpus": 1 } }"""));
        using var kept = new Checkpoints(budget * Cost);
        var begin = box.Machine.Now;
        for (var minute = 0; minute <= minutes; minute++)
        {
            box.RunFor(new SimTime(begin.Nanoseconds + ((ulong)minute * 60_000_000_000) - box.Machine.Now.Nanoseconds));
            kept.Add(new Checkpoint(box.Clone(), 0, Cost, 0), box.Machine.Now, box.Machine.Now);
        }

        var ages = kept.All.Select(checkpoint => (int)((box.Machine.Now.Nanoseconds - checkpoint.At.Nanoseconds) / 60_000_000_000)).ToList();
        Assert.Equal(minutes, ages[0]);
        Assert.InRange(ages[^1], 0, budget > 12 ? 0 : 3);
        Assert.InRange(kept.HostBytes, kept.Count * Cost, (budget + 1) * Cost);
        if (budget > 12)
        {
            Assert.Equal(Enumerable.Range(0, 12).Reverse(), ages.TakeLast(12));
            Assert.InRange(kept.Count, 13, 90);
        }

        foreach (var (older, younger) in ages.Zip(ages.Skip(1)))
        {
            Assert.InRange(older - younger, 1, budget > 100 ? 2 + (int)(0.2 * Math.Sqrt(12 * older)) : budget > 12 ? older : minutes);
        }
    }

    [Fact]
    public void Those_around_the_present_are_as_good_as_those_at_the_front()
    {
        using var box = Box.Boot(SessionBox.Profile("""{ "machine": { "ram": "128MiB", "cpus": 1 } }"""));
        using var kept = new Checkpoints(30 * Cost);
        var copies = Enumerable.Range(0, 121).Select(_ =>
        {
            box.RunFor(SimTime.FromSeconds(60));
            return new Checkpoint(box.Clone(), 0, Cost, 0);
        }).ToList();
        var front = box.Machine.Now;
        foreach (var checkpoint in copies.Where(static (_, minute) => minute is < 50 or > 60))
        {
            kept.Add(checkpoint, checkpoint.At, checkpoint.At);
        }

        foreach (var checkpoint in copies.Where(static (_, minute) => minute is >= 50 and <= 60))
        {
            kept.Add(checkpoint, front, checkpoint.At);   // somebody walks there now
        }

        Assert.True(kept.AtOrBefore(copies[60].At).At >= copies[58].At);
        Assert.True(kept.All.Count(checkpoint => checkpoint.At >= copies[50].At && checkpoint.At <= copies[60].At) >= 8);
        Assert.Equal(copies[0].At, kept.AtOrBefore(copies[0].At).At);
        kept.DropAfter(copies[55].At);
        Assert.True(kept.All[^1].At <= copies[55].At && kept.All[^1].At >= copies[53].At);
    }
}
