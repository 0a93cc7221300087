using System.Globalization;

namespace VboxMem.Tools.Tests.Numastat;

/// <summary>numastat against the real one.</summary>
public sealed class NumastatComparisonTests
{
    private static readonly string[] Options =
    [
        "numastat", "numastat -m", "numastat -n", "numastat -c", "numastat -cm", "numastat -cn", "numastat -v", "numastat -z", "numastat -zm", "numastat -zn", "numastat -czm", "numastat -mn",
        "numastat -s", "numastat -s1", "numastat -s9", "numastat -p 20", "numastat 20", "numastat -p 20 21", "numastat -p 21 20 -p 22", "numastat -v -p 20 21", "numastat -c -p 20", "numastat -cp 20 21 22",
        "numastat -z -p 20", "numastat -zp 300", "numastat -zp 20 300", "numastat -p 300", "numastat -cz -p 20 300", "numastat -s -p 20 21", "numastat -s0 -p 20 21 22", "numastat -s1 -p 20", "numastat -vs1 -p 20 21",
        "numastat -p app", "numastat app", "numastat -p nosuch", "numastat -p nosuch -m", "numastat app nosuch", "numastat -p u", "numastat -p --x", "numastat -p app\u00b7--x", "numastat -p fifteen", "numastat -p kernel",
        "numastat -p 999", "numastat -p 20 999", "numastat -p 999 20", "numastat -p 998 999", "numastat -vp 20 999", "numastat -p 0", "numastat -p -5", "numastat -p 20 20", "numastat -mp 20", "numastat -np 20", "numastat -mnp 20 21",
        "numastat -V", "numastat -mV", "numastat -x", "numastat -p", "numastat -h", "numastat --nosuch", "numastat -c app", "numastat -p 4194303", "numastat -c -p 4194303 20", "numastat -p ''",
    ];

    [RealToolFact]
    public void Every_option_looks_the_same_with_any_number_of_nodes()
    {
        foreach (var nodes in (int[])[1, 2, 12])
        {
            using var tree = Tree(nodes);
            Comparison.OnTree(tree, Options);
        }
    }

    [RealToolFact]
    public void Figures_of_every_size_look_the_same()
    {
        using var tree = Tree(2);
        tree.Add("sys/devices/system/node/node0/numastat", "numa_hit 12345678901234567890\nnuma_miss 123456789012\nnuma_foreign 0\nlocal_node 5\nextra 7\n");
        tree.Add("sys/devices/system/node/node1/meminfo", "Node 1 MemTotal: 1 kB\nNode 1 SReclaimable: 99999999999999 kB\nNode 1 Slab: 9999999999999999 kB\nNode 1 HighTotal: 512 kB\nNode 1 LowFree: 256 kB\nNode 1 Quicklists: 5 kB\nNode 1 MemFree: 1536 kB\nNode 1 Dirty: 2560 kB\n");
        Comparison.OnTree(tree, "numastat", "numastat -n", "numastat -cn", "numastat -m", "numastat -cm", "numastat -zm", "numastat -zn");
    }

    [RealToolFact]
    public void Missing_files_are_answered_the_same()
    {
        foreach (var gone in (string[])["sys/devices/system/node", "sys/devices/system/node/node1/numastat", "sys/devices/system/node/node1/meminfo", "proc/20/status", "proc/20/numa_maps", "proc/meminfo"])
        {
            using var tree = Tree(2);
            var path = Path.Combine(tree.Root, gone);
            if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
            else File.Delete(path);
            Comparison.OnTree(tree, "numastat", "numastat -m", "numastat -n", "numastat -p 20", "numastat -p 20 21");
        }
    }

    private static ProcTree Tree(int nodes)
    {
        var tree = new ProcTree().Add("proc/meminfo", "MemTotal: 1000 kB\nHugePages_Total: 1\nHugepagesize:     2048 kB\n");
        for (var node = 0; node < nodes; node++)
        {
            tree.Add(Text($"sys/devices/system/node/node{node}/numastat"), Text(
                $"numa_hit {(node * 7654321) + 123456789}\nnuma_miss {(node * 7) + 30}\nnuma_foreign {(node == 1 ? 9999999 : node + 1)}\ninterleave_hit 1126\nlocal_node {339250943 - node}\nother_node 0\n"));
            tree.Add(Text($"sys/devices/system/node/node{node}/meminfo"), Meminfo(node));
        }

        const string areas = "00400000 default file=/usr/bin/a mapped=3 N0=3 kernelpagesize_kB=4\n00600000 default heap anon=2000 dirty=2000 N0=1500 N1=500 kernelpagesize_kB=4\n"
            + "7f1000000000 default file=/dev/hugepages/x huge anon=3 dirty=3 N0=2 N1=1 kernelpagesize_kB=2048\n7ffd00000000 default stack anon=4 dirty=4 N0=4 kernelpagesize_kB=4\n7ffd00100000 default\n"
            + "7f2000000000 default file=/usr/lib/heapx/stack.so mapped=3 N0=256 kernelpagesize_kB=4\n7f3000000000 default huge anon=1 N1=1 kernelpagesize_kB=1048576\n7f4000000000 bind:0 file=/a\\040huge anon=1 N0=512 kernelpagesize_kB=4\n"
            + "7f5000000000 prefer:1 stack:77 anon=1 N0=1024 active=3 kernelpagesize_kB=4\n";
        var ours = nodes > 1 ? areas : areas.Replace("N1=", "N0=", StringComparison.Ordinal);
        Put(tree, 20, "app", "/usr/bin/app\0--x\0", ours);
        Put(tree, 21, "fifteen-chars-x", "/usr/bin/other\0", ours.Replace("N0=1500", "N0=15", StringComparison.Ordinal));
        Put(tree, 22, "third", "third\0", "00400000 default file=/usr/bin/a mapped=3 N0=100000 kernelpagesize_kB=4\n");
        Put(tree, 300, "kernel", "", "");
        Put(tree, 4194303, "fifteen-chars-x", "z\0", ours);
        return tree;
    }

    private static void Put(ProcTree tree, int pid, string name, string command, string maps) =>
        tree.Add(Text($"proc/{pid}/numa_maps"), maps).Add(Text($"proc/{pid}/status"), Text($"Name:\t{name}\nState:\tS (sleeping)\n"))
            .Add(Text($"proc/{pid}/cmdline"), command).Add(Text($"proc/{pid}/stat"), Text($"{pid} ({name}) S 1\n"));

    /// <summary>As 6.12 prints it, each size another.</summary>
    private static string Meminfo(int node)
    {
        var text = "";
        var size = 15_165_644UL + ((ulong)node * 123_457);
        foreach (var name in "MemTotal MemFree MemUsed SwapCached Active Inactive Active(anon) Inactive(anon) Active(file) Inactive(file) Unevictable Mlocked Dirty Writeback FilePages Mapped AnonPages Shmem KernelStack PageTables SecPageTables NFS_Unstable Bounce WritebackTmp KReclaimable Slab SReclaimable SUnreclaim AnonHugePages ShmemHugePages ShmemPmdMapped FileHugePages FilePmdMapped Unaccepted".Split(' '))
        {
            text += Text($"Node {node} {name + ":",-16} {(name is "Bounce" or "WritebackTmp" ? 0 : size)} kB\n");
            size = size * 7 / 9;
        }

        return text + Text($"Node {node} HugePages_Total: {3 + node}\nNode {node} HugePages_Free: 2\nNode {node} HugePages_Surp: 0\n");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
