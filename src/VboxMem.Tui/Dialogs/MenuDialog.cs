using VboxMem.Tui.Bindings;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Terminal;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Dialogs;

/// <summary>One thing to choose.</summary>
/// <param name="Label">Its name.</param>
/// <param name="Detail">Beside it; may be empty.</param>
public readonly record struct MenuEntry(string Label, string Detail = "");

/// <summary>A list of which one is chosen. Letters typed go to the next entry that begins with what was typed.</summary>
public sealed class MenuDialog : Dialog
{
    private readonly string _title;
    private readonly IReadOnlyList<MenuEntry> _entries;
    private readonly Action<int, Screen> _chosen;
    private readonly ListCursor _cursor = new();
    private string _typed = "";
    private Rect _list;

    /// <param name="title">Of the frame.</param>
    /// <param name="entries">To choose from.</param>
    /// <param name="chosen">Told which one was.</param>
    /// <param name="first">The one that is chosen at first.</param>
    public MenuDialog(string title, IReadOnlyList<MenuEntry> entries, Action<int, Screen> chosen, int first = 0)
    {
        (_title, _entries, _chosen) = (title, entries, chosen);
        _cursor.Row = first;
    }

    public override void Draw(Canvas canvas, Rect screen, ScreenView view)
    {
        ArgumentNullException.ThrowIfNull(canvas);
        ArgumentNullException.ThrowIfNull(view);
        var (labels, details) = (0, 0);
        foreach (var entry in _entries)
        {
            labels = Math.Max(labels, Canvas.WidthOf(entry.Label));
            details = Math.Max(details, Canvas.WidthOf(entry.Detail));
        }

        var width = Math.Max(labels + (details > 0 ? details + 2 : 0), _title.Length + 2);
        _list = DrawFrame(canvas, screen, width, Math.Min(_entries.Count, screen.Height - 4), _title, view.Glyphs);
        _cursor.Fit(_entries.Count, _list.Height);
        for (var y = 0; y < _list.Height && _cursor.Top + y < _entries.Count; y++)
        {
            var row = _list.Row(y);
            var role = _cursor.Top + y == _cursor.Row ? Role.DialogChosen : Role.Dialog;
            if (role == Role.DialogChosen) canvas.Fill(row, ' ', role);
            canvas.Write(row, 0, 0, _entries[_cursor.Top + y].Label, role);
            canvas.Write(row, labels + 2, 0, _entries[_cursor.Top + y].Detail, role);
        }
    }

    public override bool Take(Key key, Screen screen)
    {
        if (key.Code == KeyCode.Escape) return false;
        if (key.Code == KeyCode.Enter) return Choose(screen);
        if (key.IsText && Type(char.ConvertFromUtf32(key.Character))) return true;
        if (KeyBindings.Find(key) is { } binding) _cursor.Obey(binding.Command);
        return true;
    }

    public override bool Click(int x, int y, Screen screen)
    {
        if (!_list.Contains(x, y)) return false;
        _cursor.Choose(y - _list.Y);
        return Choose(screen);
    }

    private bool Choose(Screen screen)
    {
        if (_entries.Count > 0) _chosen(_cursor.Row, screen);
        return false;
    }

    private bool Type(string letter)
    {
        foreach (var typed in (ReadOnlySpan<string>)[_typed + letter, letter])
        {
            for (var i = 0; i < _entries.Count; i++)
            {
                if (!_entries[i].Label.TrimStart().StartsWith(typed, StringComparison.OrdinalIgnoreCase)) continue;
                (_typed, _cursor.Row) = (typed, i);
                return true;
            }
        }

        return false;
    }
}
