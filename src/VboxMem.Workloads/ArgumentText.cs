using System.Globalization;
using System.Text;

namespace VboxMem.Workloads;

/// <summary>Arguments of a program as one line of text: <c>\n</c> and <c>\t</c>, <c>\\</c>, and <c>\uXXXX</c> for other control characters.</summary>
public static class ArgumentText
{
    private const int CodeDigits = 4;

    /// <summary>Makes a line of any text.</summary>
    public static string Escape(string argument)
    {
        var line = new StringBuilder();
        foreach (var character in argument)
        {
            _ = character switch
            {
                '\\' => line.Append(@"\\"),
                '\n' => line.Append(@"\n"),
                '\t' => line.Append(@"\t"),
                '\u2028' or '\u2029' => line.Append(Code(character)),
                _ when char.IsControl(character) || char.IsSurrogate(character) => line.Append(Code(character)),
                _ => line.Append(character),
            };
        }

        return line.ToString();
    }

    /// <summary>The text that a line stands for; a backslash before anything else stands for itself.</summary>
    public static string Unescape(string line)
    {
        var text = new StringBuilder();
        for (var at = 0; at < line.Length; at++)
        {
            var next = line[at] == '\\' && at + 1 < line.Length ? line[at + 1] : '\0';
            var isCode = next == 'u' && at + 1 + CodeDigits < line.Length;
            if (isCode && ushort.TryParse(line.AsSpan(at + 2, CodeDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
            {
                text.Append((char)code);
                at += 1 + CodeDigits;
                continue;
            }

            text.Append(next switch { '\\' => '\\', 'n' => '\n', 't' => '\t', _ => line[at] });
            at += next is '\\' or 'n' or 't' ? 1 : 0;
        }

        return text.ToString();
    }

    private static string Code(char character) => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
}
