using System.Globalization;
using System.Text;
using VboxMem.FileTree;
using VboxMem.Tools.Parsing;
using VboxMem.Tools.Tests.Dmesg;
using VboxMem.Tools.Tests.Processes;

namespace VboxMem.Tools.Tests.Fuzz;

/// <summary>All that the tools read of a machine, in memory: a captured machine's files, and a few processes of every kind.</summary>
internal sealed class WholeTree
{
    private const string Zone = "\n  pages free     300\n        boost    0\n        min      10\n        low      20\n        high     30\n        promo    40\n        spanned  9000\n        present  8000\n"
        + "        managed  7000\n        cma      0\n        protection: (0, 0, 0, 0, 0)\n      nr_free_pages 300\n  pagesets\n    cpu: 0\n              count:    1\n              high:     2\n              batch:    3\n"
        + "  vm stats threshold: 12\n  node_unreclaimable:  0\n  start_pfn:           4096\n";

    private static readonly int[] _pids = [1, 2, 20, 21, 22, 34, 63];

    public Dictionary<string, byte[]> Files { get; private init; } = new(StringComparer.Ordinal);

    public Dictionary<string, string> Links { get; private init; } = new(StringComparer.Ordinal);

    public Dictionary<string, string[]> Directories { get; private init; } = new(StringComparer.Ordinal);

    /// <summary>The same ten seconds later, by its clock alone.</summary>
    public WholeTree Later()
    {
        var later = new WholeTree { Links = Links, Directories = Directories, Files = new(Files, StringComparer.Ordinal) };
        var uptime = Encoding.UTF8.GetString(Files[Uptime.Path]).Split('.', 2);
        later.Files[Uptime.Path] = Encoding.UTF8.GetBytes($"{ulong.Parse(uptime[0], CultureInfo.InvariantCulture) + 10}.{uptime[1]}");
        return later;
    }

    public static WholeTree Make()
    {
        using var disk = ProcessTrees.Odd();
        foreach (var file in new[] { "meminfo", "vmstat", "swaps" }) disk.Add("proc/" + file, ProcTree.Capture("swapleak-60", file)!);
        disk.Add("proc/swaps", disk.Read("proc/swaps") + "/swap\\040file                           file\t\t20971520\t1024\t\t5\n");
        disk.Add("proc/stat", FirstLines(ProcTree.Capture("ram-1g", "stat")!, 40, 200));
        disk.Add("proc/uptime", ProcTree.Capture("ram-1g", "uptime")!);
        disk.Add("proc/slabinfo", FirstLines(ProcTree.Capture("swapleak-60", "slabinfo")!, 12, 200));
        disk.Add("proc/diskstats", " 259       0 nvme0n1 106 62 10898 78 4 16 160 15 0 104 97 0 0 0 0 1 3\n   8       0 sda 1 2 3 4 5 6 7 8 9 10 11\n   8       1 sda1 1 2 3 4 5 6 7 8 9 10 11\n");
        disk.Add("sys/block/sda/size", "8").Add("sys/block/nvme0n1/size", "8");
        disk.Add("proc/zoneinfo", "Node 0, zone      DMA\n  per-node stats\n      nr_inactive_anon 12" + Zone + "Node 0, zone    DMA32" + Zone);
        foreach (var resource in new[] { "cpu", "io", "memory" })
            disk.Add("proc/pressure/" + resource, "some avg10=1.27 avg60=0.05 avg300=99.99 total=2187415\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
        disk.Add("dev/kmsg", OomLog.Records);
        disk.Add("sys/kernel/debug/vbox/services", "name  count p50 p90 p99 max\nnginx 400 900 20000 49999 200000\n");
        foreach (var (name, value) in new[] { ("hostname", "vbox"), ("ostype", "Linux"), ("osrelease", "6.12.0"), ("sched_autogroup_enabled", "1") })
            disk.Add("proc/sys/kernel/" + name, value + "\n");
        disk.Add("proc/sys/vm/swappiness", "60\n").Add("proc/sys/vm/lowmem_reserve_ratio", "256\t256\t32\t0\t0\n");
        disk.Add("proc/20/maps", "55a4eb3a8000-55a4eb3ac000 r--p 00000000 fe:01 1234    /usr/bin/a\n7ffc0000-7ffd0000 rw-p 00000000 00:00 0   [stack]\n");
        disk.Add("proc/buddyinfo", "Node 0, zone      DMA      0      0      0      0      0      1      1      1      0      1      3 \nNode 0, zone    DMA32      2      1      2      3      2      1      2      1      1      3    228 \n");
        disk.Add("sys/devices/system/node/online", "0\n").Add("sys/devices/system/node/node0/numastat", "numa_hit 1234\nnuma_miss 5\nnuma_foreign 6\ninterleave_hit 7\nlocal_node 8\nother_node 9\n");
        disk.Add("sys/devices/system/node/node0/meminfo", "Node 0 MemTotal:         990904 kB\nNode 0 MemFree:           56672 kB\nNode 0 MemUsed:          934232 kB\nNode 0 HugePages_Total:     0\nNode 0 HugePages_Free:      0\n");
        disk.Add("proc/20/numa_maps", "55a4eb3a8000 default file=/usr/bin/a mapped=4 mapmax=2 N0=4 kernelpagesize_kB=4\n7ffc0000 default stack anon=3 dirty=3 active=0 N0=3 kernelpagesize_kB=4\n");
        disk.Add("sys/kernel/debug/vbox/files", "device      inode           size     pages     dirty writeback    active    mapped   evicted  recently path\n"
            + "254:0           7           8000         2         0         0         0         0         0         0 /srv/a\n254:0           8           8192         1         1         0         1         0         0         0 /srv/b\\040c\n");
        disk.Add("sys/kernel/debug/vbox/resident", "device      inode         page        pages\n254:0 7 0 2\n254:0 8 1 1\n");
        disk.Add("proc/20/smaps", Smaps("55a4eb3a8000-55a4eb3ac000 r--p 00000000 fe:01 1234    /usr/bin/a") + Smaps("7ffc0000-7ffd0000 rw-p 00000000 00:00 0   [stack]"));
        disk.AddDirectory("proc/99999999999").AddDirectory("proc/007").AddDirectory("proc/1x");
        var whole = new WholeTree();
        whole.CopyFrom(disk.Tree, "/");
        return whole;
    }

    private static string Smaps(string head) =>
        head + "\nSize:                 16 kB\nKernelPageSize:        4 kB\nMMUPageSize:           4 kB\nRss:                  16 kB\nPss:                   9 kB\nPss_Dirty:             0 kB\nShared_Clean:          8 kB\n"
        + "Shared_Dirty:          0 kB\nPrivate_Clean:         8 kB\nPrivate_Dirty:         0 kB\nReferenced:           16 kB\nAnonymous:             0 kB\nSwap:                  0 kB\nSwapPss:               0 kB\n"
        + "Locked:                0 kB\nTHPeligible:           0\nProtectionKey:         0\nVmFlags: rd mr mw me sd \n";

    private static string FirstLines(string text, int lines, int length) =>
        string.Concat(text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Take(lines).Select(line => (line.Length <= length ? line : line[..line.LastIndexOf(' ', length)]) + "\n"));

    private void CopyFrom(IFileTree tree, string directory)
    {
        Assert.Equal(Errno.None, tree.TryList(directory, out var names));
        Directories[directory] = [.. names.Where(name => directory != "/proc" || !int.TryParse(name, out var pid) || pid == 7 || _pids.Contains(pid))];
        foreach (var name in Directories[directory])
        {
            var path = directory.TrimEnd('/') + "/" + name;
            Assert.Equal(Errno.None, tree.TryStat(path, out var stat));
            if (stat.Kind == NodeKind.Directory) CopyFrom(tree, path);
            else if (stat.Kind == NodeKind.SymbolicLink) Links[path] = tree.TryReadLink(path, out var target) == Errno.None ? target : "";
            else Files[path] = tree.TryRead(path, out var content) == Errno.None ? content.ToArray() : [];
        }
    }
}
