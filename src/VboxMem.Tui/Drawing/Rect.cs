namespace VboxMem.Tui.Drawing;

/// <summary>A part of the screen, in cells.</summary>
public readonly record struct Rect(int X, int Y, int Width, int Height)
{
    public int Right => X + Width;

    public int Bottom => Y + Height;

    public bool IsEmpty => Width <= 0 || Height <= 0;

    public bool Contains(int x, int y) => x >= X && x < Right && y >= Y && y < Bottom;

    /// <summary>The upper rows.</summary>
    public Rect Top(int rows) => this with { Height = Math.Clamp(rows, 0, Math.Max(Height, 0)) };

    /// <summary>What is left below the upper rows.</summary>
    public Rect Below(int rows)
    {
        var taken = Math.Clamp(rows, 0, Math.Max(Height, 0));
        return this with { Y = Y + taken, Height = Height - taken };
    }

    /// <summary>The left columns.</summary>
    public Rect Left(int columns) => this with { Width = Math.Clamp(columns, 0, Math.Max(Width, 0)) };

    /// <summary>What is left beside the left columns.</summary>
    public Rect RightOf(int columns)
    {
        var taken = Math.Clamp(columns, 0, Math.Max(Width, 0));
        return this with { X = X + taken, Width = Width - taken };
    }

    /// <summary>One row of it.</summary>
    public Rect Row(int row) => new(X, Y + row, Width, row >= 0 && row < Height ? 1 : 0);
}
