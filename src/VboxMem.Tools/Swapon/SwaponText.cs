using System.Globalization;
using System.Text;
using VboxMem.Tools.Formatting;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Swapon;

/// <summary>swapon's two forms: the summary, which is the kernel's own table, and a table of columns as wide as what stands in them.</summary>
internal static class SwaponText
{
    /// <summary>From this many KiB on a number takes eight columns, and the tab behind it is left out.</summary>
    private const long EightDigits = 10_000_000;

    internal static void WriteSummary(TextWriter writer, IReadOnlyList<SwapArea> areas)
    {
        writer.Write("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
        foreach (var area in areas)
        {
            writer.Write(area.File);
            for (var bytes = Encoding.UTF8.GetByteCount(area.File); bytes < 39; bytes++) writer.Write(' ');
            writer.Write(' ');
            writer.Write(area.Type == "file" ? "file\t" : area.Type);
            writer.Write('\t');
            WriteNumber(writer, unchecked((long)area.SizeKilobytes));
            WriteNumber(writer, unchecked((long)area.UsedKilobytes));
            writer.Write(string.Create(CultureInfo.InvariantCulture, $"{area.Priority}\n"));
        }
    }

    private static void WriteNumber(TextWriter writer, long kilobytes) =>
        writer.Write(string.Create(CultureInfo.InvariantCulture, $"{kilobytes}{(kilobytes < EightDigits ? "\t\t" : "\t")}"));

    internal static void WriteTable(TextWriter writer, IReadOnlyList<SwapArea> areas, SwaponOptions options)
    {
        string[] headings = [.. options.Columns.Select(static column => column.ToString().ToUpperInvariant())];
        var lines = new List<string[]> { headings };
        foreach (var area in areas) lines.Add([.. options.Columns.Select(column => Cell(area, column, options))]);

        var widths = new int[headings.Length];   // headings count, shown or not
        foreach (var line in lines)
        {
            for (var i = 0; i < line.Length; i++) widths[i] = Math.Max(widths[i], line[i].Length);
        }

        if (!options.Headings) lines.RemoveAt(0);
        foreach (var line in lines)
        {
            for (var i = 0; i < line.Length; i++)
            {
                if (i > 0) writer.Write(' ');
                if (options.Raw) writer.Write(line[i]);
                else if (options.Columns[i] is SwapColumn.Size or SwapColumn.Used or SwapColumn.Prio) writer.Right(line[i], widths[i]);
                else writer.Left(line[i], i == line.Length - 1 ? 0 : widths[i]);
            }

            writer.Write('\n');
        }
    }

    private static string Cell(in SwapArea area, SwapColumn column, SwaponOptions options) => column switch
    {
        SwapColumn.Name => Safe(area.File, options.Raw),
        SwapColumn.Type => Safe(area.Type, options.Raw),
        SwapColumn.Size => Size(area.SizeKilobytes, options.Bytes),
        SwapColumn.Used => Size(area.UsedKilobytes, options.Bytes),
        SwapColumn.Prio => area.Priority.ToString(CultureInfo.InvariantCulture),
        _ => "",
    };

    /// <summary>
    /// What is no printable ASCII is written \xNN; so is a backslash before an x; and without alignment blanks and all backslashes are.
    /// </summary>
    private static string Safe(string name, bool raw)
    {
        var text = new StringBuilder();
        var bytes = Encoding.UTF8.GetBytes(name);
        for (var i = 0; i < bytes.Length; i++)
        {
            var value = bytes[i];
            var looksEscaped = value == (byte)'\\' && i + 1 < bytes.Length && bytes[i + 1] == (byte)'x';
            if (value is < 0x20 or >= 0x7f || looksEscaped || (raw && value is (byte)' ' or (byte)'\\')) text.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}");
            else text.Append((char)value);
        }

        return text.ToString();
    }

    /// <summary>A size in the largest unit that leaves a digit before the point, with one digit behind it unless that is 0.</summary>
    private static string Size(ulong kilobytes, bool inBytes)
    {
        var bytes = unchecked(kilobytes * 1024);
        if (inBytes) return unchecked((long)bytes).ToString(CultureInfo.InvariantCulture);
        var unit = bytes == 0 ? 0 : (63 - System.Numerics.BitOperations.LeadingZeroCount(bytes)) / 10;
        var whole = bytes >> (10 * unit);
        var rest = bytes & ((1UL << (10 * unit)) - 1);
        var thousandths = unit < 6 ? rest * 1000 >> (10 * unit) : (rest >> 10) * 1000 >> (10 * (unit - 1));
        var tenths = (thousandths + 50) / 100;
        if (tenths == 10) (whole, tenths) = (whole + 1, 0);
        return tenths == 0 ? $"{whole}{"BKMGTPE"[unit]}" : $"{whole}.{tenths}{"BKMGTPE"[unit]}";
    }
}
