// Foreign text within a message: on one line, without control characters, and not without end.

using System.Globalization;
using System.Text;

namespace VboxMem.Profiles;

internal static class OneLine
{
    private const int MaxCharacters = 80;

    /// <summary>The text with control characters and broken surrogates written as \uXXXX, cut after 80 characters.</summary>
    public static string Of(string text) => Escape(text, MaxCharacters);

    /// <summary>The same for the name of a file, whole: what is cut off would be the part that tells which file.</summary>
    public static string OfPath(string path) => Escape(path, int.MaxValue);

    private static string Escape(string text, int maxCharacters)
    {
        var line = new StringBuilder();
        for (var at = 0; at < text.Length; at++)
        {
            if (line.Length >= maxCharacters) return line.Append('…').ToString();
            if (at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1])) line.Append(text[at++]).Append(text[at]);
            else if (IsPlain(text[at])) line.Append(text[at]);
            else line.Append(CultureInfo.InvariantCulture, $"\\u{(int)text[at]:x4}");
        }

        return line.ToString();
    }

    /// <summary>Whether every character can stand in a line as it is.</summary>
    public static bool Fits(string text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            if (at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1])) at++;
            else if (!IsPlain(text[at])) return false;
        }

        return true;
    }

    private static bool IsPlain(char character) =>
        !char.IsControl(character) && !char.IsSurrogate(character) && character is not ('\u2028' or '\u2029');
}
