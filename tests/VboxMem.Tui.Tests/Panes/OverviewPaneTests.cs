// Goal: the overview looks as it is meant to, says at a glance what is wrong, and says what it cannot know.

using System.Globalization;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Terminal;
using VboxMem.Tui.Widgets;
using VboxMem.Testing;

namespace VboxMem.Tui.Tests.Panes;

[Collection("default box")]
public sealed class OverviewPaneTests(DefaultBox box)
{
    [Theory]
    [InlineData(80, 24)]
    [InlineData(120, 40)]
    [InlineData(200, 60)]
    public void The_overview_looks_so(int width, int height) => Picture.Check(box.Screen(), "overview", width, height);

    [Fact]
    public void Without_Unicode_it_looks_so() => Picture.Check(box.Screen(Glyphs.Ascii), "overview-ascii", 80, 24);

    [Fact]
    public void It_is_shown_at_first() => Assert.Equal("overview", box.Screen().Pane.Name);

    [Fact]
    public void The_parts_of_memory_are_those_of_meminfo_and_add_up()
    {
        var screen = box.Screen();
        var fields = screen.View.Now.Meminfo.Value!.Fields;
        ulong Field(string name) => fields[System.Text.Encoding.ASCII.GetBytes(name)]!.Value;
        var (cache, slab, buffers, free) = (Field("Cached") - Field("Shmem"), Field("Slab"), Field("Buffers"), Field("MemFree"));
        var anonymous = Field("AnonPages");
        var rest = Field("MemTotal") - cache - Field("Shmem") - slab - buffers - free - anonymous;
        var line = TextScreen.LineWith(screen, "Mem ");

        Assert.Contains($"used {Sizes.Kilobytes(Field("MemTotal") - Field("MemAvailable"))}/{Sizes.Kilobytes(Field("MemTotal"))}]", line);   // as free has it
        Assert.Contains(
            $"anon {Sizes.Kilobytes(anonymous)} buffers {Sizes.Kilobytes(buffers)} cache {Sizes.Kilobytes(cache)} m:shmem {Sizes.Kilobytes(Field("Shmem"))} "
            + $"slab {Sizes.Kilobytes(slab)} rest {Sizes.Kilobytes(rest)} free {Sizes.Kilobytes(free)}",
            line);
    }

    [Theory]
    [InlineData(90, "BELOW MIN: Normal")]
    [InlineData(150, "below low: Normal")]
    [InlineData(250, "below high: Normal")]
    [InlineData(5000, "above all marks")]
    public void How_free_memory_stands_to_its_marks_is_said_in_words(int free, string words)
    {
        var tree = Machine(free);

        Assert.Contains(words, TextScreen.LineWith(TextScreen.Of(tree, tree), "Free"));
    }

    [Fact]
    public void Kills_and_stalls_stand_out()
    {
        var screen = TextScreen.Of(Machine(90, stalls: 50, kills: 3), Machine(90), seconds: 2);

        Assert.Contains("stalls/s 20 OOM kills 3", TextScreen.LineWith(screen, "stalls/s"));
        var canvas = new Canvas(120, 40);
        screen.Draw(canvas);
        Assert.Contains(canvas.Row(4).ToArray(), static cell => cell.Role == Role.Critical);
    }

    [Fact]
    public void A_box_without_swap_says_so() => Assert.Contains("no swap", TextScreen.LineWith(TextScreen.Of(Machine(5000), Machine(5000)), "Swp"));

    [Fact]
    public void The_graphs_reach_back_as_far_as_is_chosen()
    {
        var screen = box.Screen();
        Assert.Contains("graphs: 1 s a column", TextScreen.LineWith(screen, "graphs:"));
        TextScreen.Type(screen, "VV");
        Assert.Contains("graphs: 5 s a column", TextScreen.LineWith(screen, "graphs:"));
        TextScreen.Type(screen, "VVVVVV");
        Assert.Contains("graphs: 60 s a column", TextScreen.LineWith(screen, "graphs:"));
        TextScreen.Type(screen, "vvvvvvvv");
        Assert.Contains("graphs: 1 s a column", TextScreen.LineWith(screen, "graphs:"));
    }

    [Fact]
    public void The_log_ends_with_the_last_messages_and_marks_errors()
    {
        var tree = Machine(5000);
        tree["/dev/kmsg"] = "6,1,1000000,-;first\n3,2,2500000,-;Out of memory: Killed process 9 (x)\n";

        var lines = TextScreen.Lines(TextScreen.Of(tree, tree));

        Assert.Contains(" [    1.000000] first", lines);
        Assert.Contains("E[    2.500000] Out of memory: Killed process 9 (x)", lines);
    }

    [Fact]
    public void The_choices_of_the_table_are_those_of_top()
    {
        var screen = box.Screen();
        TextScreen.Lines(screen);
        TextScreen.Type(screen, "\\name = nginx");
        TextScreen.Press(screen, KeyCode.Enter);
        screen.Open("top");

        Assert.Matches("3 of \\d+, Esc drops the filter: name = nginx", TextScreen.LineWith(screen, "filter:"));
    }

    [Fact]
    public void What_is_missing_is_named()
    {
        var text = string.Join('\n', TextScreen.Lines(TextScreen.Of(new MemoryTree().Process(1))));

        foreach (var path in (ReadOnlySpan<string>)["/proc/meminfo", "/proc/zoneinfo", "/dev/kmsg"]) Assert.Contains($"{path}: No such file or directory", text);
        Assert.Contains("stalls/s - OOM kills -", text);
        Assert.Contains("cpu - ", text);
    }

    [Fact]
    public void Every_size_is_drawn()
    {
        var screen = box.Screen();
        foreach (var (width, height) in (ReadOnlySpan<(int, int)>)[(60, 16), (61, 20), (75, 22), (79, 18), (100, 33), (160, 50), (250, 80)])
        {
            Assert.Contains("kernel log", string.Join('\n', TextScreen.Lines(screen, width, height)));
        }
    }

    private static MemoryTree Machine(int free, int stalls = 10, int kills = 0)
    {
        var tree = new MemoryTree().Process(1);
        tree["/proc/meminfo"] = "MemTotal: 40000 kB\nMemFree: 20000 kB\nMemAvailable: 30000 kB\nBuffers: 0 kB\nCached: 0 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n";
        tree["/proc/zoneinfo"] = string.Create(CultureInfo.InvariantCulture,
            $"Node 0, zone   Normal\n  pages free     {free}\n        min      100\n        low      200\n        high     300\n        managed  10000\n");
        tree["/proc/vmstat"] = string.Create(CultureInfo.InvariantCulture, $"allocstall_normal {stalls}\noom_kill {kills}\n");
        return tree;
    }
}
