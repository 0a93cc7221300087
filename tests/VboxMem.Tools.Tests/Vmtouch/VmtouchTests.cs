using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using VboxMem.Testing;

namespace VboxMem.Tools.Tests.Vmtouch;

/// <summary>vmtouch against the real one on real files that are wholly in memory or not at all; and what the box's lists make of it.</summary>
public sealed class VmtouchTests
{
    private const string FilesPath = "/sys/kernel/debug/vbox/files";
    private const string ResidentPath = "/sys/kernel/debug/vbox/resident";
    private const string FilesHeading = "device      inode           size     pages     dirty writeback    active    mapped   evicted  recently path\n";
    private const string ResidentHeading = "device      inode         page        pages\n";

    [RealToolFact]
    public void Files_directories_and_charts_look_the_same()
    {
        var root = Directory.CreateTempSubdirectory("vbox-mem-touch-").FullName;
        try
        {
            var files = new StringBuilder(FilesHeading);
            var resident = new StringBuilder(ResidentHeading);
            var inode = 10;
            foreach (var (name, bytes) in ((string, int)[])[("one/small", 1000), ("two/page", 4096), ("three/sixty", 60 * 4096), ("three/deep/more", (61 * 4096) - 5), ("four/big", 3_000_000), ("five/empty", 0), ("six six/a b", 9000)])
            {
                var path = Path.Combine(root, name);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllBytes(path, new byte[bytes]);
                files.Append(Line(++inode, bytes, path));
                if (bytes > 0) resident.Append(CultureInfo.InvariantCulture, $"254:0 {inode} 0 {(bytes + 4095) / 4096}\n");
            }

            Compare(root, Tree(files.ToString(), resident.ToString()), isWhole: true);
            Shell.Run($"sync -f '{root}' && vmtouch -qe '{root}'");
            Compare(root, Tree(files.ToString(), ResidentHeading), isWhole: false);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static void Compare(string root, MemoryTree tree, bool isWhole)
    {
        string[] commands =
        [
            "vmtouch ROOT/one/small", "vmtouch -v ROOT/one/small", "vmtouch -v ROOT/two/page ROOT/four/big", "vmtouch -v ROOT/three/sixty", "vmtouch -v ROOT/three/deep", "vmtouch -v ROOT/five", "vmtouch ROOT/five/empty",
            "vmtouch ROOT", "vmtouch ROOT/three", "vmtouch ROOT/three ROOT/one", "vmtouch ROOT/two/page ROOT/two/page", "vmtouch ROOT/nosuch", "vmtouch ROOT/nosuch ROOT/one", "vmtouch -q ROOT/nosuch ROOT", "vmtouch -m 4k ROOT/four",
            "vmtouch -m 1.5M ROOT/one ROOT/four/big", "vmtouch -vm 1g ROOT/four", "vmtouch -m 0 ROOT/one", "vmtouch ROOT/one/", "vmtouch -fFh ROOT/one", "vmtouch -v ROOT/six\u00b7six",
            "vmtouch -m x ROOT", "vmtouch -m 4b ROOT", "vmtouch -m 1T ROOT", "vmtouch -m -1 ROOT", "vmtouch -m 4k5 ROOT", "vmtouch -qv ROOT", "vmtouch -te ROOT", "vmtouch -d ROOT", "vmtouch -w ROOT",
        ];
        var split = commands.Select(command => Comparison.Split(command.Replace("ROOT", root, StringComparison.Ordinal))).ToArray();
        using var empty = new ProcTree();
        var real = RealTools.Run(empty, split).Select(Timeless).ToArray();
        if (!isWhole && !real[0].Out.Contains("0/1", StringComparison.Ordinal)) return;   // a file system that keeps its pages
        Comparison.Check(split, real, command => Timeless(Ours.Run(tree, RealTools.Version, command)));
    }

    private static Outcome Timeless(Outcome outcome) => outcome with { Out = Regex.Replace(outcome.Out, "Elapsed: .*", "Elapsed:") };

    [Theory]
    [InlineData(5, "0 5", "OOOOO", "5/5", "100%")]
    [InlineData(5, "1 2", " OO  ", "2/5", "40%")]
    [InlineData(122, "0 1|6 3|121 1", "o O                                     o", "5/122", "4.1%")]
    [InlineData(3, "2 9", "  O", "1/3", "33.3%")]
    [InlineData(1000000, "999999 1", "o", "1/1000000", "0.0001%")]
    [InlineData(100000000, "0 1", "o", "1/100000000", "1e-06%")]
    [InlineData(3, "0 2", "OO ", "2/3", "66.7%")]
    public void Runs_of_pages_are_charted_and_counted(int pages, string runs, string chart, string counted, string share)
    {
        var resident = string.Concat(runs.Split('|').Select(static run => $"254:0 7 {run}\n"));
        var lines = Ours.Run(Tree(FilesHeading + Line(7, (pages * 4096L) - 1, "/srv/data"), ResidentHeading + resident), ProcpsVersion.V4_0_4, ["vmtouch", "-v", "/srv/data"]).Out.Split('\n');
        var drawn = Regex.Match(lines[1], @"^\r\[(.*)\] (\S+)\r\[\1\] \2$");
        if (pages <= 600) Assert.Equal(chart, drawn.Groups[1].Value);
        else Assert.Equal(chart, drawn.Groups[1].Value.Trim());
        Assert.Equal(counted, drawn.Groups[2].Value);
        Assert.EndsWith($"  {share}", lines[5], StringComparison.Ordinal);
    }

    [Fact]
    public void Deleted_files_and_disks_are_not_there_and_relative_paths_are_the_roots()
    {
        var tree = Tree(FilesHeading + Line(7, 4096, "/srv/a (deleted)") + Line(0, 1 << 20, "/dev/vda") + Line(8, 8192, "/srv/b\\012c"), ResidentHeading + "254:0 8 1 1\n");
        Assert.Equal("vmtouch: WARNING: unable to stat /dev (No such file or directory)\n", Ours.Run(tree, ProcpsVersion.V4_0_4, ["vmtouch", "/dev"]).Error);
        Assert.StartsWith("srv/b\nc\n\r[ O] 1/2", Ours.Run(tree, ProcpsVersion.V4_0_4, ["vmtouch", "-v", "srv"]).Out, StringComparison.Ordinal);
        Assert.Contains("Files: 1\n     Directories: 2\n", Ours.Run(tree, ProcpsVersion.V4_0_4, ["vmtouch", "/"]).Out, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(Ours.Run(tree, ProcpsVersion.V4_0_4, ["vmtouch", "--json", "/srv"]).Out);
        var file = json.RootElement.GetProperty("contents")[0];
        Assert.Equal(("/srv/b\nc", 8192, 1), (file.GetProperty("path").GetString(), file.GetProperty("bytes").GetInt32(), file.GetProperty("residentPages").GetInt32()));
    }

    [Theory]
    [InlineData("-t", "cannot touch pages")]
    [InlineData("-e", "cannot evict pages")]
    [InlineData("-l", "cannot lock pages")]
    [InlineData("-dL", "cannot lock pages")]
    public void What_acts_is_refused(string option, string message)
    {
        var outcome = Ours.Run(Tree(FilesHeading, ResidentHeading), ProcpsVersion.V4_0_4, ["vmtouch", option, "/srv"]);
        Assert.Equal(("", 1), (outcome.Out, outcome.Code));
        Assert.StartsWith($"vmtouch: FATAL: {message}", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tree_that_is_no_box_says_so()
    {
        using var tree = new ProcTree();
        var outcome = Ours.Run(tree.Tree, ProcpsVersion.V4_0_4, ["vmtouch", "/srv"]);
        Assert.Equal(("", "vmtouch: FATAL: /sys/kernel/debug/vbox/files: No such file or directory; only a simulated box tells which pages of files are in memory\n", 1), (outcome.Out, outcome.Error, outcome.Code));
    }

    /// <summary>Cut off or changed at random places (a fixed seed), the lists end in an answer or in one line that names a place.</summary>
    [Fact]
    public void Damaged_lists_are_named_or_read()
    {
        var files = Encoding.ASCII.GetBytes(FilesHeading + Line(7, 50000, "/srv/a") + Line(8, 8192, "/srv/b c"));
        var resident = Encoding.ASCII.GetBytes(ResidentHeading + "254:0 7 0 3\n254:0 7 5 2\n254:0 8 1 1\n");
        var random = new Random(20260101);
        byte[] likely = [.. "0123456789 \t\n:-/\0"u8, 0xff];
        for (var round = 0; round < 2000; round++)
        {
            var tree = Tree("", "");
            tree.Put(FilesPath, round % 2 == 0 ? Damaged(files) : files);
            tree.Put(ResidentPath, round % 2 == 1 ? Damaged(resident) : resident);
            var outcome = Ours.Run(tree, ProcpsVersion.V4_0_4, ["vmtouch", "-v", "/srv"]);
            if (outcome.Code == 0) continue;
            Assert.Matches(@"^vmtouch: FATAL: /sys/kernel/debug/vbox/(files|resident):\d*:? .*\n$", outcome.Error);
        }

        byte[] Damaged(byte[] whole)
        {
            var bytes = random.Next(2) == 0 ? whole[..random.Next(whole.Length + 1)] : [.. whole];
            for (var i = random.Next(4); i > 0 && bytes.Length > 0; i--) bytes[random.Next(bytes.Length)] = likely[random.Next(likely.Length)];
            return bytes;
        }
    }

    private static MemoryTree Tree(string files, string resident) => new() { [FilesPath] = files, [ResidentPath] = resident };

    private static string Line(long inode, long bytes, string path) =>
        string.Create(CultureInfo.InvariantCulture, $"254:0 {inode,10} {bytes,14} {(bytes + 4095) / 4096,9} 0 0 0 0 0 0 {path}\n");
}
