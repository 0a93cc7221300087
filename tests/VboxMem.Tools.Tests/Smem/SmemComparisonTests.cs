using System.Globalization;
using VboxMem.Tools.Tests.Processes;

namespace VboxMem.Tools.Tests.Smem;

/// <summary>smem against the real one, which reads the tree by its own -S.</summary>
public sealed class SmemComparisonTests
{
    private static readonly string[] Tables =
    [
        "smem", "smem -r", "smem -H", "smem -n", "smem -t", "smem -k", "smem -p", "smem -kt", "smem -pt", "smem -pk", "smem -kp", "smem -tH", "smem x", "smem -- -r",
        "smem -c pid", "smem -c pid\u00b7user\u00b7name\u00b7command\u00b7maps\u00b7swap\u00b7uss\u00b7rss\u00b7pss\u00b7vss", "smem -t -c user\u00b7command\u00b7pid\u00b7maps\u00b7name",
        "smem -c pid\u00b7pid", "smem -c ''", "smem -c \u00b7\u00b7pid\u00b7\u00b7rss\u00b7", "smem -c pid,user", "smem -c avgpss", "smem -tc swap",
        .. ((string[])["pid", "user", "name", "command", "maps", "swap", "uss", "rss", "pss", "vss"]).SelectMany(static field =>
            (string[])[$"smem -s {field}", $"smem -r -s {field} -c pid\u00b7{field}", $"smem -n --sort={field}"]),
        "smem -s nosuch", "smem -s pss,pid", "smem -s ''", "smem -s nosuch -c nosuch", "smem -P forty", "smem -P ^for", "smem -P (a|b)$", "smem -P n1", "smem -P nosuch", "smem -P ''",
        "smem -U root", "smem -U ^0 -n", "smem -U . -u", "smem -M libc", "smem -M ^\\[", "smem -M nosuch", "smem -M . -t", "smem -P e -U root -M libc -k",
        "smem -u", "smem -u -n", "smem -ur", "smem -ut", "smem -uk", "smem -up", "smem -upt", "smem -u -c user\u00b7count\u00b7swap\u00b7uss\u00b7rss\u00b7pss\u00b7vss", "smem -u -s user", "smem -u -n -s user",
        "smem -u -s count -r", "smem -u -c nosuch", "smem -u -M libc", "smem -u -t -c pss\u00b7user", "smem -u -P a", "smem -u -s swap", "smem -uH",
        "smem -m", "smem -mr", "smem -mt", "smem -mk", "smem -mp", "smem -mpt", "smem -m -c map\u00b7count\u00b7pids\u00b7swap\u00b7uss\u00b7rss\u00b7pss\u00b7vss\u00b7avgpss\u00b7avgrss -t",
        "smem -m -s map", "smem -m -s count", "smem -m -s pids -r", "smem -m -s swap", "smem -m -s avgrss", "smem -m -M lib", "smem -m -P a", "smem -m -U nosuch", "smem -m -c nosuch", "smem -mH", "smem -mn",
        "smem -w", "smem -wr", "smem -wt", "smem -wk", "smem -wp", "smem -wpt", "smem -wkt", "smem -wH", "smem -w -c order\u00b7area", "smem -w -c area\u00b7used -s used", "smem -w -s area -r", "smem -w -s cache",
        "smem -w -s noncache", "smem -w -c nosuch", "smem -w -R 2G", "smem -w -R 2000M -t", "smem -wk -R 1.5G", "smem -wp -R 4KB", "smem -w -R 1\u00b7G", "smem -w -R 1GB", "smem -w -R 2048kB", "smem -w -R 3T",
        "smem -R 2G -p", "smem -R 12", "smem -R 3g -w", "smem -R 1GiB", "smem -R x", "smem -mu", "smem -mw", "smem -uw", "smem -wtr -c used\u00b7area",
        "smem -Z", "smem --nosuch", "smem --re", "smem --no", "smem --rev", "smem --s pid", "smem --sort", "smem -s", "smem -c", "smem --reverse=x", "smem -R", "smem --numer", "smem --map", "smem -mZ", "smem -",
    ];

    [RealToolFact]
    public void Every_table_looks_the_same_on_odd_processes()
    {
        using var tree = OddTree();
        Comparison.OnSource(tree, Tables);
    }

    [RealToolFact]
    public void Without_swap_the_same_is_printed()
    {
        using var tree = OddTree();
        tree.Add("proc/meminfo", "MemTotal: 1000 kB\nMemFree: 5 kB\nSwapTotal: 0 kB\nBuffers: 3 kB\nCached: 7 kB\nMapped: 100 kB\nAnonPages: 5000 kB\nSReclaimable: 1 kB\n");
        Comparison.OnSource(tree, "smem -p", "smem -pt", "smem -w", "smem -wk", "smem -wpt", "smem -upt", "smem -mp -c map\u00b7swap");
    }

    [RealToolFact]
    public void Without_proc_nothing_is_printed()
    {
        using var tree = new ProcTree();
        Directory.Delete(Path.Combine(tree.Root, "proc"));
        Assert.Equal(new Outcome("", "", 0), Ours.Run(tree.Tree, RealTools.Version, ["smem", "-t"]));
        using var other = ProcessTrees.Bare();
        Comparison.Check([["smem", "-t"]], RealTools.RunAsInit(other, [["smem", "-S", "RESULTS/nosuch", "-t"]]), command => Ours.Run(tree.Tree, RealTools.Version, command));
    }

    [RealToolFact]
    public void A_thousand_processes_look_the_same()
    {
        using var tree = OddTree();
        for (var i = 0; i < 1000; i++)
        {
            Put(tree, 1000 + i, $"worker{i % 10}", i % 3 == 0 ? 1000 : 0, Area(0x400000, $"/usr/bin/w{i % 17}", i * 7 % 1000, i % 13, i % 5, i % 3)
                + Area(0x7f0000000000, "/usr/lib/libc.so", i % 97, 300, 4, 0) + Area(0x7ff000000000, "[stack]", i, i, i, 1));
        }

        Comparison.OnSource(tree, "smem", "smem -s swap -r -t", "smem -m", "smem -ut", "smem -k -s rss", "smem -p -s uss", "smem -m -s pids");
    }

    private static ProcTree OddTree()
    {
        var tree = ProcessTrees.Bare().Add("proc/meminfo",
            "MemTotal: 1000000 kB\nMemFree: 200000 kB\nBuffers: 10000 kB\nCached: 300000 kB\nAnonPages: 150000 kB\nMapped: 50000 kB\nSReclaimable: 30000 kB\nSwapTotal: 500000 kB\nSwapFree: 400000 kB\n");
        Put(tree, 2, "n1", 0, Area(0x400000, "/usr/bin/a", 100, 200, 50, 7) + Area(0x600000, "[heap]", 33, 40, 20, 1) + Area(0x7f0000000000, "/usr/lib/libc.so", 12, 300, 0, 0) + Area(0x7f1000000000, "", 5, 6, 7, 8), "/usr/bin/a\0--x\0");
        Put(tree, 20, "n20", 1000, Area(0x400000, "/usr/bin/b", 1000, 2000, 500, 700) + Area(0x7f0000000000, "/usr/lib/libc.so", 11, 300, 0, 0), "/usr/bin/b with a very long command line of more than 27\0");
        Put(tree, 300, "n300", 99999, Area(0x400000, "/usr/bin/b", 100000, 200000, 50000, 70000));
        tree.AddBytes("proc/300/cmdline", [(byte)'c', 0, 0xff, (byte)'d', 0]);
        Put(tree, 40, "for ty) x", 0, Area(0x400000, "/tmp/x y (deleted)", 0, 0, 0, 0) + Area(0x7f0000200000, "[vdso]", 1, 1, 0, 0) + Area(0x7f0000300000, "[stack:77]", 1, 1, 0, 0)
            + Area(0x7f0000300000, "/usr/lib/libc.so", 1, 1, 0, 0) + Area(0x7f0000400000, "[anon:xyz]", 1, 1, 0, 0) + Area(0x7f0000500000, "/dev/zero (deleted)", 1, 1, 0, 0), "forty\0a\0\0");
        Put(tree, 50, "n50", 0, Area(0x400000, "/tmp/q", 150, 1, 1, 1), "same-as-1\tq\nz\0\u00e9h\0\u6f22\ud83d\ude00 \u6f22\u5b57\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57\0");
        Put(tree, 51, "n51", 0, "", "no-maps\0");
        Put(tree, 52, "n52", 0, Area(0x400000, "/tmp/q", 150, 1, 1, 1), "nostat\0");
        tree.Remove("proc/52/stat");
        Put(tree, 55, "n55", 0, "", "no-smaps\0");
        tree.Remove("proc/55/smaps");
        Put(tree, 56, "n56", 0, Area(0x400000, "/tmp/q", 150, 1, 1, 1), "\0\0");
        Put(tree, 57, "n57", 0, Area(0x400000, "/tmp/q", 150, 1, 1, 1));
        tree.Remove("proc/57/cmdline");
        Put(tree, 60, "(a) b (c)", 0, Area(0x400000, "/a/very/long/path/name/that/is/longer/than/forty/characters/indeed.so", 150, 1, 1, 1) + Area(0x7f0000400000, "/usr/lib/libc.so", 1, 1, 0, 0)
            + Area(0x7f0000500000, "/usr/lib/libc.so", 1, 1, 0, 0) + Area(0x7f0000600000, "/SYSV00000000 (deleted)", 1, 1, 0, 0), "sixty\0");
        Put(tree, 61, "kernel", 0, Area(0x400000, "/tmp/q", 150, 1, 1, 1), "");
        Put(tree, 62, "big", 123456789, Area(0x400000, "/tmp/q", 1048576, 1023, 1024, 1073741824) + Area(0x500000, "/tmp/r", 1L << 50, 1047527, 1048575, 0), "  lead trail  \0");
        Put(tree, 64, "zero", 1001, Area(0x400000, "/tmp/q", 0, 0, -4, 0), "zero\0");
        tree.Add("proc/9/stat", "9 (no files) S 1\n").Add("proc/notapid/cmdline", "x\0");
        return tree;
    }

    private static void Put(ProcTree tree, int pid, string name, int user, string smaps, string? command = null)
    {
        tree.Add(Text($"proc/{pid}/smaps"), smaps).Add(Text($"proc/{pid}/stat"), Text($"{pid} ({name}) S 1 1 1 0 -1\n"))
            .AddBytes(Text($"proc/{pid}/cmdline"), ATask.Bytes(command ?? name + "\0"));
        if (user != 0) Shell.Run(Text($"chown {user} '{tree.Root}/proc/{pid}'"));
    }

    private static string Area(ulong start, string name, long pss, long rss, long clean, long swap) => Text(
        $"{start:x8}-{start + 0x1000:x8} r-xp 00000000 fe:01 1234    {name}\nSize: {rss + 4,18} kB\nKernelPageSize:        4 kB\nRss: {rss,19} kB\nPss: {pss,19} kB\nPss_Dirty:            7 kB\n")
        + Text($"Shared_Clean:         8 kB\nPrivate_Clean: {clean + 4,9} kB\nPrivate_Dirty:        0 kB\nReferenced:           3 kB\nSwap: {swap,18} kB\nSwapPss:             3 kB\nVmFlags: rd ex mr mw me \n");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
