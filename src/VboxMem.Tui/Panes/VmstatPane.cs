// vmstat: a line a second, the newest at the bottom. The lines are those that `vmstat 1` of procps 4.0.4 prints.
//
// The cursor stands on a moment and a column. On the newest line it goes along with time.

using VboxMem.Tui.Bindings;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Panes;

internal sealed class VmstatPane : Pane
{
    private const int HeadingRows = 2;
    private const int TimeWidth = 8;
    private const char Alarm = '!';

    private readonly IReadOnlyList<VmstatColumn> _columns = VmstatColumn.All;
    private readonly ListCursor _cursor = new();
    private readonly Searched _searched = new();
    private readonly int[] _starts = new int[VmstatColumn.All.Count];
    private readonly int[] _widths = new int[VmstatColumn.All.Count];
    private ulong?[] _figures = [];
    private TimeSpan? _at;
    private int _column;

    public override string Name => "vmstat";

    public override string Description => "memory, swap, disks and CPU, a line a second";

    public override void Draw(Canvas canvas, Rect area, ScreenView view)
    {
        if (ProblemOf(view) is { Length: > 0 } problem)
        {
            DrawProblem(canvas, area, problem);
            return;
        }

        Place(view, area.Height - HeadingRows);
        Measure(view, area.Width);
        DrawHeadings(canvas, area, view);
        var rows = area.Below(HeadingRows);
        for (var y = 0; y < rows.Height && _cursor.Top + y < _cursor.Count; y++) DrawRow(canvas, rows, y, view);
        _searched.Paint(canvas, rows);
    }

    public override bool Obey(ScreenCommand command, Screen screen)
    {
        switch (command)
        {
            case ScreenCommand.Left or ScreenCommand.Right:
                MoveColumn(command == ScreenCommand.Left ? -1 : 1);
                return true;
            case ScreenCommand.Follow:
                _at = null;
                return true;
            case ScreenCommand.Enter when screen.View.Source.Machine is { } machine && _at is { } moment:
                machine.IsPaused = true;
                machine.GoTo(moment);
                _at = null;   // it is the newest one now
                return true;
        }

        Place(screen.View, _cursor.Page);
        if (!_cursor.Obey(command)) return _searched.Obey(command);
        Keep(screen.View);
        return true;
    }

    public override void Click(int x, int y, Screen screen)
    {
        for (var i = 0; i < _columns.Count; i++)
        {
            if (_starts[i] >= 0 && x >= _starts[i] && x < _starts[i] + _widths[i]) _column = i;
        }

        Place(screen.View, _cursor.Page);
        _cursor.Choose(y - HeadingRows);
        Keep(screen.View);
    }

    public override bool? Search(string text, bool isBackward, ScreenView view)
    {
        Place(view, _cursor.Page);
        var isFound = _searched.Find(text, _cursor, isBackward, row => TextOf(view, row));
        Keep(view);
        return isFound;
    }

    public override WhySubject? Subject(ScreenView view) =>
        _columns[_column].Counter is { Length: > 0 } counter ? new WhySubject(WhyKind.Counter, counter, At: _at ?? view.Now.At) : null;

    private static string ProblemOf(ScreenView view)
    {
        var count = view.History.CountUpTo(view.Now.At);
        if (count > 0 && view.History[count - 1].Vmstat is not null) return "";
        if (view.Now.VmStat is { IsThere: false, Problem: var events }) return events;
        if (view.Now.Stat is { IsThere: false, Problem: var stat }) return stat;
        if (view.Now.Meminfo is { IsThere: false, Problem: var meminfo }) return meminfo;
        return count == 0 ? "no second has passed yet" : "";
    }

    /// <summary>Brings the cursor to its moment.</summary>
    private void Place(ScreenView view, int page)
    {
        var count = view.History.CountUpTo(view.Now.At);
        if (count > 0 && _at >= view.History[count - 1].At) _at = null;   // gone back to it, or further: it is the newest one
        _cursor.Row = (_at is { } moment ? view.History.CountUpTo(moment) : count) - 1;
        _cursor.Fit(count, page);
    }

    /// <summary>Remembers the moment the cursor has come to; the newest one is followed.</summary>
    private void Keep(ScreenView view) => _at = _cursor.Row >= _cursor.Count - 1 ? null : view.History[_cursor.Row].At;

    private void MoveColumn(int step)
    {
        for (var i = _column + step; i >= 0 && i < _columns.Count; i += step)
        {
            if (_starts[i] < 0) continue;
            _column = i;
            return;
        }
    }

    /// <summary>Works out the figures that are seen, how wide each column has to be for them, and which columns there is room for.</summary>
    private void Measure(ScreenView view, int width)
    {
        var rows = Math.Min(_cursor.Page, _cursor.Count - _cursor.Top);
        if (_figures.Length < rows * _columns.Count) _figures = new ulong?[rows * _columns.Count];
        Span<ColumnNeed> needs = stackalloc ColumnNeed[_columns.Count];
        for (var i = 0; i < _columns.Count; i++)
        {
            var column = _columns[i];
            _widths[i] = column.Width;
            for (var row = 0; row < rows; row++)
            {
                var at = _cursor.Top + row;
                var figure = column.Of(view.History[at], at > 0 ? view.History[at - 1] : null);
                _figures[(row * _columns.Count) + i] = figure;
                _widths[i] = Math.Max(_widths[i], DigitsOf(figure ?? 0));
            }

            if (column.AlarmFrom > 0) _widths[i]++;
            needs[i] = new ColumnNeed(_widths[i], column.Rank);
        }

        ColumnLayout.Fit(needs, width - TimeWidth - 1, _starts);
        for (var i = 0; i < _starts.Length; i++)
        {
            if (_starts[i] >= 0) _starts[i] += TimeWidth + 1;
        }

        if (_starts[_column] < 0) MoveColumn(-1);
    }

    private void DrawHeadings(Canvas canvas, Rect area, ScreenView view)
    {
        canvas.Fill(area.Row(1), ' ', Role.Header);
        canvas.WriteRight(area, TimeWidth, 1, "time", Role.Header);
        for (var i = 0; i < _columns.Count; i++)
        {
            if (_starts[i] < 0) continue;
            canvas.WriteRight(area, EndOf(i), 1, _columns[i].Heading, i == _column ? Role.HeaderSorted : Role.Header);
            if (i == 0 || _columns[i].Group != _columns[i - 1].Group) DrawGroup(canvas, area, i, view.Glyphs);
        }

        canvas.Write(area, 0, 0, _at is null ? $"{view.Glyphs.Down} newest" : "past", _at is null ? Role.Good : Role.Warning);
    }

    private void DrawGroup(Canvas canvas, Rect area, int first, Glyphs glyphs)
    {
        var group = _columns[first].Group;
        var end = _starts[first];
        for (var i = first; i < _columns.Count && _columns[i].Group == group; i++)
        {
            if (_starts[i] >= 0) end = _starts[i] + _widths[i];
        }

        for (var x = _starts[first]; x < end; x++) canvas.Put(area, x, 0, glyphs.Horizontal, Role.Dim);
        canvas.Write(area.Left(end), _starts[first] + Math.Max((end - _starts[first] - group.Length) / 2, 0), 0, group, Role.Title);
    }

    private void DrawRow(Canvas canvas, Rect rows, int y, ScreenView view)
    {
        var sample = view.History[_cursor.Top + y];
        var isBoot = sample.Vmstat is { IsSinceBoot: true };
        canvas.WriteRight(rows, TimeWidth, y, isBoot ? "average" : Sizes.Clock(sample.At), isBoot ? Role.Dim : Role.LogTime);
        for (var i = 0; i < _columns.Count; i++)
        {
            if (_starts[i] < 0) continue;
            var figure = _figures[(y * _columns.Count) + i];
            var isAlarm = _columns[i].AlarmFrom is > 0 and var from && figure >= from;
            canvas.WriteRight(rows, EndOf(i), y, Figure.Of(figure), isAlarm ? Role.Warning : figure is 0 or null ? Role.Dim : Role.Text);
            if (isAlarm) canvas.Put(rows, EndOf(i), y, Alarm, Role.Warning);
        }

        if (_cursor.Top + y != _cursor.Row) return;
        canvas.Paint(rows.Row(y), Role.Selected);
    }

    /// <summary>Where its figures end: the mark stands behind them.</summary>
    private int EndOf(int column) => _starts[column] + _widths[column] - (_columns[column].AlarmFrom > 0 ? 1 : 0);

    private string TextOf(ScreenView view, int row)
    {
        var text = new System.Text.StringBuilder(Sizes.Clock(view.History[row].At));
        for (var i = 0; i < _columns.Count; i++)
        {
            if (_starts[i] >= 0) text.Append(' ').Append(Figure.Of(_columns[i].Of(view.History[row], row > 0 ? view.History[row - 1] : null)));
        }

        return text.ToString();
    }

    private static int DigitsOf(ulong figure)
    {
        var digits = 1;
        for (; figure >= 10; figure /= 10) digits++;
        return digits;
    }
}
