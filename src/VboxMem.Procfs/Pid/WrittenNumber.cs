using System.Text;
using VboxMem.FileTree;

namespace VboxMem.Procfs.Pid;

/// <summary>A number as files of a process take it: of what is written, the first 12 bytes count, without blanks around them.</summary>
/// <remarks>fs/proc/base.c: PROC_NUMBUF; lib/kstrtox.c: kstrtoint; with base 0 a sign, then 0x for hexadecimal, 0 for octal.</remarks>
internal static class WrittenNumber
{
    private const int MostBytes = 12;
    private const int Hexadecimal = 16;
    private const int Octal = 8;
    private const int Decimal = 10;

    /// <param name="written">What is written.</param>
    /// <param name="value">The number.</param>
    /// <param name="isDecimal">Neither 0x nor 0 in front means anything (base 10).</param>
    /// <returns>EINVAL for no number, ERANGE for one beyond 32 bits.</returns>
    public static Errno TryParse(ReadOnlySpan<byte> written, out int value, bool isDecimal = false)
    {
        value = 0;
        Span<char> buffer = stackalloc char[MostBytes];
        var text = (ReadOnlySpan<char>)buffer[..Encoding.Latin1.GetChars(written[..Math.Min(written.Length, MostBytes)], buffer)];
        var end = text.IndexOf('\0');
        text = (end < 0 ? text : text[..end]).Trim(" \t\n\v\f\r");
        var isNegative = text.StartsWith("-");
        text = isNegative || text.StartsWith("+") ? text[1..] : text;
        var radix = isDecimal ? Decimal : RadixOf(ref text);
        if (text.IsEmpty)
        {
            return Errno.EINVAL;
        }

        var number = 0L;
        foreach (var letter in text)
        {
            var digit = char.IsAsciiHexDigit(letter) ? Convert.ToInt32(letter.ToString(), Hexadecimal) : radix;
            if (digit >= radix)
            {
                return Errno.EINVAL;
            }

            number = (number * radix) + digit;   // 12 digits do not overflow it
        }

        number = isNegative ? -number : number;
        value = (int)number;
        return number == value ? Errno.None : Errno.ERANGE;
    }

    private static int RadixOf(ref ReadOnlySpan<char> text)
    {
        if (text.Length > 2 && text[0] == '0' && char.ToLowerInvariant(text[1]) == 'x' && char.IsAsciiHexDigit(text[2]))
        {
            text = text[2..];
            return Hexadecimal;
        }

        return text.StartsWith("0") ? Octal : Decimal;
    }
}
