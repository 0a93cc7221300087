using System.Globalization;
using VboxMem.Tools.Tests.Processes;

namespace VboxMem.Tools.Tests.Top;

/// <summary>top -b against the real one, byte for byte but for the time of day.</summary>
public sealed class TopComparisonTests
{
    private const string Utf8 = "C.UTF-8";

    private static readonly string[] Shapes =
    [
        "top -b -n1", "top -bn1 -c", "top -bn1 -i", "top -bn1 -S", "top -bn1 -H", "top -bn1 -Hc", "top -bn1 -w", "top -bn1 -w 200", "top -bn1 -w 512 -c",
        "top -bn1 -w 100 -c", "top -bn1 -w 76", "top -bn1 -w 40", "top -bn1 -w 20", "top -bn1 -w 10", "top -bn1 -w 3", "top -bn1 -w 71", "top -bn1 -w 79 -c",
        "top -bn1 -w 120 -H", "top -bn1 -e k", "top -bn1 -e m", "top -bn1 -e g", "top -bn1 -e t", "top -bn1 -e p", "top -bn1 -E k", "top -bn1 -E m",
        "top -bn1 -E g", "top -bn1 -E t", "top -bn1 -E p", "top -bn1 -E e", "top -bn1 -p 1", "top -bn1 -p 20,21,40 -p 46", "top -bn1 -p 9999",
        "top -bn1 -p 0", "top -bn1 -H -p 63", "top -bn1 -p 64", "top -bn1 -H -p 64", "top -bn1 -p 40,40,20", "top -bn1 -u somebody", "top -bn1 -u 1000",
        "top -bn1 -u !somebody", "top -bn1 -U somebody", "top -bn1 -U !1000", "top -bn1 -u 4242", "top -bn1 -d 0.1", "top -bn1 -d 5", "top -b -n 1 -s", "top -bn1 -1", "top -bn1 -11", "top -bn1 -1 -w", "top -b1n1 -w 100 -E k",
    ];

    private static readonly string[] Orders =
    [
        .. ((string[])["PID", "PPID", "UID", "USER", "PGRP", "TTY", "SID", "PR", "NI", "nTH", "P", "%CPU", "TIME", "TIME+", "%MEM", "VIRT", "SWAP", "RES",
            "CODE", "DATA", "SHR", "nMaj", "nMin", "S", "COMMAND", "OOMa", "OOMs", "USED", "RSS", "PSS", "PSan", "USS"])
            .SelectMany(static field => (string[])[$"top -bn1 -o {field}", $"top -bn1 -o +{field}", $"top -bn1 -o -{field}"]),
        "top -bn1 -o pid", "top -bn1 -o time+", "top -bn1 -c -o COMMAND", "top -bn1 -H -o TIME", "top -bn1 -S -o TIME+",
    ];

    private static readonly string[] Wrong =
    [
        "top -bn1 -o nosuch", "top -bn1 -o +", "top -bn1 -o ''", "top -bn1 -o -nosuch", "top -bn0", "top -bn -1", "top -bn x", "top -bn 1x", "top -bn ''", "top -bn",
        "top -b -n 99999999999", "top -bn1 -d x", "top -bn1 -d -1", "top -bn1 -d ''", "top -bn1 -d", "top -bn1 -d 1,5", "top -bn1 -d 1e3", "top -bn1 -d .5", "top -bn1 -d 1x", "top -bn1 -d inf", "top -bn1 -d +1", "top -bn1 -p x", "top -bn1 -p -1",
        "top -bn1 -p ''", "top -bn1 -p 1,", "top -bn1 -p ,1", "top -bn1 -p 1,,2", "top -bn1 -p 1x", "top -bn1 -p", "top -bn1 -p 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21",
        "top -bn1 -p 99999999999", "top -bn1 -u nosuch", "top -bn1 -u ''", "top -bn1 -u !", "top -bn1 -U nosuch", "top -bn1 -u", "top -bn1 -u 1000 -p 1", "top -bn1 -p 1 -u 1000",
        "top -bn1 -u 1000 -U 1000", "top -bn1 -u 99999999999", "top -bn1 -u 12x", "top -bn1 -w 2", "top -bn1 -w 513", "top -bn1 -w x", "top -bn1 -w -5", "top -bn1 -w 0", "top -bn1 -w ''",
        "top -bn1 -e x", "top -bn1 -e e", "top -bn1 -e mm", "top -bn1 -e ''", "top -bn1 -e", "top -bn1 -E x", "top -bn1 -E", "top -bn1 -E kk", "top -bn1 -E K", "top -bn1 -e M",
        "top -bn1 x", "top x", "top -bn1 -x", "top -bn1 --nosuch", "top -bn1 -", "top -bn1 --", "top -bn1 -- x", "top bn1", "top -bn1 20", "top -V", "top -Vx", "top -bn1 -V", "top -bV", "top -d 1 -x",
        "top -bn1 -p1", "top -bn1 -w60", "top -bn1 -usomebody", "top -bn1 -oPID", "top -bcHin1", "top -bn1 -cc", "top -bn1 -ii", "top -bn1 -SS", "top -bn1 -Z",
    ];

    [RealToolFact]
    public void Every_shape_looks_the_same_on_odd_processes()
    {
        using var tree = Figures(ProcessTrees.Odd());
        Comparison.OnProcesses(tree, Utf8, Shapes);
        Chown(tree, 22, 0);   // 4.0.2 pads a name that is not ASCII wrongly in C
        Comparison.OnProcesses(tree, "C", "top -bn1", "top -bn1 -c", "top -bn1 -c -w 150", "top -bn1 -H");
    }

    [RealToolFact]
    public void Tasks_are_sorted_the_same_by_every_field()
    {
        using var tree = Figures(ProcessTrees.Odd());
        Comparison.OnProcesses(tree, Utf8, Orders);
    }

    [RealToolFact]
    public void Wrong_arguments_are_refused_the_same()
    {
        using var tree = ProcessTrees.Bare();
        Comparison.OnProcesses(tree, "C", Wrong);
    }

    [RealToolFact]
    public void A_thousand_processes_look_the_same()
    {
        using var tree = ProcessTrees.Thousand();
        Comparison.OnProcesses(tree, "C", "top -bn1", "top -bn1 -c -w", "top -bn1 -o RES", "top -bn1 -o TIME+ -i", "top -bn1 -u somebody -o -VIRT", "top -bn1 -o S");
    }

    [RealToolFact]
    public void The_widest_pids_look_the_same()
    {
        foreach (var most in (string[])["4194304", "32768", "100000", "100001", "1000001", "301"])
        {
            using var tree = ProcessTrees.Bare(most);
            new ATask(4194303, "last") { CommandLine = ATask.Bytes("last\0") }.AddTo(tree);
            Comparison.OnProcesses(tree, "C", "top -bn1", "top -bn1 -c -w 40");
        }
    }

    [RealToolFact]
    public void Every_size_of_memory_looks_the_same()
    {
        foreach (var total in (ulong[])[1, 1023, 1000000, 9999999, 99999999, 1048575999, 102399999, 10485759999, 99999999999, 1UL << 50, 1UL << 53])
        {
            using var tree = ProcessTrees.Bare().Add("proc/meminfo", Text(
                $"MemTotal: {total} kB\nMemFree: {total / 3} kB\nMemAvailable: {total / 2} kB\nBuffers: {total / 50} kB\nCached: {total / 7} kB\nSReclaimable: {total / 90} kB\nSwapTotal: {total / 2} kB\nSwapFree: {total / 5} kB\n"));
            Comparison.OnProcesses(tree, "C", [.. "kmgtpe".Select(static unit => $"top -bn1 -E {unit}")]);
        }

        foreach (var figures in (string[])["MemTotal: 1000 kB\nMemFree: 10 kB\nMemAvailable: 2000 kB\nCached: 1200 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n",
            "MemTotal: 1000 kB\nMemFree: 500 kB\n", "MemTotal: 0 kB\n"])
        {
            using var tree = ProcessTrees.Bare().Add("proc/meminfo", figures);
            Comparison.OnProcesses(tree, "C", "top -bn1", "top -bn1 -E k");
        }
    }

    [RealToolFact]
    public void What_passed_between_two_readings_looks_the_same()
    {
        foreach (var cpus in (int[])[1, 4, 12, 128])
        {
            using var tree = Cpus(cpus, ProcessTrees.Bare());
            new ATask(30, "busy") { UserTicks = 1000, Threads = 200 }.AddTo(tree);
            new ATask(31, "busier") { UserTicks = 2000, SystemTicks = 3, State = 'R', Threads = 3 }.AddTo(tree);
            new ATask(32, "idle") { UserTicks = 77 }.AddTo(tree);
            new ATask(33, "back") { UserTicks = 500 }.AddTo(tree);
            using var later = new ProcTree();
            new ATask(30, "busy") { UserTicks = 200000, Threads = 200 }.AddTo(later);
            new ATask(31, "busier") { UserTicks = 2150, SystemTicks = 43, State = 'R', Threads = 3 }.AddTo(later);
            new ATask(33, "back") { UserTicks = 400 }.AddTo(later);
            (string, string)[] change =
            [
                ("proc/uptime", "100002.33 5.00\n"), ("proc/stat", StatOf(cpus, 7)), .. ((int[])[30, 31, 33]).Select(pid => Of(later, Text($"proc/{pid}/stat"))),
            ];
            tree.Add("proc/uptime", "100000.00 5.00\n");
            Comparison.OnChangingProcesses(tree, change, 2, "top -b -n2 -d 3", "top -bn2 -d 3 -i", "top -bin2 -d 3 -o TIME+", "top -b -n 2 -d 3.5 -S -o -%CPU -w 60", "top -bn2 -d3 -1", "top -bn2 -d3 -1 -w 200");
        }
    }

    [RealToolFact]
    public void Old_and_unknown_kernels_have_no_stolen_time()
    {
        foreach (var release in (string?[])["6.12.48+deb13-cloud-amd64", "6.12", "2.6.10", "2.6.11", null])
        {
            using var tree = ProcessTrees.Bare();
            if (release is null) tree.Remove("proc/sys/kernel/osrelease").Remove("proc/sys/kernel/pid_max").Remove("etc/group");
            else tree.Add("proc/sys/kernel/osrelease", release + "\n");
            Comparison.OnProcesses(tree, "C", "top -bn1", "top -bn1 -w 60");
        }
    }

    private static (string, string) Of(ProcTree tree, string path) => (path, File.ReadAllText(Path.Combine(tree.Root, path)));

    private static ProcTree Cpus(int count, ProcTree tree) => tree.Add("proc/stat", StatOf(count, 0));

    private static string StatOf(int cpus, int more)
    {
        var lines = Text($"cpu  {1000 + (more * 31)} {20 + more} {300 + (more * 11)} {4000 + (more * 53)} {50 + (more * 2)} {6 + more} {7 + more} {8 + more} 0 0\n");
        for (var cpu = 0; cpu < cpus; cpu++) lines += Text($"cpu{cpu * (cpu > 2 ? 3 : 1)} {1 + (more * cpu)} 2 {3 + more} {4 + (more * 5)} 5 6 7 8 9 10\n");
        return lines + "intr 1\nctxt 1\nbtime 1700000000\nprocesses 9\nprocs_running 1\nprocs_blocked 0\n";
    }

    /// <summary>Times, sizes and priorities about every threshold.</summary>
    private static ProcTree Figures(ProcTree tree)
    {
        ulong[] ticks = [0, 99, 100, 5999, 6000, 59999, 60000, 600000, 2160000, 2165999, 2166000, 34919999, 34920000, 129599999, 129600000, 60480000000, 6048000000000, 60480000000000000];
        ulong[] pages = [0, 2499, 25000, 249999, 250000, 262143, 2499999, 2500000, 26214399, 26214400, 1UL << 28, 1UL << 30, 1UL << 38, 1UL << 40, 3UL << 46, 18014398509481, 1UL << 41, 999];
        int[] priorities = [-100, -99, -51, -101, -10, 0, 9, 39, 99, 100, 999, 1000, -2, 139, 20, 20, 20, 20];
        for (var i = 0; i < ticks.Length; i++)
        {
            new ATask(100 + i, "fig" + new string('u', i))
            {
                UserTicks = ticks[i], ChildTicks = (ulong)i * 777, VirtualBytes = pages[i] * 4096, ResidentPages = pages[^(i + 1)], Priority = priorities[i], Nice = (i * 2) - 18,
                CommandLine = ATask.Bytes($"/usr/bin/fig\0--n={i}\0" + new string('w', i * 9) + "\0"), Users = i % 4 == 0 ? "0\t1001\t1001\t1001" : "0\t0\t0\t0",
            }.AddTo(tree);
            Chown(tree, 100 + i, i % 4 == 0 ? 1001 : i % 4 == 1 ? 1000 : i % 4 == 2 ? 1004 : 0);
        }

        Chown(tree, 20, 1000);
        Chown(tree, 21, 1002);
        Chown(tree, 22, 1003);
        Chown(tree, 23, 123456789);
        Chown(tree, 24, 1234567);
        return tree;
    }

    private static void Chown(ProcTree tree, int pid, int user) =>
        Shell.Run(Text($"chown {user} '{tree.Root}/proc/{pid}'"));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
