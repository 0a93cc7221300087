using VboxMem.Testing;

namespace VboxMem.Tools.Tests.Predicates;

/// <summary>A hand-made machine whose figures are round numbers.</summary>
internal static class APredicateTree
{
    public static MemoryTree Make(string uptime = "100.00")
    {
        var tree = new MemoryTree
        {
            ["/proc/uptime"] = $"{uptime} 50.00\n",
            ["/proc/meminfo"] = "MemTotal:        1048576 kB\nMemFree:          262144 kB\nMemAvailable:     524288 kB\nActive(anon):       4096 kB\nHugePages_Total:       3\n",
            ["/proc/vmstat"] = "nr_free_pages 65536\npgscan_direct 1000\npgpgin 2048\noom_kill 0\n",
            ["/proc/loadavg"] = "0.50 1.25 2.00 3/120 999\n",
            ["/proc/swaps"] = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/vdb partition\t1024\t\t256\t\t-2\n/dev/vdc partition\t2048\t\t512\t\t5\n",
            ["/proc/pressure/memory"] = "some avg10=5.00 avg60=1.25 avg300=0.00 total=2500000\nfull avg10=0.50 avg60=0.00 avg300=0.00 total=1000\n",
            ["/proc/zoneinfo"] = Zone(0, "DMA32", 300, 100) + Zone(0, "Normal", 1000, 200) + Zone(1, "Normal", 2000, 400),
            ["/sys/kernel/debug/vbox/services"] = "name  count p50 p90 p99 max\nnginx 400 900 20000 49999 200000\n",
            ["/dev/kmsg"] = "",
        };
        return tree.Run(1, "systemd", 8192).Run(61, "nginx", 10240).Run(62, "nginx", 20480).Run(63, "(sd-pam)", 512).Run(64, "defunct", 0, 'Z');
    }

    public static MemoryTree Run(this MemoryTree tree, int pid, string name, int residentKilobytes, char state = 'S')
    {
        tree[$"/proc/{pid}/stat"] = $"{pid} ({name}) {state} 1 {pid} {pid} 0 -1\n";
        tree[$"/proc/{pid}/status"] = $"Name:\t{name}\nVmSize:\t   99999 kB\nVmRSS:\t   {residentKilobytes} kB\nVmSwap:\t      64 kB\n";
        return tree;
    }

    private static string Zone(int node, string name, int free, int low) => $"""
        Node {node}, zone {name,8}
          per-node stats
              nr_inactive_anon 12
          pages free     {free}
                boost    0
                min      10
                low      {low}
                high     500
                promo    600
                spanned  9000
                present  8000
                managed  7000
                cma      0
                protection: (0, 0, 0, 0)
              nr_free_pages {free}
          pagesets
            cpu: 0
                      count: 1
                      high:  2
                      batch: 3

        """;
}
