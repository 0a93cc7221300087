using VboxMem.FileTree;
using VboxMem.Kernel.Sched;

namespace VboxMem.Procfs.Tests.Pid;

// Goal: processes have their directories from their beginning to their end, as root sees them on Linux.
public sealed class ProcessDirectoryTests
{
    private const int DirectoryMode = 0b101_101_101;

    [Fact]
    public void A_process_has_a_directory_from_its_start_until_it_is_reaped()
    {
        using var box = Box.With();
        var task = box.Start(new Requests([]));
        var path = $"/proc/{task.Pid}";
        Assert.Equal(Errno.None, box.Tree.TryStat(path, out _));

        box.Machine.Kill(task.Pid, Signal.Kill);
        box.Run(100);

        Assert.Equal(Errno.ENOENT, box.Tree.TryStat(path, out _));
        Assert.Equal(Errno.ENOENT, box.Tree.TryRead(path + "/stat", out _));
        Assert.DoesNotContain(task.Pid.ToString(), List(box, "/proc"));
    }

    [Fact]
    public void Proc_lists_self_and_thread_self_behind_its_own_names_and_then_pids_in_order()
    {
        using var box = Box.With();
        var task = box.Start(new Requests([]));

        var names = List(box, "/proc").SkipWhile(static name => name != "self").ToArray();

        Assert.Equal(["self", "thread-self", "1", "2"], names[..4]);
        Assert.Equal(task.Pid.ToString(), names[^1]);
        Assert.Equal(names[2..].Select(int.Parse).Order(), names[2..].Select(int.Parse));
        Assert.Equal(box.Machine.Processes.Count, names.Length - 2);
    }

    // The order in which a running kernel lists these names.
    [Fact]
    public void The_directory_of_a_process_lists_its_files_as_Linux_does_and_those_of_its_threads()
    {
        using var box = Box.With();
        string[] files =
        [
            "fd", "fdinfo", "environ", "status", "limits", "comm", "cmdline", "stat", "statm", "maps", "numa_maps", "cwd", "root", "exe",
            "mounts", "mountinfo", "clear_refs", "smaps", "smaps_rollup", "pagemap", "wchan", "schedstat", "cgroup", "oom_score", "oom_adj",
            "oom_score_adj", "io",
        ];

        Assert.Equal(["task", .. files], List(box, "/proc/1"));
        Assert.Equal(["1"], List(box, "/proc/1/task"));
        Assert.Equal(files, List(box, "/proc/1/task/1"));
    }

    [Fact]
    public void Directory_and_files_belong_to_the_user_who_runs_the_process()
    {
        using var box = Box.With();
        var task = box.Start(new Requests([]), uid: 33);
        string[] directories = ["", "/task", $"/task/{task.Pid}"];

        foreach (var directory in directories)
        {
            Assert.Equal(new NodeStat(NodeKind.Directory, DirectoryMode, 33, 33), Stat(box, $"/proc/{task.Pid}{directory}"));
        }

        Assert.Equal(new NodeStat(NodeKind.File, FileModes.ReadAll, 33, 33), Stat(box, $"/proc/{task.Pid}/stat"));
        Assert.Equal(FileModes.ReadAllWriteOwner, Stat(box, $"/proc/{task.Pid}/oom_score_adj").Mode);
        Assert.Equal(FileModes.ReadOwner, Stat(box, $"/proc/{task.Pid}/io").Mode);
    }

    [Fact]
    public void Of_a_zombie_the_directory_is_its_users_and_the_files_are_roots()
    {
        using var box = Box.With();
        var zombie = Zombie.In(box, uid: 33);

        Assert.Equal(33u, Stat(box, $"/proc/{zombie.Pid}").UserId);
        Assert.Equal(0u, Stat(box, $"/proc/{zombie.Pid}/stat").UserId);
    }

    [Fact]
    public void Self_and_mounts_are_links_that_lead_to_init()
    {
        using var box = Box.With();

        Assert.Equal("1", Target(box, "/proc/self"));
        Assert.Equal("1/task/1", Target(box, "/proc/thread-self"));
        Assert.Equal("self/mounts", Target(box, "/proc/mounts"));
        Assert.Equal(NodeKind.SymbolicLink, Stat(box, "/proc/self").Kind);
        Assert.Equal(NodeKind.Directory, Stat(box, "/proc/self/").Kind);
        Assert.Equal(box.Read("/proc/1/stat"), box.Read("/proc/self/stat"));
        Assert.Equal(box.Read("/proc/1/task/1/stat"), box.Read("/proc/thread-self/stat"));
        Assert.Equal(box.Read("/proc/1/mounts"), box.Read("/proc/mounts"));
        Assert.Equal(List(box, "/proc/1"), List(box, "/proc/self"));
        Assert.Equal(box.Read("/proc/meminfo"), box.Read("/proc/thread-self/../../../meminfo"));
    }

    [Theory]
    [InlineData("/proc/01", Errno.ENOENT)]
    [InlineData("/proc/0", Errno.ENOENT)]
    [InlineData("/proc/99999", Errno.ENOENT)]
    [InlineData("/proc/99999999999999999999", Errno.ENOENT)]
    [InlineData("/proc/1x", Errno.ENOENT)]
    [InlineData("/proc/1/nosuch", Errno.ENOENT)]
    [InlineData("/proc/1/taskx", Errno.ENOENT)]
    [InlineData("/proc/1/task/2", Errno.ENOENT)]
    [InlineData("/proc/1/task/1/task", Errno.ENOENT)]
    [InlineData("/proc/1/task/stat", Errno.ENOENT)]
    [InlineData("/proc/1/stat/x", Errno.ENOTDIR)]
    [InlineData("/proc/1/stat/", Errno.ENOTDIR)]
    public void Wrong_paths_below_a_process_answer_as_Linux_does(string path, Errno answer)
    {
        using var box = Box.With();

        Assert.Equal(answer, box.Tree.TryStat(path, out _));
    }

    [Fact]
    public void A_child_that_fork_has_not_finished_is_not_there()
    {
        using var box = Box.With();
        const ulong megabytes = 64 << 20;
        var mapping = (ulong)(Kernel.Virtual.MapFlags.ReadWrite | Kernel.Virtual.MapFlags.Anonymous);
        var program = new Requests(
        [
            new Request(RequestKind.Mmap, megabytes, mapping, ulong.MaxValue),
            new Request(RequestKind.Mlockall, 1),   // all of it is there, page by page or in huge ones
            new Request(RequestKind.Fork, Program: new Requests([])),
        ]);
        var parent = box.Machine.Spawn(program)!;
        while (parent.Request.Kind != RequestKind.Fork || parent.Progress.Phase == 0)
        {
            box.Machine.RunUntil(box.Machine.Now.Plus(new Kernel.Time.SimTime(10_000)));
        }

        Assert.True(box.Machine.Processes.TryGet(parent.Pid + 1, out _));
        Assert.Equal(Errno.ENOENT, box.Tree.TryStat($"/proc/{parent.Pid + 1}", out _));
        box.Run(200);
        Assert.Equal(Errno.None, box.Tree.TryStat($"/proc/{parent.Pid + 1}", out _));
    }

    private static IReadOnlyList<string> List(Box box, string path)
    {
        Assert.Equal(Errno.None, box.Tree.TryList(path, out var names));
        return names;
    }

    private static NodeStat Stat(Box box, string path)
    {
        Assert.Equal(Errno.None, box.Tree.TryStat(path, out var stat));
        return stat;
    }

    private static string Target(Box box, string path)
    {
        Assert.Equal(Errno.None, box.Tree.TryReadLink(path, out var target));
        return target;
    }
}
