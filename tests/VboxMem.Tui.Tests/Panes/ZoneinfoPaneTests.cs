// Goal: the pane shows the figures of zoneinfo and buddyinfo, each zone's level in words, and says which zone the cursor is on.

using VboxMem.Tools.Zoneinfo;
using VboxMem.Tui.Bindings;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Panes;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Tests.Panes;

[Collection(MomentsCollection.Name)]
public sealed class ZoneinfoPaneTests
{
    [Fact]
    public void Each_zone_has_its_level_marks_lists_and_blocks()
    {
        var screen = Moments.Open("zoneinfo");
        var text = Moments.TextOf(screen, 120, 60);
        foreach (var zone in screen.View.Now.Zones.Value!)
        {
            if (zone.LevelOf() == ZoneLevel.NoMemory) continue;
            var block = text[text.IndexOf($"Node {zone.Node}, zone {zone.Name} ", StringComparison.Ordinal)..].Split('\n')[..11];
            Assert.EndsWith(zone.LevelOf().Describe(), block[0], StringComparison.Ordinal);
            Assert.Contains($" {Sizes.Pages(zone["free"]!.Value)} ", block[1], StringComparison.Ordinal);
            foreach (var mark in new[] { "min", "low", "high", "promo" }) Assert.Contains($"{mark} {Sizes.Pages(zone[mark]!.Value)}", block[3], StringComparison.Ordinal);
            foreach (var set in zone.PageSets) Assert.Contains($"cpu{set.Cpu} {set.Count}/{set.High}", block[5], StringComparison.Ordinal);
            var blocks = screen.View.Now.BuddyInfo.Value!.Single(info => info.Node == zone.Node && info.Zone == zone.Name).FreeBlocks;
            Assert.Equal(blocks.Select(static count => count.ToString()), block[9].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..]);
        }
    }

    [Fact]
    public void Kswapds_state_is_the_debug_files()
    {
        var screen = Moments.Open("zoneinfo");
        var table = screen.View.Now.Debug("kswapd").Value!;
        var line = Moments.LinesOf(screen, 120, 40)[2];
        Assert.StartsWith($" kswapd0 {table[0, "state"]} for ", line, StringComparison.Ordinal);
        Assert.Contains($"run {table[0, "runs"]} ", line, StringComparison.Ordinal);
    }

    [Fact]
    public void The_cursor_goes_from_zone_to_zone_and_brings_each_into_sight()
    {
        var screen = Moments.Open("zoneinfo");
        var zones = screen.View.Now.Zones.Value!.Where(static zone => zone.LevelOf() != ZoneLevel.NoMemory).ToArray();
        Assert.True(zones.Length > 1);
        foreach (var zone in zones)
        {
            var text = Moments.TextOf(screen, 60, 16);
            Assert.Contains($"▶Node {zone.Node}, zone {zone.Name} ", text, StringComparison.Ordinal);
            Assert.Contains("index", text, StringComparison.Ordinal);
            Assert.Equal(new WhySubject(WhyKind.Watermark, zone.Name, Node: zone.Node, At: screen.View.Now.At), screen.Pane.Subject(screen.View));
            screen.Obey(ScreenCommand.Down);
        }
    }

    [Fact]
    public void A_zone_that_is_clicked_is_chosen()
    {
        var screen = Moments.Open("zoneinfo");
        var lines = Moments.LinesOf(screen, 80, 40);
        var at = Array.FindIndex(lines, static line => line.Contains("zone DMA32", StringComparison.Ordinal));
        screen.Take(new VboxMem.Tui.Terminal.TerminalEvent(VboxMem.Tui.Terminal.TerminalEventKind.Click, X: 10, Y: at + 3));
        Assert.Equal("DMA32", screen.Pane.Subject(screen.View)!.Value.Name);
    }

    [Theory]
    [InlineData(0, 100, 0, false)]
    [InlineData(25, 100, 10, false)]
    [InlineData(100, 100, 40, false)]
    [InlineData(300, 100, 39, true)]
    public void A_gauge_is_filled_as_far_as_it_should(ulong amount, ulong end, int cells, bool isBeyond)
    {
        var canvas = new Canvas(42, 2);
        MarkGauge.Draw(canvas, canvas.Area, new Rect(0, 0, 42, 1), amount, end, [new(50, "half", Role.Min)], Role.Good, Glyphs.Ascii);
        var text = Picture.TextOf(canvas).Split('\n');
        Assert.Equal(':', text[0][21]);
        Assert.Equal(21 - 3, text[1].IndexOf("half", StringComparison.Ordinal));
        var filled = text[0].Replace(':', amount * 2 > end ? '#' : '.').Count(static cell => cell == '#');
        Assert.Equal((cells, isBeyond), (filled, text[0][40] == '>'));
    }
}
