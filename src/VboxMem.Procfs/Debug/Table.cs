using System.Globalization;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Time;

namespace VboxMem.Procfs.Debug;

/// <summary>A column: its name and the width of its values. Width 0: the last one, of text that may hold blanks.</summary>
internal readonly record struct Column(string Name, int Width)
{
    public static implicit operator Column((string Name, int Width) column) => new(column.Name, column.Width);
}

/// <summary>Writes a table: a heading of names, then lines of values, which stand under the right ends of their names.</summary>
/// <remarks>A value that there is none of is "-". One wider than its column pushes the rest of its line: no two ever run together.</remarks>
internal sealed class Table
{
    private const string Nothing = "-";

    private readonly ProcText _text;
    private readonly Column[] _columns;
    private int _column;

    /// <summary>Writes the heading.</summary>
    public Table(ProcText text, params Column[] columns)
    {
        _text = text;
        _columns = columns;
        foreach (var column in columns)
        {
            Cell(column.Name);
        }
    }

    /// <summary>A value; the last one of a line ends it.</summary>
    public Table Cell(string value) => Begin(out var width).Put(value, width).End();

    public Table Cell(long value)
    {
        Begin(out var width)._text.Number(value, width);
        return End();
    }

    public Table Cell(ulong value)
    {
        Begin(out var width)._text.Number(value, width);
        return End();
    }

    public Table Cell(bool value) => Cell(value ? 1UL : 0);

    public Table Cell(ulong? value) => value is { } number ? Cell(number) : Cell(Nothing);

    /// <summary>A time since boot, in nanoseconds.</summary>
    public Table Cell(SimTime? time) => Cell(time?.Nanoseconds);

    /// <summary>A frame's number, in hexadecimal.</summary>
    public Table Cell(Pfn? frame) => Cell(frame is { } number ? Hexadecimal(number.Index) : Nothing);

    public static string Hexadecimal(ulong value, int digits = 1) => "0x" + value.ToString("x" + digits, CultureInfo.InvariantCulture);

    private Table Begin(out int width)
    {
        width = _columns[_column].Width;
        if (_column > 0)
        {
            _text.Literal(" "u8);
        }

        return this;
    }

    private Table Put(string value, int width)
    {
        if (width > 0)
        {
            _text.TextRight(value, width);
        }
        else
        {
            _text.Text(value.Replace("\n", "\\012", StringComparison.Ordinal));
        }

        return this;
    }

    private Table End()
    {
        if (++_column == _columns.Length)
        {
            _text.NewLine();
            _column = 0;
        }

        return this;
    }
}
