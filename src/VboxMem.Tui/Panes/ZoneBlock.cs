// One zone of the zoneinfo pane.
//
//   Node 0, zone DMA32   below low: kswapd reclaims
//     free     51.2M     [████████┊████┊····┊··················]  5.4 % of 953M
//                                 min  low  high
//     marks    min 43.3M  low 54.1M  high 65.0M  promo 75.8M
//     reserve  …
//     per-CPU  14.5M on 2 CPUs: 0 1866/7212  1 1851/6646
//     then, or beside it where there is room, a histogram of free pages by order, and numbers of blocks below it
//
// The gauge goes from nothing to twice the high mark. Marks have the boost in them.

using System.Globalization;
using VboxMem.Tools.Buddyinfo;
using VboxMem.Tools.Parsing;
using VboxMem.Tools.Zoneinfo;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Panes;

internal sealed class ZoneBlock
{
    private const int WideWidth = 160;
    private const int RightWidth = 95;
    private const int LeftRows = 6;
    private const int LabelWidth = 9;
    private const int SizeWidth = 9;
    private const int ShareWidth = 18;
    private const int NarrowWidth = 70;

    private readonly Canvas _canvas;
    private readonly Rect _area;
    private readonly ScreenView _view;
    private readonly bool _isWide;

    public ZoneBlock(Canvas canvas, Rect area, ScreenView view) =>
        (_canvas, _area, _view, _isWide) = (canvas, area, view, area.Width >= WideWidth);

    /// <summary>Rows of a block, a blank one at its end among them.</summary>
    public int Height => (_isWide ? LeftRows : LeftRows + ZoneBlocks.Rows) + 1;

    /// <param name="y">Its first row; may lie above the area.</param>
    /// <param name="zone">The zone.</param>
    /// <param name="isChosen">Under the cursor.</param>
    public void Draw(int y, ZoneInfo zone, bool isChosen)
    {
        var left = _isWide ? _area.Left(_area.Width - RightWidth) : _area;
        DrawHeading(y, zone, isChosen);
        DrawGauge(left, y + 1, zone);
        DrawMarks(left, y + 3, zone);
        DrawReserve(left, y + 4, zone);
        DrawPageSets(left, y + 5, zone);
        var right = _isWide ? _area.RightOf(_area.Width - RightWidth) : _area;
        ZoneBlocks.Draw(_canvas, right, _isWide ? y + 1 : y + LeftRows, BlocksOf(zone), _view);
    }

    public static Role RoleOf(ZoneLevel level) => level switch
    {
        ZoneLevel.BelowMin => Role.Critical,
        ZoneLevel.BelowLow => Role.Warning,
        ZoneLevel.BelowHigh => Role.Text,
        _ => Role.Good,
    };

    private void DrawHeading(int y, ZoneInfo zone, bool isChosen)
    {
        var level = zone.LevelOf();
        var name = string.Create(CultureInfo.InvariantCulture, $"Node {zone.Node}, zone {zone.Name}");
        if (isChosen) _canvas.Put(_area, 0, y, _view.Glyphs.Right, Role.Bold);
        _canvas.Write(_area, 1, y, name, isChosen ? Role.Selected : Role.Bold);
        _canvas.Write(_area, Math.Max(name.Length + 3, 24), y, level.Describe(), RoleOf(level));
    }

    private void DrawGauge(Rect area, int y, ZoneInfo zone)
    {
        var (free, managed, high) = (zone["free"] ?? 0, zone["managed"] ?? 0, zone["high"] ?? 0);
        Label(area, y, "free");
        _canvas.Write(area, LabelWidth + 3, y, Sizes.Pages(free), Role.Bold);
        var isNarrow = area.Width < NarrowWidth;
        var from = LabelWidth + SizeWidth;
        var width = area.Width - from - (isNarrow ? 7 : ShareWidth);
        ReadOnlySpan<GaugeMark> marks =
        [
            new(zone["min"] ?? 0, "min", Role.Min), new(zone["low"] ?? 0, "low", Role.Low), new(high, "high", Role.High),
        ];
        MarkGauge.Draw(_canvas, area, new Rect(from, y, width, 1), free, Math.Max(2 * high, 1), marks, RoleOf(zone.LevelOf()) == Role.Text ? Role.High : RoleOf(zone.LevelOf()), _view.Glyphs);
        var share = Figure.Percent(free, managed);
        _canvas.Write(area, from + width + 1, y, isNarrow ? share : $"{share} of {Sizes.Pages(managed)}");
    }

    private void DrawMarks(Rect area, int y, ZoneInfo zone)
    {
        Label(area, y, "marks");
        var x = LabelWidth + 3;
        foreach (var (name, role) in (ReadOnlySpan<(string, Role)>)[("min", Role.Min), ("low", Role.Low), ("high", Role.High), ("promo", Role.Dim)])
        {
            if (zone[name] is not { } pages) continue;
            x = _canvas.Write(area, x, y, name, role);
            x = _canvas.Write(area, x + 1, y, Sizes.Pages(pages)) + 2;
        }

        if (zone["boost"] is not { } boost) return;
        var text = boost == 0 ? "no boost" : $"boost {Sizes.Pages(boost)} in them";
        if (boost > 0 || x + text.Length <= area.Width) _canvas.Write(area, x, y, text, boost == 0 ? Role.Dim : Role.Warning);
    }

    /// <summary>What it keeps from requests that could go to a higher zone: the highest of these is kept out most.</summary>
    private void DrawReserve(Rect area, int y, ZoneInfo zone)
    {
        var most = 0UL;
        foreach (var pages in zone.Protection) most = Math.Max(most, pages);
        Label(area, y, "reserve");
        _canvas.Write(area, LabelWidth + 3, y, most == 0 ? "none kept from requests for higher zones"
            : $"{Sizes.Pages(most)} kept from requests for higher zones", most == 0 ? Role.Dim : Role.Text);
    }

    private void DrawPageSets(Rect area, int y, ZoneInfo zone)
    {
        var pages = 0UL;
        foreach (var set in zone.PageSets) pages += set.Count;
        Label(area, y, "per-CPU");
        var x = _canvas.Write(area, LabelWidth + 3, y, string.Create(CultureInfo.InvariantCulture, $"{Sizes.Pages(pages)} on {zone.PageSets.Count}:"));
        for (var i = 0; i < zone.PageSets.Count; i++)
        {
            var set = zone.PageSets[i];
            var cpu = string.Create(CultureInfo.InvariantCulture, $"cpu{set.Cpu} ");
            var text = string.Create(CultureInfo.InvariantCulture, $"{set.Count}/{set.High}");
            if (x + cpu.Length + text.Length + 3 > area.Width)
            {
                _canvas.Put(area, x + 1, y, _view.Glyphs.Ellipsis, Role.Dim);
                return;
            }

            x = _canvas.Write(area, x + 2, y, cpu, Role.Dim);
            x = _canvas.Write(area, x, y, text, set.Count > set.High ? Role.Warning : Role.Text);
        }
    }

    private IReadOnlyList<Fragmentation>? BlocksOf(ZoneInfo zone)
    {
        if (_view.Now.BuddyInfo.Value is not { } all) return null;
        foreach (var info in all)
        {
            if (info.Node == zone.Node && info.Zone == zone.Name) return Fragmentation.Of(info);
        }

        return null;
    }

    private void Label(Rect area, int y, string label) => _canvas.Write(area, 3, y, label, Role.Label);
}
