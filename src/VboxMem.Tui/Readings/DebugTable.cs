using System.Globalization;
using System.Text;
using VboxMem.Tools;

namespace VboxMem.Tui.Readings;

/// <summary>
/// A file of <c>/sys/kernel/debug/vbox</c>: a heading that names columns, and rows. Columns are found by name; the last one may have
/// blanks in it. Its README says what each file tells.
/// </summary>
public sealed class DebugTable
{
    private readonly string[] _columns;
    private readonly List<string[]> _rows;

    private DebugTable(string[] columns, List<string[]> rows) => (_columns, _rows) = (columns, rows);

    public int RowCount => _rows.Count;

    public IReadOnlyList<string> Columns => _columns;

    /// <summary>A cell; <c>-</c> where the table has no such column.</summary>
    public string this[int row, string column]
    {
        get
        {
            var at = Array.IndexOf(_columns, column);
            return at < 0 ? "-" : _rows[row][at];
        }
    }

    /// <summary>A number; 0 where there is none.</summary>
    public long Number(int row, string column) =>
        long.TryParse(this[row, column], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : 0;

    /// <summary>Whether a cell holds something, not <c>-</c>.</summary>
    public bool Has(int row, string column) => this[row, column] != "-";

    /// <exception cref="ProcFormatException">There is no heading, or a row has too few cells.</exception>
    public static DebugTable Parse(ReadOnlySpan<byte> text, string path)
    {
        var lines = Encoding.UTF8.GetString(text).Split('\n');
        var columns = lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (columns.Length == 0) throw new ProcFormatException(path, 1, "no heading; expected are the names of columns");
        var rows = new List<string[]>();
        for (var number = 1; number < lines.Length; number++)
        {
            if (lines[number].Length == 0) continue;
            rows.Add(Cells(lines[number], columns.Length) ?? throw new ProcFormatException(path, number + 1, $"fewer cells than the {columns.Length} columns of the heading"));
        }

        return new DebugTable(columns, rows);
    }

    private static string[]? Cells(string line, int count)
    {
        var cells = new string[count];
        var rest = line.AsSpan();
        for (var i = 0; i < count; i++)
        {
            rest = rest.TrimStart(' ');
            if (rest.IsEmpty) return null;
            var end = i == count - 1 ? -1 : rest.IndexOf(' ');
            cells[i] = (end < 0 ? rest : rest[..end]).ToString();
            rest = end < 0 ? default : rest[end..];
        }

        return cells;
    }
}
