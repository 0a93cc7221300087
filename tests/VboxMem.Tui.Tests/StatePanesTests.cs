// Goal: the panes of pressure, the LRU lists and the memory map say what the files say, at every size, and say what they lack.

using VboxMem.Tools.Parsing;
using VboxMem.Tui.Bindings;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Panes;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Tests;

public sealed class StatePanesTests
{
    private static readonly string[] _panes = ["pressure", "lru", "map", "why"];

    [Theory]
    [InlineData("pressure")]
    [InlineData("lru")]
    [InlineData("map")]
    public void They_look_so(string pane)
    {
        var screen = pane == "pressure" ? PressedBox.Stalled(2, 22) : PressedBox.Screen(26);
        screen.Open(pane);
        Picture.Check(screen, pane, 80, 24);
        Picture.Check(screen, pane, 120, 40);
        Picture.Check(screen, pane, 200, 60);
        Picture.Check(screen, pane, 60, 16);
    }

    [Theory]
    [InlineData("pressure")]
    [InlineData("lru")]
    [InlineData("map")]
    public void Without_Unicode_they_look_so(string pane)
    {
        var screen = pane == "pressure" ? PressedBox.Stalled(2, 22, Glyphs.Ascii) : PressedBox.Screen(26, Glyphs.Ascii);
        screen.Open(pane);
        Picture.Check(screen, pane + "-ascii", 80, 24);
        foreach (var rune in PressedBox.Text(screen, 80, 24).EnumerateRunes()) Assert.True(rune.IsAscii, rune.ToString());
    }

    [Fact]
    public void Every_size_is_drawn()
    {
        var screen = PressedBox.Screen(18);
        foreach (var pane in _panes)
        {
            screen.Open(pane);
            for (var width = 60; width <= 250; width += 19)
            {
                for (var height = 16; height <= 80; height += 8) Assert.NotEmpty(PressedBox.Text(screen, width, height));
            }
        }
    }

    [Theory]
    [InlineData("pressure", "/proc/pressure/memory", "/proc/pressure/memory")]
    [InlineData("pressure", "/sys/kernel/debug/vbox/stalls", "/sys/kernel/debug/vbox/stalls")]
    [InlineData("lru", "/sys/kernel/debug/vbox/lru", "/sys/kernel/debug/vbox/lru")]
    [InlineData("map", "/sys/kernel/debug/vbox/pageblocks", "/sys/kernel/debug/vbox/pageblocks")]
    public void A_missing_file_is_named(string pane, string hidden, string named)
    {
        var screen = PressedBox.Without(PressedBox.Screen(3), hidden);
        screen.Open(pane);
        Assert.Contains(named, PressedBox.Text(screen, 120, 40), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_debug_file_the_lists_are_those_of_vmstat()
    {
        var screen = PressedBox.Without(PressedBox.Screen(18), "/sys/kernel/debug/vbox/lru");
        screen.Open("lru");
        var fields = screen.View.Now.VmStat.Value!.Fields;
        var text = PressedBox.Text(screen, 120, 40);
        Assert.Contains(Sizes.Pages(fields["nr_inactive_anon"u8]!.Value), text, StringComparison.Ordinal);
        Assert.Contains(Sizes.Pages(fields["nr_active_file"u8]!.Value), text, StringComparison.Ordinal);
        Assert.Contains("scanned by reclaim -", string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_diagram_has_the_figures_of_the_file()
    {
        var screen = PressedBox.Screen(26);
        screen.Open("lru");
        var text = PressedBox.Text(screen, 120, 40);
        var (now, before) = (screen.View.Now.Debug("lru").Value!, screen.View.Before!.Debug("lru").Value!);
        for (var row = 0; row < now.RowCount; row++)
        {
            Assert.Contains(Sizes.Pages((ulong)now.Number(row, "active")), text, StringComparison.Ordinal);
            Assert.Contains(Sizes.Pages((ulong)now.Number(row, "inactive")), text, StringComparison.Ordinal);
            foreach (var column in (string[])["scanned", "reclaimed", "activated", "deactivated", "added"])
            {
                var perSecond = (now.Number(row, column) - before.Number(row, column)) / screen.View.ElapsedSeconds;
                Assert.Contains(LruDiagram.Flow(perSecond), text, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Every_stall_of_the_file_has_its_row_and_can_be_asked_about()
    {
        var screen = PressedBox.Stalled(2, 22);
        screen.Open("pressure");
        var text = PressedBox.Text(screen, 120, 40);
        var stalls = screen.View.Now.Debug("stalls").Value!;
        for (var row = 0; row < stalls.RowCount; row++) Assert.Contains(stalls[row, "comm"], text, StringComparison.Ordinal);
        Assert.Equal(new WhySubject(WhyKind.Stall, Pid: (int)stalls.Number(0, "tid")), screen.Pane.Subject(screen.View));
        screen.Obey(ScreenCommand.Down);
        PressedBox.Text(screen, 120, 40);
        Assert.Equal(new WhySubject(WhyKind.Stall, Pid: (int)stalls.Number(1, "tid")), screen.Pane.Subject(screen.View));
    }

    [Fact]
    public void The_owners_on_the_map_add_up_to_what_is_present_and_without_reserved_to_what_is_managed()
    {
        var screen = PressedBox.Screen(18);
        var blocks = screen.View.Now.Load<Pageblocks>(Pageblocks.Path, Pageblocks.Parse).Value!;
        var legend = new MapLegend(blocks, screen.View);
        var (present, managed, reserved) = (0UL, 0UL, 0UL);
        foreach (var zone in screen.View.Now.Zones.Value!) (present, managed) = (present + zone["present"]!.Value, managed + zone["managed"]!.Value);
        foreach (var (owner, frames) in legend.Totals) reserved += owner.Name == "reserved" ? frames : 0;
        Assert.Equal(present, legend.Present);
        Assert.Equal(managed, legend.Present - reserved);
        foreach (var owner in blocks.Owners) Assert.Equal(owner, MapOwners.Of(owner).Name);
        Assert.Equal(MapOwners.All.Count, MapOwners.All.Select(static owner => char.ToUpperInvariant(owner.Letter)).Distinct().Count());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(16)]
    public void Cells_of_any_size_hold_every_frame_once(int blocksPerCell)
    {
        var screen = PressedBox.Screen(3);
        var blocks = screen.View.Now.Load<Pageblocks>(Pageblocks.Path, Pageblocks.Parse).Value!;
        var layout = MapLayout.Create(blocks, 17, blocksPerCell);
        var contents = MapContents.Count(blocks, layout, 0, layout.Cells);
        var frames = 0L;
        for (var cell = 0; cell < layout.Cells; cell++)
        {
            foreach (var count in contents.Of(cell)) frames += count;
            Assert.Equal(cell, layout.CellOf(layout.PfnOf(cell)));
            var (row, column) = layout.PlaceOf(cell);
            Assert.Equal(cell, layout.CellAt(row, column));
        }

        Assert.Equal(blocks.Runs.Sum(static run => (long)run.Blocks) * Pageblocks.FramesPerBlock, frames);
    }

    [Fact]
    public void Looking_closer_keeps_the_cursor_on_its_frame()
    {
        var screen = ScreenOf.Profile("bigbox", 2);
        screen.Open("map");
        PressedBox.Text(screen, 80, 24);
        for (var i = 0; i < 40; i++) screen.Obey(ScreenCommand.Down);
        for (var i = 0; i < 5; i++) screen.Obey(ScreenCommand.Right);
        var first = Detail(screen);
        screen.Obey(ScreenCommand.ZoomIn);
        Assert.Equal(first, Detail(screen));
        screen.Obey(ScreenCommand.ZoomOut);
        Assert.Equal(first, Detail(screen));

        static string Detail(Screen screen)
        {
            var line = PressedBox.Text(screen, 200, 24).Split('\n').First(static line => line.StartsWith(" 0x", StringComparison.Ordinal));
            return line[..line.IndexOf('-', StringComparison.Ordinal)];
        }
    }

    [Fact]
    public void Pressure_is_what_the_files_say()
    {
        var screen = PressedBox.Screen(26);
        screen.Open("pressure");
        var text = PressedBox.Text(screen, 120, 40);
        foreach (var resource in (string[])["cpu", "memory", "io"])
        {
            var line = text.Split('\n').First(line => line.StartsWith(" " + resource, StringComparison.Ordinal));
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var some = screen.View.Now.Pressure(resource)!.Value.Some!.Value;
            Assert.Equal((some.Average10 / 100.0).ToString("0.00", System.Globalization.CultureInfo.InvariantCulture), words[2]);
            Assert.Equal((some.Average300 / 100.0).ToString("0.00", System.Globalization.CultureInfo.InvariantCulture), words[4]);
            Assert.Equal(Durations.Text((long)some.TotalMicroseconds * 1000), words[5]);
        }
    }
}
