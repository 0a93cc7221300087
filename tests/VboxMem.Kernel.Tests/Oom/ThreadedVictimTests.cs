// Goal: a process of many threads is one candidate of the OOM killer, dies as one, and gives its memory back once the last thread is out.
// Method: machines of 96 MiB without swap; a disk so slow that a thread sleeps in it for many seconds, uninterruptibly.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Oom;

public sealed class ThreadedVictimTests
{
    private const ulong PagesOfThread = 1250;
    private const int Threads = 4;

    private static readonly DiskConfiguration _slow =
        new("vda", 1UL << 30, 1 << 20, 1 << 20, LatencyNanoseconds: 30_000_000_000, 0, IsRotational: false);

    [Fact]
    public void All_threads_of_the_victim_die_and_its_memory_is_free_again()
    {
        using var box = new OomBox();
        var holder = StartThreaded(box);
        var grabber = box.Grab(adj: -1000, pages: 8_500);   // more than is left, less than there is

        box.RunUntil(() => box.Kills == 1);
        box.Run(1000);

        Assert.Equal([holder.Pid], box.Victims);
        Assert.DoesNotContain(box.Machine.Processes.Tasks, task => task.ThreadGroupId == holder.Pid);
        Assert.Single(box.Machine.Memory.All);
        Assert.Equal(0UL, box.Machine.Paths[ReachedPath.OomReaped]);
        Assert.Equal(RequestKind.Pause, grabber.Request.Kind);   // it got all it wanted
        Audit.Check(box.Machine);
    }

    [Fact]
    public void The_report_has_one_row_for_it_and_its_memory_counts_once()
    {
        using var box = new OomBox();
        const ulong pages = 500;
        var holder = StartThreaded(box, pages);
        var larger = box.Hold((pages * Threads) + 400);
        box.Grab(adj: -1000);

        box.RunUntil(() => box.Kills == 1);

        Assert.Equal([larger.Pid], box.Victims);   // four threads do not count four times
        var rows = box.Reports[0].Tasks.Where(row => row.ThreadGroup == holder.Pid).ToList();
        Assert.Single(rows);
        Assert.InRange(rows[0].Anon, pages * Threads, (pages * Threads) + 20);
    }

    [Fact]
    public void Where_the_leader_is_gone_a_thread_that_lives_stands_for_the_process()
    {
        using var box = new OomBox();
        var worker = new ScriptedProgram([Script.Map(3000), Script.Write(0, 0, 3000)]);
        var leader = box.Machine.Spawn(new ScriptedProgram([Script.Thread(worker), Script.Sleep(100), Script.ExitThread()]), uid: 1000)!;
        box.RunUntil(() => leader.State == TaskState.Zombie);
        var thread = leader.Group.Threads[1];
        box.RunUntil(() => thread.Request.Kind == RequestKind.Pause);
        box.Grab(adj: -1000);

        box.RunUntil(() => box.Kills == 1);

        Assert.Equal([thread.Pid], box.Victims);
        var row = box.Reports[0].Tasks.Single(row => row.ThreadGroup == leader.Pid);
        Assert.Equal(thread.Pid, row.Pid);
        Assert.Contains(box.Lines, line => line.EndsWith($",task=scripted,pid={leader.Pid},uid=1000", StringComparison.Ordinal));
        box.Run(100);
        Assert.False(box.Machine.Processes.TryGet(leader.Pid, out _));
        Audit.Check(box.Machine);
    }

    [Fact]
    public void While_one_thread_sleeps_in_a_disk_the_reaper_takes_the_memory_of_all()
    {
        using var box = new OomBox(disk: _slow);
        var stuck = new ScriptedProgram([Script.Open("/mnt/file", 1 << 20)]);
        var holder = StartThreaded(box, last: Script.Thread(stuck));
        var sleeper = holder.Group.Threads[^1];
        box.RunUntil(() => sleeper.State == TaskState.DiskSleep);
        box.Grab(adj: -1000, pages: 8_500);

        box.RunUntil(() => box.Kills == 1);
        box.Run(500);
        Assert.Equal([holder.Pid, sleeper.Pid], holder.Group.Threads.Select(static thread => thread.Pid));   // a zombie, and the one that cannot die
        Assert.Equal((TaskState.Zombie, 0), (holder.State, holder.MemoryId));
        Assert.True(box.Machine.Memory[sleeper.MemoryId].RssAnonPages >= PagesOfThread * Threads);

        box.RunUntil(() => box.Machine.Paths[ReachedPath.OomReaped] == 1, 3000);
        Assert.Equal(0UL, box.Machine.Memory[sleeper.MemoryId].RssAnonPages);
        Assert.Contains(box.Lines, line => line.StartsWith($"oom_reaper: reaped process {holder.Pid} (scripted), now anon-rss:0kB", StringComparison.Ordinal));
        Audit.Check(box.Machine);

        box.Run(60_000);
        Assert.False(box.Machine.Processes.TryGet(holder.Pid, out _));
        Assert.False(box.Machine.HasPanicked);
        Audit.Check(box.Machine);
    }

    [Fact]
    public void A_memory_that_stays_locked_is_given_up_after_ten_attempts_and_the_next_one_may_be_killed()
    {
        using var box = new OomBox(disk: _slow);
        var stuck = box.Machine.Spawn(
            new ScriptedProgram([Script.Map(5000), Script.Write(0, 0, 5000), Script.Open("/mnt/file", 1 << 20)]), uid: 1000)!;
        box.RunUntil(() => stuck.State == TaskState.DiskSleep && stuck.Request.Kind == RequestKind.Open);
        MmapLock.Keep(box.Machine.Memory[stuck.MemoryId], stuck, 0, 1);   // as if it slept in the middle of a memory call
        var other = box.Hold(2000);
        box.Grab(adj: -1000);

        box.RunUntil(() => box.Kills == 1);
        var killed = box.Machine.Now;
        box.RunUntil(() => box.Kills == 2);

        Assert.Equal([stuck.Pid, other.Pid], box.Victims);
        Assert.InRange(box.Machine.Now.Nanoseconds - killed.Nanoseconds, 2_990_000_000UL, 3_300_000_000UL);
        Assert.Equal(11UL, box.Machine.Paths[ReachedPath.OomReaperFindsLock]);
        Assert.Contains($"oom_reaper: unable to reap pid:{stuck.Pid} (scripted)", box.Lines);
        Assert.True(box.Machine.Memory[stuck.MemoryId].RssAnonPages >= 5000);
    }

    /// <summary>A process whose threads hold some memory each, and then wait.</summary>
    private static Process StartThreaded(OomBox box, ulong pages = PagesOfThread, ScriptLine? last = null)
    {
        var worker = new ScriptedProgram([Script.Map(pages), Script.Write(0, 0, pages)]);
        ScriptLine[] lines = [.. Enumerable.Repeat(Script.Thread(worker), Threads), .. last is { } more ? [more] : Array.Empty<ScriptLine>()];
        var task = box.Machine.Spawn(new ScriptedProgram(lines), uid: 1000)!;
        box.RunUntil(() => task.Group.Threads.Count == lines.Length + 1
            && task.Group.Threads.Take(Threads + 1).All(static thread => thread.Request.Kind == RequestKind.Pause));
        return task;
    }
}
