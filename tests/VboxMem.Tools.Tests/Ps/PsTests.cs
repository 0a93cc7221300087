using System.Text;
using System.Text.Json;
using VboxMem.FileTree;
using VboxMem.Tools.Tests.Processes;

namespace VboxMem.Tools.Tests.Ps;

/// <summary>What ps does beyond the real one, and what it does with damaged files.</summary>
public sealed class PsTests
{
    [Fact]
    public void Json_has_the_model_whatever_the_columns()
    {
        using var tree = ProcessTrees.Odd();
        var outcome = Ours.Run(tree.Tree, ProcpsVersion.V4_0_4, ["ps", "-p", "20,21", "-o", "pss,oom,args", "--json"]);
        Assert.Equal(("", 0), (outcome.Error, outcome.Code));
        using var json = JsonDocument.Parse(outcome.Out);
        var processes = json.RootElement.GetProperty("processes");
        Assert.Equal(2, processes.GetArrayLength());
        var first = processes[0];
        Assert.Equal((20, "a) b (c", "somebody", 999, 76, 666), (
            first.GetProperty("pid").GetInt32(), first.GetProperty("name").GetString(), first.GetProperty("user").GetString(),
            first.GetProperty("proportionalKilobytes").GetInt32(), first.GetProperty("uniqueKilobytes").GetInt32(), first.GetProperty("oomScore").GetInt32()));
        Assert.False(processes[1].TryGetProperty("proportionalKilobytes", out _));
    }

    [Theory]
    [InlineData("ps", "-eo", "unit")]
    [InlineData("ps", "-eo", "lxc")]
    [InlineData("ps", "-e", "--date-format=%s")]
    [InlineData("ps", "-e", "-D", "%s")]
    [InlineData("ps", "--info")]
    public void What_is_left_out_is_refused(params string[] command)
    {
        using var tree = ProcessTrees.Bare();
        var outcome = Ours.Run(tree.Tree, ProcpsVersion.V4_0_4, command);
        Assert.Equal(("", 1), (outcome.Out, outcome.Code));
        Assert.StartsWith("error: un", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tree_without_proc_says_what_to_do()
    {
        var outcome = Ours.Run(new MemoryTree { ["/etc/passwd"] = "" }, ProcpsVersion.V4_0_4, ["ps"]);
        Assert.Equal(("Error, do this: mount -t proc proc /proc\n", 47), (outcome.Error, outcome.Code));
    }

    [Fact]
    public void The_box_prints_its_own_time_of_day()
    {
        using var tree = ProcessTrees.Bare().Add("proc/stat", "btime 1000000000\n");
        var lines = Ours.Run(tree.Tree, ProcpsVersion.V4_0_4, ["ps", "-p", "1", "-o", "lstart=,start_time="]).Out;
        Assert.Equal("Sun Sep  9 01:46:40 2001 Sep09\n", lines);
    }

    /// <summary>Cut off or changed at random places (a fixed seed), a file of a process ends ps in an answer or one line that names it.</summary>
    [Theory]
    [InlineData("stat", "ps", "-eF")]
    [InlineData("status", "ps", "axs")]
    [InlineData("smaps_rollup", "ps", "-eo", "pss,uss,pid")]
    [InlineData("io", "ps", "-eo", "rbytes,pid")]
    [InlineData("oom_score", "ps", "-eo", "oom,pid")]
    [InlineData("cgroup", "ps", "-eo", "cgroup,pid")]
    [InlineData("cmdline", "ps", "-ef")]
    [InlineData("autogroup", "ps", "-eo", "ag_id,ag_nice")]
    [InlineData("wchan", "ps", "-el")]
    [InlineData("smaps", "pmap", "-X", "20")]
    [InlineData("maps", "pmap", "20")]
    public void Damaged_files_are_named_or_read(string file, params string[] command)
    {
        using var odd = ProcessTrees.Odd();
        odd.Add("proc/20/maps", "55a4eb3a8000-55a4eb3ac000 r--p 00000000 fe:01 1234    /usr/bin/a\n").Add("proc/20/smaps", "55a4eb3a8000-55a4eb3ac000 r--p 00000000 fe:01 1234 /a\nRss: 5 kB\nVmFlags: rd \n");
        var path = "/proc/20/" + file;
        var whole = odd.Tree.TryRead(path, out var content) == Errno.None ? content.ToArray() : [];
        var random = new Random(20260101);
        byte[] likely = [.. "0123456789 \t\n:-.kB()\0"u8, 0xff, 0xc3];
        for (var round = 0; round < 150; round++)
        {
            var bytes = round % 2 == 0 ? whole[..random.Next(whole.Length + 1)] : [.. whole];
            for (var i = random.Next(round % 2, 5); i > 0 && bytes.Length > 0; i--) bytes[random.Next(bytes.Length)] = likely[random.Next(likely.Length)];
            var outcome = Ours.Run(new Overlay(odd.Tree, path, bytes), ProcpsVersion.V4_0_4, command, isUtf8: round % 3 == 0);
            var what = $"{Encoding.Latin1.GetString(bytes)}: {outcome.Error}";
            Assert.True(outcome.Code is 0 or 1 || command[0] == "pmap", what);
            if (outcome.Error.Length == 0) continue;
            Assert.StartsWith($"{command[0]}: {path}:", outcome.Error, StringComparison.Ordinal);
            Assert.Equal(1, outcome.Error.Count(static c => c == '\n'));
        }
    }

    /// <summary>A tree with one file of other content.</summary>
    private sealed class Overlay(IFileTree below, string path, byte[] content) : IFileTree
    {
        public Errno TryStat(string node, out NodeStat stat) => below.TryStat(node, out stat);

        public Errno TryList(string node, out IReadOnlyList<string> names) => below.TryList(node, out names);

        public Errno TryReadLink(string node, out string target) => below.TryReadLink(node, out target);

        public Errno TryRead(string node, out ReadOnlyMemory<byte> found)
        {
            if (node != path) return below.TryRead(node, out found);
            found = content;
            return Errno.None;
        }

        public Errno TryWrite(string node, ReadOnlySpan<byte> written) => Errno.EROFS;
    }
}
