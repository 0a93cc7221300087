// Goal: every built-in box lives, its books balance, and a copy of it lives on as it does. VBOXMEM_LIFE=10m lets each live ten minutes.
// Method: a life in two halves; the copy is taken in between, and the halves are cut where the timeline has nothing to do for a while.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Time;
using VboxMem.Profiles;

namespace VboxMem.Session.Tests.Lives;

public sealed class BuiltInLifeTests
{
    private static readonly SimTime _together = SimTime.FromSeconds(6);

    public static TheoryData<string> Names => new(ProfileCatalog.List(BuiltIn.Folder).Select(listing => listing.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void A_built_in_box_lives_with_its_books_in_order_and_so_does_a_copy(string name)
    {
        var life = BuiltIn.Life("14s");
        using var box = BuiltIn.Boot(name);
        box.RunFor(new SimTime(life.Nanoseconds - Math.Min(life.Nanoseconds, _together.Nanoseconds)));
        if (box.Machine.HasPanicked)
        {
            Assert.Equal("shielded-leak", name);
            Audit.Check(box.Machine);
            return;
        }

        using var copy = box.Machine.Clone();
        Assert.Equal(box.Machine.ComputeStateHash(), copy.ComputeStateHash());
        box.RunFor(_together);
        copy.RunUntil(box.Machine.Now);
        Assert.Equal(box.Machine.ComputeStateHash(), copy.ComputeStateHash());
        Assert.Empty(box.Workload.Refusals);
        Audit.Check(box.Machine);
    }

    [Fact]
    public void Where_the_leak_is_shielded_everything_else_dies_until_the_box_panics()
    {
        using var box = BuiltIn.BootChanged("shielded-leak", "\"per_second\": \"6MiB\"", "\"per_second\": \"60MiB\"");
        var watch = new RunWatch(box.Machine);
        Assert.False(box.RunFor(SimTime.FromSeconds(600), () => Look(watch)), "the box lives on");
        watch.Look();

        Assert.Equal("Kernel panic - not syncing: System is deadlocked on memory", watch.Panic);
        Assert.Equal(box.Machine.Events[VmEvent.OomKill], (ulong)watch.Kills.Count);
        Assert.All(["redis-server", "postgres", "nginx", "cron"], victim => Assert.Contains(watch.Kills, kill => kill.Name == victim));
        Assert.DoesNotContain(watch.Kills, static kill => kill.Name == "leaky" || kill.OomScoreAdj == -1000);
        Assert.Single(box.Workload.Groups.MembersOf("leaky"));
        Audit.Check(box.Machine);
    }

    private static bool Look(RunWatch watch)
    {
        watch.Look();
        return false;
    }
}
