// Layout of a text apart from its figures, for comparing a rendered file with a captured one.

using System.Text;

namespace VboxMem.Procfs.Tests;

internal static class Layout
{
    /// <summary>
    /// The text with every figure, and the blanks that pad it on its left, replaced by its end column: figures of different
    /// length in a right-aligned column come out alike, and so do figures of any length in free-flowing text.
    /// </summary>
    /// <param name="text">A file's content.</param>
    /// <param name="columns">Keep the column each figure ends in: for right-aligned tables.</param>
    public static string Of(string text, bool columns)
    {
        var result = new StringBuilder();
        foreach (var line in text.Split('\n'))
        {
            AppendLine(result, line, columns);
        }

        return result.ToString();
    }

    private static void AppendLine(StringBuilder result, string line, bool columns)
    {
        for (var i = 0; i < line.Length; i++)
        {
            if (!char.IsAsciiDigit(line[i]) || (i > 0 && char.IsAsciiLetterOrDigit(line[i - 1])))
            {
                result.Append(line[i]);
                continue;
            }

            while (i + 1 < line.Length && char.IsAsciiDigit(line[i + 1]))
            {
                i++;
            }

            while (columns && result.Length > 0 && result[^1] == ' ')
            {
                result.Length--;
            }

            result.Append(columns ? $"<{i}>" : "<n>");
        }

        result.Append('\n');
    }
}
