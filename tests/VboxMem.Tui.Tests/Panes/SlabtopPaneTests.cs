// Goal: the pane shows the figures of slabinfo in slabtop's orders; the cursor stays on its cache; growth is the difference of two readings.

using VboxMem.Tools.Slabtop;
using VboxMem.Tui.Bindings;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Panes;
using VboxMem.Tui.Terminal;

namespace VboxMem.Tui.Tests.Panes;

[Collection(MomentsCollection.Name)]
public sealed class SlabtopPaneTests
{
    private const int HeadRows = 8;

    [Fact]
    public void Every_order_of_the_menu_is_slabtops()
    {
        for (var chosen = 0; chosen <= SlabColumn.All.Count; chosen++)
        {
            var screen = Moments.Open("slabtop");
            screen.Obey(ScreenCommand.Sort);
            Moments.TextOf(screen, 120, 40);
            screen.Take(Press(KeyCode.Home));
            for (var i = 0; i < chosen; i++) screen.Take(Press(KeyCode.Down));
            screen.Take(Press(KeyCode.Enter));
            var key = chosen < SlabColumn.All.Count ? SlabColumn.All[chosen].Key : SlabSortKey.Name;
            var expected = SlabReport.From(screen.View.Now.Slabs.Value!, key).Caches.Take(50).Select(static cache => cache.Name);
            Assert.Equal(expected, Rows(screen).Take(50).Select(static row => row[^1]));
        }
    }

    [Fact]
    public void Figures_are_the_files()
    {
        var screen = Moments.Open("slabtop");
        var byName = screen.View.Now.Slabs.Value!.Caches.ToDictionary(static cache => cache.Name);
        foreach (var row in Rows(screen).Take(50))
        {
            var cache = byName[row[^1]];
            Assert.Equal(cache.TotalObjects.ToString(), row[0]);
            Assert.Equal(cache.ActiveObjects.ToString(), row[1]);
            Assert.Equal($"{SlabReport.UsePercent(cache)}%", row[2]);
            Assert.Equal($"{cache.TotalSlabs * cache.PagesPerSlab * 4}K", row.Last(static cell => cell.EndsWith('K')));
        }
    }

    [Fact]
    public void Growth_is_what_has_come_since_the_reading_before()
    {
        var screen = Moments.Open("slabtop");
        var (now, before) = (screen.View.Now.Slabs.Value!.Caches, screen.View.Before!.Slabs.Value!.Caches.ToDictionary(static cache => cache.Name));
        var rows = Rows(screen).ToDictionary(static row => row[^1], static row => row[^2]);
        var changed = 0;
        foreach (var cache in now)
        {
            if (!rows.TryGetValue(cache.Name, out var cell)) continue;
            var difference = (long)(cache.TotalObjects - before[cache.Name].TotalObjects);
            if (difference != 0) changed++;
            Assert.Equal(difference, cell[0] is '▲' or '▼' ? long.Parse(cell[1..]) : 0);
        }

        Assert.True(changed > 0);
    }

    [Fact]
    public void The_cursor_stays_on_its_cache_when_the_order_changes()
    {
        var screen = Moments.Open("slabtop");
        Rows(screen);
        for (var i = 0; i < 5; i++) screen.Obey(ScreenCommand.Down);
        var name = Chosen(screen);
        screen.Obey(ScreenCommand.SortInverted);
        Assert.Equal(name, Chosen(screen));
        screen.Take(new TerminalEvent(TerminalEventKind.Click, X: 5, Y: HeadRows - 1));
        Assert.Equal(name, Chosen(screen));
        Assert.NotEqual("", name);
    }

    [Fact]
    public void A_click_on_a_heading_sorts_by_it_and_again_turns_the_order_round()
    {
        var screen = Moments.Open("slabtop");
        var lines = Moments.LinesOf(screen, 120, 40);
        var at = lines[HeadRows - 1].IndexOf("CACHE SIZE", StringComparison.Ordinal);
        screen.Take(new TerminalEvent(TerminalEventKind.Click, X: at, Y: HeadRows - 1));
        var expected = SlabReport.From(screen.View.Now.Slabs.Value!, SlabSortKey.CacheSize).Caches;
        Assert.Equal(expected[0].Name, Rows(screen)[0][^1]);
        screen.Take(new TerminalEvent(TerminalEventKind.Click, X: at, Y: HeadRows - 1));
        Assert.Equal(expected[^1].Name, Rows(screen)[0][^1]);
    }

    private static string[][] Rows(Screen screen) =>
        [.. Moments.LinesOf(screen, 120, 70)[HeadRows..69].Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];

    private static string Chosen(Screen screen)
    {
        var canvas = new Canvas(120, 40);
        screen.Draw(canvas);
        for (var y = HeadRows; y < 39; y++)
        {
            if (canvas[2, y].Role == Role.Selected) return Picture.TextOf(canvas).Split('\n')[y].Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1];
        }

        return "";
    }

    private static TerminalEvent Press(KeyCode key) => new(TerminalEventKind.Key, new Key(key));
}
