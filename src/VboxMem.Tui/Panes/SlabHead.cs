using VboxMem.Tools.Formatting;
using VboxMem.Tools.Slabtop;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Panes;

/// <summary>slabtop's head: five lines as it has them, or the two that matter where there is no room for five.</summary>
internal static class SlabHead
{
    private const int LabelWidth = 37;

    public static void Draw(Canvas canvas, Rect area, SlabReport report)
    {
        var size = $"{SlabColumn.Kibibytes(report.ActiveBytes)} / {SlabColumn.Kibibytes(report.TotalBytes)} ({Percent(report.ActiveBytes, report.TotalBytes)})";
        var objects = Share(report.ActiveObjects, report.TotalObjects);
        var slabs = Share(report.ActiveSlabs, report.TotalSlabs);
        if (area.Height < 5)
        {
            Pair(canvas, area, 0, "Size", size);
            var x = canvas.Write(area, 1, 1, "Objects ", Role.Label);
            x = canvas.Write(area, x, 1, objects, Role.Text);
            x = canvas.Write(area, x + 2, 1, "Slabs ", Role.Label);
            canvas.Write(area, x, 1, slabs, Role.Text);
            return;
        }

        Line(canvas, area, 0, "Active / Total Objects (% used)", objects);
        Line(canvas, area, 1, "Active / Total Slabs (% used)", slabs);
        Line(canvas, area, 2, "Active / Total Caches (% used)", Share(report.ActiveCaches, (ulong)report.Caches.Count));
        Line(canvas, area, 3, "Active / Total Size (% used)", size);
        Line(canvas, area, 4, "Minimum / Average / Maximum Object",
            $"{SlabColumn.Kibibytes(report.SmallestObject)} / {SlabColumn.Kibibytes(report.AverageObject)} / {SlabColumn.Kibibytes(report.LargestObject)}");
    }

    private static void Line(Canvas canvas, Rect area, int y, string label, string text)
    {
        canvas.Write(area, 1, y, label, Role.Label);
        canvas.Write(area, LabelWidth, y, text);
    }

    private static void Pair(Canvas canvas, Rect area, int y, string label, string text)
    {
        var x = canvas.Write(area, 1, y, label, Role.Label);
        canvas.Write(area, x + 1, y, text);
    }

    private static string Share(ulong active, ulong total) => $"{Figure.Of(active)} / {Figure.Of(total)} ({Percent(active, total)})";

    private static string Percent(ulong part, ulong whole) => CNumber.Fixed(CNumber.Ratio(100.0 * part, whole), 1) + "%";
}
