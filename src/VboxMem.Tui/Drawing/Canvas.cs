// A grid of cells that panes draw on: pure memory, no terminal.
//
// Invariants
//   C1  Every cell holds a printable character of one column, or the left half of one of two columns with its right half behind it.
//   C2  Nothing is drawn outside the area it was asked for, and nothing outside the grid.
//
// Cost    a screen of 120x40 has 4,800 cells, each drawn, compared and copied once a refresh: four bytes a cell, compared as one number, and
//         texts of plain characters are clipped once, not cell by cell.
//
// Characters that would move the cursor, combining marks among them, are shown as "?": what comes from names and logs is not trusted.

using System.Runtime.CompilerServices;
using System.Text;
using Wcwidth;

namespace VboxMem.Tui.Drawing;

/// <summary>One cell: a character and what it means. The right half of a wide character has character 0.</summary>
/// <param name="character">A Unicode scalar value.</param>
/// <param name="role">What it means.</param>
public readonly struct Cell(int character, Role role) : IEquatable<Cell>
{
    private const int CharacterBits = 24;

    private readonly uint _bits = (uint)character | ((uint)role << CharacterBits);

    public int Character => (int)(_bits & ((1u << CharacterBits) - 1));

    public Role Role => (Role)(_bits >> CharacterBits);

    public static bool operator ==(Cell left, Cell right) => left._bits == right._bits;

    public static bool operator !=(Cell left, Cell right) => left._bits != right._bits;

    public bool Equals(Cell other) => _bits == other._bits;

    public override bool Equals(object? obj) => obj is Cell other && Equals(other);

    public override int GetHashCode() => (int)_bits;
}

public sealed class Canvas
{
    private static readonly Cell _blank = new(' ', Role.Text);

    private Cell[] _cells = [];
    private Cell[] _blanks = [];   // as many, to clear by copying

    public Canvas(int width, int height) => Resize(width, height);

    public int Width { get; private set; }

    public int Height { get; private set; }

    public Rect Area => new(0, 0, Width, Height);

    /// <summary>Where the terminal's cursor stands, column and row; null: it is hidden.</summary>
    public (int X, int Y)? Cursor { get; set; }

    public Cell this[int x, int y] => _cells[(y * Width) + x];

    public ReadOnlySpan<Cell> Row(int y) => _cells.AsSpan(y * Width, Width);

    /// <summary>Gives the grid a size; one that it has not yet blanks it.</summary>
    public void Resize(int width, int height)
    {
        (width, height) = (Math.Max(width, 0), Math.Max(height, 0));
        if (width == Width && height == Height) return;
        (Width, Height) = (width, height);
        _cells = new Cell[width * height];
        _blanks = new Cell[width * height];
        Array.Fill(_blanks, _blank);
        Clear();
    }

    public void Clear()
    {
        _blanks.CopyTo(_cells, 0);
        Cursor = null;
    }

    public void CopyTo(Canvas other)
    {
        ArgumentNullException.ThrowIfNull(other);
        other.Resize(Width, Height);
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
        if (Ascii.IsValid(text))
        {
            var cells = Clip(area, x, y, text.Length, out var cut);
            for (var i = 0; i < cells.Length; i++)
            {
                var character = text[cut + i];
                cells[i] = new Cell(character is < ' ' or '\x7f' ? '?' : character, role);
            }

            return x + text.Length;
        }

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
            foreach (ref var cell in Clip(area, 0, y, area.Width, out _)) cell = new Cell(character, role);
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
                cell = new Cell(cell.Character, role);
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

    /// <summary>Cells of one row that a text of single columns is written to, all of them; wide characters at either end are made whole.</summary>
    /// <param name="area">Nothing is written outside.</param>
    /// <param name="x">Column in the area of the text's first character.</param>
    /// <param name="y">Row in the area.</param>
    /// <param name="length">Characters of the text.</param>
    /// <param name="cut">Characters before the first cell, which do not fit.</param>
    private Span<Cell> Clip(Rect area, int x, int y, int length, out int cut)
    {
        cut = Math.Max(Math.Max(-x, -(area.X + x)), 0);
        var count = Math.Min(length, Math.Min(area.Width - x, Width - area.X - x)) - cut;
        var row = area.Y + y;
        if (count <= 0 || y < 0 || y >= area.Height || row < 0 || row >= Height) return default;
        var column = area.X + x + cut;
        var at = (row * Width) + column;
        Unpair(at, column);
        Unpair(at + count - 1, column + count - 1);
        return _cells.AsSpan(at, count);
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
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Unpair(int at, int column)
    {
        if (_cells[at].Character == 0 && column > 0 && _cells[at - 1].Character != 0) _cells[at - 1] = _blank;
        if (column + 1 < Width && _cells[at + 1].Character == 0 && _cells[at].Character != 0) _cells[at + 1] = _blank;
    }
}
