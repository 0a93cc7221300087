using VboxMem.Tools.Formatting;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Slabtop;

/// <summary>slabtop's output, byte for byte. Its K are 1024 bytes.</summary>
internal static class SlabText
{
    internal static void Write(TextWriter writer, SlabReport report)
    {
        Counts(writer, "Active / Total Objects (% used)", report.ActiveObjects, report.TotalObjects);
        Counts(writer, "Active / Total Slabs (% used)", report.ActiveSlabs, report.TotalSlabs);
        Counts(writer, "Active / Total Caches (% used)", report.ActiveCaches, (ulong)report.Caches.Count);
        Label(writer, "Active / Total Size (% used)");
        writer.Write($"{Kibibytes(report.ActiveBytes)}K / {Kibibytes(report.TotalBytes)}K ({Percent(report.ActiveBytes, report.TotalBytes)}%)\n");
        Label(writer, "Minimum / Average / Maximum Object");
        writer.Write($"{Kibibytes(report.SmallestObject)}K / {Kibibytes(report.AverageObject)}K / {Kibibytes(report.LargestObject)}K\n\n");

        writer.Left("  OBJS ACTIVE  USE OBJ SIZE  SLABS OBJ/SLAB CACHE SIZE NAME", 78);
        writer.Write('\n');
        foreach (var cache in report.Caches) Row(writer, cache);
    }

    private static void Row(TextWriter writer, SlabCache cache)
    {
        writer.Right(cache.TotalObjects, 6);
        writer.Write(' ');
        writer.Right(cache.ActiveObjects, 6);
        writer.Write(' ');
        writer.Right(SlabReport.UsePercent(cache), 3);
        writer.Write("% ");
        writer.Right(Kibibytes(cache.ObjectBytes), 7);
        writer.Write("K ");
        writer.Right(cache.TotalSlabs, 6);
        writer.Write(' ');
        writer.Right(cache.ObjectsPerSlab, 8);
        writer.Write(' ');
        writer.Right(SlabReport.CacheBytes(cache) / 1024, 9);
        writer.Write("K ");
        writer.Left(cache.Name, 23);
        writer.Write('\n');
    }

    private static void Counts(TextWriter writer, string label, ulong active, ulong total)
    {
        Label(writer, label);
        writer.Write($"{active} / {total} ({Percent(active, total)}%)\n");
    }

    private static void Label(TextWriter writer, string label)
    {
        writer.Write(' ');
        writer.Left(label, 35);
        writer.Write(": ");
    }

    private static string Percent(ulong part, ulong whole) => CNumber.Fixed(CNumber.Ratio(100.0 * part, whole), 1);

    private static string Kibibytes(ulong bytes) => CNumber.Fixed(bytes / 1024.0, 2);
}
