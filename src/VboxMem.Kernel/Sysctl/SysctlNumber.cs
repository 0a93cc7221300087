// One number in a text written to /proc/sys: Linux's own idea of what a number looks like.
//
//   text    blank* '-'? digits (end | ' ' | '\t' | '\n')
//   digits  0x or 0X and hexadecimal digits; 0 and octal digits; decimal digits
//
// Blanks before a number are those of isspace() in Latin-1, 0xa0 included; after it only space, tab and newline
// count, so that "7\r\n" is refused. A number of more than 20 characters, sign and prefix included, is refused.
//
// Models   Linux 6.12 kernel/sysctl.c: proc_get_long, proc_skip_spaces. Every rule was measured on a real kernel
//          (facts: virtual memory and tools, 6.7).

namespace VboxMem.Kernel.Sysctl;

internal static class SysctlNumber
{
    private const int MaxCharacters = 20;

    /// <summary>Drops the blanks that may stand before a number.</summary>
    public static ReadOnlySpan<byte> SkipBlanks(ReadOnlySpan<byte> text)
    {
        while (text.Length > 0 && text[0] is (byte)' ' or (>= (byte)'\t' and <= (byte)'\r') or 0xa0)
            text = text[1..];
        return text;
    }

    /// <summary>Takes one number from the front of <paramref name="text"/>, which starts with it.</summary>
    /// <returns>False when there is none, or it does not fit 64 bits; <paramref name="text"/> is unchanged then.</returns>
    public static bool TryTake(ref ReadOnlySpan<byte> text, out Int128 number)
    {
        number = 0;
        var negative = text.Length > 0 && text[0] == '-';
        var start = negative ? 1 : 0;
        if (start == text.Length || !char.IsAsciiDigit((char)text[start])) return false;

        var radix = RadixOf(text[start..]);
        var at = radix == 16 ? start + 2 : start;
        ulong magnitude = 0;
        for (; at < text.Length && DigitOf(text[at]) < radix; at++)
        {
            var next = (UInt128)magnitude * radix + DigitOf(text[at]);
            if (at >= MaxCharacters || next > ulong.MaxValue) return false;
            magnitude = (ulong)next;
        }

        if (at < text.Length && text[at] is not ((byte)' ' or (byte)'\t' or (byte)'\n')) return false;

        number = negative ? -(Int128)magnitude : magnitude;
        text = text[at..];
        return true;
    }

    private static uint RadixOf(ReadOnlySpan<byte> digits)
    {
        if (digits[0] != '0') return 10;
        var prefixed = digits.Length > 2 && digits[1] is (byte)'x' or (byte)'X';
        return prefixed && DigitOf(digits[2]) < 16 ? 16u : 8u;
    }

    private static uint DigitOf(byte character) => character switch
    {
        >= (byte)'0' and <= (byte)'9' => (uint)(character - '0'),
        >= (byte)'a' and <= (byte)'f' => (uint)(character - 'a' + 10),
        >= (byte)'A' and <= (byte)'F' => (uint)(character - 'A' + 10),
        _ => uint.MaxValue,
    };
}
