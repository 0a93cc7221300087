// Goal: the panes that show what a tool shows look as they are meant to at all sizes, with and without Unicode, and say which file is missing.

using VboxMem.Tui.Bindings;
using VboxMem.Tui.Drawing;

namespace VboxMem.Tui.Tests.Panes;

[Collection(MomentsCollection.Name)]
public sealed class FigurePanesTests
{
    public static TheoryData<string> Names => ["vmstat", "zoneinfo", "dmesg", "slabtop", "free", "counters", "who-says-what"];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_pane_looks_so(string pane)
    {
        foreach (var (width, height) in new[] { (80, 24), (120, 40), (200, 60) }) Picture.Check(Moments.Open(pane), pane, width, height);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_pane_without_unicode_is_ascii_all_through(string pane)
    {
        var screen = Moments.Open(pane, Glyphs.Ascii);
        Assert.DoesNotContain(Moments.TextOf(screen, 200, 60), static character => character > '~');
        Picture.Check(screen, pane + "-ascii", 80, 24);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_pane_can_be_drawn_at_any_size_and_obeys_every_key_there(string pane)
    {
        ReadOnlySpan<(int, int)> sizes = [(60, 16), (61, 17), (79, 24), (99, 30), (119, 16), (121, 43), (160, 20), (199, 50), (250, 80)];
        foreach (var (width, height) in sizes)
        {
            var screen = Moments.Open(pane);
            var lines = Moments.LinesOf(screen, width, height);
            foreach (var command in Enum.GetValues<ScreenCommand>())
            {
                screen.Pane.Obey(command, screen);
                if (screen.Pane.Name != pane) screen.Open(pane);   // it has opened another one
                Moments.TextOf(screen, width, height);
            }

            var after = Moments.LinesOf(screen, width, height);
            Assert.Equal(lines[..2], after[..2]);
            Assert.Equal(lines[height - 1], after[height - 1]);
        }
    }

    [Theory]
    [InlineData("vmstat", "/proc/vmstat")]
    [InlineData("vmstat", "/proc/stat")]
    [InlineData("vmstat", "/proc/meminfo")]
    [InlineData("zoneinfo", "/proc/zoneinfo")]
    [InlineData("zoneinfo", "/proc/buddyinfo")]
    [InlineData("zoneinfo", "/sys/kernel/debug/vbox/kswapd")]
    [InlineData("dmesg", "/dev/kmsg")]
    [InlineData("slabtop", "/proc/slabinfo")]
    [InlineData("free", "/proc/meminfo")]
    [InlineData("free", "/proc/swaps")]
    [InlineData("counters", "/proc/meminfo")]
    [InlineData("counters", "/proc/vmstat")]
    [InlineData("who-says-what", "/proc/meminfo")]
    public void A_file_that_is_missing_is_named(string pane, string path) =>
        Assert.Contains($"{path}: No such file or directory", Moments.TextOf(Moments.Open(pane, null, path), 120, 40), StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Names))]
    public void A_search_goes_to_a_match_and_paints_it(string pane)
    {
        var text = pane switch { "vmstat" => "0:04:", "zoneinfo" => "dma32", "dmesg" => "hash table", "slabtop" => "kmalloc-1k", "free" => "swap used", "counters" => "PGFAULT", _ => "htop" };
        var screen = Moments.Open(pane);
        var canvas = new Canvas(120, 40);
        screen.Draw(canvas);
        Assert.True(screen.Pane.Search(text, isBackward: true, screen.View));
        screen.Draw(canvas);
        var painted = "";
        for (var y = 0; y < canvas.Height; y++)
        {
            foreach (var cell in canvas.Row(y)) painted += cell.Role == Role.Match ? (char)cell.Character : "";
        }

        Assert.Contains(text, painted, StringComparison.OrdinalIgnoreCase);
        Assert.True(screen.Pane.Obey(ScreenCommand.Escape, screen));
        Assert.False(screen.Pane.Obey(ScreenCommand.Escape, screen));
        Assert.False(screen.Pane.Search("no such thing", isBackward: false, screen.View));
    }
}
