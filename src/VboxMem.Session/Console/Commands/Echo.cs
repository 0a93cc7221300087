// echo, bash's own: its arguments with blanks between them.
//
// Models   bash 5.2: echo with -n -e -E and the escapes of -e.

using System.Text;

namespace VboxMem.Session.Console.Commands;

internal static class Echo
{
    private const int Escape = 27;

    public static ConsoleCommand Command { get; } = new("echo") { IsBuiltIn = true, Run = Run };

    private static int Run(CommandCall call)
    {
        var (hasLineEnd, isEscaped) = (true, false);
        var first = 0;
        for (; first < call.Arguments.Count && IsOption(call.Arguments[first]); first++)
        {
            foreach (var letter in call.Arguments[first].AsSpan(1))
            {
                hasLineEnd &= letter != 'n';
                isEscaped = letter == 'e' || (letter != 'E' && isEscaped);
            }
        }

        var bytes = new MemoryStream();
        for (var place = first; place < call.Arguments.Count; place++)
        {
            bytes.Write(place > first ? " "u8 : ""u8);
            if (!isEscaped)
            {
                bytes.Write(Encoding.UTF8.GetBytes(call.Arguments[place]));
            }
            else if (!TryAddEscaped(bytes, call.Arguments[place]))
            {
                hasLineEnd = false;   // \c
                break;
            }
        }

        bytes.Write(hasLineEnd ? "\n"u8 : ""u8);
        call.Out.Write(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
        return 0;
    }

    private static bool IsOption(string argument) => argument.Length > 1 && argument[0] == '-' && argument.AsSpan(1).IndexOfAnyExcept("neE") < 0;

    /// <returns>False: \c, nothing more is to come.</returns>
    private static bool TryAddEscaped(MemoryStream bytes, string text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] != '\\' || at + 1 == text.Length)
            {
                var run = text.AsSpan(at, char.IsHighSurrogate(text[at]) && at + 1 < text.Length ? 2 : 1);
                bytes.Write(Encoding.UTF8.GetBytes(run.ToArray()));
                at += run.Length - 1;
                continue;
            }

            at++;
            switch (text[at])
            {
                case 'c':
                    return false;
                case '0':
                    bytes.WriteByte((byte)TakeNumber(text, ref at, 3, 8));
                    break;
                case 'x' when at + 1 < text.Length && char.IsAsciiHexDigit(text[at + 1]):
                    bytes.WriteByte((byte)TakeNumber(text, ref at, 2, 16));
                    break;
                case 'u' or 'U' when at + 1 < text.Length && char.IsAsciiHexDigit(text[at + 1]):
                    var letter = TakeNumber(text, ref at, text[at] == 'u' ? 4 : 8, 16);
                    bytes.Write(Encoding.UTF8.GetBytes(Rune.IsValid(letter) ? new Rune(letter).ToString() : "\ufffd"));
                    break;
                default:
                    bytes.Write(Simple(text[at]) is { } simple ? [simple] : Encoding.UTF8.GetBytes("\\" + text[at]));
                    break;
            }
        }

        return true;
    }

    private static byte? Simple(char letter) => letter switch
    {
        'a' => 7,
        'b' => 8,
        'e' or 'E' => Escape,
        'f' => 12,
        'n' => 10,
        'r' => 13,
        't' => 9,
        'v' => 11,
        '\\' => (byte)'\\',
        _ => null,
    };

    /// <summary>Digits behind the letter of an escape, so many at most.</summary>
    private static int TakeNumber(string text, ref int at, int most, int radix)
    {
        var value = 0u;
        for (var digits = 0; digits < most && at + 1 < text.Length && Digit(text[at + 1], radix) is { } digit; digits++)
        {
            value = (value * (uint)radix) + (uint)digit;
            at++;
        }

        return (int)(value & int.MaxValue);
    }

    private static int? Digit(char letter, int radix) =>
        char.IsAsciiHexDigit(letter) && Convert.ToInt32(letter.ToString(), 16) is var digit && digit < radix ? digit : null;
}
