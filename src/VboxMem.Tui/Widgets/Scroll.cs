using VboxMem.Tui.Bindings;

namespace VboxMem.Tui.Widgets;

/// <summary>A text that is scrolled, not walked through: each key moves what is seen, and the chosen row is the first one in sight.</summary>
internal static class Scroll
{
    /// <summary>Brings the first row to be seen into the text; called before drawing.</summary>
    public static void Fit(ListCursor cursor, int count, int page)
    {
        var top = Math.Clamp(cursor.Row, 0, Math.Max(count - page, 0));
        cursor.Row = Math.Max(count - 1, 0);
        cursor.Fit(count, page);   // down to the end first: from there the row wanted is reached from above
        cursor.Row = top;
        cursor.Fit(count, page);
    }

    public static bool Obey(ListCursor cursor, ScreenCommand command) => cursor.Obey(command);
}
