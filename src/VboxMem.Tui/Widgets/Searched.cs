using VboxMem.Tui.Bindings;
using VboxMem.Tui.Drawing;

namespace VboxMem.Tui.Widgets;

/// <summary>The text that was last searched for in a pane: it is painted wherever it is seen, until Escape.</summary>
internal sealed class Searched
{
    /// <summary>Empty: none.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Looks for a row, and remembers what for.</summary>
    /// <param name="text">What for, in any case of letters.</param>
    /// <param name="cursor">Chooses the row that is found.</param>
    /// <param name="isBackward">Upwards instead.</param>
    /// <param name="textOf">The text of a row.</param>
    public bool Find(string text, ListCursor cursor, bool isBackward, Func<int, string> textOf)
    {
        Text = text;
        return cursor.Find(isBackward, row => textOf(row).Contains(text, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Escape ends a search.</summary>
    public bool Obey(ScreenCommand command)
    {
        if (command != ScreenCommand.Escape || Text.Length == 0) return false;
        Text = "";
        return true;
    }

    /// <summary>Paints the matches that are seen in an area.</summary>
    public void Paint(Canvas canvas, Rect area)
    {
        if (Text.Length == 0) return;
        for (var y = Math.Max(area.Y, 0); y < Math.Min(area.Bottom, canvas.Height); y++)
        {
            for (var x = area.X; x + Text.Length <= Math.Min(area.Right, canvas.Width); x++)
            {
                if (!IsAt(canvas.Row(y)[x..])) continue;
                canvas.Paint(new Rect(x, y, Text.Length, 1), Role.Match);
                x += Text.Length - 1;
            }
        }
    }

    private bool IsAt(ReadOnlySpan<Cell> cells)
    {
        for (var i = 0; i < Text.Length; i++)
        {
            var character = cells[i].Character;
            if (character > char.MaxValue || char.ToUpperInvariant((char)character) != char.ToUpperInvariant(Text[i])) return false;
        }

        return true;
    }
}
