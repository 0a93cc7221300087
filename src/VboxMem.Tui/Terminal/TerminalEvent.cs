namespace VboxMem.Tui.Terminal;

public enum TerminalEventKind
{
    Key,

    /// <summary>Left button pressed; wheel up, wheel down.</summary>
    Click,
    WheelUp,
    WheelDown,

    /// <summary>A text that was pasted: it is typed, never obeyed.</summary>
    Paste,

    /// <summary>The size has changed, or the screen was overwritten: all is to be drawn anew.</summary>
    Resize,

    /// <summary>The program is to end: SIGTERM, SIGHUP or a terminal that is gone. <see cref="TerminalEvent.Signal"/> says which.</summary>
    End,
}

/// <summary>Something that comes from the terminal.</summary>
/// <param name="Kind">What.</param>
/// <param name="Key">The key, of a key.</param>
/// <param name="X">Column of the mouse, from 0.</param>
/// <param name="Y">Row of the mouse, from 0.</param>
/// <param name="Text">What was pasted.</param>
/// <param name="Signal">Number of the signal that ends the program.</param>
public readonly record struct TerminalEvent(TerminalEventKind Kind, Key Key = default, int X = 0, int Y = 0, string? Text = null, int Signal = 0);
