// Goal: the process pane looks as it is meant to, its figures are those of the files, and any address can be translated.

using System.Globalization;
using VboxMem.FileTree;
using VboxMem.Tools.Processes;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Terminal;
using VboxMem.Tui.Widgets;
using VboxMem.Testing;

namespace VboxMem.Tui.Tests.Panes;

[Collection("default box")]
public sealed class ProcessPaneTests(DefaultBox box)
{
    [Theory]
    [InlineData(80, 24)]
    [InlineData(120, 40)]
    [InlineData(200, 60)]
    public void A_process_looks_so(int width, int height) => Picture.Check(Leaky(), "process", width, height);

    [Fact]
    public void Without_Unicode_it_looks_so() => Picture.Check(Leaky(Glyphs.Ascii), "process-ascii", 80, 24);

    [Fact]
    public void The_areas_are_those_of_smaps()
    {
        var screen = Leaky();
        var areas = MapArea.Parse(Smaps(screen), "smaps");
        var text = string.Join('\n', TextScreen.Lines(screen, 200, 100));

        foreach (var area in areas)
        {
            var line = text.Split('\n').First(line => line.Contains($"{area.Start:x}-{area.End:x}", StringComparison.Ordinal) && !line.StartsWith(" address", StringComparison.Ordinal));
            var cells = line.TrimStart('▶').Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string[] expected =
            [
                area.Permissions, Sizes.Kilobytes(area.Bytes / 1024), Sizes.Kilobytes(area.Kilobytes("Rss")), Sizes.Kilobytes(area.Kilobytes("Pss")),
                Sizes.Kilobytes(area.Kilobytes("Private_Dirty")), Sizes.Kilobytes(area.Kilobytes("Anonymous")),
                Sizes.Kilobytes(area.Kilobytes("AnonHugePages")), Sizes.Kilobytes(area.Kilobytes("Referenced")), Sizes.Kilobytes(area.Kilobytes("Swap")),
            ];
            Assert.Equal(expected, cells[1..10]);
        }
    }

    [Fact]
    public void Folded_by_name_the_sums_stay()
    {
        var screen = Leaky();
        var rows = AreaRow.Parse(Smaps(screen), 1);
        var folded = AreaRow.Fold(rows);

        Assert.Equal(rows.Select(static row => row.Name).Distinct(), folded.Select(static row => row.Name));
        Assert.Equal(rows.Sum(static row => (long)row.Rss), folded.Sum(static row => (long)row.Rss));
        Assert.Equal(rows.Sum(static row => (long)row.Pss), folded.Sum(static row => (long)row.Pss));
        Assert.Equal(rows.Count, folded.Sum(static row => row.Count));
        TextScreen.Lines(screen);
        TextScreen.Type(screen, "-");
        Assert.Contains(" areas ", string.Join('\n', TextScreen.Lines(screen)));
    }

    [Fact]
    public void Sorted_by_memory_the_largest_area_comes_first()
    {
        var screen = Leaky();
        TextScreen.Lines(screen);
        TextScreen.Type(screen, "M");
        var largest = AreaRow.Parse(Smaps(screen), 1).MaxBy(static row => row.Rss)!;

        Assert.StartsWith($"▶{largest.Start:x}-{largest.End:x}", TextScreen.LineWith(screen, "▶" + largest.Start.ToString("x", CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void Enter_translates_the_first_address_of_the_area_that_is_in_memory()
    {
        var screen = Leaky();
        TextScreen.Lines(screen);
        TextScreen.Type(screen, "/[heap]");
        TextScreen.Press(screen, KeyCode.Enter);
        TextScreen.Lines(screen);
        TextScreen.Press(screen, KeyCode.Enter);
        TextScreen.Press(screen, KeyCode.Enter);

        var lines = TextScreen.Lines(screen);
        var at = Array.FindIndex(lines, static line => line.StartsWith(" address 0x", StringComparison.Ordinal));
        var address = lines[at].Split(' ')[2];
        var table = screen.View.Now.Debug($"translate/{screen.View.Choices.SelectedPid}/{address}").Value!;
        var last = table.RowCount - 1;
        Assert.Equal("page", table[last, "target"]);
        Assert.Contains($"physical {table[last, "physical"]}", lines[at]);
        for (var row = 0; row <= last; row++)
        {
            Assert.Contains(table[row, "entry"], lines[at + 2 + row]);
            Assert.StartsWith(" " + table[row, "level"], lines[at + 2 + row]);
        }
    }

    [Fact]
    public void An_address_can_be_typed_and_what_is_none_is_said()
    {
        var screen = Leaky();
        TextScreen.Lines(screen);
        TextScreen.Press(screen, KeyCode.Enter);
        TextScreen.Type(screen, "zz");
        TextScreen.Press(screen, KeyCode.Enter);
        Assert.Contains("allowed is a hexadecimal number", string.Join('\n', TextScreen.Lines(screen)));

        screen.Take(new TerminalEvent(TerminalEventKind.Key, Key.Control('u')));
        TextScreen.Type(screen, "0x1000");
        TextScreen.Press(screen, KeyCode.Enter);

        Assert.Contains("nothing there: the way ends at", TextScreen.LineWith(screen, " address 0x1000 "));
    }

    [Fact]
    public void The_terms_of_badness_are_those_of_the_file()
    {
        var screen = Leaky();
        var table = screen.View.Now.Debug("badness").Value!;
        var row = Enumerable.Range(0, table.RowCount).First(row => table.Number(row, "pid") == screen.View.Choices.SelectedPid);

        var text = string.Join(' ', TextScreen.Lines(screen, 200, 40));

        Assert.Contains($"badness rss {table[row, "rss"]} + swap {table[row, "swap"]} + page tables {table[row, "ptables"]} + adj {table[row, "adj_pages"]}", text);
        Assert.Contains($"= {table[row, "points"]} pages; oom_score {table[row, "score"]};", text);
    }

    [Fact]
    public void A_tree_without_debug_files_says_so_where_they_are_needed()
    {
        var tree = new MemoryTree().Process(7);
        tree["/proc/7/smaps"] = "1000-3000 rw-p 00000000 00:00 0   [heap]\nRss:  4 kB\n";
        var screen = Open(TextScreen.Of(tree, tree), 7);

        var text = string.Join('\n', TextScreen.Lines(screen));

        Assert.Contains("/sys/kernel/debug/vbox/badness: No such file or directory", text);
        Assert.Contains("/sys/kernel/debug/vbox/translate/7/0x1000: No such file or directory", text);
        Assert.Contains("1000-3000", text);
    }

    [Fact]
    public void Who_is_not_there_or_has_no_memory_is_said_to()
    {
        Assert.Contains("/proc/99: no such process", string.Join('\n', TextScreen.Lines(Open(box.Screen(), 99999)).Select(static line => line.Replace("99999", "99", StringComparison.Ordinal))));
        Assert.Contains("it has no memory of its own", string.Join('\n', TextScreen.Lines(Open(box.Screen(), 2))));
        Assert.Contains("no process is chosen yet", string.Join('\n', TextScreen.Lines(Open(box.Screen(), 0))));
    }

    [Fact]
    public void Every_size_is_drawn()
    {
        var screen = Leaky();
        foreach (var (width, height) in (ReadOnlySpan<(int, int)>)[(60, 16), (61, 20), (79, 18), (100, 33), (250, 80)])
        {
            Assert.Contains("ADDRESS", string.Join('\n', TextScreen.Lines(screen, width, height)));
        }
    }

    private Screen Leaky(Glyphs? glyphs = null)
    {
        var screen = box.Screen(glyphs);
        return Open(screen, screen.View.Now.Processes(ProcessFiles.Stat).First(static process => process.Name.Span.SequenceEqual("leaky"u8)).Pid);
    }

    private static Screen Open(Screen screen, int pid)
    {
        screen.Open("process");
        screen.View.Choices.SelectedPid = pid;
        return screen;
    }

    private static ReadOnlyMemory<byte> Smaps(Screen screen)
    {
        Assert.Equal(Errno.None, screen.View.Source.Tree.TryRead($"/proc/{screen.View.Choices.SelectedPid}/smaps", out var content));
        return content;
    }
}
