// How ps lays out a line.
//
// Every column has a place where it should begin. A text that is too long pushes those behind it to the right; a column that is right
// aligned then gives up its padding, until the line is back in step. At least one blank stays between columns.
//
// Units   columns of the terminal (cells).
// Models  procps-ng 4.0.2 and 4.0.4.

namespace VboxMem.Tools.Ps;

/// <summary>A text and how many columns it takes.</summary>
internal readonly record struct PsCell(string Text, int Cells)
{
    internal static PsCell Of(string text) => new(text, text.Length);
}

internal sealed class PsLayout
{
    /// <summary>Columns of an output that is no terminal.</summary>
    internal const int Unlimited = 128 * 1024;

    private const int MostPadding = 144;
    private const int WideSignal = 16;
    private const int NarrowSignal = 9;

    private readonly PsRequest _request;
    private readonly TextWriter _writer;
    private readonly int _columnsOfLine;
    private readonly bool _hasWideSignals;

    internal PsLayout(PsRequest request, TextWriter writer)
    {
        _request = request;
        _writer = writer;
        var total = WidthOf(request.Columns, out var signals);
        var times = 1;
        while (request.ScreenColumns * (long)times < total && request.ScreenColumns * (long)times < Unlimited / 2) times++;
        _columnsOfLine = (int)Math.Min(request.ScreenColumns * (long)times, int.MaxValue);
        _hasWideSignals = total + (signals * (WideSignal - NarrowSignal)) <= _columnsOfLine;
    }

    /// <summary>Signals have 16 columns; else 9.</summary>
    internal bool HasWideSignals => _hasWideSignals;

    /// <summary>The narrowest the columns can be; of the last one that may be longer, three are enough.</summary>
    private static int WidthOf(List<PsColumn> columns, out int signals)
    {
        var total = 0;
        signals = 0;
        var follows = false;
        for (var i = 0; i < columns.Count; i++)
        {
            var column = columns[i];
            total += column.Justify == PsJustify.Unlimited && i == columns.Count - 1 ? 3 : column.Width;
            if (column.Justify == PsJustify.Signal) signals++;
            if (column.Justify != PsJustify.Filler && follows) total++;
            follows = column.Justify != PsJustify.Filler;
        }

        return total;
    }

    /// <summary>Writes a line.</summary>
    /// <param name="columns">The columns of this kind of line.</param>
    /// <param name="cellOf">The text of a column, and how many columns it may take to the right.</param>
    internal void Write(List<PsColumn> columns, Func<PsColumn, int, PsCell> cellOf)
    {
        var (should, isAt) = (0, 0);
        var gap = 0;
        for (var i = 0; i < columns.Count; i++)
        {
            var column = columns[i];
            var isLast = i == columns.Count - 1;
            var lead = !isLast ? 0 : should - isAt < 1 ? gap : should - isAt;
            var room = _columnsOfLine - isAt - lead;
            if (room < 0) room = Unlimited - 1;   // past the edge procps counts on from above: the text may be of any length
            var cell = cellOf(column, Math.Min(isLast ? room : column.Width, Unlimited - 1));
            var stolen = 0;
            var padding = should - isAt + LeftPadding(column, ref cell, room, ref stolen);
            if (padding < 1) padding = gap;
            if (padding > MostPadding) padding = MostPadding;

            for (var blank = 0; blank < padding; blank++) _writer.Write(' ');
            _writer.Write(cell.Text);
            if (isLast) break;

            isAt += padding + cell.Cells;
            should += column.Width + stolen;
            var isBetweenValues = column.Field is not null && columns[i + 1].Field is not null;
            gap = isBetweenValues ? 1 : 0;
            should += gap;
        }

        _writer.Write('\n');
    }

    private int LeftPadding(PsColumn column, ref PsCell cell, int room, ref int stolen)
    {
        switch (column.Justify)
        {
            case PsJustify.Right:
                return Math.Max(column.Width - cell.Cells, 0);
            case PsJustify.Signal:
                stolen = _hasWideSignals ? WideSignal - NarrowSignal : 0;
                return Math.Max((_hasWideSignals ? WideSignal : NarrowSignal) - cell.Cells, 0);
            case PsJustify.User:
                return _request.UserIsNumber ? Math.Max(column.Width - cell.Cells, 0) : 0;
            case PsJustify.WaitChannel when _request.ChannelIsNumber:
                return Math.Max(column.Width - cell.Cells, 0);
            case PsJustify.WaitChannel or PsJustify.Unlimited:
                if (room == 0 && cell.Text.Length > 1) cell = cell with { Text = cell.Text[..1] };   // hardly any of it can be seen
                return 0;
            default:
                return 0;
        }
    }
}
