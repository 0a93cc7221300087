// What a write to /proc/sysrq-trigger does: the log, the killed, those that go on.

using System.Text;
using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Sched;
using VboxMem.Testing;

namespace VboxMem.Procfs.Tests.Proc;

public sealed class SysRqTests
{
    private const string Path = "/proc/sysrq-trigger";

    [Fact]
    public void It_can_be_written_by_root_alone_and_not_read()
    {
        using var box = Box.With();

        box.Tree.TryStat(Path, out var stat);
        Assert.Equal(FileModes.WriteOwner, stat.Mode);
        Assert.Equal(Errno.EIO, box.Tree.TryRead(Path, out _));
        Assert.Equal(Errno.None, box.Write(Path, ""));
        Assert.Equal(Errno.None, box.Write(Path, "\n"));
    }

    [Fact]
    public void M_writes_the_memory_report_of_the_whole_machine_and_changes_nothing_else()
    {
        using var box = Box.Like(Capture.Load("numa-1g-1g"));
        var begin = box.Machine.Log.NextSequence;
        var free = MemoryInfo.Of(box.Machine)[ZoneStatItem.FreePages];

        Assert.Equal(Errno.None, box.Write(Path, "m\n"));

        var lines = Log(box, begin);
        Assert.Equal(("sysrq: Show Memory", "Mem-Info:"), (lines[0], lines[1]));
        Assert.StartsWith("active_anon:", lines[2], StringComparison.Ordinal);
        Assert.Contains($" free:{free} free_pcp:", lines[2].Split('\n')[^1], StringComparison.Ordinal);
        Assert.Equal(2, lines.Count(static line => line.StartsWith("Node ", StringComparison.Ordinal) && line.Contains(" active_anon:", StringComparison.Ordinal)
            && !line.Contains(" free:", StringComparison.Ordinal)));
        Assert.Equal(3, lines.Count(static line => line.StartsWith("lowmem_reserve[]:", StringComparison.Ordinal)));   // DMA, DMA32; DMA32
        Assert.Equal("0 pages hwpoisoned", lines[^1]);
        Assert.Equal(free, MemoryInfo.Of(box.Machine)[ZoneStatItem.FreePages]);
    }

    [Fact]
    public void F_kills_the_process_with_the_most_points_and_reports_the_order_of_an_operator()
    {
        using var box = Box.With();
        var small = box.Start("touch", new(SizeBytes: 8 << 20));
        var large = box.Start("touch", new(SizeBytes: 32 << 20));
        box.Run(2_000);
        var begin = box.Machine.Log.NextSequence;
        var worker = box.Machine.Processes.Tasks.First(static task => task.Name.StartsWith("kworker/0:1-", StringComparison.Ordinal));

        Assert.Equal(Errno.None, box.Write(Path, "f"));
        var lines = Log(box, begin);

        Assert.Equal("sysrq: Manual OOM execution", lines[0]);
        Assert.Equal("kworker/0:1 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=-1, oom_score_adj=0", lines[1]);
        Assert.StartsWith($"CPU: 0 UID: 0 PID: {worker.Pid} Comm: kworker/0:1 Not tainted ", lines[2], StringComparison.Ordinal);
        Assert.Contains("Workqueue: events moom_callback", lines);
        Assert.Contains(lines, line => line.StartsWith($"Out of memory: Killed process {large.Pid} ({large.Name}) total-vm:", StringComparison.Ordinal));
        Assert.Equal(1UL, box.Machine.Events[VmEvent.OomKill]);
        box.Run(2_000);
        Assert.False(box.Machine.Processes.TryGet(large.Pid, out _));
        Assert.True(box.Machine.Processes.TryGet(small.Pid, out _));
    }

    [Fact]
    public void F_with_nobody_to_kill_says_so_and_the_box_goes_on_whatever_panic_on_oom_says()
    {
        using var box = Box.With();
        box.Write("/proc/sys/vm/panic_on_oom", "2");
        var begin = box.Machine.Log.NextSequence;

        Assert.Equal(Errno.None, box.Write(Path, "f"));

        var lines = Log(box, begin);
        Assert.Equal("Out of memory and no killable processes...", lines[^2]);
        Assert.Equal("sysrq: OOM request ignored. No task eligible", lines[^1]);
        Assert.False(box.Machine.HasPanicked);
    }

    [Theory]
    [InlineData("e", "sysrq: Terminate All Tasks")]
    [InlineData("i", "sysrq: Kill All Tasks")]
    public void E_and_i_end_all_programs_but_init(string key, string message)
    {
        using var box = Box.With();
        box.Machine.StartInit(new Requests([]));
        box.Run(200);
        var tasks = new[] { box.Start(new Requests([])), box.Start(new Requests([]), uid: 33) };
        var stubborn = box.Start(new Requests([]) { Handled = 1UL << (int)Signal.Terminate });
        var begin = box.Machine.Log.NextSequence;

        Assert.Equal(Errno.None, box.Write(Path, key));
        box.Run(1_000);

        Assert.Equal([message], Log(box, begin));
        Assert.All(tasks, task => Assert.False(IsAlive(box, task)));
        Assert.Equal(key == "e", IsAlive(box, stubborn));
        Assert.True(box.Machine.Processes.TryGet(Scheduler.InitPid, out var init) && init.State != TaskState.Zombie);
        Assert.True(box.Machine.Processes.TryGet(2, out _));
    }

    [Fact]
    public void T_has_a_line_for_each_task()
    {
        using var box = Box.With();
        var task = box.Start(new Requests([]));
        var begin = box.Machine.Log.NextSequence;

        Assert.Equal(Errno.None, box.Write(Path, "t"));
        var lines = Log(box, begin);

        Assert.Equal("sysrq: Show State", lines[0]);
        Assert.Equal(box.Machine.Processes.Count, lines.Length - 1);
        Assert.Contains($"task:requests        state:S stack:0     pid:{task.Pid,-5} tgid:{task.Pid,-5} ppid:1      flags:0x00004000", lines);
        Assert.Contains("task:kworker/0:1     state:I stack:0     ", string.Join('\n', lines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("h", 1)]
    [InlineData("z", 1)]
    [InlineData("hm", 1)]     // the rest is not looked at
    [InlineData("_hh", 2)]    // unless an underscore asks for it
    public void Other_letters_print_the_help(string written, int times)
    {
        using var box = Box.With();
        var begin = box.Machine.Log.NextSequence;

        Assert.Equal(Errno.None, box.Write(Path, written));

        Assert.Equal(
            Enumerable.Repeat(
                "sysrq: HELP : terminate-all-tasks(e) memory-full-oom-kill(f) kill-all-tasks(i) show-memory-usage(m) show-task-states(t) ", times),
            Log(box, begin));
    }

    [Fact]
    public void The_same_orders_at_the_same_moments_end_in_the_same_state()
    {
        static ulong End(bool isCloned)
        {
            using var box = Box.With();
            box.Start("touch", new(SizeBytes: 32 << 20));
            box.Write(Path, "_mt");
            using var copy = box.Machine.Clone();
            var machine = isCloned ? copy : box.Machine;
            new MachineTree(machine).TryWrite(Path, "f"u8);
            machine.RunUntil(machine.Now.Plus(Kernel.Time.SimTime.FromSeconds(3)));
            return machine.ComputeStateHash();
        }

        Assert.Equal(End(isCloned: false), End(isCloned: true));
    }

    private static bool IsAlive(Box box, Process task) => box.Machine.Processes.TryGet(task.Pid, out var found) && found.State != TaskState.Zombie;

    private static string[] Log(Box box, ulong begin)
    {
        var lines = new List<string>();
        foreach (var record in box.Machine.Log.RecordsFrom(begin))
        {
            lines.Add(Encoding.UTF8.GetString(record.Text));
        }

        return [.. lines];
    }
}
