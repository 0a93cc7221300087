using System.Globalization;
using System.Text;

namespace VboxMem.Tools.Tests.Processes;

/// <summary>Hand-made trees of processes. They were booted so that their clock is the host's: START columns then look the same.</summary>
internal static class ProcessTrees
{
    private const double UptimeSeconds = (3 * 86400) + 4000.37;

    /// <summary>Ticks at the moment of the reading.</summary>
    private const ulong Now = 26320037;

    /// <summary>init and what ps needs of the system.</summary>
    public static ProcTree Bare(string pidMax = "32768")
    {
        var boot = DateTimeOffset.UtcNow.ToUnixTimeSeconds() - (long)UptimeSeconds;
        var tree = new ProcTree()
            .Add("proc/uptime", UptimeSeconds.ToString("F2", CultureInfo.InvariantCulture) + " 1.00\n")
            .Add("proc/stat", string.Create(CultureInfo.InvariantCulture, $"cpu 1 2 3 4 5 6 7 8 9 10\ncpu0 1 2 3 4 5 6 7 8 9 10\nintr 1\nctxt 1\nbtime {boot}\nprocesses 9\nprocs_running 1\nprocs_blocked 0\n"))
            .Add("proc/meminfo", "MemTotal: 1000000 kB\nMemFree: 5 kB\n")
            .Add("proc/cpuinfo", "processor\t: 0\n\n")
            .Add("proc/loadavg", "0.31 0.07 1.02 1/123 4567\n")
            .Add("proc/sys/kernel/pid_max", pidMax + "\n")
            .Add("proc/sys/kernel/osrelease", "6.12.48+deb13-cloud-amd64\n")
            .Add("etc/passwd", "root:x:0:0::/:\nsomebody:x:1000:1000::/:\nlongusername:x:1001:1001::/:\nexactly8:x:1002:1002::/:\nmüller:x:1003:1::/:\n" + new string('x', 33) + ":x:1004:1::/:\n")
            .Add("etc/group", "root:x:0:\ngrp:x:1000:\nlonggroupname:x:1001:\n")
            .AddLink("proc/self", "1");
        Add(tree, new ATask(1, "systemd") { Parent = 0, Start = 1, CommandLine = ATask.Bytes("/sbin/init\0"), UserTicks = 100, SystemTicks = 200, Flags = 0x400100 });
        return tree;
    }

    /// <summary>A thousand ordinary processes, a few levels deep.</summary>
    public static ProcTree Thousand()
    {
        var tree = Bare("4194304");
        for (var i = 0; i < 1000; i++)
        {
            var number = (ulong)i;
            Add(tree, new ATask(1000 + (i * 7), $"worker-{i}")
            {
                Parent = i < 20 ? 1 : 1000 + (i / 3 * 7), Start = 200 + (number * 37 % 5000), UserTicks = number * number % 99991, SystemTicks = number % 77,
                VirtualBytes = 4096UL * (number * 7919 % 100003), ResidentPages = number * 104729 % 20011, Nice = (i % 40) - 20, Priority = i % 40,
                Users = i % 3 == 0 ? "1000\t1000\t1000\t1000" : "0\t0\t0\t0", State = "SRDTZ"[i % 5], Terminal = i % 11 == 0 ? 0x8800 : 0,
                CommandLine = ATask.Bytes($"/usr/bin/worker\0--number={i}\0{new string('x', i % 50)}\0"), Faults = number * 31,
            });
        }

        return tree;
    }

    /// <summary>Names, arguments, states, policies, times and sizes of every odd kind.</summary>
    public static ProcTree Odd()
    {
        var tree = Bare();
        foreach (var task in KernelThreads().Concat(Policies()).Concat(Names()).Concat(Terminals()).Concat(Figures()).Concat(Family()).Concat(WithThreads()))
            Add(tree, task);
        AddOtherFiles(tree);
        return tree;
    }

    private static void Add(ProcTree tree, ATask task) => task.AddTo(tree);

    private static IEnumerable<ATask> KernelThreads() =>
    [
        new(2, "kthreadd") { Parent = 0, Group = 0, Session = 0, Start = 1, HasMemory = false, StartCode = 0, EndCode = 0 },
        new(10, "kworker/0:1H-kblockd") { Parent = 2, Group = 0, Session = 0, Priority = 0, Nice = -20, HasMemory = false, State = 'I' },
        new(11, "migration/0") { Parent = 2, Group = 0, Session = 0, Priority = -100, RealTime = 99, Policy = 1, HasMemory = false },
    ];

    private static IEnumerable<ATask> Policies() =>
    [
        new(12, "rr") { Priority = -51, RealTime = 50, Policy = 2 },
        new(13, "batch") { Policy = 3, Nice = 5, Priority = 25 },
        new(14, "iso") { Policy = 4 },
        new(15, "idle") { Policy = 5, Nice = 19, Priority = 39 },
        new(16, "deadline") { Policy = 6, Priority = -101 },
        new(17, "seven") { Policy = 7 },
        new(18, "unknown") { Policy = -1 },
    ];

    private static IEnumerable<ATask> Names() =>
    [
        new(20, "a) b (c") { CommandLine = ATask.Bytes("a) b (c\0 d\0"), Users = "1000\t1000\t1000\t1000", Groups = "1000\t1000\t1000\t1000", MoreGroups = "4 24 1000" },
        new(21, "tab\tnl\nx") { CommandLine = ATask.Bytes("x\ty\nz\0\u0001\u007f\0") },
        new(22, "") { RawName = [0xff, 0xfe, 0xc3], CommandLine = [0xff, (byte)'\t', 0xc3, (byte)'(', 0, 0xe2, 0x82, 0, .. ATask.Bytes("é€"), 0] },
        new(23, "é€漢") { CommandLine = ATask.Bytes("漢字漢字漢字 é \u0085 😀\0") },
        new(24, "zombie") { State = 'Z', HasMemory = false, Parent = 20 },
        new(25, ""),
        new(26, "blanks") { CommandLine = ATask.Bytes("   \0") },
        new(27, "nulls") { CommandLine = ATask.Bytes("\0\0\0") },
        new(28, "end-blank") { CommandLine = ATask.Bytes("abc ") },
        new(29, "end-newline") { CommandLine = ATask.Bytes("abc\n") },
        new(30, "no-end") { CommandLine = ATask.Bytes("abc\0\0def") },
        new(31, "long") { CommandLine = ATask.Bytes("/usr/bin/long " + new string('y', 3000) + "\0" + new string('z', 200) + "\0") },
        new(32, "back\\slash\\n") { CommandLine = ATask.Bytes("b\0") },
        new(33, "fifteen-chars-x") { CommandLine = ATask.Bytes("fifteen-chars-xyz\0") },
    ];

    private static IEnumerable<ATask> Terminals() =>
    [
        new(34, "bash") { Terminal = 0x8800, Foreground = 35, Users = "1001\t1001\t1002\t1003", Groups = "1001\t1001\t1001\t1001", CommandLine = ATask.Bytes("-bash\0"), Start = Now - 50000 },
        new(35, "vim") { Terminal = 0x8800, Foreground = 35, Session = 34, Parent = 34, Users = "1000\t0\t1001\t1002", Groups = "0\t1\t2\t3", CommandLine = ATask.Bytes("vim\0x\0"), Start = Now - 40000, LockedKilobytes = 64 },
        new(36, "getty") { Terminal = 0x401, Foreground = 36, CommandLine = ATask.Bytes("getty\0"), Users = "1002\t1002\t1002\t1002" },
        new(37, "serial") { Terminal = 0x440, Foreground = 37, CommandLine = ATask.Bytes("serial\0"), Users = "1003\t1003\t1003\t1003" },
        new(38, "many-terminals") { Terminal = (137 << 8) | 44, CommandLine = ATask.Bytes("p\0"), Users = "1004\t1004\t1004\t1004" },
        new(39, "no-device") { Terminal = (99 << 8) | 3, CommandLine = ATask.Bytes("p\0"), Users = "4294967295\t4294967295\t4294967295\t4294967295", Groups = "4294967294\t4294967294\t4294967294\t4294967294" },
    ];

    private static IEnumerable<ATask> Figures() =>
    [
        new(40, "hot") { State = 'R', UserTicks = Now - 30000, SystemTicks = 5, Start = 20000, CommandLine = ATask.Bytes("hot\0"), Cpu = 3, Threads = 4 },
        new(41, "half") { State = 'R', UserTicks = 7777, Start = Now - 20000, CommandLine = ATask.Bytes("half\0"), Cpu = 12 },
        new(42, "fresh") { UserTicks = 3, Start = Now - 7, CommandLine = ATask.Bytes("fresh\0") },
        new(43, "now") { UserTicks = 3, Start = Now, CommandLine = ATask.Bytes("now\0") },
        new(44, "future") { UserTicks = 3, Start = Now + 500, CommandLine = ATask.Bytes("future\0") },
        new(45, "ages") { UserTicks = 1UL << 40, SystemTicks = 1UL << 40, ChildTicks = 5, Start = 5, CommandLine = ATask.Bytes("ages\0") },
        new(46, "huge") { VirtualBytes = 1UL << 63, ResidentPages = 1UL << 50, ResidentLimit = 123456789, StartCode = 1UL << 40, EndCode = 1UL << 41, Faults = 1UL << 63, CommandLine = ATask.Bytes("huge\0") },
        new(47, "stopped") { State = 'T', CommandLine = ATask.Bytes("st\0"), Signals = "0000000000000001 00000000000000ff ffffffffffffffff 0000000100000000 7fffffff12345678" },
        new(60, "no-status") { HasStatus = false, CommandLine = ATask.Bytes("ns\0") },
        new(61, "no-cmdline") { CommandLine = null },
    ];

    private static IEnumerable<ATask> Family() =>
    [
        new(48, "disk") { State = 'D', CommandLine = ATask.Bytes("dd\0"), Parent = 20 },
        new(49, "child") { Parent = 48, CommandLine = ATask.Bytes("child\0"), ChildTicks = 300 },
        new(50, "grandchild") { Parent = 49, CommandLine = ATask.Bytes("gc\0") },
        new(51, "child2") { Parent = 48, CommandLine = ATask.Bytes("child2\0"), Start = 50 },
        new(52, "orphan") { Parent = 9999, CommandLine = ATask.Bytes("orphan\0") },
        new(53, "own-parent") { Parent = 53, CommandLine = ATask.Bytes("op\0") },
    ];

    private static IEnumerable<ATask> WithThreads()
    {
        yield return new ATask(1, "systemd") { Parent = 0, Start = 1, ThreadOf = 1 };
        yield return new ATask(63, "threads") { Threads = 3, CommandLine = ATask.Bytes("threads\0") };
        foreach (var tid in (int[])[63, 64, 70])
        {
            yield return new ATask(tid, $"thread-{tid}") { ThreadOf = 63, Threads = 3, UserTicks = (ulong)tid, Start = 100 + (ulong)tid, CommandLine = ATask.Bytes("threads\0") };
        }

        yield return new ATask(65, "other") { Threads = 2, CommandLine = ATask.Bytes("other\0"), Users = "1000\t1000\t1000\t1000" };
        foreach (var tid in (int[])[65, 66])
        {
            yield return new ATask(tid, $"other-{tid}") { ThreadOf = 65, Threads = 2, Users = "1000\t1000\t1000\t1000", CommandLine = ATask.Bytes("other\0") };
        }
    }

    private static void AddOtherFiles(ProcTree tree)
    {
        foreach (var (pid, channel) in ((int, string)[])[(20, "0"), (21, "do_sys_poll"), (22, "__x64_sys_nanosleep"), (24, ".foo"), (34, "_bar"), (35, "poll_schedule_timeout.constprop.0"), (36, "")])
            tree.Add(Text($"proc/{pid}/wchan"), channel);
        foreach (var (pid, score, adjustment) in ((int, int, int)[])[(20, 666, 0), (21, 1000, -1000), (22, 0, 1000)])
            tree.Add(Text($"proc/{pid}/oom_score"), Text($"{score}\n")).Add(Text($"proc/{pid}/oom_score_adj"), Text($"{adjustment}\n"));
        tree.Add("proc/20/cgroup", "0::/system.slice/foo.service\n")
            .Add("proc/21/cgroup", "12:memory:/a\n11:cpu:/\n1:name=systemd:/user.slice/x\n0::/b\n").Add("proc/22/cgroup", "0::/\n")
            .Add("proc/20/io", "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 6\ncancelled_write_bytes: 7\n")
            .Add("proc/21/io", "rchar: 18446744073709551615\nwchar: 123456789\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 6\ncancelled_write_bytes: 7\n")
            .Add("proc/20/smaps_rollup", "00400000-7ff ---p 00000000 00:00 0 [rollup]\nRss:  1234 kB\nPss:  999 kB\nPss_Dirty:   7 kB\nPss_Anon:  1 kB\nPss_File: 2 kB\nPss_Shmem: 3 kB\n"
                + "Shared_Clean: 4 kB\nShared_Dirty: 5 kB\nPrivate_Clean: 6 kB\nPrivate_Dirty: 70 kB\nReferenced: 5 kB\nSwap: 9 kB\nSwapPss: 8 kB\nLocked: 0 kB\n")
            .Add("proc/20/loginuid", "1000").Add("proc/21/loginuid", "4294967295").Add("proc/20/autogroup", "/autogroup-17 nice 5\n")
            .Add("proc/20/environ", "A=b\0C=d e\0").Add("proc/21/environ", "").Add("proc/20/attr/current", "unconfined\n")
            .AddLink("proc/20/exe", "/usr/bin/foo bar");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
