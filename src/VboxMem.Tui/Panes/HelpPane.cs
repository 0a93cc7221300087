using VboxMem.Tui.Bindings;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Panes;

/// <summary>Every key and what it does.</summary>
internal sealed class HelpPane : Pane
{
    private readonly ListCursor _cursor = new();
    private readonly List<(string Keys, string Text, Role Role)> _lines = Lines();

    public override string Name => "help";

    public override string Description => "every key and what it does";

    public override bool IsText => true;

    public override void Draw(Canvas canvas, Rect area, ScreenView view)
    {
        _cursor.Fit(_lines.Count, area.Height);
        for (var y = 0; y < area.Height && _cursor.Top + y < _lines.Count; y++)
        {
            var (keys, text, role) = _lines[_cursor.Top + y];
            canvas.Write(area, 1, y, keys, role);
            canvas.Write(area, 16, y, text);
            if (_cursor.Top + y == _cursor.Row) canvas.Paint(area.Row(y), Role.Selected);
        }
    }

    public override bool Obey(ScreenCommand command, Screen screen) => _cursor.Obey(command);

    public override void Click(int x, int y, Screen screen) => _cursor.Choose(y);

    public override bool? Search(string text, bool isBackward, ScreenView view) => _cursor.Find(isBackward, row =>
        _lines[row].Text.Contains(text, StringComparison.OrdinalIgnoreCase) || _lines[row].Keys.Contains(text, StringComparison.OrdinalIgnoreCase));

    private static List<(string Keys, string Text, Role Role)> Lines()
    {
        var lines = new List<(string, string, Role)>();
        foreach (var group in Enum.GetValues<BindingGroup>())
        {
            if (lines.Count > 0) lines.Add(("", "", Role.Text));
            lines.Add((group.ToString(), "", Role.Title));
            foreach (var binding in KeyBindings.All)
            {
                if (binding.Group == group) lines.Add((binding.KeyNames, binding.FullDescription, Role.Bold));
            }
        }

        return lines;
    }
}
