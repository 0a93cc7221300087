// zoneinfo: each node's kswapd, and each of its zones: a gauge with its marks, per-CPU lists, free blocks by order.
//
// The cursor goes from zone to zone. Zones without memory are named in the last line, no more.

using VboxMem.Tools.Parsing;
using VboxMem.Tools.Zoneinfo;
using VboxMem.Tui.Bindings;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Panes;

internal sealed class ZoneinfoPane : Pane
{
    private const string IndexText = "index: ok, such a block is free; else towards 0 memory is missing, towards 1 it lies scattered";

    private readonly ListCursor _cursor = new();
    private readonly Searched _searched = new();
    private readonly List<ZoneInfo> _zones = [];
    private readonly List<int> _tops = [];
    private int _scroll;
    private string _empty = "";

    public override string Name => "zoneinfo";

    public override string Description => "each zone against its watermarks, its free blocks, kswapd";

    public override void Draw(Canvas canvas, Rect area, ScreenView view)
    {
        if (!Load(view))
        {
            DrawProblem(canvas, area, view.Now.Zones.Problem);
            return;
        }

        var block = new ZoneBlock(canvas, area, view);
        Place(block.Height, area.Height);
        for (var i = 0; i < _zones.Count; i++)
        {
            var y = _tops[i] - _scroll;
            if (IsFirstOfNode(i)) KswapdLine.Draw(canvas, area.Row(y - 1), view, _zones[i].Node);
            if (y < area.Height && y + block.Height > 0) block.Draw(y, _zones[i], i == _cursor.Row);
        }

        var below = _tops[^1] + block.Height - _scroll;
        canvas.Write(area, 1, below, _empty, Role.Dim);
        canvas.Write(area, 1, below + 1, IndexText, Role.Dim);
        _searched.Paint(canvas, area);
    }

    public override bool Obey(ScreenCommand command, Screen screen)
    {
        if (command != ScreenCommand.Enter || Subject(screen.View) is null) return _cursor.Obey(command) || _searched.Obey(command);
        screen.Obey(ScreenCommand.Why);
        return true;
    }

    public override void Click(int x, int y, Screen screen)
    {
        for (var i = _zones.Count - 1; i >= 0; i--)
        {
            if (y + _scroll < _tops[i]) continue;
            _cursor.Row = i;
            return;
        }
    }

    public override bool? Search(string text, bool isBackward, ScreenView view)
    {
        if (!Load(view)) return null;
        _cursor.Fit(_zones.Count, 1);
        return _searched.Find(text, _cursor, isBackward, row => $"Node {_zones[row].Node}, zone {_zones[row].Name} {_zones[row].LevelOf().Describe()}");
    }

    public override WhySubject? Subject(ScreenView view) => Load(view) && _cursor.Row < _zones.Count
        ? new WhySubject(WhyKind.Watermark, _zones[_cursor.Row].Name, Node: _zones[_cursor.Row].Node, At: view.Now.At) : null;

    private bool Load(ScreenView view)
    {
        _zones.Clear();
        if (view.Now.Zones.Value is not { } zones) return false;
        _empty = "";
        foreach (var zone in zones)
        {
            if (zone.LevelOf() != ZoneLevel.NoMemory) _zones.Add(zone);
            else _empty += (_empty.Length == 0 ? "no memory: " : ", ") + $"Node {zone.Node} {zone.Name}";
        }

        return _zones.Count > 0;
    }

    /// <summary>Works out where each zone stands, and scrolls until the one under the cursor is seen whole, if it fits.</summary>
    private void Place(int blockHeight, int height)
    {
        _cursor.Fit(_zones.Count, 1);
        _tops.Clear();
        var y = 0;
        for (var i = 0; i < _zones.Count; i++)
        {
            if (IsFirstOfNode(i)) y++;
            _tops.Add(y);
            y += blockHeight;
        }

        var (top, bottom) = (_tops[_cursor.Row], _tops[_cursor.Row] + blockHeight);
        if (IsFirstOfNode(_cursor.Row)) top--;
        _scroll = Math.Max(_scroll, bottom - height);
        _scroll = Math.Min(_scroll, top);
        _scroll = Math.Clamp(_scroll, 0, Math.Max(y + 2 - height, 0));
    }

    private bool IsFirstOfNode(int index) => index == 0 || _zones[index].Node != _zones[index - 1].Node;
}
