using System.Text;
using System.Text.Json;
using VboxMem.FileTree;
using VboxMem.Tools.Tests.Processes;
using VboxMem.Testing;

namespace VboxMem.Tools.Tests.Ps;

/// <summary>What ps does beyond the real one.</summary>
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
}
