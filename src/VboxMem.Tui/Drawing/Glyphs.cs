namespace VboxMem.Tui.Drawing;

/// <summary>The characters that are not letters: those of Unicode, or of ASCII where the terminal has no UTF-8.</summary>
public sealed record Glyphs
{
    public static Glyphs Unicode { get; } = new()
    {
        IsUnicode = true,
        Horizontal = '─', Vertical = '│', TopLeft = '┌', TopRight = '┐', BottomLeft = '└', BottomRight = '┘',
        Full = '█', Empty = '·', Up = '▲', Down = '▼', Left = '◀', Right = '▶', Ellipsis = '…', Bullet = '•',
        Branch = "├─", LastBranch = "└─", Trunk = "│ ", Arrow = "→", Play = '▶', Pause = '‖', Mark = '┊', Mean = '─',
        Eighths = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
        Shades = ['░', '▒', '▓', '█'],
    };

    public static Glyphs Ascii { get; } = new()
    {
        IsUnicode = false,
        Horizontal = '-', Vertical = '|', TopLeft = '+', TopRight = '+', BottomLeft = '+', BottomRight = '+',
        Full = '#', Empty = '.', Up = '^', Down = 'v', Left = '<', Right = '>', Ellipsis = '~', Bullet = '*',
        Branch = "|-", LastBranch = "`-", Trunk = "| ", Arrow = "->", Play = '>', Pause = '=', Mark = ':', Mean = '-',
        Eighths = [' ', '_', '_', '.', '-', '=', '+', '*', '#'],
        Shades = ['.', ':', '+', '#'],
    };

    public required bool IsUnicode { get; init; }

    /// <summary>Lines of frames.</summary>
    public required char Horizontal { get; init; }

    public required char Vertical { get; init; }

    public required char TopLeft { get; init; }

    public required char TopRight { get; init; }

    public required char BottomLeft { get; init; }

    public required char BottomRight { get; init; }

    /// <summary>A filled cell of a bar, and an empty one.</summary>
    public required char Full { get; init; }

    public required char Empty { get; init; }

    public required char Up { get; init; }

    public required char Down { get; init; }

    public required char Left { get; init; }

    public required char Right { get; init; }

    public required char Ellipsis { get; init; }

    public required char Bullet { get; init; }

    /// <summary>A child in a tree, the last one, an ancestor's line going on; two columns each.</summary>
    public required string Branch { get; init; }

    public required string LastBranch { get; init; }

    public required string Trunk { get; init; }

    public required string Arrow { get; init; }

    public required char Play { get; init; }

    public required char Pause { get; init; }

    /// <summary>A mark in a gauge or across a graph.</summary>
    public required char Mark { get; init; }

    public required char Mean { get; init; }

    /// <summary>From an empty cell to a full one, in eighths of its height.</summary>
    public required IReadOnlyList<char> Eighths { get; init; }

    /// <summary>Four densities, none of them empty.</summary>
    public required IReadOnlyList<char> Shades { get; init; }
}
