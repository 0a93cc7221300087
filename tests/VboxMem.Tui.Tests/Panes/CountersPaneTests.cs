// Goal: every line of the two files is shown with its value and its change; x leaves what has changed.

using VboxMem.Tools.Parsing;
using VboxMem.Tui.Bindings;
using VboxMem.Tui.Panes;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Tests.Panes;

[Collection(MomentsCollection.Name)]
public sealed class CountersPaneTests
{
    [Fact]
    public void Values_and_changes_are_the_files()
    {
        var screen = Moments.Open("counters");
        var (now, before) = (screen.View.Now.VmStat.Value!.Fields, screen.View.Before!.VmStat.Value!.Fields);
        var shown = Cells(screen, 120, 260, 60);
        Assert.Equal(now.Count, shown.Count);
        for (var i = 0; i < now.Count; i++)
        {
            var cells = shown[now.Name(i)];
            var difference = unchecked((long)(now.Value(i) - before.Value(i)));
            Assert.Equal(unchecked((long)now.Value(i)), long.Parse(cells[1]));
            Assert.Equal(difference == 0 ? 2 : 4, cells.Length);
            if (difference != 0) Assert.Equal((difference > 0 ? '▲' : '▼') + Figure.Signed(difference), cells[2]);
        }
    }

    [Fact]
    public void Only_what_has_changed_is_left_by_x()
    {
        var screen = Moments.Open("counters");
        var (now, before) = (screen.View.Now.VmStat.Value!.Fields, screen.View.Before!.VmStat.Value!.Fields);
        var changed = Enumerable.Range(0, now.Count).Where(i => now.Value(i) != before.Value(i)).Select(now.Name).ToArray();
        Assert.InRange(changed.Length, 1, now.Count - 1);
        screen.Obey(ScreenCommand.OtherView);
        Assert.Equal(changed, Cells(screen, 120, 260, 60).Keys);
        screen.Obey(ScreenCommand.OtherView);
        Assert.Equal(now.Count, Cells(screen, 120, 260, 60).Count);
    }

    [Fact]
    public void Without_a_reading_before_no_change_is_known()
    {
        var screen = Moments.OfFiles("counters", ("/proc/meminfo", "MemTotal: 100 kB\n"), ("/proc/vmstat", "pgfault 7\n"));
        var lines = Moments.LinesOf(screen, 120, 24);
        Assert.Equal(["MemTotal", "100", "-", "-", "pgfault", "7", "-", "-"], lines[3].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        screen.Obey(ScreenCommand.OtherView);
        Assert.Contains("nothing to compare with yet", Moments.TextOf(screen, 120, 24), StringComparison.Ordinal);
    }

    [Fact]
    public void A_search_goes_on_in_the_other_file()
    {
        var screen = Moments.Open("counters");
        Moments.TextOf(screen, 120, 40);
        Assert.True(screen.Pane.Search("pgscan_kswapd", isBackward: false, screen.View));
        Assert.Equal("pgscan_kswapd", screen.Pane.Subject(screen.View)!.Value.Name);
        Assert.True(screen.Pane.Search("SwapFree", isBackward: false, screen.View));
        Assert.Equal(new WhySubject(WhyKind.Counter, "SwapFree", At: screen.View.Now.At), screen.Pane.Subject(screen.View));
    }

    [Fact]
    public void The_cursor_stays_on_its_counter_when_lines_go()
    {
        var screen = Moments.Open("counters");
        Moments.TextOf(screen, 120, 40);
        screen.Pane.Search("pgfault", isBackward: false, screen.View);
        screen.Obey(ScreenCommand.OtherView);
        Moments.TextOf(screen, 120, 40);
        Assert.Equal("pgfault", screen.Pane.Subject(screen.View)!.Value.Name);
    }

    [Fact]
    public void A_click_chooses_a_counter_in_either_file()
    {
        var screen = Moments.Open("counters");
        var lines = Moments.LinesOf(screen, 120, 40);
        screen.Take(new VboxMem.Tui.Terminal.TerminalEvent(VboxMem.Tui.Terminal.TerminalEventKind.Click, X: 70, Y: 6));
        Assert.Equal(lines[6][60..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], screen.Pane.Subject(screen.View)!.Value.Name);
        screen.Take(new VboxMem.Tui.Terminal.TerminalEvent(VboxMem.Tui.Terminal.TerminalEventKind.Click, X: 7, Y: 5));
        Assert.Equal(screen.View.Now.Meminfo.Value!.Fields.Name(2), screen.Pane.Subject(screen.View)!.Value.Name);
    }

    private static Dictionary<string, string[]> Cells(Screen screen, int width, int height, int from)
    {
        var rows = new Dictionary<string, string[]>();
        foreach (var line in Moments.LinesOf(screen, width, height)[3..(height - 1)])
        {
            if (line.Length > from && line[from..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } cells) rows.Add(cells[0], cells);
        }

        return rows;
    }
}
