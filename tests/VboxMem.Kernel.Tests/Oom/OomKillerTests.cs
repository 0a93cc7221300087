// Goal: whoever is killed when memory is gone is the one whom Linux would kill, for the same reason, and the report is sound.
// Method: machines of 96 MiB without swap, on which programs hold known amounts while another takes the rest.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Testing;

namespace VboxMem.Kernel.Tests.Oom;

public sealed class OomKillerTests
{
    private const ulong PagesOf12Mebibytes = 3072;

    [Fact]
    public void The_largest_process_is_killed_and_the_others_live()
    {
        using var box = new OomBox();
        var small = box.Hold(1000);
        var grabber = box.Grab();

        box.RunUntil(() => box.Kills == 1);
        box.Run(100);

        Assert.Equal([grabber.Pid], box.Victims);
        Assert.True(box.IsAlive(small));
        Assert.False(box.IsAlive(grabber));
        Assert.True(box.Machine.Paths[ReachedPath.OomKillsWorst] > 0);
        Assert.Equal(0UL, box.Machine.Paths[ReachedPath.SlowPathVictimGivesUp]);   // it has the reserves to go on and die
        Assert.DoesNotContain(box.Lines, static line => line.Contains("page allocation failure", StringComparison.Ordinal));
        Audit.Check(box.Machine);
    }

    [Fact]
    public void A_high_adj_makes_a_small_process_the_victim()
    {
        using var box = new OomBox();
        var chosen = box.Hold(1000, adj: 1000);
        box.Grab();

        box.RunUntil(() => box.Kills == 1);

        Assert.Equal([chosen.Pid], box.Victims);
    }

    [Fact]
    public void Minus_1000_is_never_killed_and_minus_500_after_the_others()
    {
        using var box = new OomBox();
        var guarded = box.Hold(PagesOf12Mebibytes, adj: -1000);
        var plain = box.Hold(1000);
        var half = box.Grab(adj: -500);   // half of the machine's pages are taken off its points

        box.RunUntil(() => box.Kills == 2);

        Assert.Equal([plain.Pid, half.Pid], box.Victims);
        box.Run(3000);
        Assert.True(box.IsAlive(guarded));
        Assert.Equal(2UL, box.Kills);
    }

    [Fact]
    public void Who_takes_swap_away_is_killed_before_all_others()
    {
        var disks = new[] { new DiskConfiguration("vda", 64UL << 20, 4 << 20, 200 << 20, 100_000, 0, IsRotational: true) };
        using var box = new OomBox(AMachine.Of(96) with { Disks = disks, Swaps = [new SwapConfiguration(0)] });
        box.Hold(PagesOf12Mebibytes * 2);
        box.Hold(PagesOf12Mebibytes * 4);
        Assert.True(box.Machine.Swap.TotalPages - box.Machine.Swap.FreePages > 2000, "too little is swapped out");

        var task = box.Machine.Spawn(new ScriptedProgram([Script.Do(RequestKind.SwapOff, 0)]), oomScoreAdj: -900)!;
        box.RunUntil(() => box.Kills == 1);
        box.Run(3000);

        Assert.Equal([task.Pid], box.Victims);
        Assert.True(box.Machine.Swap.Areas[0]!.IsWritable);
        Audit.Check(box.Machine);
    }

    [Fact]
    public void Of_two_with_as_many_points_the_younger_one_dies()
    {
        using var box = new OomBox();
        var older = box.Hold(PagesOf12Mebibytes);
        var younger = box.Hold(PagesOf12Mebibytes);
        box.Grab(adj: -1000);

        box.RunUntil(() => box.Kills == 1);

        Assert.Equal([younger.Pid], box.Victims);
        Assert.True(box.IsAlive(older));
    }

    [Fact]
    public void The_allocating_task_is_killed_where_that_is_asked_for()
    {
        using var box = new OomBox();
        box.Set("oom_kill_allocating_task", "1");
        var large = box.Hold(PagesOf12Mebibytes);
        var grabber = box.Grab();

        box.RunUntil(() => box.Kills == 1);

        Assert.Equal([grabber.Pid], box.Victims);
        Assert.True(box.IsAlive(large));
        Assert.Contains(box.Lines, static line => line.StartsWith("Out of memory (oom_kill_allocating_task): Killed process ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_protected_allocating_task_is_passed_over_for_the_worst_one()
    {
        using var box = new OomBox();
        box.Set("oom_kill_allocating_task", "1");
        var large = box.Hold(PagesOf12Mebibytes);
        box.Grab(adj: -1000);

        box.RunUntil(() => box.Kills == 1);

        Assert.Equal([large.Pid], box.Victims);
    }

    [Theory]
    [InlineData("1", "system-wide")]
    [InlineData("2", "compulsory")]
    public void With_panic_on_oom_the_box_stops_and_says_why(string setting, string reason)
    {
        using var box = new OomBox();
        box.Set("panic_on_oom", setting);
        box.Grab();

        box.RunUntil(() => box.Machine.HasPanicked);

        Assert.Equal(0UL, box.Kills);
        Assert.Equal($"Kernel panic - not syncing: Out of memory: {reason} panic_on_oom is enabled", box.Lines[^1]);
        var stopped = box.Machine.ComputeStateHash();
        box.Run(1000);
        Assert.Equal(stopped, box.Machine.ComputeStateHash());
    }

    [Fact]
    public void With_nobody_left_to_kill_the_box_is_deadlocked_and_stops()
    {
        using var box = new OomBox();
        box.Grab(adj: -1000);

        box.RunUntil(() => box.Machine.HasPanicked);

        Assert.Equal("Out of memory and no killable processes...", box.Lines[^2]);
        Assert.Equal("Kernel panic - not syncing: System is deadlocked on memory", box.Lines[^1]);
        Audit.Check(box.Machine);
    }

    [Fact]
    public void Init_survives_everything()
    {
        using var box = new OomBox();
        for (var i = 0; i < 5; i++)
        {
            box.Grab();
        }

        box.RunUntil(() => box.Kills == 5, 60_000);
        box.Run(1000);

        Assert.NotEqual(TaskState.Zombie, box.Machine.Processes[Scheduler.InitPid].State);
        Assert.False(box.Machine.HasPanicked);
        Audit.Check(box.Machine);
    }

    [Fact]
    public void While_a_victim_is_dying_nobody_else_is_killed()
    {
        using var box = new OomBox(cpus: 1);
        box.Grab();
        box.Grab();

        box.RunUntil(() => box.Kills == 1);
        var first = box.Machine.Processes[box.Victims.First()];
        while (first.MemoryId != 0)
        {
            Assert.Equal(1UL, box.Kills);
            box.Machine.RunUntil(box.Machine.Now.Plus(new SimTime(50_000)));
        }
    }

    [Theory]
    [InlineData("1")]
    [InlineData("0")]
    public void Reports_of_our_own_kills_add_up(string dumpsTasks)
    {
        using var box = new OomBox();
        box.Set("oom_dump_tasks", dumpsTasks);
        box.Hold(1000);
        box.Hold(3000, adj: 300);
        box.Grab();

        box.RunUntil(() => box.Kills == 2);

        // What the CPUs may hold back of a counter.
        var heldBack = box.Machine.Cpus.Count * (long)box.Machine.Nodes[0].Stats.Threshold;
        var reports = box.Reports.Where(static report => report.IsOomReport).ToList();
        Assert.Equal(2, reports.Count);
        Assert.All(reports, report =>
        {
            Assert.Empty(OomReportChecks.Complaints(report, heldBack));
            Assert.Equal(dumpsTasks == "1", report.Tasks.Count > 0);
        });
    }
}
