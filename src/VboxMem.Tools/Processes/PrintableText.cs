// Bytes of names and arguments made fit for a terminal, as procps's library does it: whatever might move the cursor or
// is no text becomes "?" or ".".
//
//   C locale      each control character of ASCII is ".", each byte beyond ASCII "?";
//   UTF-8 locale  characters stay, but ASCII's control characters are "?"; a text that is not UTF-8 as a whole is treated as in C.
//
// Models  procps-ng 4.0.2 and 4.0.4: escape_str, and what ps adds of its own: characters that have no glyph are "?" too, and a text
//         ends before the character that would pass the last column.
// Departs widths are those of Unicode's East Asian Width and of combining marks, as far as the base library knows categories; the C
//         library's own tables differ for a few rare characters.

using System.Globalization;
using System.Text;

namespace VboxMem.Tools.Processes;

/// <summary>Turns raw bytes into text for a terminal.</summary>
public static class PrintableText
{
    /// <summary>Escapes into a buffer.</summary>
    /// <param name="raw">Bytes; a NUL ends them.</param>
    /// <param name="isUtf8">Whether the locale's characters are UTF-8; else ASCII.</param>
    /// <param name="text">Room for as many chars as there are bytes.</param>
    /// <returns>How many chars were written.</returns>
    public static int Escape(ReadOnlySpan<byte> raw, bool isUtf8, Span<char> text)
    {
        var end = raw.IndexOf((byte)0);
        if (end >= 0) raw = raw[..end];
        var isText = isUtf8 && System.Text.Unicode.Utf8.IsValid(raw);
        var length = isText ? Encoding.UTF8.GetChars(raw, text) : Encoding.Latin1.GetChars(raw, text);
        foreach (ref var c in text[..length])
        {
            if (c is < ' ' or '\x7f') c = isText ? '?' : '.';
            else if (c > '\x7f' && !isText) c = '?';
        }

        return length;
    }

    /// <summary>Escapes into a string.</summary>
    /// <param name="raw">Bytes; a NUL ends them.</param>
    /// <param name="isUtf8">Whether the locale's characters are UTF-8; else ASCII.</param>
    /// <param name="mostBytes">Bytes beyond are cut off.</param>
    public static string Escape(ReadOnlySpan<byte> raw, bool isUtf8, int mostBytes = int.MaxValue)
    {
        if (raw.Length > mostBytes) raw = raw[..mostBytes];
        if (raw.IsEmpty) return "";
        Span<char> text = raw.Length <= 512 ? stackalloc char[512] : new char[raw.Length];
        return new string(text[..Escape(raw, isUtf8, text)]);
    }

    /// <summary>A name that comes from elsewhere, such as a user's, as the locale can show it.</summary>
    internal static string Escape(string text, bool isUtf8) =>
        Ascii.IsValid(text) && !text.AsSpan().ContainsAnyExceptInRange(' ', '~') ? text : Escape(Encoding.UTF8.GetBytes(text), isUtf8);

    /// <summary>The part of an escaped text that fits into a number of columns, with "?" for what has no glyph.</summary>
    /// <param name="text">Escaped text.</param>
    /// <param name="mostCells">Columns there are.</param>
    /// <param name="cells">Columns the result takes.</param>
    /// <param name="keepsUnprintable">Whether what has no glyph stays, counted as one column.</param>
    internal static string Fit(string text, int mostCells, out int cells, bool keepsUnprintable = false)
    {
        if (Ascii.IsValid(text))
        {
            cells = Math.Min(text.Length, Math.Max(mostCells, 0));
            return cells == text.Length ? text : text[..cells];
        }

        cells = 0;
        var fitted = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (cells >= mostCells) break;
            var width = WidthOf(rune);
            if (width < 0)
            {
                fitted.Append(keepsUnprintable ? rune : new Rune('?'));
                cells++;
                continue;
            }

            if (width > mostCells - cells) break;
            fitted.Append(rune);
            cells += width;
        }

        return fitted.ToString();
    }

    /// <summary>Columns of a character: 0, 1, 2; -1 where there is nothing to print.</summary>
    internal static int WidthOf(Rune rune)
    {
        if (rune.IsAscii) return rune.Value is >= 0x20 and < 0x7f ? 1 : -1;
        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.Control or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned => -1,
            UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => -1,
            UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark => 0,
            UnicodeCategory.Format when rune.Value != 0xad => 0,
            _ => IsWide(rune.Value) ? 2 : 1,
        };
    }

    private static bool IsWide(int value) => value switch
    {
        < 0x1100 => false,
        <= 0x115f => true,                          // Hangul Jamo
        0x231a or 0x231b or 0x2329 or 0x232a => true,
        >= 0x2e80 and <= 0x303e => true,            // CJK radicals to punctuation
        >= 0x3041 and <= 0x33ff => true,            // Kana, Hangul compatibility, CJK compatibility
        >= 0x3400 and <= 0x4dbf => true,
        >= 0x4e00 and <= 0x9fff => true,
        >= 0xa000 and <= 0xa4cf => true,            // Yi
        >= 0xa960 and <= 0xa97c => true,
        >= 0xac00 and <= 0xd7a3 => true,            // Hangul syllables
        >= 0xf900 and <= 0xfaff => true,
        >= 0xfe10 and <= 0xfe19 => true,
        >= 0xfe30 and <= 0xfe6b => true,
        >= 0xff01 and <= 0xff60 => true,            // full-width forms
        >= 0xffe0 and <= 0xffe6 => true,
        >= 0x1f300 and <= 0x1f64f => true,          // pictographs
        >= 0x1f680 and <= 0x1f6ff => true,
        >= 0x1f900 and <= 0x1f9ff => true,
        >= 0x20000 and <= 0x3fffd => true,
        _ => false,
    };
}
