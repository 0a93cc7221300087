// Goal: the memory of a victim that does not die is taken after two seconds, and only then.
// Method: a disk so slow that a victim sleeps in it for many seconds, uninterruptibly.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Tests.Oom;

public sealed class OomReaperTests
{
    private const ulong HeldPages = 5000;

    private static readonly DiskConfiguration _slow =
        new("vda", 1UL << 30, 1 << 20, 1 << 20, LatencyNanoseconds: 30_000_000_000, 0, IsRotational: false);

    [Fact]
    public void A_victim_that_cannot_die_loses_its_memory_after_two_seconds()
    {
        using var box = new OomBox(disk: _slow);
        var stuck = StartStuck(box);
        box.Grab(adj: -1000, pages: 8_500);   // with what the stuck one holds it is too much, without it is not

        box.RunUntil(() => box.Kills == 1);
        var killed = box.Machine.Now;
        Assert.Equal([stuck.Pid], box.Victims);
        box.RunUntil(() => box.Machine.Paths[ReachedPath.OomReaped] == 1);

        Assert.InRange(box.Machine.Now.Nanoseconds - killed.Nanoseconds, 1_990_000_000UL, 2_200_000_000UL);
        Assert.Equal(TaskState.DiskSleep, stuck.State);
        Assert.Equal(0UL, box.Machine.Memory[stuck.MemoryId].RssAnonPages);
        Assert.Contains(
            $"oom_reaper: reaped process {stuck.Pid} (scripted), now anon-rss:0kB, file-rss:", box.Lines[^1], StringComparison.Ordinal);
        Assert.False(box.Machine.HasPanicked);
        Audit.Check(box.Machine);

        box.Run(60_000);
        Assert.False(box.IsAlive(stuck));   // dead when the disk has answered
        Audit.Check(box.Machine);
    }

    [Fact]
    public void Once_it_has_been_reaped_the_next_one_may_be_killed()
    {
        using var box = new OomBox(disk: _slow);
        var stuck = StartStuck(box);
        var other = box.Hold(2000);
        box.Grab(adj: -1000);

        box.RunUntil(() => box.Kills == 2);

        Assert.Equal([stuck.Pid, other.Pid], box.Victims);
        Assert.True(box.Machine.Paths[ReachedPath.OomVictimStillDying] > 0);
    }

    [Fact]
    public void A_victim_that_dies_by_itself_is_not_reaped()
    {
        using var box = new OomBox();
        box.Grab();

        box.RunUntil(() => box.Kills == 1);
        box.Run(5000);

        Assert.Equal(0UL, box.Machine.Paths[ReachedPath.OomReaped]);
        Assert.DoesNotContain(box.Lines, static line => line.Contains("oom_reaper", StringComparison.Ordinal));
    }

    /// <summary>Holds memory and waits for a metadata block of a disk that takes half a minute: no signal ends that.</summary>
    private static Process StartStuck(OomBox box)
    {
        var program = new ScriptedProgram(
            [Script.Map(HeldPages), Script.Write(0, 0, HeldPages), Script.Open("/mnt/file", 1 << 20), Script.ReadFile(2, 4096)]);
        var task = box.Machine.Spawn(program, uid: 1000)!;
        box.RunUntil(() => task.State == TaskState.DiskSleep && task.Request.Kind == RequestKind.Open);
        return task;
    }
}
