// Named figures of rendered files.

using System.Globalization;
using VboxMem.Testing;

namespace VboxMem.Procfs.Tests;

internal static class Figures
{
    /// <summary>Lines of a meminfo file by name, the value as printed; a node's <c>Node N</c> is left out.</summary>
    public static Dictionary<string, long> Meminfo(string text)
    {
        var values = new Dictionary<string, long>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var name = fields[0] == "Node" ? 2 : 0;
            values.Add(fields[name].TrimEnd(':'), long.Parse(fields[name + 1], CultureInfo.InvariantCulture));
        }

        return values;
    }

    /// <summary>Lines of name and number (vmstat, numastat).</summary>
    public static CapturedCounters Vmstat(string text) => CapturedCounters.FromNameValueLines(text);

    /// <summary>The blank-separated numbers of a line.</summary>
    public static long[] Numbers(string line) =>
        line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)
            .Where(static field => field.All(char.IsAsciiDigit))
            .Select(static field => long.Parse(field, CultureInfo.InvariantCulture))
            .ToArray();
}
