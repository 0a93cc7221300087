using System.Text;
using System.Text.Json;
using VboxMem.FileTree;
using VboxMem.Testing;

namespace VboxMem.Tools.Tests.Smem;

/// <summary>What smem and numastat do beyond the real ones, and what they do with damaged files.</summary>
public sealed class SmemTests
{
    private const string Smaps = "00400000-00401000 r-xp 00000000 fe:01 12 /usr/bin/a\nSize: 4 kB\nRss: 4 kB\nPss: 2 kB\nPrivate_Clean: 1 kB\nPrivate_Dirty: 3 kB\nSwap: 5 kB\nVmFlags: rd\n";

    private static MemoryTree Tree() => new()
    {
        ["/proc/meminfo"] = "MemTotal: 1000 kB\nMemFree: 5 kB\nSwapTotal: 50 kB\nBuffers: 3 kB\nCached: 7 kB\nMapped: 1 kB\nAnonPages: 50 kB\nSReclaimable: 1 kB\nHugepagesize: 2048 kB\n",
        ["/proc/20/smaps"] = Smaps, ["/proc/20/cmdline"] = "a\0", ["/proc/20/stat"] = "20 (a) S 1\n", ["/proc/20/status"] = "Name:\ta\n",
        ["/proc/20/numa_maps"] = "00400000 default heap anon=1 N0=5 N1=2 kernelpagesize_kB=4\n",
        ["/sys/devices/system/node/node0/meminfo"] = "Node 0 MemTotal: 1000 kB\nNode 0 HugePages_Free: 3\n", ["/sys/devices/system/node/node0/numastat"] = "numa_hit 5\n",
        ["/etc/passwd"] = "root:x:0:0::/:\n", ["/dump/proc/7/smaps"] = Smaps, ["/dump/proc/7/cmdline"] = "seven\0",
    };

    [Fact]
    public void Smem_prints_its_model()
    {
        using var json = JsonDocument.Parse(Ours.Run(Tree(), ProcpsVersion.V4_0_4, ["smem", "--json"]).Out);
        var process = json.RootElement.GetProperty("processes")[0];
        Assert.Equal((20, "root", 2, 4, 5), (process.GetProperty("pid").GetInt32(), process.GetProperty("user").GetString(),
            process.GetProperty("proportionalKilobytes").GetInt32(), process.GetProperty("uniqueKilobytes").GetInt32(), process.GetProperty("swapKilobytes").GetInt32()));
        Assert.Equal("/usr/bin/a", json.RootElement.GetProperty("mappings")[0].GetProperty("name").GetString());
    }

    [Fact]
    public void Smem_reads_a_directory_of_the_tree() =>
        Assert.Equal("    7 root     seven                              5        4        2        4 \n", Ours.Run(Tree(), ProcpsVersion.V4_0_4, ["smem", "-H", "-S", "/dump"]).Out);

    [Theory]
    [InlineData("-P", "(")]
    [InlineData("-m", "-c", "avguss")]
    [InlineData("-M", "(?<")]
    public void What_smem_falls_over_is_refused(params string[] options)
    {
        var outcome = Ours.Run(Tree(), ProcpsVersion.V4_0_4, ["smem", .. options]);
        Assert.Equal(("", 1), (outcome.Out, outcome.Code));
        Assert.StartsWith("smem: ", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Numastat_prints_its_model_and_counts_unknown_nodes_in_the_sum()
    {
        using var json = JsonDocument.Parse(Ours.Run(Tree(), ProcpsVersion.V4_0_4, ["numastat", "--json", "-p", "20"]).Out);
        Assert.Equal(5, json.RootElement.GetProperty("nodes")[0].GetProperty("numastatPages").GetProperty("numa_hit").GetInt32());
        var heap = json.RootElement.GetProperty("processes")[0].GetProperty("heapMegabytes");
        Assert.Equal((5 / 256.0, 7 / 256.0), (heap.GetProperty("node0").GetDouble(), heap.GetProperty("total").GetDouble()));
    }

    /// <summary>Cut off or changed at random places (a fixed seed), a file ends the tool in an answer or one line that names it.</summary>
    [Theory]
    [InlineData("/proc/20/smaps", "smem", "-t")]
    [InlineData("/proc/20/smaps", "smem", "-mk")]
    [InlineData("/proc/20/cmdline", "smem", "-u")]
    [InlineData("/proc/20/stat", "smem", "-c", "name")]
    [InlineData("/proc/meminfo", "smem", "-w")]
    [InlineData("/proc/meminfo", "smem", "-p")]
    [InlineData("/proc/20/numa_maps", "numastat", "-p", "20")]
    [InlineData("/proc/20/status", "numastat", "a")]
    [InlineData("/sys/devices/system/node/node0/meminfo", "numastat", "-m")]
    [InlineData("/sys/devices/system/node/node0/numastat", "numastat", "-cz")]
    [InlineData("/proc/meminfo", "numastat", "-n")]
    public void Damaged_files_are_named_or_read(string path, params string[] command)
    {
        var tree = Tree();
        Assert.Equal(Errno.None, tree.TryRead(path, out var content));
        var whole = content.ToArray();
        var random = new Random(20260101);
        byte[] likely = [.. "0123456789 \t\n:-.kB()=N\0"u8, 0xff, 0xc3];
        for (var round = 0; round < 400; round++)
        {
            var bytes = round % 2 == 0 ? whole[..random.Next(whole.Length + 1)] : [.. whole];
            for (var i = random.Next(round % 2, 5); i > 0 && bytes.Length > 0; i--) bytes[random.Next(bytes.Length)] = likely[random.Next(likely.Length)];
            tree.Put(path, bytes);
            var outcome = Ours.Run(tree, ProcpsVersion.V4_0_4, command, isUtf8: round % 3 == 0);
            var what = $"{Encoding.Latin1.GetString(bytes)}: {outcome.Error}";
            Assert.True(outcome.Code == 0 == (outcome.Error.Length == 0), what);
            if (outcome.Code == 0) continue;
            Assert.Equal(1, outcome.Code);
            Assert.Contains(path, outcome.Error, StringComparison.Ordinal);
            Assert.Equal(1, outcome.Error.Count(static c => c == '\n'));
        }
    }
}
