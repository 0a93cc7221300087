namespace VboxMem.Tools.Tests.Free;

/// <summary>free against the real free.</summary>
public sealed class FreeComparisonTests
{
    private static readonly string[] Figures =
    [
        "free", "free -b", "free -k", "free -m", "free -g", "free --tebi", "free --pebi",
        "free --kilo", "free --mega", "free --giga", "free --tera", "free --peta",
        "free -h", "free -h --si", "free --si", "free -m --si", "free -b --si", "free -k --si", "free -g -h --si",
        "free -m -h", "free -h --mega", "free -w", "free -l", "free -t", "free -v", "free -wltv", "free -whltv", "free --si -whltv",
        "free --wide --lohi --total --committed --bytes",
    ];

    [RealToolFact]
    public void Every_captured_machine_looks_the_same_in_every_unit_and_layout()
    {
        foreach (var capture in new[] { "ram-1g", "ram-8g", "numa-1g-1g", "cpus-8-1g", "swapleak-60" })
        {
            using var tree = ProcTree.OfCapture(capture);
            Comparison.OnTree(tree, Figures);
        }
    }

    [RealToolFact]
    public void Odd_memory_looks_the_same()
    {
        Action<ProcTree>[] oddities =
        [
            tree => tree.WithMeminfo("MemAvailable", null),
            tree => tree.WithMeminfo("MemAvailable", "0"),
            tree => tree.WithMeminfo("MemAvailable", "99999999"),                       // above MemTotal
            tree => tree.WithMeminfo("MemFree", "99999999"),
            tree => tree.WithMeminfo("MemFree", "7372576").WithMeminfo("MemAvailable", null),   // used is negative
            tree => tree.WithMeminfo("Cached", "0").WithMeminfo("SReclaimable", "0").WithMeminfo("Buffers", "0"),
            tree => tree.WithMeminfo("Shmem", null).WithMeminfo("Cached", null).WithMeminfo("SwapTotal", null),
            tree => tree.WithMeminfo("SwapTotal", "100").WithMeminfo("SwapFree", "200"),
            tree => tree.WithMeminfo("SwapTotal", "10737418240").WithMeminfo("SwapFree", "1"),
            tree => tree.WithMeminfo("MemTotal", "1125899906842624").WithMeminfo("MemAvailable", "562949953421312"),   // 1 EiB
            tree => tree.WithMeminfo("MemTotal", "9007199254740993").WithMeminfo("MemFree", "9007199254740991"),
            tree => tree.WithMeminfo("LowTotal", "500000").WithMeminfo("LowFree", "600000").WithMeminfo("HighTotal", "400").WithMeminfo("HighFree", "300"),
            tree => tree.WithMeminfo("LowTotal", "0").WithMeminfo("LowFree", "600000"),
            tree => tree.WithMeminfo("CommitLimit", "100").WithMeminfo("Committed_AS", "6381756"),
            tree => tree.WithMeminfo("CommitLimit", null).WithMeminfo("Committed_AS", null),
            tree => tree.Add("proc/meminfo", "MemTotal:        1000 kB\n"),
            tree => tree.Add("proc/meminfo", "MemTotal: 1000 kB\nMemTotal: 2000 kB\nMemFree: 7 kB\n"),
        ];
        foreach (var make in oddities)
        {
            using var tree = ProcTree.OfCapture("swapleak-60");
            make(tree);
            Comparison.OnTree(tree, "free", "free -h", "free -h --si", "free -wltv", "free -hltv", "free -b", "free -m", "free --mega", "free --pebi", "free --peta -t");
        }
    }

    [RealToolFact]
    public void Human_sizes_turn_at_the_same_kilobyte()
    {
        // Every neighbourhood in which the text changes its width or unit, and exact ties of the rounding (1.25, 2.75 …).
        long[] turns =
        [
            0, 1, 9, 10, 97, 98, 99, 100, 976, 999, 1000, 1023, 1024, 1280, 2816, 3328, 10188, 10189, 10239, 10240, 102348, 102349,
            1022976, 1023487, 1023999, 1047552, 1310720, 2883584, 10433331, 10433332, 10485759, 10485760, 1047527424, 1048575999,
            1342177280, 10683731148, 10683731149, 1072668082176, 1374389534720, 10940140696371, 1098412116148224,
        ];
        var values = turns.SelectMany(turn => new[] { turn - 1, turn, turn + 1 }).Where(value => value >= 0).Distinct().ToArray();
        using var tree = ProcTree.OfCapture("ram-1g");
        for (var i = 0; i < values.Length; i += 5)
        {
            var five = Enumerable.Range(i, 5).Select(index => values[Math.Min(index, values.Length - 1)]).ToArray();
            tree.WithMeminfo("SwapTotal", $"{five[0]}").WithMeminfo("SwapFree", $"{five[1]}")
                .WithMeminfo("Shmem", $"{five[2]}").WithMeminfo("Buffers", $"{five[3]}").WithMeminfo("Committed_AS", $"{five[4]}");
            Comparison.OnTree(tree, "free -hwv", "free -hwv --si");
        }
    }

    [RealToolFact]
    public void Options_are_understood_and_refused_the_same()
    {
        using var tree = ProcTree.OfCapture("ram-1g");
        var commands = new List<string>
        {
            "free -V", "free --version", "free -m -g", "free -b -k", "free --tebi -b", "free --kilo --kibi", "free --meg", "free --me",
            "free --gi", "free --k", "free --co 1", "free -x", "free -mx", "free --nosuch", "free --nosuch=3", "free foo", "free -h foo bar",
            "free -- -x", "free --", "free -", "free -- ''", "free --si=3", "free --bytes=1", "free --c", "free --s 1", "free --ver",
            "free -s", "free --seconds", "free -c", "free -s x -c 1", "free -s 0 -c 1", "free -s -1 -c 1", "free -s 0.1x -c 1",
            "free -s 1e-1 -c 1", "free --seconds= -c 1", "free -s inf -c 1", "free -s . -c 1", "free -s .0000001 -c 1", "free -s 0,5 -c 1",
            "free -s ·5 -c 1", "free -s 5 -c 1", "free -s5 -c1", "free -c 0", "free -c x", "free -c -1", "free -c 1x", "free -c ''",
            "free -c ·1", "free -c +1", "free -c 99999999999999999999", "free -c 4294967297", "free -c 2147483648", "free -c 1 -V",
            "free -V --nosuch", "free --nosuch -V", "free -c1 -wltvh",
        };
        if (RealTools.Version == ProcpsVersion.V4_0_2) commands.AddRange(["free -L", "free -wL", "free --line"]);
        else commands.AddRange(["free -L", "free -Lh", "free --line -c 1"]);
        Comparison.OnTree(tree, [.. commands]);
    }

    [RealToolFact]
    public void A_missing_or_empty_meminfo_is_reported_the_same()
    {
        using var tree = ProcTree.OfCapture("ram-1g");
        Comparison.OnTree(tree.Remove("proc/meminfo"), "free", "free -V", "free -x");
        Comparison.OnTree(tree.Add("proc/meminfo", ""), "free");
    }

    [RealToolFact]
    public void Repetition_shows_the_memory_of_its_moment()
    {
        using var tree = ProcTree.OfCapture("ram-1g");
        var before = File.ReadAllText(Path.Combine(tree.Root, "proc/meminfo"));
        var after = ProcTree.Capture("swapleak-60", "meminfo")!;
        tree.Add("after", after);
        string[][] commands = [["free", "-s", "1.5", "-c", "2"], ["free", "-htv", "-c", "2", "-s", "1.6"]];

        var real = RealTools.RunWhile(tree, commands, "sleep 0.4; cat \"$ROOT/after\" >/proc/meminfo");
        Comparison.Check(commands, real, command =>
        {
            tree.Add("proc/meminfo", before);
            return Ours.Run(tree.Tree, RealTools.Version, command, new ScriptedTicker((_, _) => tree.Add("proc/meminfo", after)));
        });
    }
}
