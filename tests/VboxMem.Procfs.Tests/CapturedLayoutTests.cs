using VboxMem.Testing;

namespace VboxMem.Procfs.Tests;

// Goal: every file that a captured machine has comes out with the same lines, keys and columns for a box of the same shape.
// Method: boot the shape, render, and compare with the capture after taking the figures out of both.
public sealed class CapturedLayoutTests
{
    public static TheoryData<string> Shapes => [.. Capture.Shapes];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Tables_have_the_captured_lines_and_columns(string shape)
    {
        var capture = Capture.Load(shape);
        using var box = Box.Like(capture);

        AssertSameLayout(capture, "meminfo", box, "/proc/meminfo", columns: true);
        AssertSameLayout(capture, "buddyinfo", box, "/proc/buddyinfo", columns: true);
        AssertSameLayout(capture, "pagetypeinfo", box, "/proc/pagetypeinfo", columns: true);
        AssertSameLayout(capture, "slabinfo", box, "/proc/slabinfo", columns: true);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Free_flowing_files_have_the_captured_lines_and_words(string shape)
    {
        var capture = Capture.Load(shape);
        using var box = Box.Like(capture);

        AssertSameLayout(capture, "vmstat", box, "/proc/vmstat");
        AssertSameLayout(capture, "zoneinfo", box, "/proc/zoneinfo");
        AssertSameLayout(capture, "stat", box, "/proc/stat");
        AssertSameLayout(capture, "loadavg", box, "/proc/loadavg");
        AssertSameLayout(capture, "uptime", box, "/proc/uptime");
        foreach (var resource in (string[])["cpu", "io", "memory"])
        {
            AssertSameLayout(capture, $"pressure_{resource}", box, $"/proc/pressure/{resource}");
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Files_of_each_node_have_the_captured_lines_and_columns(string shape)
    {
        var capture = Capture.Load(shape);
        using var box = Box.Like(capture);

        foreach (var node in capture.Nodes)
        {
            var directory = $"/sys/devices/system/node/node{node.Id}";
            AssertSameLayout(capture, $"node{node.Id}_meminfo", box, $"{directory}/meminfo", columns: true);
            AssertSameLayout(capture, $"node{node.Id}_vmstat", box, $"{directory}/vmstat");
            AssertSameLayout(capture, $"node{node.Id}_numastat", box, $"{directory}/numastat");
            Assert.Equal(capture.Text($"node{node.Id}_cpulist"), box.Read($"{directory}/cpulist"));
            Assert.Equal(capture.Text($"node{node.Id}_distance"), box.Read($"{directory}/distance"));
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Version_and_command_line_are_the_captured_bytes(string shape)
    {
        var capture = Capture.Load(shape);
        using var box = Box.Like(capture);

        Assert.Equal(capture.Text("version"), box.Read("/proc/version"));
        Assert.Equal(capture.Text("cmdline"), box.Read("/proc/cmdline"));
    }

    private static void AssertSameLayout(Capture capture, string captured, Box box, string path, bool columns = false) =>
        Assert.Equal(Layout.Of(capture.Text(captured), columns), Layout.Of(box.Read(path), columns));
}
