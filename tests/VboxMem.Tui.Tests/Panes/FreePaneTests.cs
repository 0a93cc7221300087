// Goal: the pane's table is free's; its arithmetic comes out; what the box has of swap areas and promises is told.

using VboxMem.Tools;
using VboxMem.Tools.Free;
using VboxMem.Tools.WhoSaysWhat;
using VboxMem.Tui.Bindings;

namespace VboxMem.Tui.Tests.Panes;

[Collection(MomentsCollection.Name)]
public sealed class FreePaneTests
{
    [Fact]
    public void The_table_is_frees()
    {
        var screen = Moments.Open("free");
        using var output = new StringWriter();
        FreeTool.Run([], new ToolContext { Tree = screen.View.Source.Tree, Out = output, Error = output });
        var expected = output.ToString().Split('\n');
        var lines = Moments.LinesOf(screen, 120, 40);
        Assert.Equal(FieldsOf("kB" + expected[0]), FieldsOf(lines[2]));
        Assert.Equal(FieldsOf(expected[1]), FieldsOf(lines[3]));
        Assert.Equal(FieldsOf(expected[2]), FieldsOf(lines[5]));
    }

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(200)]
    public void Every_sum_comes_out(int width)
    {
        var screen = Moments.Open("free");
        var text = string.Join(' ', Moments.LinesOf(screen, width, 60)[2..59].Select(static line => line.Trim()));
        var sums = 0;
        foreach (var part in text.Split('='))
        {
            var cells = FieldsOf(part);
            if (cells.Length < 3 || !cells.All(static cell => cell is "+" or "-" || ulong.TryParse(cell, out _))) continue;
            var sum = long.Parse(cells[0]);
            for (var i = 1; i + 1 < cells.Length; i += 2) sum += (cells[i] == "-" ? -1 : 1) * long.Parse(cells[i + 1]);
            Assert.Contains($"= {sum} kB", text, StringComparison.Ordinal);
            sums++;
        }

        Assert.InRange(sums, 3, 4);
    }

    [Fact]
    public void Letters_of_the_bar_add_up_to_all_memory()
    {
        var screen = Moments.Open("free");
        var bar = Moments.LinesOf(screen, 120, 40).Single(static line => line.StartsWith(" memory ", StringComparison.Ordinal));
        var inside = bar[(bar.IndexOf('[', StringComparison.Ordinal) + 1)..bar.IndexOf(']', StringComparison.Ordinal)];
        Assert.DoesNotContain(' ', inside);
        var anonymous = screen.View.Now.Meminfo.Value!.Fields["AnonPages"u8]!.Value;
        var expected = inside.Length * (double)anonymous / screen.View.Now.Meminfo.Value!.MemTotal!.Value;
        Assert.InRange(inside.Count(static cell => cell == 'a'), expected - 1, expected + 1);
    }

    [Fact]
    public void Swap_areas_and_the_limit_of_promises_are_the_files()
    {
        var screen = Moments.Open("free");
        var text = Moments.TextOf(screen, 120, 60);
        var meminfo = screen.View.Now.Meminfo.Value!;
        Assert.Contains($"= {meminfo.CommitLimit} kB", text, StringComparison.Ordinal);
        Assert.Contains($"= {meminfo.CommittedAs} kB, ", text, StringComparison.Ordinal);
        foreach (var area in screen.View.Now.Swaps.Value!)
        {
            var line = Moments.LinesOf(screen, 120, 60).Single(line => line.Contains(area.File, StringComparison.Ordinal));
            Assert.Equal([area.File, area.Type, $"{area.SizeKilobytes}", $"{area.UsedKilobytes}", $"{area.Priority}"], FieldsOf(line)[..5]);
        }
    }

    [Fact]
    public void A_figure_under_the_cursor_can_be_asked_about()
    {
        var screen = Moments.Open("free");
        Moments.TextOf(screen, 80, 24);
        Assert.Equal("MemFree", screen.Pane.Subject(screen.View)!.Value.Name);
        screen.Obey(ScreenCommand.Down);
        Assert.Equal("SwapFree", screen.Pane.Subject(screen.View)!.Value.Name);
        screen.Obey(ScreenCommand.End);
        Assert.Contains("/dev/vdb", Moments.TextOf(screen, 60, 16), StringComparison.Ordinal);
        screen.Obey(ScreenCommand.Home);
        Assert.Contains("Mem:", Moments.TextOf(screen, 60, 16), StringComparison.Ordinal);
    }

    [Fact]
    public void Who_says_what_says_what_the_tool_says()
    {
        var screen = Moments.Open("who-says-what");
        using var output = new StringWriter();
        WhoSaysWhatTool.Run(["-k"], new ToolContext { Tree = screen.View.Source.Tree, Out = output, Error = output });
        var expected = output.ToString().Split('\n');
        var rows = Moments.LinesOf(screen, 60, 60)[3..10];
        for (var i = 0; i < rows.Length; i++)
        {
            Assert.Equal(FieldsOf(expected[i + 1]), FieldsOf(rows[i]));
            var program = expected[i + 1][..14].Trim();
            var arithmetic = output.ToString().Split("\n\n").Single(part => part.StartsWith(program + "\n", StringComparison.Ordinal));
            var shown = string.Join(' ', FieldsOf(string.Join(' ', Moments.LinesOf(screen, 200, 60)[11..59])));
            Assert.StartsWith(program + " reckons ", shown, StringComparison.Ordinal);
            foreach (var line in arithmetic.Split('\n')[1..]) Assert.Contains(string.Join(' ', FieldsOf(line)), shown, StringComparison.Ordinal);
            screen.Obey(ScreenCommand.Down);
        }
    }

    private static string[] FieldsOf(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
