// Goal: top looks as it is meant to, its figures are those of the files, and its keys do what users of htop expect.

using System.Globalization;
using VboxMem.Tools.Processes;
using VboxMem.Tui.Bindings;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Terminal;
using VboxMem.Tui.Widgets;
using VboxMem.Testing;

namespace VboxMem.Tui.Tests.Panes;

[Collection("default box")]
public sealed class TopPaneTests(DefaultBox box)
{
    [Theory]
    [InlineData(80, 24)]
    [InlineData(120, 40)]
    [InlineData(200, 60)]
    public void Top_looks_so(int width, int height)
    {
        var screen = Open(box.Screen());
        Picture.Check(screen, "top", width, height);
    }

    [Fact]
    public void A_tree_without_Unicode_looks_so()
    {
        var screen = Open(box.Screen(Glyphs.Ascii));
        TextScreen.Type(screen, "t");
        Picture.Check(screen, "top-tree-ascii", 80, 24);
    }

    [Fact]
    public void The_figures_that_are_drawn_are_those_of_the_files()
    {
        var screen = Open(box.Screen());
        TextScreen.Type(screen, "M");
        var reader = new ProcessReader(screen.View.Source.Tree);
        var checkedRows = 0;
        foreach (var line in TextScreen.Lines(screen, 200, 100)[2..])
        {
            var cells = line.TrimStart('▶').Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (cells.Length < 16 || !int.TryParse(cells[0], out var pid) || cells[4] == "-") continue;
            var record = reader.TryRead(pid, ProcessFiles.Stat | ProcessFiles.Status | ProcessFiles.Rollup | ProcessFiles.OomScore | ProcessFiles.OomScoreAdjustment)!;
            string[] expected =
            [
                Sizes.Kilobytes(record.Status.VmRss), Sizes.Kilobytes(record.Rollup.Pss), Sizes.Kilobytes(record.Rollup.Uss), Sizes.Kilobytes(record.Status.VmSwap),
                record.OomScore.ToString(CultureInfo.InvariantCulture), record.OomScoreAdjustment.ToString(CultureInfo.InvariantCulture),
            ];
            Assert.Equal(expected, cells[4..10]);
            Assert.Equal(((char)record.Stat.State).ToString(), cells[2]);
            Assert.Equal(Sizes.Kilobytes(record.Status.VmSize), cells[12]);
            checkedRows++;
        }

        Assert.True(checkedRows > 20);
    }

    [Fact]
    public void The_cursor_stays_on_its_process_when_rows_move()
    {
        var first = new MemoryTree().Process(1, name: "one", pages: 30).Process(2, name: "two", pages: 20).Process(7, name: "seven", pages: 10);
        var then = new MemoryTree().Process(1, name: "one", pages: 30).Process(2, name: "two", pages: 20).Process(7, name: "seven", pages: 90);
        var screen = Open(TextScreen.Of(first, first));
        TextScreen.Type(screen, "M");
        TextScreen.Commands(screen);
        TextScreen.Press(screen, KeyCode.Down);
        TextScreen.Press(screen, KeyCode.Down);
        Assert.StartsWith("▶      7", TextScreen.LineWith(screen, "▶  "));

        TextScreen.MoveOn(screen, first, then);

        Assert.Equal(["seven", "one", "two"], TextScreen.Commands(screen));
        Assert.StartsWith("▶      7", TextScreen.LineWith(screen, "▶  "));
        Assert.Equal(7, screen.View.Choices.SelectedPid);
    }

    [Fact]
    public void On_the_first_row_the_cursor_stays_there_unless_it_follows()
    {
        var first = new MemoryTree().Process(1, name: "one", pages: 30).Process(7, name: "seven", pages: 10);
        var then = new MemoryTree().Process(1, name: "one", pages: 30).Process(7, name: "seven", pages: 90);
        foreach (var follows in (ReadOnlySpan<bool>)[false, true])
        {
            var screen = Open(TextScreen.Of(first, first));
            TextScreen.Type(screen, "M");
            TextScreen.Commands(screen);
            if (follows) TextScreen.Type(screen, "F");
            TextScreen.MoveOn(screen, first, then);
            TextScreen.Commands(screen);
            Assert.Equal(follows ? 1 : 7, screen.View.Choices.SelectedPid);
        }
    }

    [Fact]
    public void A_click_on_a_heading_sorts_and_a_second_one_turns_it_round()
    {
        var screen = Open(Three());
        var lines = TextScreen.Lines(screen);
        var row = Array.FindIndex(lines, static line => line.Contains("COMMAND", StringComparison.Ordinal));

        TextScreen.Click(screen, lines[row].IndexOf("PID", StringComparison.Ordinal), row);
        TextScreen.Click(screen, lines[row].IndexOf("RES", StringComparison.Ordinal), row);
        Assert.Equal(["big", "middle", "small"], TextScreen.Commands(screen));
        Assert.Contains("RES▼", TextScreen.Lines(screen)[row]);

        TextScreen.Click(screen, lines[row].IndexOf("RES", StringComparison.Ordinal), row);
        Assert.Equal(["small", "middle", "big"], TextScreen.Commands(screen));
        Assert.Contains("RES▲", TextScreen.Lines(screen)[row]);
    }

    [Fact]
    public void A_click_on_a_row_chooses_it()
    {
        var screen = Open(Three());
        var row = Array.FindIndex(TextScreen.Lines(screen), static line => line.Contains("small --flag", StringComparison.Ordinal));

        TextScreen.Click(screen, 20, row);

        Assert.Equal(3, screen.View.Choices.SelectedPid);
    }

    [Fact]
    public void The_menu_sorts_by_any_column()
    {
        foreach (var column in ProcessColumns.All)
        {
            var screen = Open(Three());
            TextScreen.Type(screen, column.Heading == "PID" ? "P" : "p");
            TextScreen.Lines(screen);
            TextScreen.Press(screen, KeyCode.F6);
            TextScreen.Press(screen, KeyCode.Home);
            TextScreen.Lines(screen);
            for (var i = 0; i < ProcessColumns.All.ToList().IndexOf(column); i++) TextScreen.Press(screen, KeyCode.Down);
            TextScreen.Press(screen, KeyCode.Enter);

            Assert.Contains($"{column.Heading}{(column.IsDescending ? '▼' : '▲')}", TextScreen.LineWith(screen, "COMMAND", 60));
        }
    }

    [Fact]
    public void A_filter_shows_what_matches_and_says_so_until_Escape_drops_it()
    {
        var screen = Open(Three());
        TextScreen.Type(screen, "\\rss > 1MiB");
        TextScreen.Press(screen, KeyCode.Enter);

        Assert.Equal(["big"], TextScreen.Commands(screen));
        Assert.Contains("1 of 3, Esc drops the filter: rss > 1MiB", TextScreen.LineWith(screen, "filter:"));

        TextScreen.Press(screen, KeyCode.Escape);

        Assert.Equal(3, TextScreen.Commands(screen).Length);
        Assert.Equal("top", screen.Pane.Name);
    }

    [Fact]
    public void What_is_wrong_with_a_filter_is_said_and_the_line_stays()
    {
        var screen = Open(Three());
        TextScreen.Type(screen, "\\rss > 1");
        TextScreen.Press(screen, KeyCode.Enter);

        Assert.Contains("give the number a unit", string.Join(' ', TextScreen.Lines(screen)));
        Assert.Equal("filter: rss > 1", TextScreen.Lines(screen)[^2]);
        Assert.Empty(screen.View.Choices.FilterText);
    }

    [Fact]
    public void A_search_goes_to_the_next_match_and_round_the_end()
    {
        var screen = Open(Three());
        TextScreen.Type(screen, "p");
        TextScreen.Lines(screen);

        TextScreen.Type(screen, "/SMALL");
        TextScreen.Press(screen, KeyCode.Enter);
        Assert.Equal(3, screen.View.Choices.SelectedPid);

        TextScreen.Type(screen, "/--flag");
        TextScreen.Press(screen, KeyCode.Enter);
        Assert.Equal(1, screen.View.Choices.SelectedPid);
    }

    [Fact]
    public void Tags_are_marked_counted_and_dropped_with_the_process()
    {
        var screen = Open(Three());
        TextScreen.Type(screen, "p");
        TextScreen.Lines(screen);
        TextScreen.Type(screen, "  ");
        Assert.Equal([1, 2], screen.View.Choices.TaggedPids);
        Assert.Equal(2, TextScreen.Lines(screen).Count(static line => line.StartsWith('•')));
        Assert.Contains("2 tagged", TextScreen.LineWith(screen, "tagged"));

        var left = new MemoryTree().Process(1, name: "big").Process(3, name: "small");
        TextScreen.MoveOn(screen, left, left);
        TextScreen.Lines(screen);
        Assert.Equal([1], screen.View.Choices.TaggedPids);

        TextScreen.Type(screen, "U");
        Assert.Empty(screen.View.Choices.TaggedPids);
    }

    [Fact]
    public void Enter_opens_the_process()
    {
        var screen = Open(Three());
        TextScreen.Lines(screen);
        TextScreen.Press(screen, KeyCode.Down);
        TextScreen.Press(screen, KeyCode.Enter);

        Assert.Equal("process", screen.Pane.Name);
        Assert.Equal(2, screen.View.Choices.SelectedPid);
    }

    [Fact]
    public void Who_waits_for_a_disk_or_has_ended_is_told_by_letters()
    {
        var tree = new MemoryTree().Process(1, name: "fine").Process(2, name: "waits", state: 'D').Process(3, name: "ends", flags: 4).Process(4, name: "gone", state: 'Z');
        tree["/proc/4/cmdline"] = "";
        var screen = Open(TextScreen.Of(tree, tree));

        Assert.Contains("1 D, 1 Z", TextScreen.LineWith(screen, "tasks"));
        Assert.Contains("ends --flag <ending>", TextScreen.LineWith(screen, "ends"));
        Assert.Contains("[gone] <defunct>", TextScreen.LineWith(screen, "gone"));
        Assert.DoesNotContain("<ending>", TextScreen.LineWith(screen, "fine"));
    }

    [Fact]
    public void Columns_make_room_by_rank_and_come_with_the_right_key()
    {
        var screen = Open(Three());
        var narrow = TextScreen.LineWith(screen, "COMMAND", 80, 24);
        Assert.DoesNotContain("WCHAN", narrow);
        foreach (var heading in (ReadOnlySpan<string>)["PID", "USER", "%CPU", "RES", "SWAP", "OOM"]) Assert.Contains(heading, narrow);

        for (var i = 0; i < 8; i++) screen.Obey(ScreenCommand.Right);

        var moved = TextScreen.LineWith(screen, "COMMAND", 80, 24);
        Assert.Contains("WCHAN", moved);
        Assert.Contains("PID", moved);
        Assert.DoesNotContain("USER", moved);
    }

    [Fact]
    public void A_tree_without_processes_says_what_is_missing_and_shows_no_figures()
    {
        var screen = Open(TextScreen.Of(new MemoryTree { ["/proc/version"] = "x" }));

        Assert.Contains("/proc/meminfo: No such file or directory", TextScreen.LineWith(screen, "Mem"));
        Assert.Contains("load -", TextScreen.LineWith(screen, "load"));
        Assert.Contains("mem - io - cpu -", TextScreen.LineWith(screen, "PSI%"));
    }

    [Fact]
    public void A_malformed_file_of_a_process_is_named()
    {
        var tree = new MemoryTree().Process(1);
        tree["/proc/1/stat"] = "1 (x) S what\n";

        Assert.Contains("/proc/1/stat", TextScreen.LineWith(Open(TextScreen.Of(tree)), "/proc/1/stat"));
    }

    [Fact]
    public void Every_size_is_drawn()
    {
        var screen = Open(box.Screen());
        foreach (var (width, height) in (ReadOnlySpan<(int, int)>)[(60, 16), (61, 17), (79, 18), (100, 30), (250, 80)])
        {
            Assert.Contains("COMMAND", TextScreen.LineWith(screen, "COMMAND", width, height));
        }
    }

    private static Screen Open(Screen screen)
    {
        screen.Open("top");
        return screen;
    }

    private static Screen Three()
    {
        var tree = new MemoryTree().Process(1, name: "big", pages: 3000).Process(2, name: "middle", pages: 200).Process(3, name: "small", pages: 10);
        return TextScreen.Of(tree, tree);
    }
}
