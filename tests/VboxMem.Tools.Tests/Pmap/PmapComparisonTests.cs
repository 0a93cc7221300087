using VboxMem.Tools.Tests.Processes;
using VboxMem.Testing;

namespace VboxMem.Tools.Tests.Pmap;

// Goal: pmap prints what the machine's own prints, byte for byte, in every format.
// Method: hand-made maps and smaps; the real program runs as the tree's process 1.
public sealed class PmapComparisonTests
{
    private static readonly string[] Options =
    [
        "pmap 1", "pmap -x 1", "pmap -d 1", "pmap -X 1", "pmap -XX 1", "pmap -q 1", "pmap -qx 1", "pmap -qd 1", "pmap -qX 1", "pmap -qXX 1",
        "pmap -p 1", "pmap -xp 1", "pmap -dp 1", "pmap -Xp 1", "pmap -XXp 1", "pmap 1 58 59", "pmap -X 1 58 59", "pmap -XX 58 1", "pmap -x 1 2 99",
        "pmap 2", "pmap -x 2", "pmap -X 2", "pmap -d 2", "pmap 99", "pmap -A 7f0000000000 1", "pmap -A 0,7f0000000000 1", "pmap -A ,7fffffff 1",
        "pmap -x -A 7f0000000000, 1", "pmap -A 561b7ade1000 1", "pmap -A x 1", "pmap -A 0x10,zz 1", "pmap -d -A 7f0000000000 1", "pmap",
        "pmap -x -d 1", "pmap -X -x 1", "pmap -X", "pmap -V", "pmap -r 1", "pmap -z 1", "pmap -a 1", "pmap x", "pmap 0", "pmap 1x", "pmap -- 1",
        "pmap /proc/1", "pmap /proc/1 /proc/self", "pmap 0x1", "pmap 010", "pmap --extended 1", "pmap --ext --show-path 1", "pmap --device=3 1",
        "pmap --range", "pmap -A",
    ];

    private static string Details(int number) =>
        $"Size:           {number * 4,8} kB\nKernelPageSize:        4 kB\nMMUPageSize:           4 kB\nRss:            {number * 3,8} kB\nPss:            {number * 2,8} kB\n"
        + $"Pss_Dirty:      {number,8} kB\nShared_Clean:          0 kB\nShared_Dirty:   {number / 2,8} kB\nPrivate_Clean:         0 kB\nPrivate_Dirty:  {number,8} kB\n"
        + $"Referenced:            5 kB\nAnonymous:      {number * 1000,8} kB\nLazyFree:              0 kB\nAnonHugePages:         0 kB\nSwap:           {number / 3,8} kB\n"
        + "SwapPss:               0 kB\nLocked:                0 kB\nTHPeligible:           0\n";

    private static readonly string[] Areas =
    [
        "55a4eb3a8000-55a4eb3ac000 r--p 00000000 fe:01 1234                       /usr/lib/systemd/systemd\n",
        "55a4eb3ac000-55a4eb3d0000 r-xp 00004000 fe:01 1234                       /usr/lib/systemd/systemd\n",
        "55a4ec000000-55a4ec100000 rw-p 00000000 00:00 0                          [heap]\n",
        "7f0000000000-7f0000021000 rw-p 00000000 00:00 0 \n",
        "7f0000100000-7f0000200000 rw-s 00000000 00:05 98765432                   /dev/shm/a b\\012c (deleted)\n",
        "7f0000300000-7f0000301000 ---p 00000000 fd:1234 18446744073709551615     /ends/in/slash/\n",
        "7f0000400000-7f0000401000 rwxp 7fffffff000 103:00020 7                   /srv/é/café\n",
        "7ffff0000000-7ffff0021000 rw-p 00000000 00:00 0                          [stack]\n",
        "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n",
    ];

    private static ProcTree Tree()
    {
        var tree = ProcessTrees.Bare();
        AddAreas(tree, 1, Areas.Length);
        foreach (var (pid, areas) in ((int, int)[])[(58, 3), (59, 9)])
        {
            new ATask(pid, "p") { CommandLine = ATask.Bytes("p\0\u0001\0") }.AddTo(tree);
            AddAreas(tree, pid, areas);
        }

        new ATask(2, "kthreadd") { HasMemory = false }.AddTo(tree);
        return tree.Add("proc/2/maps", "").Add("proc/2/smaps", "");
    }

    private static void AddAreas(ProcTree tree, int pid, int areas)
    {
        tree.Add($"proc/{pid}/maps", string.Concat(Areas.Take(areas)));
        tree.Add($"proc/{pid}/smaps", string.Concat(Areas.Take(areas).Select((area, i) => area + Details(((i + 1) * 7) + (pid * 100)) + (i % 2 == 0 ? "VmFlags: rd wr mr mw me ac sd \n" : "VmFlags: rd mr sd \n"))));
    }

    [RealToolFact]
    public void Every_format_and_option_looks_the_same()
    {
        using var tree = Tree();
        Comparison.OnProcesses(tree, "C.UTF-8", Options);
    }

    [RealToolFact]
    public void Without_areas_or_swap_lines_the_same_is_printed()
    {
        using var tree = Tree().Remove("proc/58/maps").Remove("proc/58/smaps");
        tree.Add("proc/59/smaps", Areas[0] + "Rss: 5 kB\nShared_Dirty: 1 kB\nPrivate_Dirty: 2 kB\n");
        Comparison.OnProcesses(tree, "C", "pmap 58", "pmap -x 58", "pmap -X 58", "pmap 58 1", "pmap -x 59", "pmap -X 59", "pmap -XX 59");
    }

    [Theory]
    [InlineData("zz-10 r--p 0 0:0 0\n", "the start is \"zz\", allowed is a hexadecimal number up to ffffffffffffffff")]
    [InlineData("10 r--p 0 0:0 0\n", "\"10\" is no range of addresses such as \"00400000-00401000\"")]
    [InlineData("10-20 r 0 0:0 0\n", "\"r\" are no permissions such as \"r-xp\"")]
    [InlineData("10-20 r--p 0 00 0\n", "\"00\" is no device such as \"fe:01\"")]
    [InlineData("10-20 r--p 0 0:0 x\n", "the inode is \"x\", allowed is a whole number from 0 to 18446744073709551615")]
    [InlineData("Rss: 5 kB\n", "\"Rss: 5 kB\" stands before the first area")]
    public void A_malformed_line_is_named(string maps, string problem)
    {
        var tree = new MemoryTree { ["/proc/7/stat"] = "7 (a) S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0\n", ["/proc/7/maps"] = maps };
        var outcome = Ours.Run(tree, ProcpsVersion.V4_0_4, ["pmap", "7"]);
        Assert.Equal(($"pmap: /proc/7/maps:1: {problem}\n", 1), (outcome.Error, outcome.Code));
    }
}
