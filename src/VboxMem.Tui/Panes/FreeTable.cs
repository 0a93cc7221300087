using VboxMem.Tools;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Panes;

/// <summary>free's own table: each figure in kB as free prints it, and below it in a readable unit.</summary>
internal static class FreeTable
{
    private const int LabelWidth = 5;
    private const int LeastColumn = 11;
    private const int MostColumn = 16;

    public static void Write(Sheet sheet, MemoryFigures figures, int width)
    {
        var digits = Figure.Of(Math.Max(figures.Total, figures.SwapTotal)).Length;
        var least = Math.Max(LeastColumn, digits + 2);
        var hasShared = LabelWidth + (6 * least) <= width;
        var column = Math.Clamp((width - LabelWidth) / (hasShared ? 6 : 5), least, MostColumn);
        sheet.Line(ground: Role.Header);
        sheet.Write(0, "kB", Role.Header);
        WriteRow(sheet, column, hasShared, Role.Header, "total", "used", "free", "shared", "buff/cache", "available");
        WriteFigures(sheet, "Mem:", "MemFree", column, hasShared,
            figures.Total, figures.Used, figures.Free, figures.Shared, figures.BuffersAndCache, figures.Available);
        WriteFigures(sheet, "Swap:", "SwapFree", column, hasShared, figures.SwapTotal, figures.SwapUsed, figures.SwapFree);
    }

    private static void WriteFigures(Sheet sheet, string label, string subject, int column, bool hasShared, params ReadOnlySpan<long> figures)
    {
        var (numbers, sizes) = (new string[figures.Length], new string[figures.Length]);
        for (var i = 0; i < figures.Length; i++)
        {
            numbers[i] = Figure.Of(figures[i]);
            sizes[i] = Sizes.Kilobytes((ulong)Math.Max(figures[i], 0));
        }

        sheet.Line(label, subject);
        sheet.Write(0, label, Role.Label);
        WriteRow(sheet, column, hasShared, Role.Bold, numbers);
        sheet.Line();
        WriteRow(sheet, column, hasShared, Role.Dim, sizes);
    }

    private static void WriteRow(Sheet sheet, int column, bool hasShared, Role role, params ReadOnlySpan<string> cells)
    {
        var end = LabelWidth;
        for (var i = 0; i < cells.Length; i++)
        {
            if (i == 3 && !hasShared) continue;
            end += column;
            sheet.WriteRight(end, cells[i], role);
        }
    }
}
