using VboxMem.Tui.Drawing;

namespace VboxMem.Tui.Widgets;

/// <summary>A mark in a gauge.</summary>
/// <param name="Amount">Where.</param>
/// <param name="Label">Written below it.</param>
/// <param name="Role">What it means.</param>
internal readonly record struct GaugeMark(ulong Amount, string Label, Role Role);

/// <summary>A bar from nothing to an end, with marks in it and their labels below: two rows.</summary>
internal static class MarkGauge
{
    /// <param name="canvas">Where to.</param>
    /// <param name="area">Nothing is drawn outside.</param>
    /// <param name="place">Its first cell, row and width, counted from the area's corner.</param>
    /// <param name="amount">How far it is filled; an arrow says that there is more than it can show.</param>
    /// <param name="end">What a full one stands for.</param>
    /// <param name="marks">In rising order.</param>
    /// <param name="role">Of the filled part.</param>
    /// <param name="glyphs">Its characters.</param>
    public static void Draw(Canvas canvas, Rect area, Rect place, ulong amount, ulong end, ReadOnlySpan<GaugeMark> marks, Role role, Glyphs glyphs)
    {
        var width = place.Width - 2;
        if (width < 1) return;
        var filled = CellsOf(amount, end, width);
        canvas.Put(area, place.X, place.Y, '[', Role.Bold);
        canvas.Put(area, place.X + width + 1, place.Y, ']', Role.Bold);
        for (var i = 0; i < width; i++) canvas.Put(area, place.X + 1 + i, place.Y, i < filled ? glyphs.Full : glyphs.Empty, i < filled ? role : Role.Dim);
        if (amount > end) canvas.Put(area, place.X + width, place.Y, glyphs.Right, role);
        var free = place.X;
        for (var i = 0; i < marks.Length; i++)
        {
            var mark = marks[i];
            var x = place.X + 1 + Math.Min(CellsOf(mark.Amount, end, width), width - 1);
            canvas.Put(area, x, place.Y, glyphs.Mark, mark.Role);

            // The first label ends at its mark and the last one begins there, so that marks may stand close.
            var label = x - (i == 0 ? mark.Label.Length - 1 : i == marks.Length - 1 ? 0 : mark.Label.Length / 2);
            if (label < free) continue;
            free = canvas.Write(area.Left(place.X + place.Width), label, place.Y + 1, mark.Label, mark.Role) + 1;
        }
    }

    private static int CellsOf(ulong amount, ulong end, int width) => end == 0 ? 0 : (int)UInt128.Min((UInt128)amount * (uint)width / end, (uint)width);
}
