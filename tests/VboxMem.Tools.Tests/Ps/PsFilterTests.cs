using System.Text.Json;
using VboxMem.FileTree;
using VboxMem.Tools.Tests.Processes;

namespace VboxMem.Tools.Tests.Ps;

/// <summary>ps --filter, which the real one has not: it takes away from what the other options select.</summary>
public sealed class PsFilterTests
{
    [Theory]
    [InlineData("1 20", "--filter", "pid = 1 or pss = 999KiB")]
    [InlineData("20", "--filter=uss = 76KiB")]
    [InlineData("20", "-e", "--filter", "oom_score = 666")]
    [InlineData("20", "-p", "1,20,21", "--filter", "pid > 1 and not pid = 21")]
    [InlineData("", "-p", "1", "--filter", "pid = 20")]
    [InlineData("1", "-N", "-p", "20", "--filter", "pid = 1 or pid = 20")]
    [InlineData("1", "-e", "--filter", "time = 3s and user = root and cmd = /sbin/init")]
    [InlineData("1 2", "--filter", "start = 10ms")]
    [InlineData("1", "--filter", "elapsed > 3d and vsz > 0 and start < 0.02s")]
    [InlineData("2 10 11", "--filter", "uss = 0 and anon = 0 and rss = 0 and mem = 0 and (ppid = 2 or ppid = 0)")]
    public void It_narrows_what_is_selected(string pids, params string[] arguments)
    {
        using var tree = ProcessTrees.Odd();
        var outcome = Ours.Run(tree.Tree, ProcpsVersion.V4_0_4, ["ps", .. arguments, "-o", "pid="]);
        Assert.Equal("", outcome.Error);
        Assert.Equal(pids, string.Join(' ', outcome.Out.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)));
        Assert.Equal(pids.Length == 0 ? 1 : 0, outcome.Code);
    }

    [Fact]
    public void It_says_what_the_columns_say()
    {
        using var tree = ProcessTrees.Thousand();
        var all = Ours.Run(tree.Tree, ProcpsVersion.V4_0_4, ["ps", "-eo", "pid,user,state,rss,vsz,ni,min_flt,comm,tty", "--no-headers"]).Out;
        var wanted = all.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is var cell
            && cell[1] == "somebody" && cell[2] != "Z" && int.Parse(cell[3]) * 1024L > 20 << 20 && (int.Parse(cell[5]) < 0 || cell[8] == "pts/0"));
        var outcome = Ours.Run(tree.Tree, ProcpsVersion.V4_0_4, ["ps", "--filter", "user = somebody and state != Z and rss > 20MiB and (nice < 0 or tty = pts/0)", "-o", "pid,user,state,rss,vsz,ni,min_flt,comm,tty", "--no-headers"]);
        Assert.Equal(string.Concat(wanted.Select(static line => line + "\n")), outcome.Out);
        Assert.InRange(wanted.Count(), 20, 300);
    }

    [Fact]
    public void The_shares_are_those_of_the_columns()
    {
        using var tree = ProcessTrees.Thousand();
        var outcome = Ours.Run(tree.Tree, ProcpsVersion.V4_0_4, ["ps", "--filter", "cpu >= 0.2 and mem >= 5%", "-o", "pcpu=,pmem="]);
        var cells = outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToArray();
        Assert.All(cells, static cell => Assert.True(double.Parse(cell[0]) >= 0.2 && double.Parse(cell[1]) >= 5, string.Join(' ', cell)));
        Assert.InRange(cells.Length, 5, 900);
    }

    [Fact]
    public void Json_has_those_of_which_it_holds()
    {
        using var tree = ProcessTrees.Odd();
        var outcome = Ours.Run(tree.Tree, ProcpsVersion.V4_0_4, ["ps", "-e", "--filter", "pss > 0", "--json"]);
        using var json = JsonDocument.Parse(outcome.Out);
        var process = Assert.Single(json.RootElement.GetProperty("processes").EnumerateArray());
        Assert.Equal(999, process.GetProperty("proportionalKilobytes").GetInt32());
    }

    [Fact]
    public void With_threads_below_it_the_process_decides()
    {
        using var tree = ProcessTrees.Odd();
        string[] command = ["ps", "m", "-o", "pid,tid,comm"];
        var all = Ours.Run(tree.Tree, ProcpsVersion.V4_0_4, [.. command, "-p", "63"]);
        var filtered = Ours.Run(tree.Tree, ProcpsVersion.V4_0_4, [.. command, "--filter", "pid = 63"]);
        Assert.Equal(5, all.Out.Count(static letter => letter == '\n'));
        Assert.Equal((all.Out, 0), (filtered.Out, filtered.Code));
    }

    [Theory]
    [InlineData("ps: --filter: column 1: rsss is no field, nearest is rss\n", "-e", "--filter", "rsss > 5M")]
    [InlineData("ps: --filter: majfaults/s needs two readings, and ps takes one\n", "--filter=majfaults/s > 5")]
    public void A_mistake_ends_it_with_one_line(string error, params string[] arguments)
    {
        using var tree = ProcessTrees.Bare();
        var outcome = Ours.Run(tree.Tree, ProcpsVersion.V4_0_4, ["ps", .. arguments]);
        Assert.Equal(("", error, 1), (outcome.Out, outcome.Error, outcome.Code));
    }

    [Fact]
    public void Without_a_query_it_is_a_wrong_option()
    {
        using var tree = ProcessTrees.Bare();
        var outcome = Ours.Run(tree.Tree, ProcpsVersion.V4_0_4, ["ps", "--filter"]);
        Assert.Equal(1, outcome.Code);
        Assert.StartsWith("error: a query must follow --filter\n", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_no_field_comes_from_are_not_read()
    {
        using var tree = ProcessTrees.Odd();
        var counting = new CountingTree(tree.Tree);
        Ours.Run(counting, ProcpsVersion.V4_0_4, ["ps", "--filter", "rss > 1M and user = root", "-o", "pid"]);
        Assert.DoesNotContain(counting.Read, static path => path.EndsWith("/smaps_rollup", StringComparison.Ordinal) || path.EndsWith("/oom_score", StringComparison.Ordinal) || path.EndsWith("/cmdline", StringComparison.Ordinal));
        Ours.Run(counting, ProcpsVersion.V4_0_4, ["ps", "--filter", "uss > 1M", "-o", "pid"]);
        Assert.Contains("/proc/20/smaps_rollup", counting.Read);
    }

    private sealed class CountingTree(IFileTree tree) : IFileTree
    {
        public List<string> Read { get; } = [];

        public Errno TryStat(string path, out NodeStat stat) => tree.TryStat(path, out stat);

        public Errno TryList(string path, out IReadOnlyList<string> names) => tree.TryList(path, out names);

        public Errno TryReadLink(string path, out string target) => tree.TryReadLink(path, out target);

        public Errno TryRead(string path, out ReadOnlyMemory<byte> content)
        {
            Read.Add(path);
            return tree.TryRead(path, out content);
        }

        public Errno TryWrite(string path, ReadOnlySpan<byte> content) => tree.TryWrite(path, content);
    }
}
