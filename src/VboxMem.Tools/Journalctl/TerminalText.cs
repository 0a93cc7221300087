using System.Buffers;
using System.Text;

namespace VboxMem.Tools.Journalctl;

/// <summary>What journalctl does to a text before it lets it on a terminal.</summary>
internal static class TerminalText
{
    private const byte EscapeByte = 0x1b;

    private static readonly SearchValues<byte> ColourDigits = SearchValues.Create("0123456789;:"u8);

    /// <summary>Takes out sequences that set colours (<c>ESC [ … m</c>) or titles (<c>ESC ] … BEL</c>); a tab becomes eight blanks.</summary>
    internal static byte[] Strip(ReadOnlySpan<byte> text)
    {
        var stripped = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == EscapeByte && SequenceLength(text[i..]) is var length and > 0) i += length - 1;
            else if (text[i] == (byte)'\t') stripped.AddRange("        "u8);
            else stripped.Add(text[i]);
        }

        return [.. stripped];
    }

    /// <summary>0 where the text does not begin with a sequence that is whole.</summary>
    private static int SequenceLength(ReadOnlySpan<byte> text)
    {
        if (text.Length < 3) return 0;
        if (text[1] == (byte)'[')
        {
            var end = text[2..].IndexOfAnyExcept(ColourDigits);
            return end >= 0 && text[2 + end] == (byte)'m' ? end + 3 : 0;
        }

        if (text[1] != (byte)']') return 0;
        var stop = text[2..].IndexOfAnyExceptInRange((byte)' ', (byte)'~');
        return stop >= 0 && text[2 + stop] == 7 ? stop + 3 : 0;
    }

    /// <summary>UTF-8 without control characters, tab and line feed aside.</summary>
    internal static bool IsPrintable(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(text, out var rune, out var length) != OperationStatus.Done) return false;
            if (rune.Value is (< ' ' and not '\t' and not '\n') or (>= 0x7f and <= 0x9f)) return false;
            text = text[length..];
        }

        return true;
    }
}
