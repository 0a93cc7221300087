// From the bytes of a terminal to keys, mouse and pasted text.
//
// Understands what xterm, the Linux console, rxvt, screen and tmux send: CSI and SS3 sequences with modifiers, Alt as an Escape in front,
// SGR mouse reports (mode 1006), bracketed paste (mode 2004), UTF-8. A sequence that is not known is passed over as a whole; a lone
// Escape is one when nothing follows it for a moment (Flush).
//
// Source  ECMA-48; xterm's control sequences.

using System.Buffers;
using System.Text;

namespace VboxMem.Tui.Terminal;

public sealed class KeyDecoder
{
    private const byte Esc = 0x1b;
    private const int LongestSequence = 64;
    private const int LongestPaste = 1 << 16;

    private readonly List<byte> _pending = [];
    private readonly List<byte> _paste = [];
    private bool _isPasting;

    /// <summary>Bytes wait for more: they may be a lone Escape.</summary>
    public bool IsWaiting => _pending.Count > 0;

    /// <summary>Takes bytes as they were read, and adds what they mean.</summary>
    public void Feed(ReadOnlySpan<byte> bytes, ICollection<TerminalEvent> events)
    {
        ArgumentNullException.ThrowIfNull(events);
        foreach (var value in bytes) _pending.Add(value);
        Drain(events, isFinal: false);
    }

    /// <summary>Nothing has followed for a moment: an Escape that waits is the key.</summary>
    public void Flush(ICollection<TerminalEvent> events)
    {
        ArgumentNullException.ThrowIfNull(events);
        Drain(events, isFinal: true);
    }

    private void Drain(ICollection<TerminalEvent> events, bool isFinal)
    {
        while (_pending.Count > 0)
        {
            var taken = _isPasting ? TakePaste(events) : Take(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_pending), events, isFinal);
            if (taken == 0) return;
            _pending.RemoveRange(0, taken);
        }
    }

    /// <returns>Bytes used; 0: more are needed.</returns>
    private int Take(ReadOnlySpan<byte> bytes, ICollection<TerminalEvent> events, bool isFinal)
    {
        if (bytes[0] != Esc) return TakeCharacter(bytes, KeyModifiers.None, events, isFinal);
        if (bytes.Length == 1)
        {
            if (!isFinal) return 0;
            Add(events, new Key(KeyCode.Escape));
            return 1;
        }

        if (bytes[1] is (byte)'[' or (byte)'O') return TakeSequence(bytes, events, isFinal);
        if (bytes[1] == Esc)
        {
            Add(events, new Key(KeyCode.Escape));
            return 1;
        }

        var taken = TakeCharacter(bytes[1..], KeyModifiers.Alt, events, isFinal);
        return taken == 0 ? 0 : taken + 1;
    }

    private static int TakeCharacter(ReadOnlySpan<byte> bytes, KeyModifiers modifiers, ICollection<TerminalEvent> events, bool isFinal)
    {
        switch (bytes[0])
        {
            case (byte)'\r' or (byte)'\n':
                Add(events, new Key(KeyCode.Enter, 0, modifiers));
                return 1;
            case (byte)'\t':
                Add(events, new Key(KeyCode.Tab, 0, modifiers));
                return 1;
            case 0x7f or 0x08:
                Add(events, new Key(KeyCode.Backspace, 0, modifiers));
                return 1;
            case 0:
                Add(events, new Key(KeyCode.Character, ' ', modifiers | KeyModifiers.Control));
                return 1;
            case < 0x20:
                var letter = bytes[0] < 27 ? 'a' + bytes[0] - 1 : '@' + bytes[0];
                Add(events, new Key(KeyCode.Character, letter, modifiers | KeyModifiers.Control));
                return 1;
            default:
                var status = Rune.DecodeFromUtf8(bytes, out var rune, out var length);
                if (status == OperationStatus.NeedMoreData && !isFinal) return 0;
                if (status == OperationStatus.Done) Add(events, new Key(KeyCode.Character, rune.Value, modifiers));
                return Math.Max(length, 1);
        }
    }

    private int TakeSequence(ReadOnlySpan<byte> bytes, ICollection<TerminalEvent> events, bool isFinal)
    {
        if (bytes[1] == (byte)'O')
        {
            if (bytes.Length < 3) return isFinal ? Alt(events, 'O') : 0;
            AddFinal(events, bytes[2], KeyModifiers.None);
            return 3;
        }

        if (bytes.Length > 2 && bytes[2] == (byte)'[')   // the Linux console's F1 to F5
        {
            if (bytes.Length < 4) return isFinal ? bytes.Length : 0;
            if (bytes[3] is >= (byte)'A' and <= (byte)'E') Add(events, new Key(KeyCode.F1 + (bytes[3] - 'A')));
            return 4;
        }

        var end = 2;
        while (end < bytes.Length && bytes[end] is >= 0x20 and < 0x40) end++;
        if (end >= bytes.Length)
        {
            if (bytes.Length == 2 && isFinal) return Alt(events, '[');
            return isFinal || bytes.Length > LongestSequence ? bytes.Length : 0;
        }

        if (bytes[end] is < 0x40 or > 0x7e) return end;   // broken off by something else
        Obey(bytes[2..end], bytes[end], events);
        return end + 1;
    }

    private static int Alt(ICollection<TerminalEvent> events, char letter)
    {
        Add(events, new Key(KeyCode.Character, letter, KeyModifiers.Alt));
        return 2;
    }

    private void Obey(ReadOnlySpan<byte> parameters, byte final, ICollection<TerminalEvent> events)
    {
        if (final is (byte)'M' or (byte)'m' && parameters.Length > 0 && parameters[0] == (byte)'<')
        {
            AddMouse(parameters[1..], isPressed: final == (byte)'M', events);
            return;
        }

        Span<int> numbers = stackalloc int[4];
        numbers.Clear();
        var count = Numbers(parameters, numbers);
        var modifiers = count > 1 ? ModifiersOf(numbers[1]) : KeyModifiers.None;
        if (final == (byte)'Z') Add(events, new Key(KeyCode.BackTab));
        else if (final != (byte)'~') AddFinal(events, final, modifiers);
        else if (numbers[0] == 200) _isPasting = true;
        else if (CodeOf(numbers[0]) is { } code) Add(events, new Key(code, 0, modifiers));
    }

    private static void AddFinal(ICollection<TerminalEvent> events, byte final, KeyModifiers modifiers)
    {
        KeyCode? code = final switch
        {
            (byte)'A' => KeyCode.Up,
            (byte)'B' => KeyCode.Down,
            (byte)'C' => KeyCode.Right,
            (byte)'D' => KeyCode.Left,
            (byte)'H' => KeyCode.Home,
            (byte)'F' => KeyCode.End,
            (byte)'M' => KeyCode.Enter,   // of the keypad
            >= (byte)'P' and <= (byte)'S' => KeyCode.F1 + (final - 'P'),
            _ => null,
        };
        if (code is { } known) Add(events, new Key(known, 0, modifiers));
    }

    private static KeyCode? CodeOf(int number) => number switch
    {
        1 or 7 => KeyCode.Home,
        2 => KeyCode.Insert,
        3 => KeyCode.Delete,
        4 or 8 => KeyCode.End,
        5 => KeyCode.PageUp,
        6 => KeyCode.PageDown,
        >= 11 and <= 15 => KeyCode.F1 + (number - 11),
        >= 17 and <= 21 => KeyCode.F6 + (number - 17),
        23 or 24 => KeyCode.F11 + (number - 23),
        _ => null,
    };

    private static KeyModifiers ModifiersOf(int number) => number < 2
        ? KeyModifiers.None
        : (((number - 1) & 1) != 0 ? KeyModifiers.Shift : 0) | (((number - 1) & 2) != 0 ? KeyModifiers.Alt : 0)
            | (((number - 1) & 4) != 0 ? KeyModifiers.Control : 0);

    private static void AddMouse(ReadOnlySpan<byte> parameters, bool isPressed, ICollection<TerminalEvent> events)
    {
        Span<int> numbers = stackalloc int[3];
        if (Numbers(parameters, numbers) < 3 || !isPressed || numbers[1] < 1 || numbers[2] < 1) return;
        TerminalEventKind? kind = (numbers[0] & ~0x1c) switch
        {
            0 => TerminalEventKind.Click,
            64 => TerminalEventKind.WheelUp,
            65 => TerminalEventKind.WheelDown,
            _ => null,
        };
        if (kind is { } known) events.Add(new TerminalEvent(known, X: numbers[1] - 1, Y: numbers[2] - 1));
    }

    /// <returns>How many there are.</returns>
    private static int Numbers(ReadOnlySpan<byte> parameters, Span<int> numbers)
    {
        if (parameters.IsEmpty) return 0;
        var at = 0;
        foreach (var value in parameters)
        {
            if (value == (byte)';') at++;
            else if (at < numbers.Length && value is >= (byte)'0' and <= (byte)'9' && numbers[at] < 100_000) numbers[at] = (numbers[at] * 10) + value - '0';
        }

        return at + 1;
    }

    private int TakePaste(ICollection<TerminalEvent> events)
    {
        var bytes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_pending);
        var end = bytes.IndexOf("\e[201~"u8);
        if (end < 0)
        {
            var whole = Math.Max(bytes.Length - 5, 0);   // its end may be cut in two
            Keep(bytes[..whole]);
            return whole;
        }

        Keep(bytes[..end]);
        events.Add(new TerminalEvent(TerminalEventKind.Paste, Text: Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_paste))));
        _paste.Clear();
        _isPasting = false;
        return end + 6;
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            if (_paste.Count < LongestPaste) _paste.Add(value);
        }
    }

    private static void Add(ICollection<TerminalEvent> events, Key key) => events.Add(new TerminalEvent(TerminalEventKind.Key, key));
}
