using System.Text;
using VboxMem.Tools.Parsing;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Panes;

/// <summary>One file of names and numbers: which of its lines are shown, which one is chosen, and how each has changed.</summary>
internal sealed class CounterList
{
    private const int NameWidth = 24;
    private const int ValueWidth = 14;
    private const int DifferenceWidth = 11;
    private const int RateWidth = 8;

    private readonly List<int> _rows = [];
    private NamedCounters? _now;
    private NamedCounters? _before;
    private byte[] _chosen = [];
    private bool _onlyChanged;

    /// <param name="title">Heading.</param>
    /// <param name="unit">Of what the values are in; empty: each its own.</param>
    public CounterList(string title, string unit) => (Title, Unit) = (title, unit);

    public string Title { get; }

    public string Unit { get; }

    public ListCursor Cursor { get; } = new();

    public int Count => _rows.Count;

    /// <summary>The name on the chosen line; empty: there is none.</summary>
    public string ChosenName => Cursor.Row < _rows.Count ? NameAt(Cursor.Row) : "";

    public string NameAt(int row) => _now!.Name(_rows[row]);

    /// <summary>Takes the lines of now; the cursor stays on the same name.</summary>
    public void Load(NamedCounters now, NamedCounters? before, bool onlyChanged)
    {
        (_now, _before, _onlyChanged) = (now, before, onlyChanged);
        _rows.Clear();
        var chosen = -1;
        for (var i = 0; i < now.Count; i++)
        {
            if (onlyChanged && (DifferenceOf(i) ?? 0) == 0) continue;
            if (_chosen.Length > 0 && now.NameBytes(i).SequenceEqual(_chosen)) chosen = _rows.Count;
            _rows.Add(i);
        }

        if (chosen >= 0) Cursor.Row = chosen;
        Cursor.Fit(_rows.Count, Cursor.Page);
    }

    /// <summary>Remembers what the cursor has come to.</summary>
    public void Keep() => _chosen = Cursor.Row < _rows.Count ? _now!.NameBytes(_rows[Cursor.Row]).ToArray() : [];

    /// <summary>Draws it in columns side by side, as newspapers do.</summary>
    public void Draw(Canvas canvas, Rect area, int columns, bool hasCursor, ScreenView view)
    {
        var width = area.Width / columns;
        var rows = Math.Max(area.Height - 1, 0);
        Cursor.Fit(_rows.Count, rows * columns);
        for (var column = 0; column < columns; column++)
        {
            var place = new Rect(area.X + (column * width), area.Y, width - 1, area.Height);
            DrawHeading(canvas, place.Row(0), column == 0 ? Title : "", hasCursor, view);
            for (var y = 0; y < rows; y++)
            {
                var row = Cursor.Top + (column * rows) + y;
                if (row < _rows.Count) DrawRow(canvas, place.Row(y + 1), row, hasCursor, view);
            }
        }

        if (_rows.Count == 0) canvas.Write(area, 1, 1, _before is null ? "nothing to compare with yet" : "nothing has changed", Role.Dim);
    }

    /// <summary>The row at a place of what <see cref="Draw"/> drew; -1: none.</summary>
    public int RowAt(int x, int y, Rect area, int columns)
    {
        var row = Cursor.Top + (Math.Min(x / Math.Max(area.Width / columns, 1), columns - 1) * (area.Height - 1)) + y - 1;
        return y > 0 && row < _rows.Count ? row : -1;
    }

    private void DrawHeading(Canvas canvas, Rect row, string title, bool hasCursor, ScreenView view)
    {
        canvas.Fill(row, ' ', Role.Header);
        if (title.Length > 0)
        {
            var mark = hasCursor ? view.Glyphs.Right : ' ';
            canvas.Write(row, 0, 0, _onlyChanged ? $"{mark}{title}: only changed" : $"{mark}{title}", hasCursor ? Role.HeaderSorted : Role.Header);
        }

        var (value, difference, rate) = EndsIn(row.Width);
        canvas.WriteRight(row, value, 0, Unit, Role.Header);
        canvas.WriteRight(row, difference, 0, "change", Role.Header);
        canvas.WriteRight(row, rate, 0, "a second", Role.Header);
    }

    private void DrawRow(Canvas canvas, Rect row, int at, bool hasCursor, ScreenView view)
    {
        var index = _rows[at];
        var (valueEnd, differenceEnd, rateEnd) = EndsIn(row.Width);
        var (figure, difference) = (_now!.Value(index), DifferenceOf(index));
        var value = (long)figure < 0 ? Figure.Of((long)figure) : Figure.Of(figure);
        var mark = ChangeMark.Of(difference ?? 0, view.Glyphs);
        canvas.Write(row.Left(valueEnd - value.Length - 1), 1, 0, Encoding.UTF8.GetString(_now.NameBytes(index)), mark.Role == Role.Dim ? Role.Label : Role.Bold);
        canvas.WriteRight(row, valueEnd, 0, value, figure == 0 ? Role.Dim : Role.Text);
        if (difference is null)
        {
            canvas.WriteRight(row, differenceEnd, 0, "-", Role.Dim);
            canvas.WriteRight(row, rateEnd, 0, "-", Role.Dim);
        }
        else if (difference != 0)
        {
            canvas.WriteRight(row, differenceEnd, 0, $"{mark.Glyph}{Figure.Signed(difference.Value)}", mark.Role);
            canvas.WriteRight(row, rateEnd, 0, RateOf(difference.Value, view), Role.Dim);
        }

        if (hasCursor && at == Cursor.Row) canvas.Paint(row, Role.Selected);
    }

    private static string RateOf(long difference, ScreenView view)
    {
        if (view.ElapsedSeconds <= 0) return "-";
        var rate = Math.Abs(difference) / view.ElapsedSeconds;
        return (difference < 0 ? "-" : "+") + Sizes.Count(rate);
    }

    /// <summary>Now less before; null: there is nothing to compare with.</summary>
    private long? DifferenceOf(int index)
    {
        if (_before is not { } before) return null;
        var name = _now!.NameBytes(index);
        var earlier = index < before.Count && before.NameBytes(index).SequenceEqual(name) ? before.Value(index) : before[name];
        return earlier is { } value ? unchecked((long)(_now.Value(index) - value)) : null;
    }

    /// <summary>Where each of the three figures ends. The rate goes first where there is no room.</summary>
    private static (int Value, int Difference, int Rate) EndsIn(int width)
    {
        var value = Math.Max(width - DifferenceWidth - RateWidth - 2, Math.Min(NameWidth + ValueWidth, width - DifferenceWidth - 1));
        value = Math.Min(value, NameWidth + ValueWidth + 4);
        return (value, value + 1 + DifferenceWidth, value + 2 + DifferenceWidth + RateWidth);
    }
}
