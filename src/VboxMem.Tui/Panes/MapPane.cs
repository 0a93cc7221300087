// The memory map: every cell a group of frames, coloured and lettered by who has most of it.

using System.Globalization;
using VboxMem.Tools.Parsing;
using VboxMem.Tui.Bindings;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Panes;

internal sealed class MapPane : Pane
{
    private const int AddressWidth = 8;
    private const int LegendWidth = 27;
    private const int LeastWidthForSideLegend = 100;
    private const int LegendEntryWidth = 19;
    private const int FramesKilobytes = 4;

    private MapLayout? _layout;
    private ulong _pfn;
    private int _top;
    private int _zoomedIn;
    private bool _showsShades;
    private int _cellWidth = 1;
    private int _mapRows;

    public override string Name => "map";

    public override string Description => "whose the frames of memory are, as a map";

    public override void Prepare(Reading reading)
    {
        ArgumentNullException.ThrowIfNull(reading);
        Load(reading);
    }

    public override void Draw(Canvas canvas, Rect area, ScreenView view)
    {
        ArgumentNullException.ThrowIfNull(canvas);
        ArgumentNullException.ThrowIfNull(view);
        var loaded = Load(view.Now);
        if (loaded.Value is not { Runs.Count: > 0 } blocks)
        {
            _layout = null;
            DrawProblem(canvas, area, loaded.Problem);
            return;
        }

        var legend = new MapLegend(blocks, view);
        var isBeside = area.Width >= LeastWidthForSideLegend;
        var legendRows = isBeside ? 0 : legend.RowsAt(area.Width, LegendEntryWidth);
        var detailRows = isBeside ? 1 : 2;
        var width = area.Width - (isBeside ? LegendWidth + 1 : 0);
        _mapRows = Math.Max(area.Height - 1 - detailRows - legendRows, 2);
        Lay(blocks, width - AddressWidth - 1);
        DrawMap(canvas, new Rect(area.X, area.Y + 1, width, _mapRows), area, blocks, view, detailRows);
        if (isBeside) legend.DrawBeside(canvas, area.RightOf(area.Width - LegendWidth).Below(1));
        else legend.DrawBelow(canvas, area.Below(area.Height - legendRows), LegendEntryWidth);
    }

    public override bool Obey(ScreenCommand command, Screen screen)
    {
        if (command == ScreenCommand.OtherView)
        {
            _showsShades = !_showsShades;
            return true;
        }

        if (command is ScreenCommand.ZoomIn or ScreenCommand.ZoomOut)
        {
            if (command == ScreenCommand.ZoomOut) _zoomedIn = Math.Max(_zoomedIn - 1, 0);
            else if (_layout is { BlocksPerCell: > 1 }) _zoomedIn++;
            return true;
        }

        return _layout is { } layout && Move(command, layout);
    }

    public override void Click(int x, int y, Screen screen)
    {
        if (_layout is { } layout && layout.CellAt(_top + y - 1, Math.Max(x - AddressWidth, 0) / _cellWidth) is >= 0 and var cell) _pfn = layout.PfnOf(cell);
    }

    public override WhySubject? Subject(ScreenView view)
    {
        if (_layout is not { } layout) return null;
        var section = layout.SectionOf(layout.CellOf(_pfn));
        return new WhySubject(WhyKind.Watermark, section.Zone, Node: section.Node);
    }

    private static Loaded<Pageblocks> Load(Reading reading) => reading.Load<Pageblocks>(Pageblocks.Path, Pageblocks.Parse);

    private bool Move(ScreenCommand command, MapLayout layout)
    {
        var cell = layout.CellOf(_pfn);
        var (row, column) = layout.PlaceOf(cell);
        var to = command switch
        {
            ScreenCommand.Left => cell - 1,
            ScreenCommand.Right => cell + 1,
            ScreenCommand.Up => RowCell(layout, row - 1, column, -1),
            ScreenCommand.Down => RowCell(layout, row + 1, column, 1),
            ScreenCommand.PageUp => RowCell(layout, Math.Max(row - _mapRows, 0), column, 1),
            ScreenCommand.PageDown => RowCell(layout, Math.Min(row + _mapRows, layout.Rows - 1), column, -1),
            ScreenCommand.Home => 0,
            ScreenCommand.End => layout.Cells - 1,
            _ => -1,
        };
        if (to < 0) return command is ScreenCommand.Left or ScreenCommand.Up or ScreenCommand.Down;
        _pfn = layout.PfnOf(Math.Min(to, layout.Cells - 1));
        return true;
    }

    /// <summary>The cell in a row, or beyond the title that stands there; -1: there is none.</summary>
    private static int RowCell(MapLayout layout, int row, int column, int step) =>
        layout.CellAt(row, column) is >= 0 and var cell ? cell : layout.CellAt(row + step, column);

    private void Lay(Pageblocks blocks, int columns)
    {
        var fitting = MapLayout.FittingBlocks(blocks, columns, _mapRows);
        while (_zoomedIn > 0 && fitting >> _zoomedIn == 0) _zoomedIn--;
        _layout = MapLayout.Create(blocks, columns, fitting >> _zoomedIn);
        _cellWidth = 1;
        if (_layout.BlocksPerCell == 1 && MapLayout.Create(blocks, columns / 2, 1) is var wide && (_zoomedIn > 0 || wide.Rows <= _mapRows))
        {
            (_layout, _cellWidth) = (wide, 2);
        }

        var row = _layout.PlaceOf(_layout.CellOf(_pfn)).Row;
        if (row - 1 < _top) _top = row - 1;   // with the title, where it is the first row of a zone
        if (row >= _top + _mapRows) _top = row - _mapRows + 1;
        _top = Math.Clamp(_top, 0, Math.Max(_layout.Rows - _mapRows, 0));
    }

    private void DrawMap(Canvas canvas, Rect map, Rect area, Pageblocks blocks, ScreenView view, int detailRows)
    {
        var layout = _layout!;
        var (first, end) = CellsInSight(layout);
        var now = MapContents.Count(blocks, layout, first, end);
        var before = view.Before is { } earlier && Load(earlier).Value is { } then && then.Owners.Count == blocks.Owners.Count
            ? MapContents.Count(then, MapLayout.Create(then, layout.Columns, layout.BlocksPerCell), first, end) : null;
        var palette = new MapPalette(blocks.Owners, view.Glyphs);
        var cursor = layout.CellOf(_pfn);
        var changed = 0;
        for (var y = 0; y < map.Height && _top + y < layout.Rows; y++) DrawRowHead(canvas, map, y, layout);
        for (var cell = first; cell < end; cell++)
        {
            var (row, column) = layout.PlaceOf(cell);
            var hasChanged = before is not null && MapContents.HasChanged(now.Of(cell), before.Of(cell));
            if (hasChanged) changed++;
            var x = AddressWidth + (column * _cellWidth);
            var isMarked = cell == cursor || hasChanged;   // always by its letter: a full shade would hide the mark
            var (glyph, role) = palette.GlyphOf(now.Of(cell), _cellWidth == 1 && _showsShades && !isMarked);
            canvas.Put(map, x, row - _top, glyph, cell == cursor ? Role.Selected : hasChanged ? Role.Match : role);
            if (_cellWidth == 1) continue;
            (glyph, role) = palette.GlyphOf(now.Of(cell), isShade: true);
            canvas.Put(map, x + 1, row - _top, glyph, role);
        }

        DrawTitle(canvas, area.Row(0), layout, changed, end - first, before is not null);
        MapDetail.Draw(canvas, area.Below(1 + map.Height).Top(detailRows), blocks, layout, cursor, now, before);
    }

    private (int First, int End) CellsInSight(MapLayout layout)
    {
        var (first, end) = (-1, 0);
        for (var row = _top; row < Math.Min(_top + _mapRows, layout.Rows); row++)
        {
            if (layout.CellAt(row, 0) is not (>= 0 and var cell)) continue;
            if (first < 0) first = cell;
            end = layout.CellAt(row, layout.Columns - 1) + 1;
        }

        return (Math.Max(first, 0), end);
    }

    private void DrawRowHead(Canvas canvas, Rect map, int y, MapLayout layout)
    {
        var cell = layout.CellAt(_top + y, 0);
        if (cell >= 0)
        {
            canvas.WriteRight(map, AddressWidth - 1, y, Sizes.Pages(layout.PfnOf(cell)), Role.Dim);
            return;
        }

        foreach (var section in layout.Sections)
        {
            if (section.FirstRow != _top + y) continue;
            var size = Sizes.Pages((ulong)section.Blocks * Pageblocks.FramesPerBlock);
            canvas.Write(map, 1, y, string.Create(CultureInfo.InvariantCulture, $"Node {section.Node} {section.Zone}: from frame 0x{section.StartPfn:x}, spans {size}"), Role.Title);
        }
    }

    private void DrawTitle(Canvas canvas, Rect row, MapLayout layout, int changed, int inSight, bool isCompared)
    {
        canvas.Fill(row, ' ', Role.Header);
        var size = Sizes.Kilobytes((ulong)layout.BlocksPerCell * Pageblocks.FramesPerBlock * FramesKilobytes);
        var what = _cellWidth == 2 ? "owner of most (CAPITAL: of 3/4), how full" : _showsShades ? "how full it is, coloured by who has most" : "owner of most; CAPITAL: of 3/4 (x: how full)";
        var change = isCompared ? string.Create(CultureInfo.InvariantCulture, $"  {changed} of {inSight} changed") : "";
        canvas.Write(row, 1, 0, $"{size} a cell  {what}{change}", Role.Header);
    }
}
