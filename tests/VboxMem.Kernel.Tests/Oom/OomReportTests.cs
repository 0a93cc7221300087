// Goal: the parts of an OOM report that no capture shows.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Log;
using VboxMem.Kernel.Oom;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Tests.Accounting;
using VboxMem.Kernel.Tests.Log;

namespace VboxMem.Kernel.Tests.Oom;

public sealed class OomReportTests
{
    private static readonly OomTask _hog = new()
    {
        Pid = 1244,
        ThreadGroup = 1244,
        Uid = 1000,
        Comm = "hog",
        TotalVirtual = 1_211_904,
        Anon = 950_912,
        File = 32,
        Shmem = 0,
        PageTableBytes = 9_719_808,
        SwapEntries = 259_584,
        OomScoreAdj = 0,
    };

    private readonly KernelLog _log = new();
    private readonly LogClock _clock = new(0);
    private readonly LogRateLimits _limits = new();

    // The worked example's lines of a 4 GiB machine.
    [Fact]
    public void Row_verdict_and_kill_are_those_of_the_worked_example()
    {
        OomReport.Print(_log, _clock, ref _limits.OomReport, Facts() with { Victim = new OomVictim(_hog, "/user.slice/user-1000.slice/session-4.scope") });
        OomMessages.PrintKilled(_log, _clock, OomKillReason.Badness, _hog);

        Assert.Equal(
            [
                "<6>[   1244]  1000  1244  1211904   950944   950912       32         0  9719808   259584             0 hog",
                "<6>oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0-1,global_oom,task_memcg=/user.slice/user-1000.slice/session-4.scope,task=hog,pid=1244,uid=1000",
                "<3>Out of memory: Killed process 1244 (hog) total-vm:4847616kB, anon-rss:3803648kB, file-rss:128kB, shmem-rss:0kB, UID:1000 pgtables:9492kB oom_score_adj:0",
            ],
            _log.LeveledTexts()[^3..]);
    }

    [Fact]
    public void Slab_caches_are_listed_once_they_outweigh_the_lists()
    {
        var facts = Facts() with { UnreclaimableSlabs = [new OomSlab("task_struct", 1_048_576, 2_097_152), new OomSlab("a_cache_of_a_long_name", 1023, 1024)] };
        var lists = facts.Memory.Totals.LruPages;

        Print(facts with { Memory = Memory(lists) });
        Assert.DoesNotContain("Unreclaimable slab info:", _log.Texts());

        Print(facts with { Memory = Memory(lists + 1) });
        var texts = _log.LeveledTexts();
        var heading = texts.IndexOf("<6>Unreclaimable slab info:");
        Assert.Equal(
            [
                "<6>Name                      Used          Total",
                "<6>task_struct             1024KB       2048KB",
                "<6>a_cache_of_a_long_name          0KB          1KB",
                "<6>Tasks state (memory values in pages):",
            ],
            texts[(heading + 1)..(heading + 5)]);
    }

    [Fact]
    public void Tasks_are_left_out_on_request()
    {
        Print(Facts() with { Tasks = null });

        Assert.DoesNotContain(_log.Texts(), static text => text.StartsWith("Tasks state", StringComparison.Ordinal));
        Assert.StartsWith("oom-kill:", _log.Texts()[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void An_operators_kill_is_reported_from_the_worker_that_did_it()
    {
        OomMessages.PrintManualExecution(_log, _clock);
        Print(Facts() with
        {
            Gfp = GfpFlags.Kernel,
            Order = OomReportFacts.SysRqOrder,
            Invoker = new RunningTask(0, 0, 9, "kworker/0:1", HardwareName.Of(MachineKind.Q35), "events moom_callback"),
            Origin = AllocationOrigin.SysRq,
        });

        Assert.Equal(
            [
                "sysrq: Manual OOM execution",
                "kworker/0:1 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=-1, oom_score_adj=0",
                "CPU: 0 UID: 0 PID: 9 Comm: kworker/0:1 Not tainted 6.12.107+deb13-cloud-amd64 #1  Debian 6.12.107-1",
                "Hardware name: QEMU Standard PC (Q35 + ICH9, 2009), BIOS 1.16.2-debian-1.16.2-1 04/01/2014",
                "Workqueue: events moom_callback",
                "Call Trace:",
                " <TASK>",
                " dump_stack_lvl+0x5d/0x80",
                " dump_header+0x43/0x1aa",
                " oom_kill_process.cold+0x8/0x8d",
                " out_of_memory+0x219/0x4b0",
                " </TASK>",
                "Mem-Info:",
            ],
            _log.Texts()[..13]);
    }

    [Fact]
    public void A_micro_vm_has_no_hardware_name()
    {
        Print(Facts() with { Invoker = new RunningTask(0, 0, 7, "a", HardwareName.Of(MachineKind.Cloud)) });

        Assert.DoesNotContain(_log.Texts(), static text => text.StartsWith("Hardware name", StringComparison.Ordinal));
    }

    [Fact]
    public void Ten_reports_are_written_in_five_seconds_and_the_kills_go_on()
    {
        for (var kill = 0; kill < 12; kill++)
        {
            OomReport.Print(_log, new LogClock(kill), ref _limits.OomReport, Facts());
            OomMessages.PrintKilled(_log, new LogClock(kill), OomKillReason.Badness, _hog);
        }

        Assert.Equal(10, Count("hog invoked oom-killer"));
        Assert.Equal(12, Count("Out of memory: Killed process"));

        OomReport.Print(_log, new LogClock(6_000_000_000), ref _limits.OomReport, Facts());
        Assert.Equal(1, Count("oom_kill_process: 2 callbacks suppressed"));
    }

    [Fact]
    public void With_nobody_left_the_report_ends_at_the_tasks_and_the_box_stops()
    {
        OomReport.PrintWithoutVictim(_log, _clock, Facts() with { Victim = null, Tasks = [] });
        OomMessages.PrintNobodyToKill(_log, _clock);
        OomMessages.PrintDeadlocked(_log, _clock);

        var texts = _log.LeveledTexts();
        Assert.Equal(
            [
                "<6>[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name",
                "<4>Out of memory and no killable processes...",
                "<0>Kernel panic - not syncing: System is deadlocked on memory",
            ],
            texts[^3..]);
        Assert.DoesNotContain(texts, static text => text.Contains("oom_kill_process", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1, "<0>Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled")]
    [InlineData(2, "<0>Kernel panic - not syncing: Out of memory: compulsory panic_on_oom is enabled")]
    public void A_panic_says_which_setting_wanted_it(int setting, string expected)
    {
        OomMessages.PrintPanicOnOom(_log, _clock, setting);

        Assert.Equal([expected], _log.LeveledTexts());
    }

    // The reaper's lines are captured ones.
    [Fact]
    public void The_other_lines_around_a_kill()
    {
        var left = _hog with { Pid = 184, Comm = "leaker", Anon = 25, File = 0, Shmem = 2 };

        OomMessages.PrintReaped(_log, _clock, left);
        OomMessages.PrintReaped(_log, _clock, left with { Pid = 187, Anon = 0, Shmem = 0 });
        OomMessages.PrintUnableToReap(_log, _clock, 184, "leaker");
        OomMessages.PrintPinned(_log, _clock, left, 1, "init");
        OomMessages.PrintLeakedFault(_log, _clock);
        OomMessages.PrintKilled(_log, _clock, OomKillReason.AllocatingTask, left);

        Assert.Equal(
            [
                "<6>oom_reaper: reaped process 184 (leaker), now anon-rss:100kB, file-rss:0kB, shmem-rss:8kB",
                "<6>oom_reaper: reaped process 187 (leaker), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB",
                "<6>oom_reaper: unable to reap pid:184 (leaker)",
                "<6>oom killer 184 (leaker) has mm pinned by 1 (init)",
                "<4>Huh VM_FAULT_OOM leaked out to the #PF handler. Retrying PF",
                "<3>Out of memory (oom_kill_allocating_task): Killed process 184 (leaker) total-vm:4847616kB, anon-rss:100kB, file-rss:0kB, shmem-rss:8kB, UID:1000 pgtables:9492kB oom_score_adj:0",
            ],
            _log.LeveledTexts());
    }

    private int Count(string start) => _log.Texts().Count(text => text.StartsWith(start, StringComparison.Ordinal));

    private void Print(OomReportFacts facts) => OomReport.Print(_log, _clock, ref _limits.OomReport, facts);

    private static MemoryReportFacts Memory(ulong unreclaimable) =>
        AMemoryReport.OfTwoNodes() with { Totals = AMemoryReport.Totals() with { SlabUnreclaimable = unreclaimable } };

    private static OomReportFacts Facts() => new()
    {
        Gfp = GfpFlags.HighUserMovable | GfpFlags.Compound | GfpFlags.Zero,
        Order = 0,
        Invoker = new RunningTask(1, 1000, 1244, "hog", HardwareName.Of(MachineKind.Pc)),
        InvokerOomScoreAdj = 0,
        Origin = AllocationOrigin.AnonymousFault,
        AllowedNodes = [0, 1],
        Memory = AMemoryReport.OfTwoNodes(),
        UnreclaimableSlabs = [],
        Tasks = [_hog],
        Victim = new OomVictim(_hog),
    };
}
