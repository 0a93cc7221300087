using System.Text;
using System.Text.Json;
using VboxMem.FileTree;
using VboxMem.Tools.Tests.Processes;
using VboxMem.Testing;

namespace VboxMem.Tools.Tests.Top;

/// <summary>What top does beyond the real one, and what it does with damaged files.</summary>
public sealed class TopTests
{
    private static MemoryTree Tree()
    {
        using var bare = ProcessTrees.Bare();
        new ATask(20, "busy") { UserTicks = 300, CommandLine = ATask.Bytes("busy\0-x\0") }.AddTo(bare);
        var tree = new MemoryTree();
        foreach (var path in (string[])["proc/stat", "proc/meminfo", "proc/uptime", "proc/loadavg", "proc/sys/kernel/pid_max", "proc/sys/kernel/osrelease", "etc/passwd",
            "proc/1/stat", "proc/1/statm", "proc/1/status", "proc/20/stat", "proc/20/statm", "proc/20/status", "proc/20/cmdline"])
            tree.Put("/" + path, File.ReadAllBytes(Path.Combine(bare.Root, path)));
        return tree;
    }

    [Fact]
    public void Json_is_a_line_a_frame_with_the_shares_between_them()
    {
        var tree = Tree();
        tree["/proc/uptime"] = "1000.00 1.00\n";
        var ticker = new ScriptedTicker((tick, _) =>
        {
            if (tick != 2) return;
            tree["/proc/uptime"] = "1002.00 1.00\n";
            tree["/proc/20/stat"] = tree["/proc/20/stat"].Replace(" 300 0 ", " 400 0 ", StringComparison.Ordinal);
        });
        var lines = Ours.Run(tree, ProcpsVersion.V4_0_4, ["top", "-b", "-n2", "--json"], ticker).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        using var first = JsonDocument.Parse(lines[0]);
        using var second = JsonDocument.Parse(lines[1]);
        Assert.Equal(0, Busy(first).GetProperty("cpuPercent").GetDouble());
        Assert.Equal(50, Busy(second).GetProperty("cpuPercent").GetDouble());
        Assert.Equal("busy -x", Busy(JsonDocument.Parse(Ours.Run(tree, ProcpsVersion.V4_0_4, ["top", "-bcn1", "--json"]).Out)).GetProperty("command").GetString());

        static JsonElement Busy(JsonDocument frame) =>
            frame.RootElement.GetProperty("processes").EnumerateArray().Single(static process => process.GetProperty("pid").GetInt32() == 20);
    }

    [Theory]
    [InlineData("top", "options of top's go with -b, which prints; the screen is vbox-mem top without them")]
    [InlineData("top -bn2", "a later reading needs a live box; this file tree stands still")]
    public void What_a_tree_cannot_do_is_refused(string command, string message)
    {
        var outcome = Ours.Run(Tree(), ProcpsVersion.V4_0_4, command.Split(' '));
        Assert.Equal(($"top: {message}\n", 1), (outcome.Error, outcome.Code));
    }

    [Fact]
    public void Frames_end_when_the_box_does()
    {
        var outcome = Ours.Run(Tree(), ProcpsVersion.V4_0_4, ["top", "-b"], new ScriptedTicker(ticks: 4));
        Assert.Equal(0, outcome.Code);
        Assert.Equal(4, outcome.Out.Split('\n').Count(static line => line.StartsWith("top - ", StringComparison.Ordinal)));
    }

    /// <summary>Cut off or changed at random places (a fixed seed), a file ends top in an answer or one line that names it.</summary>
    [Theory]
    [InlineData("/proc/20/stat")]
    [InlineData("/proc/20/statm")]
    [InlineData("/proc/20/status", "-u", "root")]
    [InlineData("/proc/20/cmdline", "-c")]
    [InlineData("/proc/stat")]
    [InlineData("/proc/meminfo")]
    [InlineData("/proc/uptime")]
    [InlineData("/proc/loadavg")]
    [InlineData("/proc/sys/kernel/pid_max")]
    [InlineData("/proc/sys/kernel/osrelease")]
    [InlineData("/etc/passwd", "-U", "0")]
    public void Damaged_files_are_named_or_read(string path, params string[] options)
    {
        var tree = Tree();
        Assert.Equal(Errno.None, tree.TryRead(path, out var content));
        var whole = content.ToArray();
        var random = new Random(20260101);
        byte[] likely = [.. "0123456789 \t\n:-.kB()\0"u8, 0xff, 0xc3];
        for (var round = 0; round < 300; round++)
        {
            var bytes = round % 2 == 0 ? whole[..random.Next(whole.Length + 1)] : [.. whole];
            for (var i = random.Next(round % 2, 5); i > 0 && bytes.Length > 0; i--) bytes[random.Next(bytes.Length)] = likely[random.Next(likely.Length)];
            tree.Put(path, bytes);
            var outcome = Ours.Run(tree, ProcpsVersion.V4_0_4, ["top", "-bn1", .. options], isUtf8: round % 3 == 0);
            var what = $"{Encoding.Latin1.GetString(bytes)}: {outcome.Error}";
            Assert.True(outcome.Code is 0 or 1 && outcome.Code == 0 == (outcome.Error.Length == 0), what);
            if (outcome.Code == 0) continue;
            Assert.Contains(path[(path.LastIndexOf('/') + 1)..], outcome.Error, StringComparison.Ordinal);
            Assert.Equal(1, outcome.Error.Count(static c => c == '\n'));
        }
    }
}
