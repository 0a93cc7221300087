// counters: every line of meminfo and of vmstat, and how it has changed since the reading before.
//
// Side by side where there is room, else one above the other. Left and Right go from one file to the other.

using VboxMem.Tools.Parsing;
using VboxMem.Tui.Bindings;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Panes;

internal sealed class CountersPane : Pane
{
    private const int ColumnWidth = 60;
    private const int MostColumns = 4;

    private readonly CounterList[] _lists = [new("/proc/meminfo", "kB"), new("/proc/vmstat", "")];
    private readonly Rect[] _places = new Rect[2];
    private readonly int[] _columns = [1, 1];
    private readonly Searched _searched = new();
    private int _active;
    private bool _onlyChanged;

    public override string Name => "counters";

    public override string Description => "meminfo and vmstat, and what has changed";

    public override void Prepare(Reading reading)
    {
        ArgumentNullException.ThrowIfNull(reading);
        _ = (reading.Meminfo, reading.VmStat);
    }

    public override void Draw(Canvas canvas, Rect area, ScreenView view)
    {
        Load(view);
        PlaceIn(area);
        for (var i = 0; i < _lists.Length; i++)
        {
            if (CountersOf(view.Now, i) is null) DrawProblem(canvas, _places[i], i == 0 ? view.Now.Meminfo.Problem : view.Now.VmStat.Problem);
            else _lists[i].Draw(canvas, _places[i], _columns[i], i == _active, view);
        }

        _searched.Paint(canvas, area);
    }

    public override bool Obey(ScreenCommand command, Screen screen)
    {
        switch (command)
        {
            case ScreenCommand.Left or ScreenCommand.Right:
                _active = command == ScreenCommand.Left ? 0 : 1;
                return true;
            case ScreenCommand.Enter when Subject(screen.View) is not null:
                screen.Obey(ScreenCommand.Why);
                return true;
            case ScreenCommand.OtherView:
                _onlyChanged = !_onlyChanged;
                return true;
        }

        Load(screen.View);
        if (!_lists[_active].Cursor.Obey(command)) return _searched.Obey(command);
        _lists[_active].Keep();
        return true;
    }

    public override void Click(int x, int y, Screen screen)
    {
        Load(screen.View);
        for (var i = 0; i < _lists.Length; i++)
        {
            var place = _places[i];
            if (!place.Contains(x + _places[0].X, y + _places[0].Y) || CountersOf(screen.View.Now, i) is null) continue;
            _active = i;
            var row = _lists[i].RowAt(x + _places[0].X - place.X, y + _places[0].Y - place.Y, place, _columns[i]);
            if (row < 0) return;
            _lists[i].Cursor.Row = row;
            _lists[i].Keep();
        }
    }

    /// <summary>Goes on in the other file where this one has no match further on.</summary>
    public override bool? Search(string text, bool isBackward, ScreenView view)
    {
        Load(view);
        var (list, other) = (_lists[_active], _lists[1 - _active]);
        var from = list.Cursor.Row;
        if (list.Count > 0 && _searched.Find(text, list.Cursor, isBackward, list.NameAt) && (isBackward ? list.Cursor.Row < from : list.Cursor.Row > from))
        {
            list.Keep();
            return true;
        }

        var (found, otherFrom) = (list.Cursor.Row, other.Cursor.Row);
        list.Cursor.Row = from;
        other.Cursor.Row = isBackward ? 0 : other.Count - 1;
        if (other.Count > 0 && _searched.Find(text, other.Cursor, isBackward, other.NameAt))
        {
            _active = 1 - _active;
            other.Keep();
            return true;
        }

        (list.Cursor.Row, other.Cursor.Row) = (found, otherFrom);
        list.Keep();
        return list.Count > 0 && list.NameAt(found).Contains(text, StringComparison.OrdinalIgnoreCase);
    }

    public override WhySubject? Subject(ScreenView view)
    {
        Load(view);
        return _lists[_active].ChosenName is { Length: > 0 } name ? new WhySubject(WhyKind.Counter, name, At: view.Now.At) : null;
    }

    private static NamedCounters? CountersOf(Reading? reading, int list) => list == 0 ? reading?.Meminfo.Value?.Fields : reading?.VmStat.Value?.Fields;

    private void Load(ScreenView view)
    {
        for (var i = 0; i < _lists.Length; i++)
        {
            if (CountersOf(view.Now, i) is { } now) _lists[i].Load(now, CountersOf(view.Before, i), _onlyChanged);
        }
    }

    private void PlaceIn(Rect area)
    {
        var columns = Math.Clamp(area.Width / ColumnWidth, 1, MostColumns);
        if (columns == 1)
        {
            var rows = Math.Min(area.Height / 2, _lists[0].Count + 1);
            (_places[0], _places[1]) = (area.Top(Math.Max(rows, 3)), area.Below(Math.Max(rows, 3)));
            (_columns[0], _columns[1]) = (1, 1);
            return;
        }

        var width = area.Width / columns;
        (_places[0], _places[1]) = (area.Left(width), area.RightOf(width));
        (_columns[0], _columns[1]) = (1, columns - 1);
    }
}
