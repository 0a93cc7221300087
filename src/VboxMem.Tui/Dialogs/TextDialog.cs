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
    private int _page = 1;

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
        _page = Math.Max(inside.Height - 1, 1);
        for (var y = 0; y < inside.Height && _cursor.Row + y < _lines.Length; y++) canvas.Write(inside, 0, y, _lines[_cursor.Row + y], Role.Dialog);
        if (last > 0)
        {
            var place = $" {_cursor.Row + 1}-{_cursor.Row + inside.Height} of {_lines.Length} ";
            canvas.WriteRight(new Rect(inside.X, inside.Bottom, inside.Width, 1), inside.Width, 0, place, Role.DialogFrame);
        }
    }

    public override bool Take(Key key, Screen screen)
    {
        var command = KeyBindings.Find(key, isInText: true)?.Command;
        if (command is ScreenCommand.PageUp or ScreenCommand.PageDown) _cursor.Row += command == ScreenCommand.PageUp ? -_page : _page;
        else if (command is not { } other || !_cursor.Obey(other)) return false;
        return true;
    }

    public override bool Click(int x, int y, Screen screen) => false;
}
