using VboxMem.Tui.Drawing;

namespace VboxMem.Tui.Widgets;

/// <summary>A part of a bar: how much, whose, and the letter that stands for it where there are no colours.</summary>
public readonly record struct BarPart(double Amount, Role Role, char Letter);

/// <summary>A horizontal bar of parts, as htop's: <c>Mem[||||||ccccc          1.2G/3.8G]</c>.</summary>
public static class Bar
{
    /// <summary>Draws it over one row.</summary>
    /// <param name="canvas">Where to.</param>
    /// <param name="row">The row, brackets included.</param>
    /// <param name="parts">From left to right; each part's cells show its letter.</param>
    /// <param name="total">What the whole bar stands for.</param>
    /// <param name="text">
    /// Written at its right end, over it; of <c>name part/whole</c> the name is left out where there is no room for it, then the whole.
    /// </param>
    public static void Draw(Canvas canvas, Rect row, ReadOnlySpan<BarPart> parts, double total, string text)
    {
        ArgumentNullException.ThrowIfNull(canvas);
        var width = row.Width - 2;
        if (width < 1) return;
        canvas.Put(row, 0, 0, '[', Role.Bold);
        canvas.Put(row, row.Width - 1, 0, ']', Role.Bold);
        var inside = new Rect(row.X + 1, row.Y, width, row.Height);
        var (sum, from) = (0.0, 0);
        foreach (var part in parts)
        {
            sum += Math.Max(part.Amount, 0);
            var to = total > 0 ? (int)Math.Clamp(Math.Round(sum / total * width), from, width) : from;
            for (; from < to; from++) canvas.Put(inside, from, 0, part.Letter, part.Role);
        }

        // A number that is cut is another number: where there is no room for "part/whole" the part stands alone, or nothing.
        var length = Canvas.WidthOf(text);
        if (length > width && text.LastIndexOf(' ') is >= 0 and var blank) (text, length) = (text[(blank + 1)..], length - blank - 1);
        if (length > width && text.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash) (text, length) = (text[..slash], slash);
        if (length <= width) canvas.WriteRight(inside, width, 0, text, Role.Bold);
    }
}
