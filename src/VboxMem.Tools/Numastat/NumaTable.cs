// numastat's tables: a row a figure or process, a column a node and one for the sum.
//
// Widths: a column takes 16 with the blank before it; text beyond is cut. The compact form is as wide as the longest text, and still no
// wider. The names of processes widen their column, up to 24, except in the compact form; those of rows left out count.
//
// Models  numastat of numactl 2.0.16.
// Departs rows that are equal in the column of the order stay as they were; the real program mixes them.

using System.Globalization;
using System.Numerics;
using System.Text;
using VboxMem.Tools.Formatting;

namespace VboxMem.Tools.Numastat;

/// <summary>A row: its name and a value for each node; null where there is none.</summary>
internal sealed record NumaRow(string Label, double?[] Cells, double Elsewhere = 0)
{
    internal double? Total
    {
        get
        {
            var (sum, hasAny) = (Elsewhere, Elsewhere != 0);
            foreach (var cell in Cells)
            {
                hasAny |= cell is not null;
                sum += cell ?? 0;
            }

            return hasAny ? sum : null;
        }
    }
}

/// <summary>What kind of table it is.</summary>
internal enum NumaForm
{
    /// <summary>Pages; neither sums nor lines.</summary>
    Plain,

    /// <summary>Megabytes by figure.</summary>
    Figures,

    /// <summary>Megabytes of one process by kind, and their sum.</summary>
    Process,

    /// <summary>Megabytes of processes, and their sum.</summary>
    Processes,
}

internal sealed class NumaTable(IReadOnlyList<int> nodes, NumaForm form, NumastatRequest request)
{
    private const int Widest = 16;
    private const int WidestLabel = 24;
    private const string NoData = "Table has no non-zero data.\n";

    internal List<NumaRow> Rows { get; } = [];

    internal void Print(TextWriter writer)
    {
        var hasSum = form is NumaForm.Process or NumaForm.Processes;
        var rows = Sorted();
        var sum = new NumaRow("Total", [.. nodes.Select((_, node) => (double?)rows.Sum(row => row.Cells[node] ?? 0))], rows.Sum(static row => row.Elsewhere));
        var labelWidth = LabelWidth(rows);
        if (request.SkipsZeros) rows.RemoveAll(static row => !(row.Total > 0));
        if (request.SkipsZeros && rows.Count == 0)
        {
            writer.Write(NoData);
            return;
        }

        var columns = Columns(rows);
        var all = hasSum ? [.. rows, sum] : rows;
        var widths = columns.Select(column => Width(column, all)).ToArray();
        writer.Write(Line(form == NumaForm.Processes ? "PID" : "", columns.Select(Heading), labelWidth, widths));
        if (form != NumaForm.Plain) writer.Write(Dashes(labelWidth, widths, form == NumaForm.Processes));
        foreach (var row in rows) writer.Write(Line(row.Label, columns.Select(column => Shown(row, column)), labelWidth, widths));
        if (!hasSum) return;
        writer.Write(Dashes(labelWidth, widths, isLabelled: true));
        writer.Write(Line(sum.Label, columns.Select(column => Shown(sum, column)), labelWidth, widths));
    }

    private List<NumaRow> Sorted()
    {
        if (!request.IsSorted) return [.. Rows];
        var place = request.SortNode is { } node ? IndexOf(node) : -1;
        return [.. Rows.OrderByDescending(row => (place < 0 ? row.Total : row.Cells[place]) ?? 0)];
    }

    private int IndexOf(int node)
    {
        for (var i = 0; i < nodes.Count; i++)
        {
            if (nodes[i] == node) return i;
        }

        return -1;
    }

    /// <summary>Indexes of nodes, and -1 for the sum. A node of which nothing is known is left out.</summary>
    private List<int> Columns(List<NumaRow> rows)
    {
        var columns = new List<int>();
        for (var node = 0; node < nodes.Count; node++)
        {
            if (rows.Exists(row => request.SkipsZeros ? row.Cells[node] > 0 : row.Cells[node] is not null)) columns.Add(node);
        }

        if (form != NumaForm.Plain) columns.Add(-1);
        return columns;
    }

    private string Heading(int column) => column < 0 ? "Total"
        : string.Create(CultureInfo.InvariantCulture, $"{(form == NumaForm.Plain ? "node" : "Node ")}{nodes[column]}");

    private string Shown(NumaRow row, int column)
    {
        if ((column < 0 ? row.Total : row.Cells[column]) is not { } value) return "";
        if (form == NumaForm.Plain) return new BigInteger(Math.Min(value, long.MaxValue)).ToString(CultureInfo.InvariantCulture);
        return request.IsCompact
            ? new BigInteger(Math.Round(value, MidpointRounding.ToEven)).ToString(CultureInfo.InvariantCulture)
            : CNumber.Fixed(value, 2);
    }

    private int LabelWidth(List<NumaRow> rows)
    {
        var longest = rows.Count == 0 ? 0 : rows.Max(static row => row.Label.Length);
        if (request.IsCompact) return Math.Min(longest + 1, Widest);
        return form is NumaForm.Process or NumaForm.Processes ? Math.Min(Math.Max(longest, Widest) + 1, WidestLabel) : Widest;
    }

    private int Width(int column, List<NumaRow> rows) => !request.IsCompact ? Widest
        : Math.Min(Math.Max(Heading(column).Length, rows.Select(row => Shown(row, column).Length).DefaultIfEmpty(0).Max()) + 1, Widest);

    private static string Line(string label, IEnumerable<string> cells, int labelWidth, int[] widths)
    {
        var line = new StringBuilder();
        line.Append(Cut(label, labelWidth).PadRight(labelWidth));
        var place = 0;
        foreach (var cell in cells)
        {
            line.Append(Cut(cell, widths[place]).PadLeft(widths[place]));
            place++;
        }

        return line.Append('\n').ToString();
    }

    private static string Dashes(int labelWidth, int[] widths, bool isLabelled)
    {
        var line = new StringBuilder();
        line.Append(isLabelled ? '-' : ' ', labelWidth - 1).Append(' ');
        foreach (var width in widths) line.Append(' ').Append('-', width - 1);
        return line.Append('\n').ToString();
    }

    private static string Cut(string text, int width) => text.Length > width ? text[..width] : text;
}
