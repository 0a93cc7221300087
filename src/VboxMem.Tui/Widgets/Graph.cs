// Graphs over time: the newest moment at the right edge, one column for each moment, eighths of a cell in height where there is Unicode.

using VboxMem.Tui.Drawing;

namespace VboxMem.Tui.Widgets;

public static class Graph
{
    /// <summary>Draws bars that stand on the ground, one a column.</summary>
    /// <param name="canvas">Where to.</param>
    /// <param name="area">Its area.</param>
    /// <param name="glyphs">Its characters.</param>
    /// <param name="values">Oldest first; the last one stands in the last column. NaN: not known, nothing is drawn.</param>
    /// <param name="top">The value of a full column.</param>
    /// <param name="role">Whose they are.</param>
    public static void DrawBars(Canvas canvas, Rect area, Glyphs glyphs, ReadOnlySpan<double> values, double top, Role role)
    {
        ArgumentNullException.ThrowIfNull(canvas);
        ArgumentNullException.ThrowIfNull(glyphs);
        for (var i = 0; i < Math.Min(values.Length, area.Width); i++)
        {
            var value = values[values.Length - 1 - i];
            if (double.IsNaN(value) || top <= 0) continue;
            DrawColumn(canvas, area, glyphs, area.Width - 1 - i, 0, Math.Clamp(value / top, 0, 1) * area.Height, role);
        }
    }

    /// <summary>Draws areas on top of each other, the first one lowest.</summary>
    /// <param name="canvas">Where to.</param>
    /// <param name="area">Its area.</param>
    /// <param name="glyphs">Its characters.</param>
    /// <param name="layers">Values of each layer, alike in length, oldest first.</param>
    /// <param name="roles">Whose each layer is.</param>
    /// <param name="letters">What fills each layer where there are no colours; one a layer.</param>
    /// <param name="top">The value of a full column.</param>
    public static void DrawAreas(
        Canvas canvas, Rect area, Glyphs glyphs, IReadOnlyList<double[]> layers, ReadOnlySpan<Role> roles, ReadOnlySpan<char> letters, double top)
    {
        ArgumentNullException.ThrowIfNull(canvas);
        ArgumentNullException.ThrowIfNull(glyphs);
        ArgumentNullException.ThrowIfNull(layers);
        if (layers.Count == 0 || top <= 0) return;
        var length = layers[0].Length;
        for (var i = 0; i < Math.Min(length, area.Width); i++)
        {
            var sum = 0.0;
            var from = 0;
            for (var layer = 0; layer < layers.Count; layer++)
            {
                var value = layers[layer][length - 1 - i];
                if (double.IsNaN(value)) continue;
                sum += value;
                var to = (int)Math.Round(Math.Clamp(sum / top, 0, 1) * area.Height);
                for (; from < to; from++) canvas.Put(area, area.Width - 1 - i, area.Height - 1 - from, letters[layer], roles[layer]);
            }
        }
    }

    /// <summary>Draws a mark across a graph at a value, where nothing is drawn yet.</summary>
    public static void DrawMark(Canvas canvas, Rect area, double value, double top, char glyph, Role role)
    {
        ArgumentNullException.ThrowIfNull(canvas);
        if (top <= 0 || value < 0 || value > top || area.IsEmpty) return;
        var row = area.Height - 1 - Math.Min((int)(value / top * area.Height), area.Height - 1);
        for (var x = 0; x < area.Width; x++)
        {
            if (canvas[area.X + x, area.Y + row].Character == ' ') canvas.Put(area, x, row, glyph, role);
        }
    }

    private static void DrawColumn(Canvas canvas, Rect area, Glyphs glyphs, int x, double from, double to, Role role)
    {
        var eighths = (int)Math.Round(to * 8);
        if (eighths == 0 && to > 0) eighths = 1;   // something is not nothing
        for (var row = (int)from; row * 8 < eighths; row++)
        {
            canvas.Put(area, x, area.Height - 1 - row, glyphs.Eighths[Math.Min(eighths - (row * 8), 8)], role);
        }
    }
}
