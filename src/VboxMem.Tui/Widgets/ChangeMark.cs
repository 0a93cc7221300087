using VboxMem.Tui.Drawing;

namespace VboxMem.Tui.Widgets;

/// <summary>How a figure that has changed since the reading before is marked: a glyph that says which way, and its role.</summary>
internal readonly record struct ChangeMark(char Glyph, Role Role)
{
    /// <param name="difference">Now less before; 0: it has not changed, the mark is a blank.</param>
    /// <param name="glyphs">Its characters.</param>
    public static ChangeMark Of(long difference, Glyphs glyphs) => difference switch
    {
        > 0 => new ChangeMark(glyphs.Up, Role.Risen),
        < 0 => new ChangeMark(glyphs.Down, Role.Fallen),
        _ => new ChangeMark(' ', Role.Dim),
    };
}
