// Goal: whatever a tree holds, an import gives a profile that loads and boots, or says clearly what is wrong; it never throws.
// Method: trees with files missing, malformed, in other places; thousands of mutated ones (100,000 where VBOXMEM_TESTS_LONG is 1).

using System.Diagnostics;
using System.Text;
using VboxMem.FileTree;
using VboxMem.Kernel.Time;
using VboxMem.Profiles;
using VboxMem.Profiles.Import;
using VboxMem.Session;
using VboxMem.Testing;

namespace VboxMem.Conformance.Tests.Import;

public sealed class DamagedTreesTests
{
    private static readonly string[] _words =
    [
        "", "0", "-1", "18446744073709551615", "18446744073709551616", "99999999999999", "NaN", "kB", ":", "\n", "\0", "Node 3, zone Normal", "present 1",
        "managed 77777777777", "start_pfn: 1", "protection: (1, 2, 3)", "PPid:\t3", "VmSize: 1 kB", "RssAnon: 77777777777 kB", "DMA32", "1024", "4096", "é", "\uFFFD", "()", "[always]", "0-300",
    ];

    private static int Rounds => Environment.GetEnvironmentVariable("VBOXMEM_TESTS_LONG") is "1" ? 100_000 : 2_000;

    [Fact]
    public void Each_file_may_be_missing()
    {
        var whole = BoxTree();
        foreach (var path in whole.Paths.ToArray())
        {
            var tree = whole.Clone();
            tree.Remove(path);
            AssertClear(Importer.Import(tree, "dir"), path, mayFail: false);
        }
    }

    [Theory]
    [InlineData("/proc/zoneinfo", "zones follow from MemTotal")]
    [InlineData("/proc/meminfo", "totals are not known")]
    [InlineData("/proc/cpuinfo", "model and clock")]
    [InlineData("/proc/swaps", "no swap")]
    [InlineData("/proc/stat", "CPUs are counted in cpuinfo")]
    public void What_is_missing_is_said(string path, string meaning)
    {
        var tree = BoxTree();
        tree.Remove(path);
        var result = Importer.Import(tree, "dir");
        Assert.Contains(result.Notes, line => line.StartsWith($"missing: dir{path}", StringComparison.Ordinal) && line.Contains(meaning, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/proc/meminfo", "MemTotal: 1 kB\nMemFree: x kB\n", "dir/proc/meminfo:2: MemFree is \"x\"")]
    [InlineData("/proc/zoneinfo", "Node 0, zone DMA\n  pages free 1\n        min q\n", "dir/proc/zoneinfo:3: min is \"q\"")]
    [InlineData("/proc/swaps", "Filename\tType\n/dev/sda partition 1\n", "dir/proc/swaps:2: the line ends before")]
    [InlineData("/proc/1/status", "Name:\tx\nPPid:\ty\n", "dir/proc/1/status:2: PPid is \"y\"")]
    [InlineData("/proc/1/status", "Name:\tx\nVmSize:\t1 kB\nVmRSS:\t68719476737 kB\n", "dir/proc/1/status:3: VmRSS is 68719476737, allowed are 0 to 68719476736")]
    [InlineData("/proc/1/status", "Name:\tx\nUid:\t0\t4294967295\t0\t0\n", "dir/proc/1/status:2: Uid is 4294967295, allowed are 0 to 4294967294")]
    [InlineData("/proc/1/stat", "1 (x S\n", "dir/proc/1/stat:1: ")]
    public void What_is_malformed_is_named_with_its_line(string path, string text, string expected)
    {
        var tree = BoxTree();
        tree.Put(path, TextTree.Bytes(text));
        var result = Importer.Import(tree, "dir");
        Assert.Null(result.Json);
        Assert.Contains(result.Errors, line => line.StartsWith(expected, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("7")]
    [InlineData("2")]
    [InlineData("DMA,DMA32")]
    [InlineData("HighMem")]
    public void A_zone_that_no_box_has_is_said(string name)
    {
        var tree = BoxTree();
        tree.Put("/proc/zoneinfo", TextTree.Bytes(Encoding.UTF8.GetString(tree["/proc/zoneinfo"]).Replace("zone    DMA32", "zone    " + name, StringComparison.Ordinal)));
        var result = Importer.Import(tree, "dir");
        AssertClear(result, name, mayFail: false);
        Assert.Contains(result.Notes, line => line.StartsWith($"not reproduced: zone {name} of node 0", StringComparison.Ordinal));
    }

    [Fact]
    public void Smaps_are_named_with_their_line_too()
    {
        var tree = BoxTree();
        foreach (var path in PathsOf(tree, "smaps")) tree.Put(path, TextTree.Bytes("00400000-00401000 r--p 00000000 fe:00 7 /x\nRss: q kB\n"));
        Assert.Contains(Importer.Import(tree, "dir").Errors, static line => line.StartsWith("dir/proc/", StringComparison.Ordinal) && line.Contains("/smaps:2: Rss is \"q\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("status", "Rss", "missing: RssAnon, RssFile and RssShmem of ")]
    [InlineData("smaps_rollup", "Pss_", "approximated: how much of their files processes share follows from Mapped")]
    public void What_the_kernel_does_not_divide_by_kind_is_not_taken_for_nothing(string file, string prefix, string meaning)
    {
        var tree = BoxTree();
        foreach (var path in PathsOf(tree, "maps")) tree.Remove(path);   // of these a box is known, whose sharing is known otherwise
        Assert.DoesNotContain(Importer.Import(tree, "dir").Notes, line => line.StartsWith(meaning, StringComparison.Ordinal));
        foreach (var path in PathsOf(tree, file))
        {
            var lines = Encoding.UTF8.GetString(tree[path]).Split('\n').Where(line => !line.StartsWith(prefix, StringComparison.Ordinal));
            tree.Put(path, TextTree.Bytes(string.Join('\n', lines)));
        }

        Assert.Contains(Importer.Import(tree, "dir").Notes, line => line.StartsWith(meaning, StringComparison.Ordinal));
    }

    [Fact]
    public void A_folder_without_meminfo_is_no_copy_of_proc()
    {
        var result = Importer.Import(new TextTree(), "dir");
        Assert.Null(result.Json);
        Assert.StartsWith("dir: neither proc/meminfo", Assert.Single(result.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void A_bare_copy_of_proc_says_the_same()
    {
        var tree = BoxTree();
        var bare = tree.Renamed(static path => path.StartsWith("/proc/", StringComparison.Ordinal) ? path["/proc".Length..] : path);
        Assert.Equal(Importer.Import(tree, "dir").Json, Importer.Import(bare, "dir").Json);
    }

    [Fact]
    public void An_sosreport_has_its_tunables_and_processes_elsewhere()
    {
        var tree = TextTree.OfCapture(Capture.Load("ram-1g"));
        foreach (var path in tree.Paths.Where(static path => path.StartsWith("/proc/sys/vm/", StringComparison.Ordinal)).ToArray()) tree.Remove(path);
        tree.Put("/sos_commands/kernel/sysctl_-a", TextTree.Bytes("kernel.pid_max = 32768\nvm.swappiness = 7\nvm.min_free_kbytes = 45056\n"));
        tree.Put("/sos_commands/process/ps_alxwww", TextTree.Bytes(
            "F   UID     PID    PPID PRI  NI    VSZ   RSS WCHAN  STAT TTY        TIME COMMAND\n"
            + "4     0       1       0  20   0   1856  1024 -      Ss   ?          0:01 /sbin/init splash\n"
            + "1     0       2       0  20   0      0     0 -      S    ?          0:00 [kthreadd]\n"
            + "0    33     176       1  30  10  42828  1000 -      SN   ?          0:00 nginx: worker process\n"));
        var result = Importer.Import(tree, "dir");
        Assert.Equal([], result.Errors);
        Assert.Contains("\"swappiness\": 7", result.Json, StringComparison.Ordinal);
        Assert.Contains("{ \"name\": \"init\", \"program\": \"process\", \"path\": \"/usr/local/bin/init\", \"arguments\": [\"/sbin/init splash\"]", result.Json, StringComparison.Ordinal);
        Assert.Contains("\"name\": \"nginx\", \"program\": \"process\", \"user\": \"www-data\", \"nice\": 10", result.Json, StringComparison.Ordinal);
        Assert.DoesNotContain("kthreadd", result.Json, StringComparison.Ordinal);
    }

    [Fact]
    public void Arguments_are_left_out_where_nobody_wants_them()
    {
        var result = Importer.Import(BoxTree(), "dir", keepsArguments: false);
        Assert.Contains("[\"/usr/local/bin/service\"]", result.Json, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", result.Json, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mutated_tree_is_a_profile_or_a_clear_error()
    {
        var random = new Random(7);
        TextTree[] originals = [BoxTree(), TextTree.OfCapture(Capture.Load("ram-128m"), hasShell: true), TextTree.OfCapture(Capture.Load("numa-1g-1g"))];
        var good = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var tree = originals[random.Next(originals.Length)].Clone();
            var paths = tree.Paths.ToArray();
            for (var changes = random.Next(1, 5); changes > 0; changes--)
            {
                var path = random.Next(3) == 0 ? "/proc/zoneinfo" : paths[random.Next(paths.Length)];
                tree.Put(path, Mutate(random, tree[path]));
            }

            var watch = Stopwatch.StartNew();
            var result = Importer.Import(tree, "dir");
            Assert.True(watch.Elapsed < TimeSpan.FromMinutes(1), $"round {round} took {watch.Elapsed}");
            AssertClear(result, $"round {round}", mayFail: true);
            good += result.Json is null ? 0 : 1;
        }

        Assert.InRange(good, Rounds / 20, Rounds - 1);
    }

    [Fact]
    public void The_host_itself_is_a_machine()
    {
        if (!File.Exists("/proc/meminfo")) return;
        var result = Importer.Import(new DirectoryTree("/"), "/", keepsArguments: false);
        AssertClear(result, "the host", mayFail: false);
    }

    /// <summary>A file of all processes.</summary>
    private static string[] PathsOf(TextTree tree, string file) =>
        [.. tree.Paths.Where(path => path.StartsWith("/proc/", StringComparison.Ordinal) && path.EndsWith("/" + file, StringComparison.Ordinal))];

    private static void AssertClear(ImportResult result, string what, bool mayFail)
    {
        if (result.Json is { } json)
        {
            Assert.Empty(result.Errors);
            var loaded = ProfileLoader.LoadJson(Encoding.UTF8.GetBytes(json), "imported", "imported", [], new Dictionary<string, string>());
            Assert.True(loaded.Profile is not null, $"{what}: {string.Join('\n', loaded.Errors)}");
        }
        else
        {
            Assert.True(mayFail, $"{what}: {string.Join('\n', result.Errors)}");
            Assert.NotEmpty(result.Errors);
        }

        Assert.All(result.Notes.Concat(result.Errors), line =>
        {
            Assert.DoesNotContain(line, char.IsControl);
            Assert.Contains(": ", line, StringComparison.Ordinal);
        });
    }

    /// <summary>What a small box with a few processes shows.</summary>
    private static TextTree BoxTree()
    {
        const string json = """
            { "machine": { "ram": "128MiB", "cpus": 2, "disks": [ { "size": "64GiB" }, { "size": "64MiB" } ], "swap": [ { "disk": "vdb", "priority": 5 } ], "mounts": [ { "path": "/", "disk": "vda" }, { "path": "/dev/shm" } ] },
              "vm": { "swappiness": 10 }, "init": "first",
              "groups": [
                { "name": "init", "program": "process", "size": "800KiB", "file": "900KiB" },
                { "name": "service", "program": "process", "parent": "init", "arguments": [ "/usr/local/bin/service", "--key=secret" ], "path": "/usr/local/bin/service", "size": "4000KiB", "file": "2000KiB", "shared_file": "400KiB", "user": 1005, "number": 3 },
                { "name": "child", "program": "process", "parent": "service", "path": "/usr/local/bin/service", "size": "3000KiB", "inherited": "1000KiB", "file": "1000KiB", "swapped": "800KiB", "count": 2, "user": 1005 },
                { "name": "totals", "program": "totals", "cached": "10MiB", "dirty": "40KiB" } ] }
            """;
        var profile = ProfileLoader.LoadJson(Encoding.UTF8.GetBytes(json), "box", "box", [], new Dictionary<string, string>()).Profile!;
        using var box = Box.Boot(profile);
        box.RunFor(SimTime.FromSeconds(20));
        return TextTree.CopyOf(box.Tree, "/proc", "/etc", "/dev", "/sys/devices", "/sys/kernel/mm");
    }

    private static byte[] Mutate(Random random, byte[] text)
    {
        var at = random.Next(text.Length + 1);
        var length = Math.Min(random.Next(1, 12), text.Length - at);
        var word = TextTree.Bytes(_words[random.Next(_words.Length)]);
        return random.Next(7) switch
        {
            0 => [.. text[..at], (byte)random.Next(256), .. text[at..]],
            1 => [.. text[..at], .. text[(at + length)..]],
            2 => [.. text[..at], .. word, .. text[at..]],
            3 => [.. text[..at], .. word, .. text[(at + length)..]],
            4 => text[..at],
            5 => [.. text[..(at + length)], .. text[at..]],
            _ => [.. text.Select((value, place) => Math.Abs(place - at) < 4 && value is >= (byte)'0' and <= (byte)'9' ? (byte)('0' + random.Next(10)) : value)],
        };
    }
}
