using VboxMem.Tui.Drawing;

namespace VboxMem.Tui.Widgets;

/// <summary>A frame with a title in its upper line.</summary>
internal static class Frame
{
    public static void Draw(Canvas canvas, Rect box, Glyphs glyphs, string title, Role role)
    {
        if (box.Width < 2 || box.Height < 2) return;
        for (var x = 1; x < box.Width - 1; x++)
        {
            canvas.Put(box, x, 0, glyphs.Horizontal, role);
            canvas.Put(box, x, box.Height - 1, glyphs.Horizontal, role);
        }

        for (var y = 1; y < box.Height - 1; y++)
        {
            canvas.Put(box, 0, y, glyphs.Vertical, role);
            canvas.Put(box, box.Width - 1, y, glyphs.Vertical, role);
        }

        canvas.Put(box, 0, 0, glyphs.TopLeft, role);
        canvas.Put(box, box.Width - 1, 0, glyphs.TopRight, role);
        canvas.Put(box, 0, box.Height - 1, glyphs.BottomLeft, role);
        canvas.Put(box, box.Width - 1, box.Height - 1, glyphs.BottomRight, role);
        if (title.Length > 0) canvas.Write(box.Left(box.Width - 1), 2, 0, $" {title} ", role);
    }
}
