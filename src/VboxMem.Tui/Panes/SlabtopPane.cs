// slabtop: sums over all slab caches, and the caches in the order asked for, each with a bar of its use and how it has grown.

using VboxMem.Tools.Parsing;
using VboxMem.Tools.Slabtop;
using VboxMem.Tui.Bindings;
using VboxMem.Tui.Dialogs;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Panes;

internal sealed class SlabtopPane : Pane
{
    private const int TallHeight = 18;
    private const int TallHead = 5;
    private const int ShortHead = 2;
    private const int NameWidth = 23;
    private const int GrowthWidth = 7;
    private const int NarrowBar = 7;
    private const int WideBar = 16;
    private const int WideBarFrom = 160;
    private const int BarPlace = 3;
    private const int BarRank = 4;
    private const int HalfHigh = 4;

    private readonly ListCursor _cursor = new();
    private readonly Searched _searched = new();
    private readonly int[] _starts = new int[SlabColumn.All.Count + 3];
    private IReadOnlyList<SlabCache> _shown = [];
    private SlabSortKey _key = SlabSortKey.Objects;
    private bool _isInverted;
    private string _chosen = "";
    private int _headRows;
    private int _barWidth = NarrowBar;

    public override string Name => "slabtop";

    public override string Description => "the kernel's slab caches, and what grows in them";

    public override void Prepare(Reading reading)
    {
        ArgumentNullException.ThrowIfNull(reading);
        _ = Earlier(reading);
    }

    public override void Draw(Canvas canvas, Rect area, ScreenView view)
    {
        if (!Load(view))
        {
            DrawProblem(canvas, area, view.Now.Slabs.Problem);
            return;
        }

        _headRows = area.Height >= TallHeight ? TallHead : ShortHead;
        SlabHead.Draw(canvas, area.Top(_headRows), ReportOf(view.Now));
        var table = area.Below(_headRows);
        FitColumns(table.Width);
        DrawHeadings(canvas, table.Row(0));
        var rows = table.Below(1);
        _cursor.Fit(_shown.Count, rows.Height);
        var earlier = view.Before is { } before ? Earlier(before) : null;
        for (var y = 0; y < rows.Height && _cursor.Top + y < _shown.Count; y++)
        {
            DrawRow(canvas, rows.Row(y), CacheAt(_cursor.Top + y), earlier, view.Glyphs);
            if (_cursor.Top + y == _cursor.Row) canvas.Paint(rows.Row(y), Role.Selected);
        }

        _searched.Paint(canvas, rows);
    }

    public override bool Obey(ScreenCommand command, Screen screen)
    {
        switch (command)
        {
            case ScreenCommand.Sort:
                var at = SlabColumn.All.TakeWhile(column => column.Key != _key).Count();
                MenuEntry[] entries = [.. SlabColumn.All.Select(static column => new MenuEntry(column.Criterion)), new MenuEntry("n  name")];
                screen.Ask(new MenuDialog("Sort by", entries, (chosen, _) => SortBy(chosen), at));
                return true;
            case ScreenCommand.SortInverted:
                _isInverted = !_isInverted;
                return true;
        }

        if (!Load(screen.View) || !_cursor.Obey(command)) return _searched.Obey(command);
        Keep();
        return true;
    }

    public override void Click(int x, int y, Screen screen)
    {
        if (!Load(screen.View)) return;
        if (y == _headRows) ClickHeading(x);
        if (y <= _headRows) return;
        _cursor.Choose(y - _headRows - 1);
        Keep();
    }

    public override bool? Search(string text, bool isBackward, ScreenView view)
    {
        if (!Load(view)) return null;
        var isFound = _searched.Find(text, _cursor, isBackward, row => CacheAt(row).Name);
        Keep();
        return isFound;
    }

    /// <summary>Caches by name, of a reading that later ones are compared with; null: they were not read.</summary>
    private static Dictionary<string, SlabCache>? Earlier(Reading reading)
    {
        if (reading.Slabs.Value is not { } slabs) return null;
        return reading.Make("slabs by name", _ =>
        {
            var byName = new Dictionary<string, SlabCache>(slabs.Caches.Count, StringComparer.Ordinal);
            foreach (var cache in slabs.Caches) byName.TryAdd(cache.Name, cache);
            return byName;
        });
    }

    private SlabReport ReportOf(Reading reading) => reading.Make($"slabs by {_key}", _ => SlabReport.From(reading.Slabs.Value!, _key));

    /// <summary>Takes the caches of now, the cursor on the one it was on.</summary>
    private bool Load(ScreenView view)
    {
        if (!view.Now.Slabs.IsThere) return false;
        _shown = ReportOf(view.Now).Caches;
        if (_chosen.Length == 0) return true;
        for (var row = 0; row < _shown.Count; row++)
        {
            if (CacheAt(row).Name == _chosen) _cursor.Row = row;
        }

        _cursor.Fit(_shown.Count, _cursor.Page);
        return true;
    }

    private SlabCache CacheAt(int row) => _shown[_isInverted ? _shown.Count - 1 - row : row];

    private void Keep() => _chosen = _cursor.Row < _shown.Count && _cursor.Row > 0 ? CacheAt(_cursor.Row).Name : "";

    private void SortBy(int chosen)
    {
        _key = chosen < SlabColumn.All.Count ? SlabColumn.All[chosen].Key : SlabSortKey.Name;
        _isInverted = false;
    }

    private void ClickHeading(int x)
    {
        for (var place = 0; place < _starts.Length; place++)
        {
            if (_starts[place] < 0 || x < _starts[place] || x >= _starts[place] + WidthAt(place)) continue;
            var column = ColumnAt(place);
            var key = column is not null ? column.Key : place == _starts.Length - 1 ? SlabSortKey.Name : _key;
            _isInverted = key == _key && !_isInverted;
            _key = key;
            return;
        }
    }

    /// <summary>slabtop's columns from left to right, with the bar behind use, then growth and the name; null: one of these three.</summary>
    private static SlabColumn? ColumnAt(int place) =>
        place < BarPlace ? SlabColumn.All[place]
        : place > BarPlace && place <= SlabColumn.All.Count ? SlabColumn.All[place - 1] : null;

    private int WidthAt(int place) => ColumnAt(place) is { } column ? column.Width
        : place == BarPlace ? _barWidth : place == SlabColumn.All.Count + 1 ? GrowthWidth : NameWidth;

    private void FitColumns(int width)
    {
        _barWidth = width >= WideBarFrom ? WideBar : NarrowBar;
        Span<ColumnNeed> needs = stackalloc ColumnNeed[_starts.Length];
        for (var place = 0; place < _starts.Length; place++)
            needs[place] = new ColumnNeed(WidthAt(place), ColumnAt(place) is { } column ? column.Rank : place == BarPlace ? BarRank : 0);
        ColumnLayout.Fit(needs, width, _starts);
    }

    private void DrawHeadings(Canvas canvas, Rect row)
    {
        canvas.Fill(row, ' ', Role.Header);
        for (var place = 0; place < _starts.Length; place++)
        {
            if (_starts[place] < 0) continue;
            var end = _starts[place] + WidthAt(place);
            if (ColumnAt(place) is { } column) canvas.WriteRight(row, end, 0, column.Heading, column.Key == _key ? Role.HeaderSorted : Role.Header);
            else if (place == _starts.Length - 1) canvas.Write(row, _starts[place], 0, "NAME", _key == SlabSortKey.Name ? Role.HeaderSorted : Role.Header);
            else if (place != BarPlace) canvas.WriteRight(row, end, 0, "GROWTH", Role.Header);
        }
    }

    private void DrawRow(Canvas canvas, Rect row, SlabCache cache, Dictionary<string, SlabCache>? earlier, Glyphs glyphs)
    {
        for (var place = 0; place < _starts.Length; place++)
        {
            if (_starts[place] < 0) continue;
            var end = _starts[place] + WidthAt(place);
            if (ColumnAt(place) is { } column)
                canvas.WriteRight(row, end, 0, column.Text(cache), cache.TotalObjects == 0 ? Role.Dim : column.Key == _key ? Role.Bold : Role.Text);
            else if (place == BarPlace) DrawUse(canvas, row, _starts[place], cache, glyphs);
            else if (place == _starts.Length - 1) canvas.Write(row, _starts[place], 0, cache.Name, cache.TotalObjects == 0 ? Role.Dim : Role.Bold);
            else DrawGrowth(canvas, row, end, cache, earlier, glyphs);
        }
    }

    private void DrawUse(Canvas canvas, Rect row, int x, SlabCache cache, Glyphs glyphs)
    {
        var full = cache.TotalObjects == 0 ? 0 : (int)Math.Round((double)cache.ActiveObjects / cache.TotalObjects * _barWidth);
        if (cache.ActiveObjects < cache.TotalObjects) full = Math.Min(full, _barWidth - 1);   // full is full
        for (var i = 0; i < _barWidth; i++) canvas.Put(row, x + i, 0, i < full ? glyphs.Eighths[HalfHigh] : glyphs.Empty, i < full ? Role.Slab : Role.Dim);
    }

    /// <summary>Objects more or less than before.</summary>
    private static void DrawGrowth(Canvas canvas, Rect row, int end, SlabCache cache, Dictionary<string, SlabCache>? earlier, Glyphs glyphs)
    {
        if (earlier is null || !earlier.TryGetValue(cache.Name, out var before))
        {
            canvas.WriteRight(row, end, 0, "-", Role.Dim);
            return;
        }

        var difference = unchecked((long)(cache.TotalObjects - before.TotalObjects));
        if (difference == 0) return;
        var mark = ChangeMark.Of(difference, glyphs);
        canvas.WriteRight(row, end, 0, $"{mark.Glyph}{Figure.Signed(difference)}", mark.Role);
    }
}
