namespace VboxMem.Tui.Terminal;

/// <summary>A key that is no character, or <see cref="Character"/>.</summary>
public enum KeyCode
{
    Character,
    Enter,
    Tab,
    BackTab,
    Backspace,
    Escape,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    Insert,
    Delete,
    F1,
    F2,
    F3,
    F4,
    F5,
    F6,
    F7,
    F8,
    F9,
    F10,
    F11,
    F12,
}

[Flags]
public enum KeyModifiers
{
    None = 0,
    Shift = 1,
    Alt = 2,
    Control = 4,
}

/// <summary>One key pressed. Of a character <see cref="Character"/> is its code point, with Control its lower-case letter.</summary>
public readonly record struct Key(KeyCode Code, int Character = 0, KeyModifiers Modifiers = KeyModifiers.None)
{
    public static Key Of(char character) => new(KeyCode.Character, character);

    public static Key Control(char letter) => new(KeyCode.Character, letter, KeyModifiers.Control);

    /// <summary>Whether it types a character.</summary>
    public bool IsText => Code == KeyCode.Character && Modifiers == KeyModifiers.None && Character >= ' ';

    /// <summary>As help and the README name it.</summary>
    public override string ToString()
    {
        var name = Code switch
        {
            KeyCode.Character when Character == ' ' => "Space",
            KeyCode.Character when Modifiers.HasFlag(KeyModifiers.Control) => char.ConvertFromUtf32(Character).ToUpperInvariant(),
            KeyCode.Character => char.ConvertFromUtf32(Character),
            KeyCode.PageUp => "PgUp",
            KeyCode.PageDown => "PgDn",
            KeyCode.Escape => "Esc",
            KeyCode.BackTab => "Shift-Tab",
            _ => Code.ToString(),
        };
        var prefix = (Modifiers.HasFlag(KeyModifiers.Control) ? "Ctrl-" : "") + (Modifiers.HasFlag(KeyModifiers.Alt) ? "Alt-" : "")
            + (Modifiers.HasFlag(KeyModifiers.Shift) ? "Shift-" : "");
        return prefix + name;
    }
}
