// dmesg: the kernel's log. At its end it goes along with what comes; Left and Right show what long lines have further on.

using VboxMem.Tools.Dmesg;
using VboxMem.Tools.Parsing;
using VboxMem.Tui.Bindings;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Panes;

internal sealed class DmesgPane : Pane
{
    private const int ShiftColumns = 20;
    private const int FacilityFromWidth = 120;
    private const int LevelWidth = 7;
    private const int FacilityWidth = 9;
    private const int TimeWidth = 12;

    private readonly ListCursor _cursor = new();
    private readonly Searched _searched = new();
    private LogLines? _lines;
    private (ulong Sequence, int Start)? _at;
    private int _shift;

    public override string Name => "dmesg";

    public override string Description => "the kernel's log";

    public override bool IsText => true;

    public override void Draw(Canvas canvas, Rect area, ScreenView view)
    {
        if (!Load(view))
        {
            DrawProblem(canvas, area, view.Now.Log.Problem);
            DrawProblem(canvas, area.Below(1), "the kernel's log is root's to read");
            return;
        }

        DrawHeading(canvas, area.Row(0), view);
        var rows = area.Below(1);
        Place(rows.Height);
        for (var y = 0; y < rows.Height && _cursor.Top + y < _cursor.Count; y++) DrawLine(canvas, rows.Row(y), _cursor.Top + y, view.Glyphs);
        _searched.Paint(canvas, rows);
    }

    public override bool Obey(ScreenCommand command, Screen screen)
    {
        switch (command)
        {
            case ScreenCommand.Left or ScreenCommand.Right:
                _shift = Math.Max(_shift + (command == ScreenCommand.Left ? -ShiftColumns : ShiftColumns), 0);
                return true;
            case ScreenCommand.Enter when Subject(screen.View) is not null:
                screen.Obey(ScreenCommand.Why);
                return true;
            case ScreenCommand.Follow:
                _at = null;
                return true;
        }

        if (!Load(screen.View)) return false;
        Place(_cursor.Page);
        if (!_cursor.Obey(command)) return _searched.Obey(command);
        Keep();
        return true;
    }

    public override void Click(int x, int y, Screen screen)
    {
        if (!Load(screen.View)) return;
        Place(_cursor.Page);
        _cursor.Choose(y - 1);
        Keep();
    }

    public override bool? Search(string text, bool isBackward, ScreenView view)
    {
        if (!Load(view)) return null;
        Place(_cursor.Page);
        var isFound = _searched.Find(text, _cursor, isBackward, _lines!.TextOf);
        Keep();
        return isFound;
    }

    public override WhySubject? Subject(ScreenView view)
    {
        if (!Load(view)) return null;
        Place(_cursor.Page);
        return _cursor.Row < _lines!.Count && _lines.KillAt(_cursor.Row) is { } kill
            ? new WhySubject(WhyKind.Kill, Pid: kill.Pid, At: kill.At) : null;
    }

    private bool Load(ScreenView view)
    {
        _lines = view.Now.Log.Value is { } messages ? view.Now.Make("log lines", _ => new LogLines(messages)) : null;
        return _lines is not null;
    }

    /// <summary>Brings the cursor to the line it was on.</summary>
    private void Place(int page)
    {
        _cursor.Row = _at is { } line ? _lines!.Find(line.Sequence, line.Start) : _lines!.Count - 1;
        _cursor.Fit(_lines.Count, page);
    }

    private void Keep() =>
        _at = _cursor.Row >= _lines!.Count - 1 ? null : (_lines.MessageOf(_cursor.Row).Sequence, _lines[_cursor.Row].Start);

    private void DrawHeading(Canvas canvas, Rect row, ScreenView view)
    {
        canvas.Fill(row, ' ', Role.Header);
        canvas.WriteRight(row, TimeWidth, 0, "seconds", Role.Header);
        canvas.Write(row, TimeWidth + 2, 0, row.Width >= FacilityFromWidth ? "facility level" : "level", Role.Header);
        var x = TextStart(row.Width);
        canvas.Write(row, x, 0, _shift > 0 ? $"{view.Glyphs.Left} message from column {_shift + 1}" : "message", Role.Header);
        var place = _at is null ? $"{view.Glyphs.Down} follows the end" : $"{_cursor.Row + 1} of {_lines!.Count} lines, F or End follows";
        canvas.WriteRight(row, row.Width - 1, 0, place, Role.Header);
    }

    private void DrawLine(Canvas canvas, Rect row, int at, Glyphs glyphs)
    {
        var message = _lines!.MessageOf(at);
        var role = _lines.IsKill(at) ? Role.Critical : RoleOf(message.Level);
        if (_lines[at].Start == 0)
        {
            canvas.Write(row, 0, 0, DmesgText.Seconds(message.Microseconds), Role.LogTime);
            DrawLevel(canvas, row, message, role);
        }

        var text = _lines.TextOf(at);
        var place = row.RightOf(TextStart(row.Width));
        canvas.Write(place, -_shift, 0, text, role);
        if (Canvas.WidthOf(text) - _shift > place.Width) canvas.Put(place, place.Width - 1, 0, glyphs.Ellipsis, Role.Dim);
        if (at == _cursor.Row) canvas.Paint(row, Role.Selected);
    }

    private static void DrawLevel(Canvas canvas, Rect row, KernelMessage message, Role role)
    {
        var x = TimeWidth + 2;
        if (row.Width >= FacilityFromWidth)
        {
            canvas.Write(row, x, 0, FacilityLevel.HasName(message) ? FacilityLevel.FacilityNames[message.Facility] : Figure.Of(message.Facility), Role.Dim);
            x += FacilityWidth;
        }

        canvas.Write(row, x, 0, FacilityLevel.LevelNames[message.Level], role);
    }

    private static int TextStart(int width) => TimeWidth + 2 + LevelWidth + (width >= FacilityFromWidth ? FacilityWidth : 0);

    private static Role RoleOf(int level) => level switch
    {
        <= 2 => Role.LogEmergency,
        3 => Role.LogError,
        4 => Role.LogWarning,
        5 => Role.Bold,
        6 => Role.LogInfo,
        _ => Role.LogDebug,
    };
}
