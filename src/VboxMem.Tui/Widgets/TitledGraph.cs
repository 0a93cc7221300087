using System.Globalization;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;

namespace VboxMem.Tui.Widgets;

/// <summary>A layer of a graph.</summary>
/// <param name="Name">In the title, with its value now.</param>
/// <param name="Letter">What it is filled with.</param>
/// <param name="Role">Whose it is.</param>
/// <param name="Values">One a column, oldest first.</param>
internal readonly record struct GraphLayer(string Name, char Letter, Role Role, double[] Values)
{
    /// <summary>What the title gives as its value now; else it is the last one.</summary>
    public double? Shown { get; init; } = Series.Last(Values);
}

/// <summary>How the values of a graph are written, and how its top is found.</summary>
/// <param name="Format">A value; the unit stands in the title, but for that of sizes.</param>
/// <param name="Thousand">What the next larger unit is: 1000, or 1024 of sizes in kB.</param>
internal sealed record GraphScale(Func<double, string> Format, double Thousand)
{
    public static GraphScale Kilobytes { get; } = new(static value => Sizes.Kilobytes((ulong)Math.Max(value, 0)), 1024);

    public static GraphScale Count { get; } = new(Sizes.Count, 1000);

    public static GraphScale Percent { get; } = new(static value => Sizes.Fixed(value, value < 9.95 ? 1 : 0), 1000);

    /// <summary>1, 1.5, 2, 3, 5 or 7 times a power of ten of some unit, not below a value: so the scale does not change all the time.</summary>
    public double TopFor(double value)
    {
        if (value <= 0) return 1;
        var unit = 1.0;
        while (value >= unit * Thousand) unit *= Thousand;
        var power = Math.Pow(10, Math.Floor(Math.Log10(value / unit)));
        foreach (var step in (ReadOnlySpan<double>)[1, 1.5, 2, 3, 5, 7])
        {
            if (value <= step * power * unit) return step * power * unit;
        }

        return Math.Min(10 * power, Thousand) * unit;
    }
}

/// <summary>A line across a graph.</summary>
internal readonly record struct GraphMark(string Name, double Value, Role Role);

/// <summary>
/// A graph with a title that says what it is, how much it is now, and how much its top is. Layers lie on each other; each is filled with
/// the letter its name begins with in the title.
/// </summary>
internal static class TitledGraph
{
    private const int FullNamesWidth = 34;

    /// <summary>Columns that its values are drawn in, of an area of a width.</summary>
    public static int ColumnsOf(int width) => Math.Max(width - 1, 1);

    /// <summary>Draws it; the area's first row is the title, its last column a gap.</summary>
    /// <param name="canvas">Where to.</param>
    /// <param name="area">Its area.</param>
    /// <param name="glyphs">Its characters.</param>
    /// <param name="title">What it is of; its first word where there is little room.</param>
    /// <param name="layers">The lowest first.</param>
    /// <param name="scale">How its values are written.</param>
    /// <param name="least">The top is no lower.</param>
    /// <param name="marks">Lines across it.</param>
    public static void Draw(
        Canvas canvas, Rect area, Glyphs glyphs, string title, ReadOnlySpan<GraphLayer> layers, GraphScale scale, double least,
        ReadOnlySpan<GraphMark> marks = default)
    {
        var inside = area.Below(1) with { Width = Math.Max(area.Width - 1, 0) };
        var largest = LargestSum(layers);
        var top = largest <= least ? least : scale.TopFor(largest);
        DrawTitle(canvas, area.Row(0) with { Width = inside.Width }, title, layers, scale, top);
        if (inside.IsEmpty) return;
        if (layers.Length == 1) Graph.DrawBars(canvas, inside, glyphs, layers[0].Values, top, layers[0].Role);
        else DrawLayers(canvas, inside, glyphs, layers, top);
        DrawMarks(canvas, inside, glyphs, marks, top, scale);
    }

    private static void DrawTitle(
        Canvas canvas, Rect row, string title, ReadOnlySpan<GraphLayer> layers, GraphScale scale, double top)
    {
        var text = $" top {scale.Format(top)}";
        var room = row.Left(Math.Max(row.Width - text.Length, 0));
        var x = canvas.Write(room, 0, 0, row.Width < FullNamesWidth && title.IndexOf(' ') is > 0 and var blank ? title[..blank] : title, Role.Title);
        foreach (var layer in layers)
        {
            var name = row.Width < FullNamesWidth && layer.Name.Length > 0 ? layer.Letter.ToString() : layer.Name;
            var value = layer.Shown is { } shown ? scale.Format(shown) : "-";
            if (x + name.Length + value.Length + 2 > room.Width) break;
            if (name.Length > 0) x = canvas.Write(room, x + 1, 0, name, layer.Role);
            x = canvas.Write(room, x + 1, 0, value, Role.Bold);
        }

        canvas.WriteRight(row, row.Width, 0, text, Role.Dim);
    }

    private static void DrawLayers(Canvas canvas, Rect area, Glyphs glyphs, ReadOnlySpan<GraphLayer> layers, double top)
    {
        var values = new List<double[]>(layers.Length);
        Span<Role> roles = stackalloc Role[layers.Length];
        Span<char> letters = stackalloc char[layers.Length];
        for (var i = 0; i < layers.Length; i++)
        {
            values.Add(layers[i].Values);
            (roles[i], letters[i]) = (layers[i].Role, layers[i].Letter);
        }

        Graph.DrawAreas(canvas, area, glyphs, values, roles, letters, top);
    }

    /// <summary>Lines, and their names at the left end; the first mark comes first where two fall on one row.</summary>
    private static void DrawMarks(Canvas canvas, Rect area, Glyphs glyphs, ReadOnlySpan<GraphMark> marks, double top, GraphScale scale)
    {
        var named = -1;
        foreach (var mark in marks)
        {
            if (mark.Value <= 0 || mark.Value > top) continue;
            Graph.DrawMark(canvas, area, mark.Value, top, glyphs.Mean, mark.Role);
            var row = area.Height - 1 - Math.Min((int)(mark.Value / top * area.Height), area.Height - 1);
            var text = $"{mark.Name} {scale.Format(mark.Value)}";
            if (row == named || text.Length + 2 > area.Width) continue;
            canvas.Write(area, 0, row, text, mark.Role);
            named = row;
        }
    }

    private static double LargestSum(ReadOnlySpan<GraphLayer> layers)
    {
        var largest = 0.0;
        if (layers.IsEmpty) return largest;
        for (var i = 0; i < layers[0].Values.Length; i++)
        {
            var sum = 0.0;
            foreach (var layer in layers) sum += double.IsNaN(layer.Values[i]) ? 0 : layer.Values[i];
            largest = Math.Max(largest, sum);
        }

        return largest;
    }
}
