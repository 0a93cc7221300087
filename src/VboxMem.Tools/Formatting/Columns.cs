using System.Globalization;

namespace VboxMem.Tools.Formatting;

/// <summary>Columns as printf's %6lu, %11s and %-9s make them: padded to a width, never cut.</summary>
internal static class Columns
{
    internal static void Right(this TextWriter writer, ulong value, int width)
    {
        Span<char> digits = stackalloc char[20];
        value.TryFormat(digits, out var length, default, CultureInfo.InvariantCulture);
        writer.Right(digits[..length], width);
    }

    internal static void Right(this TextWriter writer, ReadOnlySpan<char> text, int width)
    {
        Pad(writer, width - text.Length);
        writer.Write(text);
    }

    internal static void Left(this TextWriter writer, ReadOnlySpan<char> text, int width)
    {
        writer.Write(text);
        Pad(writer, width - text.Length);
    }

    private static void Pad(TextWriter writer, int spaces)
    {
        for (; spaces > 0; spaces--) writer.Write(' ');
    }
}
