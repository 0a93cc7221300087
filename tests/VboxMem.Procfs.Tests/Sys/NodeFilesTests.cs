using VboxMem.Procfs.Sys;

namespace VboxMem.Procfs.Tests.Sys;

public sealed class NodeFilesTests
{
    private const string Directory = "/sys/devices/system/node/";

    [Fact]
    public void Sets_name_the_nodes_there_are()
    {
        using var box = Box.Like(VboxMem.Testing.Capture.Load("numa-1g-1g"));

        foreach (var set in (string[])["online", "possible", "has_cpu", "has_memory", "has_normal_memory"])
        {
            Assert.Equal("0-1\n", box.Read(Directory + set));
        }

        Assert.Equal("1\n", box.Read(Directory + "node0/cpumap"));
        Assert.Equal("2\n", box.Read(Directory + "node1/cpumap"));
    }

    // Forms of lib/bitmap as a running kernel prints them.
    [Theory]
    [InlineData(1, "0", "0\n", "1\n")]
    [InlineData(8, "0 1 2 3 4 5 6 7", "0-7\n", "ff\n")]
    [InlineData(8, "0 2 3 5", "0,2-3,5\n", "2d\n")]
    [InlineData(5, "", "\n", "00\n")]
    [InlineData(34, "0 31 32 33", "0,31-33\n", "3,80000001\n")]
    public void Sets_print_as_lists_and_masks(int size, string members, string list, string mask)
    {
        var set = new bool[size];
        foreach (var member in members.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            set[int.Parse(member)] = true;
        }

        var text = new ProcText();
        NodeList.RenderList(set, text);
        Assert.Equal(list, System.Text.Encoding.ASCII.GetString(text.Written));
        text.Clear();
        NodeList.RenderMask(set, text);
        Assert.Equal(mask, System.Text.Encoding.ASCII.GetString(text.Written));
    }
}
