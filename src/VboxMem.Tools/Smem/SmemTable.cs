// smem's tables: columns that are chosen by name, rows in the order of one of them, a last line of sums; a blank behind every column.
//
// Models  smem 1.5: rows that are equal in the column of the order stand in the order of the columns shown, from the left; sizes are
//         whole numbers, with -k in the largest unit below which they are no less than 1, with -p shares in per cent.

using System.Globalization;
using System.Text;
using VboxMem.Tools.Formatting;

namespace VboxMem.Tools.Smem;

/// <summary>A value of a column: a text or a number.</summary>
internal readonly record struct SmemValue(string? Text, double Number, bool IsFraction = false) : IComparable<SmemValue>
{
    public int CompareTo(SmemValue other) =>
        Text is not null && other.Text is not null ? string.CompareOrdinal(Text, other.Text) : Number.CompareTo(other.Number);

    /// <summary>As Python prints it: a number that came from a fraction has a point.</summary>
    public override string ToString() => Text ?? (IsFraction && Number == Math.Floor(Number) && Math.Abs(Number) < 1e16
        ? Number.ToString("0.0", CultureInfo.InvariantCulture)
        : IsFraction ? Number.ToString("R", CultureInfo.InvariantCulture) : ((long)Number).ToString(CultureInfo.InvariantCulture));
}

/// <summary>How the numbers of a column are shown, and summed.</summary>
internal enum SmemKind
{
    /// <summary>Text; there is no sum.</summary>
    Text,

    /// <summary>Text; in place of the sum stands how many different ones there are.</summary>
    Distinct,

    /// <summary>A number that is no size; in place of the sum stands how many rows there are.</summary>
    Rows,

    /// <summary>A number that is no size.</summary>
    Count,

    /// <summary>kB of memory.</summary>
    Memory,

    /// <summary>kB of swap.</summary>
    Swap,
}

/// <summary>A column.</summary>
/// <param name="Name">As -c and -s name it.</param>
/// <param name="Heading">Above it.</param>
/// <param name="Width">Columns of text; negative: to the left, and cut to it if <paramref name="IsCut"/>.</param>
/// <param name="Kind">See there.</param>
/// <param name="Value">What stands there.</param>
/// <param name="Help">As a wrong name is answered.</param>
/// <param name="IsCut">Whether longer text is cut.</param>
internal sealed record SmemColumn<T>(
    string Name, string Heading, int Width, SmemKind Kind, Func<T, SmemValue> Value, string Help, bool IsCut = false);

/// <summary>The amounts that shares are of, kB.</summary>
internal readonly record struct SmemTotals(double Memory, double Swap);

internal sealed class SmemTable<T>(
    SmemColumn<T>[] known, SmemRequest request, SmemTotals totals, TextWriter writer)
{
    private const string Units = "KMGT";

    /// <summary>Prints; a wrong column is answered with a list of the right ones.</summary>
    /// <returns>The exit code.</returns>
    internal int Print(IEnumerable<T> rows, string defaultColumns, string defaultOrder)
    {
        var order = Find(string.IsNullOrEmpty(request.Sort) ? defaultOrder : request.Sort);
        if (order is null) return Unknown($"unknown field {request.Sort}");
        var names = (string.IsNullOrEmpty(request.Columns) ? defaultColumns : request.Columns)
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var wrong = names.Where(name => Find(name) is null).ToArray();
        if (wrong.Length > 0) return Unknown($"unknown fields: {string.Join(' ', wrong)}");
        var columns = names.Select(name => Find(name)!).ToArray();
        if (columns.FirstOrDefault(static column => column.Name == "avguss") is not null) return Failing();

        var sorted = Sorted(rows, order, columns);
        if (!request.NoHeader) Line(columns.Select(static column => column.Heading), columns, isHeading: true);
        foreach (var row in sorted) Line(columns.Select(column => Shown(column, column.Value(row))), columns);
        if (!request.Totals) return ToolSession.Success;
        writer.Write(new string('-', columns.Sum(static column => Math.Max(Math.Abs(column.Width), column.Width == 1 ? column.Heading.Length : 0) + 1)));
        writer.Write('\n');
        Line(columns.Select(column => Sum(column, sorted)), columns);
        return ToolSession.Success;
    }

    /// <summary>The average of unique sizes makes smem 1.5 fall over.</summary>
    private static int Failing() => throw new ToolException("avguss: smem 1.5 has this column but cannot print it");

    private List<T> Sorted(IEnumerable<T> rows, SmemColumn<T> order, SmemColumn<T>[] columns)
    {
        var sorted = rows.ToList();
        sorted.Sort((left, right) =>
        {
            var comparison = order.Value(left).CompareTo(order.Value(right));
            for (var i = 0; comparison == 0 && i < columns.Length; i++) comparison = columns[i].Value(left).CompareTo(columns[i].Value(right));
            return request.Reverse ? -comparison : comparison;
        });
        return sorted;
    }

    private SmemColumn<T>? Find(string name) => Array.Find(known, column => column.Name == name);

    private int Unknown(string message)
    {
        writer.Write($"{message}\nknown fields:\n");
        foreach (var column in known.OrderBy(static column => column.Name, StringComparer.Ordinal))
            writer.Write($"{column.Name,-8} {column.Help}\n");
        return 255;
    }

    private string Shown(SmemColumn<T> column, SmemValue value) => column.Kind switch
    {
        SmemKind.Memory when request.Abbreviate => Abbreviated(value.Number),
        SmemKind.Swap when request.Abbreviate => Abbreviated(value.Number),
        SmemKind.Memory when request.Percent => Share(value.Number, totals.Memory),
        SmemKind.Swap when request.Percent => Share(value.Number, totals.Swap),
        _ => value.ToString(),
    };

    private string Sum(SmemColumn<T> column, List<T> rows) => column.Kind switch
    {
        SmemKind.Text => "",
        SmemKind.Distinct => rows.Select(row => column.Value(row).ToString()).Distinct().Count().ToString(CultureInfo.InvariantCulture),
        SmemKind.Rows => rows.Count.ToString(CultureInfo.InvariantCulture),
        _ => Shown(column, new SmemValue(null, rows.Sum(row => column.Value(row).Number), rows.Any(row => column.Value(row).IsFraction))),
    };

    private static string Abbreviated(double kilobytes)
    {
        if (kilobytes == 0) return "0";
        if (kilobytes < 1) return CNumber.Fixed(kilobytes * 1024, 1);   // a negative amount is bytes
        var unit = 0;
        for (; kilobytes >= 1024 && unit < Units.Length; unit++) kilobytes /= 1024;
        return CNumber.Fixed(kilobytes, 1) + Units[Math.Min(unit, Units.Length - 1)];   // beyond T it says T, as smem does
    }

    private static string Share(double part, double whole) => whole == 0 ? "N/A" : CNumber.Fixed(100 * part / whole, 2) + "%";

    private void Line(IEnumerable<string> cells, SmemColumn<T>[] columns, bool isHeading = false)
    {
        var line = new StringBuilder();
        var place = 0;
        foreach (var cell in cells)
        {
            var column = columns[place++];
            var text = column.IsCut && !isHeading ? Cut(cell, -column.Width) : cell;
            var blanks = Math.Abs(column.Width) - Characters(text);
            if (column.Width > 0) line.Append(' ', Math.Max(blanks, 0));
            line.Append(text);
            if (column.Width < 0) line.Append(' ', Math.Max(blanks, 0));
            line.Append(' ');
        }

        writer.Write(line.Append('\n').ToString());
    }

    /// <summary>Characters as Python counts them, each one although two chars of .NET may be needed for it.</summary>
    private static int Characters(string text)
    {
        var count = text.Length;
        foreach (var c in text)
        {
            if (char.IsLowSurrogate(c)) count--;
        }

        return count;
    }

    private static string Cut(string text, int characters)
    {
        var place = 0;
        for (; characters > 0 && place < text.Length; characters--) place += char.IsHighSurrogate(text[place]) && place + 1 < text.Length ? 2 : 1;
        return text[..place];
    }
}
