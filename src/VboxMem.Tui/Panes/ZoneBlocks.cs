using System.Globalization;
using VboxMem.Tools.Buddyinfo;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Panes;

/// <summary>
/// A zone's free blocks by order: which share of its free pages lies in blocks of each order, how many blocks that are, and the kernel's
/// fragmentation index.
/// </summary>
internal static class ZoneBlocks
{
    public const int Rows = 5;

    private const int BarRows = 2;
    private const int LabelWidth = 9;
    private const int LeastCell = 4;
    private const int MostCell = 7;

    /// <param name="canvas">Where to.</param>
    /// <param name="area">Nothing is drawn outside.</param>
    /// <param name="y">The first of its rows; may lie above the area.</param>
    /// <param name="orders">The orders; null: there is no buddyinfo.</param>
    /// <param name="view">For glyphs, and for what is wrong with buddyinfo.</param>
    public static void Draw(Canvas canvas, Rect area, int y, IReadOnlyList<Fragmentation>? orders, ScreenView view)
    {
        if (orders is null)
        {
            canvas.Write(area, 3, y, $"free blocks not shown: {view.Now.BuddyInfo.Problem}", Role.Dim);
            return;
        }

        var (x, pages) = (3 + LabelWidth, 0UL);
        var width = Math.Clamp((area.Width - x - 1) / Math.Max(orders.Count, 1), LeastCell, MostCell);
        foreach (var order in orders) pages += order.FreeBlocks << order.Order;
        canvas.Write(area, 3, y + 1, "share", Role.Label);
        canvas.Write(area, 3, y + BarRows, "order", Role.Label);
        canvas.Write(area, 3, y + BarRows + 1, "free", Role.Label);
        canvas.Write(area, 3, y + BarRows + 2, "index", Role.Label);
        foreach (var order in orders)
        {
            DrawBar(canvas, area, new Rect(x + 1, y, width - 1, BarRows), pages == 0 ? 0 : (double)(order.FreeBlocks << order.Order) / pages, view.Glyphs);
            x += width;
            canvas.WriteRight(area, x, y + BarRows, order.Order.ToString(CultureInfo.InvariantCulture), Role.Dim);
            canvas.WriteRight(area, x, y + BarRows + 1, Blocks(order.FreeBlocks, width - 1), order.FreeBlocks == 0 ? Role.Dim : Role.Text);
            canvas.WriteRight(area, x, y + BarRows + 2, Index(order), order.Index < 0 ? Role.Dim : order.Index < 500 ? Role.Warning : Role.Critical);
        }
    }

    private static void DrawBar(Canvas canvas, Rect area, Rect place, double share, Glyphs glyphs)
    {
        var eighths = share > 0 ? Math.Max((int)Math.Round(share * 8 * place.Height), 1) : 0;
        for (var row = 0; row * 8 < eighths; row++)
        {
            for (var i = 0; i < place.Width; i++)
                canvas.Put(area, place.X + i, place.Bottom - 1 - row, glyphs.Eighths[Math.Min(eighths - (row * 8), 8)], Role.LineA);
        }
    }

    /// <summary>The number, by thousands where there is no room for all of it.</summary>
    private static string Blocks(ulong count, int width)
    {
        var text = Figure.Of(count);
        if (text.Length <= width) return text;
        text = Sizes.Count(count);
        return text.Length <= width ? text : string.Create(CultureInfo.InvariantCulture, $"{count / 1000}k");
    }

    /// <summary>Free where such a block is to be had; else towards 0 memory is missing, towards 1 it lies scattered.</summary>
    private static string Index(Fragmentation order) =>
        order.Index < 0 ? "ok" : (order.Index / 1000m).ToString("0.00", CultureInfo.InvariantCulture)[(order.Index < 1000 ? 1 : 0)..];
}
