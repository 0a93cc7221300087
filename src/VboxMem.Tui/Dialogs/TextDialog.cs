using VboxMem.Tui.Bindings;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Terminal;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Dialogs;

/// <summary>A text to read, such as what a command has printed.</summary>
public sealed class TextDialog : Dialog
{
    private readonly string _title;
    private readonly string[] _lines;
    private readonly int _width;
    private readonly ListCursor _cursor = new();

    public TextDialog(string title, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        (_title, _lines) = (title, text.TrimEnd('\n').ReplaceLineEndings("\n").Replace("\t", "        ", StringComparison.Ordinal).Split('\n'));
        _width = Math.Max(_lines.Max(static line => Canvas.WidthOf(line)), title.Length + 2);
    }

    public override void Draw(Canvas canvas, Rect screen, ScreenView view)
    {
        ArgumentNullException.ThrowIfNull(canvas);
        ArgumentNullException.ThrowIfNull(view);
        var inside = DrawFrame(canvas, screen, _width, Math.Min(_lines.Length, screen.Height - 4), _title, view.Glyphs);
        var last = Math.Max(_lines.Length - inside.Height, 0);
        _cursor.Fit(last + 1, 1);
        for (var y = 0; y < inside.Height && _cursor.Row + y < _lines.Length; y++) canvas.Write(inside, 0, y, _lines[_cursor.Row + y], Role.Dialog);
        if (last > 0)
        {
            var place = $" {_cursor.Row + 1}-{_cursor.Row + inside.Height} of {_lines.Length} ";
            canvas.WriteRight(new Rect(inside.X, inside.Bottom, inside.Width, 1), inside.Width, 0, place, Role.DialogFrame);
        }
    }

    public override bool Take(Key key, Screen screen)
    {
        if (key.Code == KeyCode.PageUp) _cursor.Row -= 10;
        else if (key.Code == KeyCode.PageDown || key == Key.Of(' ')) _cursor.Row += 10;
        else if (KeyBindings.Find(key) is not { } binding || !_cursor.Obey(binding.Command)) return false;
        return true;
    }

    public override bool Click(int x, int y, Screen screen) => false;
}
