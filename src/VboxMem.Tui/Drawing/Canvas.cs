// A grid of cells that panes draw on: pure memory, no terminal.
//
// Invariants
//   C1  Every cell holds a printable character of one column, or the left half of one of two columns with its right half behind it.
//   C2  Nothing is drawn outside the area it was asked for, and nothing outside the grid.
//
// Characters that would move the cursor, combining marks among them, are shown as "?": what comes from names and logs is not trusted.

using System.Text;
using Wcwidth;

namespace VboxMem.Tui.Drawing;

/// <summary>One cell: a character and what it means. The right half of a wide character has character 0.</summary>
public readonly record struct Cell(int Character, Role Role);

public sealed class Canvas
{
    private static readonly Cell _blank = new(' ', Role.Text);

    private Cell[] _cells = [];

    public Canvas(int width, int height) => Resize(width, height);

    public int Width { get; private set; }

    public int Height { get; private set; }

    public Rect Area => new(0, 0, Width, Height);

    /// <summary>Where the terminal's cursor stands, column and row; null: it is hidden.</summary>
    public (int X, int Y)? Cursor { get; set; }

    public Cell this[int x, int y] => _cells[(y * Width) + x];

    public ReadOnlySpan<Cell> Row(int y) => _cells.AsSpan(y * Width, Width);

    /// <summary>Gives the grid a size, and blanks it.</summary>
    public void Resize(int width, int height)
    {
        (Width, Height) = (Math.Max(width, 0), Math.Max(height, 0));
        if (_cells.Length != Width * Height) _cells = new Cell[Width * Height];
        Clear();
    }

    public void Clear()
    {
        Array.Fill(_cells, _blank);
        Cursor = null;
    }

    public void CopyTo(Canvas other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Width != Width || other.Height != Height) other.Resize(Width, Height);
        _cells.CopyTo(other._cells, 0);
        other.Cursor = Cursor;
    }

    /// <summary>Writes a text from a cell on.</summary>
    /// <param name="area">Nothing is written outside; columns and rows count from its corner.</param>
    /// <param name="x">Column in the area; may be negative: then the text begins outside.</param>
    /// <param name="y">Row in the area.</param>
    /// <param name="text">The text; what does not fit is cut off.</param>
    /// <param name="role">What it means.</param>
    /// <returns>The column behind it.</returns>
    public int Write(Rect area, int x, int y, ReadOnlySpan<char> text, Role role = Role.Text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            var character = rune.Value;
            var width = 1;
            if (character is < ' ' or 0x7f)
            {
                character = '?';
            }
            else if (character > 0x7f)
            {
                width = UnicodeCalculator.GetWidth(rune);
                if (width < 1) (character, width) = ('?', 1);
            }

            Put(area, x, y, character, width, role);
            x += width;
        }

        return x;
    }

    /// <summary>Writes a text that ends before a column.</summary>
    public void WriteRight(Rect area, int end, int y, ReadOnlySpan<char> text, Role role = Role.Text) =>
        Write(area, end - WidthOf(text), y, text, role);

    /// <summary>Puts one character of one column.</summary>
    public void Put(Rect area, int x, int y, int character, Role role) => Put(area, x, y, character, 1, role);

    /// <summary>Fills an area with one character.</summary>
    public void Fill(Rect area, int character, Role role)
    {
        for (var y = 0; y < area.Height; y++)
        {
            for (var x = 0; x < area.Width; x++) Put(area, x, y, character, 1, role);
        }
    }

    /// <summary>Gives cells another meaning, whatever is written there.</summary>
    public void Paint(Rect area, Role role)
    {
        for (var y = Math.Max(area.Y, 0); y < Math.Min(area.Bottom, Height); y++)
        {
            for (var x = Math.Max(area.X, 0); x < Math.Min(area.Right, Width); x++)
            {
                ref var cell = ref _cells[(y * Width) + x];
                cell = cell with { Role = role };
            }
        }
    }

    /// <summary>Columns of a text as it is drawn.</summary>
    public static int WidthOf(ReadOnlySpan<char> text)
    {
        if (Ascii.IsValid(text)) return text.Length;
        var columns = 0;
        foreach (var rune in text.EnumerateRunes()) columns += rune.IsAscii ? 1 : Math.Max(UnicodeCalculator.GetWidth(rune), 1);
        return columns;
    }

    private void Put(Rect area, int x, int y, int character, int width, Role role)
    {
        if (x < 0 || y < 0 || y >= area.Height || x + width > area.Width) return;
        var (column, row) = (area.X + x, area.Y + y);
        if (column < 0 || row < 0 || column + width > Width || row >= Height) return;
        var at = (row * Width) + column;
        Unpair(at, column);
        _cells[at] = new Cell(character, role);
        if (width == 2)
        {
            Unpair(at + 1, column + 1);
            _cells[at + 1] = new Cell(0, role);
        }
    }

    /// <summary>A wide character of which one half is overwritten leaves a blank.</summary>
    private void Unpair(int at, int column)
    {
        if (_cells[at].Character == 0 && column > 0 && _cells[at - 1].Character != 0) _cells[at - 1] = _blank;
        if (column + 1 < Width && _cells[at + 1].Character == 0 && _cells[at].Character != 0) _cells[at + 1] = _blank;
    }
}
