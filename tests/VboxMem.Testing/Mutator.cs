using System.Text;

namespace VboxMem.Testing;

/// <summary>Makes other contents out of a file's: bits, bytes, lines, fields and numbers changed, or all of it.</summary>
public static class Mutator
{
    private static readonly byte[] _likely = [.. "0123456789 \t\n:;,-.=\\x/()[]{}kB%\"\0"u8, 0xff, 0xc3, 0x1b, 0x7f, 0x80, 0xe2];

    private static readonly byte[][] _words =
    [
        [], .. new[]
        {
            "0", "-0", "-1", "-9223372036854775808", "9223372036854775807", "18446744073709551615", "18446744073709551616", "4294967295", "4294967296", "2147483647", "2147483648", "-2147483649",
            "99999999999999999999999999", "1e9", "0x10", "1.5", "+1", "00", "NaN", "kB", ":", "\n", "\n\n", "\r\n", "\0", "\0\0\0\0", " ", "é", "\uFFFD", "\u202e", "\u0085", "\ud83d\ude00", "..", "/", "../../../../etc/passwd",
        }.Select(Encoding.UTF8.GetBytes),
        [0xff, 0xfe], [0xc3], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0x1b, (byte)'[', (byte)'2', (byte)'J'],
    ];

    /// <summary>Whether 100,000 inputs are wanted of each test that makes them at random.</summary>
    public static bool IsLongMode => Environment.GetEnvironmentVariable("VBOXMEM_TESTS_LONG") is "1";

    public static byte[] Mutate(Random random, byte[] text)
    {
        ArgumentNullException.ThrowIfNull(random);
        for (var changes = random.Next(1, 4); changes > 0; changes--) text = Once(random, text);
        return text;
    }

    public static string Mutate(Random random, string text) => Encoding.UTF8.GetString(Mutate(random, Encoding.UTF8.GetBytes(text)));

    private static byte[] Once(Random random, byte[] text)
    {
        var at = random.Next(text.Length + 1);
        var length = Math.Min(random.Next(1, 12), text.Length - at);
        switch (random.Next(40))
        {
            case 0: return [];
            case 1 or 2: return text[..at];
            case 3: return text[at..];
            case 4: return [.. text[..at], .. Enumerable.Repeat(_likely[random.Next(_likely.Length)], random.Next(1, 20_000)), .. text[at..]];
            case 5 or 6: return Pieces(random, text, (byte)'\n');
            case 7 or 8 or 9: return Pieces(random, text, (byte)' ');
            case 10 or 11 or 12: return [.. text[..at], .. _words[random.Next(_words.Length)], .. text[at..]];
            case 13 or 14 or 15: return [.. text[..at], .. _words[random.Next(_words.Length)], .. text[(at + length)..]];
            case 16 or 17: return [.. text[..at], .. text[(at + length)..]];
            case 18 or 19: return [.. text[..(at + length)], .. text[at..]];
            case < 30: return Number(random, text, at);
            default: return Bytes(random, text);
        }
    }

    private static byte[] Bytes(Random random, byte[] text)
    {
        if (text.Length == 0) return text;
        byte[] changed = [.. text];
        for (var i = random.Next(1, 6); i > 0; i--)
        {
            ref var one = ref changed[random.Next(changed.Length)];
            one = random.Next(3) == 0 ? (byte)(one ^ (1 << random.Next(8))) : _likely[random.Next(_likely.Length)];
        }

        return changed;
    }

    /// <summary>The number at a place, or the next one, becomes another.</summary>
    private static byte[] Number(Random random, byte[] text, int at)
    {
        while (at < text.Length && !char.IsAsciiDigit((char)text[at])) at++;
        var end = at;
        while (end < text.Length && char.IsAsciiDigit((char)text[end])) end++;
        return [.. text[..at], .. _words[random.Next(_words.Length)], .. text[end..]];
    }

    /// <summary>A line or field goes, doubles, or changes places with another.</summary>
    private static byte[] Pieces(Random random, byte[] text, byte separator)
    {
        List<byte[]> pieces = [];
        foreach (var range in text.AsSpan().Split(separator)) pieces.Add(text[range]);
        var (one, other) = (random.Next(pieces.Count), random.Next(pieces.Count));
        switch (random.Next(3))
        {
            case 0: pieces.RemoveAt(one); break;
            case 1: pieces.Insert(other, pieces[one]); break;
            default: (pieces[one], pieces[other]) = (pieces[other], pieces[one]); break;
        }

        return [.. pieces.SelectMany((piece, index) => index == 0 ? piece : [separator, .. piece])];
    }
}
