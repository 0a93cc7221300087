// Goal: a copy of a box, run on, comes to the same as the original, at whatever moment it was made; and neither sees what is done to the
// other afterwards.
// Method: boxes under pressure, with kills, swapoff under way and a timeline that waits, copied at random moments (seeded).

using VboxMem.FileTree;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Time;

namespace VboxMem.Session.Tests.History;

public sealed class BoxCloneTests
{
    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public void A_copy_run_on_comes_to_the_same(bool hasSystemd, int seed)
    {
        var random = new Random(seed);
        var profile = SessionBox.Profile(hasSystemd ? SessionBox.Busy : SessionBox.Bare);
        using var box = Box.Boot(profile);
        var copies = new List<Box>();
        var end = box.Machine.Now.Plus(SimTime.FromSeconds(40));
        while (box.Machine.Now < end)
        {
            box.RunFor(new SimTime(Math.Min((ulong)random.NextInt64(2_000_000_000), end.Nanoseconds - box.Machine.Now.Nanoseconds)));
            var copy = box.Clone();
            Assert.Equal(box.ComputeStateHash(), copy.ComputeStateHash());
            copies.Add(copy);
        }

        using var straight = Box.Boot(profile);
        straight.RunFor(SimTime.FromSeconds(40));
        Assert.Equal(straight.ComputeStateHash(), box.ComputeStateHash());   // the original was not disturbed
        Assert.True(copies.Count > 20);
        foreach (var copy in copies)
        {
            copy.RunFor(new SimTime(end.Nanoseconds - copy.Machine.Now.Nanoseconds));
            Assert.Equal(straight.ComputeStateHash(), copy.ComputeStateHash());
            Assert.Equal(straight.Workload.Messages, copy.Workload.Messages);
            Assert.Equal(straight.Workload.Refusals, copy.Workload.Refusals);
            copy.Dispose();
        }

        Assert.Contains(straight.Workload.Messages, static message => message.Text == "swapping");
        Assert.DoesNotContain("\noom_kill 0\n", SmallBox.Read(straight, "/proc/vmstat"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_box_and_its_copy_go_their_own_ways()
    {
        using var box = Box.Boot(SessionBox.Profile());
        box.RunFor(SessionBox.Seconds(9.2));   // swapoff is under way
        using var copy = box.Clone();
        using var still = box.Clone();
        var (was, second) = (still.ComputeStateHash(), SimTime.FromMilliseconds(700));
        for (var round = 0; round < 12; round++)
        {
            Assert.Equal(Errno.None, box.Workload.Verbs.Write("/proc/sys/vm/swappiness", "1"u8));
            Assert.Equal(Errno.None, copy.Workload.Verbs.Write("/proc/sys/vm/swappiness", "99"u8));
            box.Workload.Verbs.Order(GroupOrder.Restart, "web");
            copy.Workload.Verbs.Order(GroupOrder.Stop, "leaky");
            box.RunFor(second);
            copy.RunFor(second);
        }

        Audit.Check(box.Machine);
        Audit.Check(copy.Machine);
        Assert.Equal("1\n", SmallBox.Read(box, "/proc/sys/vm/swappiness"));
        Assert.Equal("99\n", SmallBox.Read(copy, "/proc/sys/vm/swappiness"));
        Assert.Empty(copy.Workload.Groups.MembersOf("leaky"));
        Assert.Equal(was, still.ComputeStateHash());

        using var again = Box.Boot(SessionBox.Profile());
        again.RunFor(SessionBox.Seconds(9.2));
        Assert.Equal(was, again.ComputeStateHash());
        for (var round = 0; round < 12; round++)
        {
            again.Workload.Verbs.Write("/proc/sys/vm/swappiness", "99"u8);
            again.Workload.Verbs.Order(GroupOrder.Stop, "leaky");
            again.RunFor(second);
        }

        Assert.Equal(again.ComputeStateHash(), copy.ComputeStateHash());
    }

    // A program that the timeline has started answers on the copy to the copy.
    [Fact]
    public void What_became_of_a_swapoff_is_noted_on_the_copy_too()
    {
        var json = SessionBox.Busy.Replace("\"per_second\": \"24MiB\"", "\"per_second\": \"50MiB\"", StringComparison.Ordinal);
        using var box = Box.Boot(SessionBox.Profile(json));
        box.RunFor(SimTime.FromSeconds(9));
        var copies = Enumerable.Range(0, 60).Select(_ =>
        {
            box.RunFor(SimTime.FromMilliseconds(5));
            return box.Clone();
        }).ToList();
        var end = box.Machine.Now.Plus(SimTime.FromSeconds(20));
        box.RunFor(SimTime.FromSeconds(20));
        foreach (var copy in copies)
        {
            copy.RunFor(new SimTime(end.Nanoseconds - copy.Machine.Now.Nanoseconds));
            Assert.Equal(box.Workload.Refusals, copy.Workload.Refusals);
            Assert.Equal(box.ComputeStateHash(), copy.ComputeStateHash());
            copy.Dispose();
        }
    }
}
