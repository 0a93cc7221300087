using VboxMem.FileTree;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Procfs.Tests.Pid;

// Goal: the short files of a process have Linux's bytes, and take what Linux takes.
public sealed class OtherFilesTests
{
    // Facts 6.5, measured; open files are those of a service, the number of processes is the machine's.
    [Fact]
    public void Limits_are_the_kernels_and_systemds()
    {
        using var box = Box.With(1024);
        var expected =
            """
            Limit                     Soft Limit           Hard Limit           Units     
            Max cpu time              unlimited            unlimited            seconds   
            Max file size             unlimited            unlimited            bytes     
            Max data size             unlimited            unlimited            bytes     
            Max stack size            8388608              unlimited            bytes     
            Max core file size        0                    unlimited            bytes     
            Max resident set          unlimited            unlimited            bytes     
            Max processes             3835                 3835                 processes 
            Max open files            1024                 524288               files     
            Max locked memory         8388608              8388608              bytes     
            Max address space         unlimited            unlimited            bytes     
            Max file locks            unlimited            unlimited            locks     
            Max pending signals       3835                 3835                 signals   
            Max msgqueue size         819200               819200               bytes     
            Max nice priority         0                    0                    
            Max realtime priority     0                    0                    
            Max realtime timeout      unlimited            unlimited            us        

            """;

        Assert.Equal(expected, box.Read(box.Start(new Requests([])), "limits"));
        Assert.Contains("Max open files            1024                 4096                 files     \n", box.Read("/proc/2/limits"), StringComparison.Ordinal);
    }

    [Fact]
    public void Io_counts_what_was_read_and_written_and_what_came_from_the_disk()
    {
        using var box = Box.WithDisks();
        var make = (ulong)(Kernel.PageCache.OpenFlags.Create | Kernel.PageCache.OpenFlags.Write);
        var task = box.Start(new Requests(
        [
            new Request(RequestKind.Open, make, 1 << 20, Path: "/srv/old"),
            new Request(RequestKind.Open, make, 0, Path: "/srv/new"),
            new Request(RequestKind.Read, 0, 65536),
            new Request(RequestKind.Write, 1, 10000),
            new Request(RequestKind.Write, 1, 2288),
        ]), milliseconds: 3000);
        var io = box.Read(task, "io").Split('\n');

        Assert.Equal(["rchar: 65536", "wchar: 12288", "syscr: 1", "syscw: 2"], io[..4]);
        Assert.Matches("^read_bytes: [1-9][0-9]+$", io[4]);
        Assert.StartsWith("write_bytes: ", io[5], StringComparison.Ordinal);
        Assert.InRange(Figures.Numbers(io[5])[0], 12288, 12288 + (2 * 4096));   // and blocks of the inode table and the directory
        Assert.Equal(["cancelled_write_bytes: 0", ""], io[6..]);
    }

    [Fact]
    public void A_control_group_is_a_path_of_the_one_hierarchy()
    {
        using var box = Box.With();
        var task = box.Start(new Requests([new Request(RequestKind.JoinCgroup, Path: "/system.slice/a.service")]));

        Assert.Equal("0::/system.slice/a.service\n", box.Read(task, "cgroup"));
        Assert.Equal("0::/\n", box.Read("/proc/2/cgroup"));
    }

    // Captured: __do_sys_pause, hrtimer_nanosleep, and 0 of a task that runs; kernel threads as a running kernel names them.
    [Fact]
    public void A_wait_channel_is_the_function_a_task_sleeps_in_without_a_line_break()
    {
        using var box = Box.With();
        var parent = box.Start(new Requests([new Request(RequestKind.Fork, Program: new Requests([])), new Request(RequestKind.WaitChild)]));
        var sleeper = box.Start(new Requests([new Request(RequestKind.Sleep, 1_000_000_000_000)]));
        var poller = box.Start(new Requests([new Request(RequestKind.Poll, Request.NoDescriptor)]));
        var busy = box.Start(new Requests([new Request(RequestKind.Compute, 1_000_000_000_000)]));

        Assert.Equal(CapturedProcess.Read("nginx_wchan"), box.Read($"/proc/{parent.Pid + 1}/wchan"));
        Assert.Equal("do_wait", box.Read(parent, "wchan"));
        Assert.Equal("hrtimer_nanosleep", box.Read(sleeper, "wchan"));
        Assert.Equal("ep_poll", box.Read(poller, "wchan"));
        Assert.Equal("0", box.Read(busy, "wchan"));
        Assert.Equal("0", box.Read(Zombie.In(box), "wchan"));
    }

    [Fact]
    public void Schedstat_has_the_time_on_a_cpu_that_of_waiting_for_one_and_how_often_it_came()
    {
        using var box = Box.With();
        var tasks = new List<Process>();
        for (var i = 0; i < 2 * box.Machine.Cpus.Count; i++) tasks.Add(box.Start(new Requests([new Request(RequestKind.Compute, 1_000_000_000_000)])));
        box.Machine.RunUntil(box.Machine.Now.Plus(SimTime.FromSeconds(4)));
        var (waited, slices) = (0UL, 0UL);
        foreach (var task in tasks)
        {
            ulong[] figures = [.. box.Read(task, "schedstat").TrimEnd('\n').Split(' ').Select(ulong.Parse)];
            Assert.Equal(3, figures.Length);
            Assert.Equal(task.UserNanoseconds + task.SystemNanoseconds, figures[0]);
            (waited, slices) = (waited + figures[1], slices + figures[2]);
        }

        // More of them than CPUs: for most of the time somebody waits, and they take turns.
        Assert.InRange(waited, 4_000_000_000UL, 20_000_000_000UL);
        Assert.InRange(slices, 200UL, 20_000UL);
    }

    [Theory]
    [InlineData("kthreadd", "kthreadd")]
    [InlineData("kworker/R-rcu_gp", "rescuer_thread")]
    [InlineData("kworker/0:0-events", "worker_thread")]
    [InlineData("ksoftirqd/0", "smpboot_thread_fn")]
    [InlineData("rcu_preempt", "rcu_gp_kthread")]
    [InlineData("rcu_tasks_kthread", "rcu_tasks_one_gp")]
    [InlineData("rcu_exp_gp_kthread_worker", "kthread_worker_fn")]
    [InlineData("kdevtmpfs", "devtmpfs_work_loop")]
    [InlineData("kauditd", "kauditd_thread")]
    [InlineData("khungtaskd", "watchdog")]
    [InlineData("kswapd0", "kswapd")]
    [InlineData("oom_reaper", "oom_reaper")]
    public void Kernel_threads_sleep_in_their_loops(string name, string function)
    {
        using var box = Box.With();

        Assert.Equal(function, box.Read(box.Machine.Processes.Tasks.Single(task => task.Name == name), "wchan"));
    }

    // Measured of a small process on 4 GiB.
    [Fact]
    public void An_oom_score_is_two_thirds_of_a_thousand_and_the_badness()
    {
        using var box = Box.With(4096);
        var task = box.Start(new Requests([]));
        Assert.Equal("666\n", box.Read(task, "oom_score"));

        foreach (var (adj, score, legacy) in new[] { (1000, "1332", "15"), (500, "999", "8"), (-500, "334", "-8"), (-1000, "0", "-17") })
        {
            Assert.Equal(Errno.None, box.Write($"/proc/{task.Pid}/oom_score_adj", adj.ToString()));
            Assert.Equal((score + "\n", legacy + "\n"), (box.Read(task, "oom_score"), box.Read(task, "oom_adj")));
        }

        Assert.Equal("0\n", box.Read("/proc/2/oom_score"));
        Assert.Equal("0\n", box.Read("/proc/1/oom_score"));
    }

    [Theory]
    [InlineData("500\n", Errno.None, 500)]
    [InlineData("  -17 \n", Errno.None, -17)]
    [InlineData("+7", Errno.None, 7)]
    [InlineData("0x10", Errno.None, 16)]
    [InlineData("-0X10", Errno.None, -16)]
    [InlineData("017", Errno.None, 15)]
    [InlineData("0", Errno.None, 0)]
    [InlineData("1000\0rest", Errno.None, 1000)]
    [InlineData("500         x", Errno.None, 500)]      // only 12 bytes count
    [InlineData("1001", Errno.EINVAL, 3)]
    [InlineData("-1001", Errno.EINVAL, 3)]
    [InlineData("", Errno.EINVAL, 3)]
    [InlineData("\n", Errno.EINVAL, 3)]
    [InlineData("-", Errno.EINVAL, 3)]
    [InlineData("+-5", Errno.EINVAL, 3)]
    [InlineData("5 0", Errno.EINVAL, 3)]
    [InlineData("0x", Errno.EINVAL, 3)]
    [InlineData("08", Errno.EINVAL, 3)]
    [InlineData("a", Errno.EINVAL, 3)]
    [InlineData("2147483648", Errno.ERANGE, 3)]
    public void Oom_score_adj_takes_what_the_kernel_takes(string written, Errno answer, short adj)
    {
        using var box = Box.With();
        var task = box.Start(new Requests([]));
        task.OomScoreAdj = 3;

        Assert.Equal(answer, box.Write($"/proc/{task.Pid}/oom_score_adj", written));

        Assert.Equal($"{adj}\n", box.Read(task, "oom_score_adj"));
        Assert.Equal(adj, answer == Errno.None ? task.OomScoreAdjMin : adj);
    }

    // Facts 6.5, measured.
    [Theory]
    [InlineData("15", Errno.None, 1000)]
    [InlineData("-17", Errno.None, -1000)]
    [InlineData("-16", Errno.None, -941)]
    [InlineData("7", Errno.None, 411)]
    [InlineData("16", Errno.EINVAL, 3)]
    [InlineData("-18", Errno.EINVAL, 3)]
    [InlineData("x", Errno.EINVAL, 3)]
    public void Oom_adj_is_scaled_and_leaves_the_recorded_minimum_alone(string written, Errno answer, short adj)
    {
        using var box = Box.With();
        var task = box.Start(new Requests([]));
        task.OomScoreAdj = 3;

        Assert.Equal(answer, box.Write($"/proc/{task.Pid}/oom_adj", written));

        Assert.Equal((adj, (short)0), (task.OomScoreAdj, task.OomScoreAdjMin));
    }

    [Theory]
    [InlineData("comm", Errno.EINVAL)]       // the writer is no thread of the process
    [InlineData("stat", Errno.EIO)]
    [InlineData("oom_score", Errno.EIO)]
    [InlineData("task", Errno.EISDIR)]
    public void Other_files_take_no_writes(string file, Errno answer)
    {
        using var box = Box.With();
        var task = box.Start(new Requests([]));
        var before = box.Machine.ComputeStateHash();

        Assert.Equal(answer, box.Write($"/proc/{task.Pid}/{file}", "1\n"));

        Assert.Equal(before, box.Machine.ComputeStateHash());
    }

    [Fact]
    public void A_zombie_has_no_mounts_to_show()
    {
        using var box = Box.With();

        Assert.Equal(Errno.EINVAL, box.Tree.TryRead($"/proc/{Zombie.In(box).Pid}/mounts", out _));
        Assert.Equal(box.Read("/proc/mounts"), box.Read("/proc/2/mounts"));
    }

    [Fact]
    public void Reading_the_files_of_all_processes_changes_nothing()
    {
        using var box = Box.WithDisks();
        box.Start(new Requests([new Request(RequestKind.Open, 4, 65536, Path: "/srv/x"), new Request(RequestKind.Read, 0, 65536)]));
        Zombie.In(box);
        var before = box.Machine.ComputeStateHash();

        ReadAll(box.Tree, "/proc");

        Assert.Equal(before, box.Machine.ComputeStateHash());
    }

    [Fact]
    public void The_users_of_a_box_are_those_it_was_given()
    {
        using var box = Box.With();

        Assert.Equal("root:x:0:0:root:/root:/bin/bash\n", box.Read("/etc/passwd"));
        new MachineTree(box.Machine, () => [.. "a:x:1:1::/:/bin/sh\n"u8]).TryRead("/etc/passwd", out var content);
        Assert.Equal("a:x:1:1::/:/bin/sh\n"u8.ToArray(), content.ToArray());
    }

    private static void ReadAll(MachineTree tree, string directory)
    {
        tree.TryList(directory, out var names);
        foreach (var name in names)
        {
            var path = $"{directory}/{name}";
            Assert.Equal(Errno.None, tree.TryStat(path, out var stat));
            if (stat.Kind == NodeKind.Directory)
            {
                ReadAll(tree, path);
            }
            else
            {
                tree.TryRead(path, out _);
                tree.TryReadLink(path, out _);
            }
        }
    }
}
