// sar's tables, byte for byte. The first column is 11 wide and holds a time or "Average:"; figures are 9 wide behind a blank.

using System.Globalization;
using VboxMem.Tools.Formatting;

namespace VboxMem.Tools.Sar;

internal static class SarText
{
    internal const string Average = "Average:";

    private const int StampWidth = 11;

    internal static string Stamp(DateTime time) => time.ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    internal static void WriteMachine(TextWriter writer, in SarMachine machine, DateTime time)
    {
        var date = time.ToString("MM/dd/yy", CultureInfo.InvariantCulture);
        var cpus = Math.Max(machine.CpuCount, 1);
        writer.Write($"{machine.SystemName} {machine.Release} ({machine.HostName}) \t{date} \t_{machine.Architecture}_\t({cpus} CPU)\n");
    }

    internal static void WriteHeader(TextWriter writer, string stamp, SarReport report)
    {
        writer.Write('\n');
        writer.Left(stamp, StampWidth);
        if (report.LabelColumn is { } label) writer.Right(label, 8);
        foreach (var column in report.Columns)
        {
            writer.Write(' ');
            writer.Right(column, 9);
        }

        writer.Write('\n');
    }

    internal static void WriteRow(TextWriter writer, string stamp, SarRow row, SarOptions options)
    {
        writer.Left(stamp, StampWidth);
        if (row.Label is { } label) writer.Right(label, 8);
        foreach (var figure in row.Figures)
        {
            writer.Write(' ');
            writer.Right(Text(figure, options), 9);
        }

        writer.Write('\n');
    }

    private static string Text(in SarFigure figure, SarOptions options)
    {
        if (figure.Unit == SarUnit.Number) return CNumber.Fixed(figure.Value, options.Decimals);
        if (figure.Unit == SarUnit.Percent)
        {
            return options.Human
                ? CNumber.Fixed(figure.Value, Math.Min(options.Decimals, 1)) + "%"
                : CNumber.Fixed(figure.Value, options.Decimals);
        }

        if (figure.Unit == SarUnit.Kilobytes && options.Human) return Human(figure.Value, Math.Min(options.Decimals, 1));
        return figure.Whole?.ToString(CultureInfo.InvariantCulture) ?? CNumber.Fixed(figure.Value, 0);
    }

    /// <summary>A size with its unit. sar knows no unit beyond P and writes "?" for all of them.</summary>
    private static string Human(double kilobytes, int decimals)
    {
        const string units = "kMGTP";
        var unit = 0;
        for (; kilobytes >= 1024; unit++) kilobytes /= 1024;
        return CNumber.Fixed(kilobytes, decimals) + (unit < units.Length ? units[unit] : '?');
    }
}
