using VboxMem.Tui.Drawing;

namespace VboxMem.Tui.Widgets;

/// <summary>A text in lines no wider than there is room for, broken at blanks where there are any.</summary>
internal static class WrappedText
{
    public static List<string> Lines(string text, int width)
    {
        var lines = new List<string>();
        foreach (var line in text.Split('\n'))
        {
            var rest = line;
            while (Canvas.WidthOf(rest) > width && width > 1)
            {
                var fits = Fitting(rest, width);
                var end = rest.LastIndexOf(' ', Math.Min(fits, rest.Length - 1));
                if (end <= 0) end = fits;
                lines.Add(rest[..end]);
                rest = rest[end..].TrimStart();
            }

            lines.Add(rest);
        }

        return lines;
    }

    /// <summary>How many characters of it there is room for.</summary>
    private static int Fitting(string text, int width)
    {
        var length = Math.Min(width, text.Length);
        while (length > 1 && (Canvas.WidthOf(text.AsSpan(0, length)) > width || char.IsHighSurrogate(text[length - 1]))) length--;
        return length;
    }
}
