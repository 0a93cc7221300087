using System.Globalization;
using System.Text;
using VboxMem.Tools;

namespace VboxMem.Profiles.Import;

/// <summary>What an import needs of <c>/proc/PID/stat</c>.</summary>
internal sealed record StatLine(int Nice)
{
    private const int PlaceOfNice = 16;   // behind the name: state is 0

    /// <exception cref="ProcFormatException">The line is not such as <c>1 (init) S 0 1 …</c>.</exception>
    public static StatLine Parse(ReadOnlySpan<byte> text, string path)
    {
        var line = Encoding.UTF8.GetString(text);
        var end = line.LastIndexOf(')');
        var fields = end < 0 ? [] : line[(end + 1)..].Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > PlaceOfNice && int.TryParse(fields[PlaceOfNice], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var nice)
            ? new StatLine(nice)
            : throw new ProcFormatException(path, 1, $"\"{OneLine.Of(line)}\" has no nice value as field 19, expected such as \"1 (init) S 0 1 1 0 -1 …\"");
    }
}
