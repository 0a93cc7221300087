// A page of lines that a pane writes anew for each picture: texts, figures and bars at columns. Some lines can be chosen; the cursor goes
// from one of these to the next, and the page scrolls with it.

using VboxMem.Tui.Bindings;
using VboxMem.Tui.Drawing;

namespace VboxMem.Tui.Widgets;

internal sealed class Sheet
{
    private readonly List<Piece> _pieces = [];
    private readonly List<SheetBar> _bars = [];
    private readonly List<int> _choosable = [];
    private readonly List<string> _names = [];
    private readonly List<string> _subjects = [];
    private readonly List<Role> _grounds = [];
    private readonly Searched _searched = new();
    private int _scroll;
    private string _wanted = "";

    /// <summary>The line under the cursor is one of those that can be chosen.</summary>
    public ListCursor Cursor { get; } = new();

    /// <summary>Lines so far.</summary>
    public int Count => _grounds.Count;

    /// <summary>What the chosen line is about, as <see cref="Line"/> was told; empty: nothing, or no line can be chosen.</summary>
    public string ChosenSubject => Cursor.Row < _choosable.Count ? _subjects[_choosable[Cursor.Row]] : "";

    private string ChosenName => Cursor.Row < _choosable.Count ? _names[_choosable[Cursor.Row]] : "";

    public void Clear()
    {
        _pieces.Clear();
        _bars.Clear();
        _choosable.Clear();
        _names.Clear();
        _subjects.Clear();
        _grounds.Clear();
    }

    /// <summary>Begins a line.</summary>
    /// <param name="name">Which line it is, the same in every picture and no other's; empty: it cannot be chosen.</param>
    /// <param name="subject">What it is about, for who asks for the chosen one.</param>
    /// <param name="ground">Role of its blanks.</param>
    public void Line(string name = "", string subject = "", Role ground = Role.Text)
    {
        if (name.Length > 0) _choosable.Add(Count);
        _names.Add(name);
        _subjects.Add(subject);
        _grounds.Add(ground);
    }

    /// <summary>Writes on the last line.</summary>
    /// <returns>The column behind it.</returns>
    public int Write(int x, string text, Role role = Role.Text)
    {
        _pieces.Add(new Piece(Count - 1, x, text, role));
        return x + Canvas.WidthOf(text);
    }

    /// <summary>Writes on the last line a text that ends before a column.</summary>
    public void WriteRight(int end, string text, Role role = Role.Text) => Write(end - Canvas.WidthOf(text), text, role);

    /// <summary>Puts a bar on the last line.</summary>
    public void Bar(int x, int width, BarPart[] parts, double total, string text) => _bars.Add(new SheetBar(Count - 1, x, width, parts, total, text));

    public void Draw(Canvas canvas, Rect area)
    {
        FindWanted();
        Cursor.Fit(_choosable.Count, area.Height);
        Scroll(area.Height);
        for (var y = 0; y < area.Height && _scroll + y < Count; y++)
        {
            if (_grounds[_scroll + y] != Role.Text) canvas.Fill(area.Row(y), ' ', _grounds[_scroll + y]);
        }

        foreach (var bar in _bars) Widgets.Bar.Draw(canvas, area.RightOf(bar.X).Left(bar.Width).Row(bar.Line - _scroll), bar.Parts, bar.Total, bar.Text);
        foreach (var piece in _pieces) canvas.Write(area, piece.X, piece.Line - _scroll, piece.Text, piece.Role);
        if (Cursor.Row < _choosable.Count) canvas.Paint(area.Row(_choosable[Cursor.Row] - _scroll), Role.Selected);
        _searched.Paint(canvas, area);
    }

    public bool Obey(ScreenCommand command)
    {
        if (!Cursor.Obey(command)) return _searched.Obey(command);
        Keep();
        return true;
    }

    /// <summary>Chooses the line that was clicked, or the nearest above it that can be chosen.</summary>
    public void Click(int y)
    {
        for (var i = _choosable.Count - 1; i >= 0; i--)
        {
            if (_choosable[i] > y + _scroll) continue;
            Cursor.Row = i;
            Keep();
            return;
        }
    }

    /// <summary>Looks for a line that can be chosen.</summary>
    public bool Search(string text, bool isBackward)
    {
        var isFound = _searched.Find(text, Cursor, isBackward, TextOf);
        Keep();
        return isFound;
    }

    private void Keep() => _wanted = ChosenName;

    /// <summary>The cursor stays on what it was on, whatever lines have come or gone.</summary>
    private void FindWanted()
    {
        for (var i = 0; _wanted.Length > 0 && i < _choosable.Count; i++)
        {
            if (_names[_choosable[i]] == _wanted) Cursor.Row = i;
        }
    }

    private void Scroll(int height)
    {
        if (Cursor.Row < _choosable.Count)
        {
            var line = _choosable[Cursor.Row];
            _scroll = Math.Clamp(_scroll, line - height + 1, line);
            if (Cursor.Row == 0 && line < height) _scroll = 0;
            if (Cursor.Row == _choosable.Count - 1 && Count - line <= height) _scroll = Math.Max(_scroll, Count - height);
        }

        _scroll = Math.Clamp(_scroll, 0, Math.Max(Count - height, 0));
    }

    private string TextOf(int row)
    {
        var text = "";
        foreach (var piece in _pieces)
        {
            if (piece.Line == _choosable[row]) text += piece.Text + " ";
        }

        return text;
    }

    private readonly record struct Piece(int Line, int X, string Text, Role Role);

    private readonly record struct SheetBar(int Line, int X, int Width, BarPart[] Parts, double Total, string Text);
}
