using System.Globalization;
using System.Text;
using VboxMem.Tools;

namespace VboxMem.Profiles.Import;

/// <summary>Lists of numbers as /sys writes them: CPUs, <c>0-3,8</c>, and distances, <c>10 20</c>.</summary>
internal static class CpuList
{
    private const int MostCpus = 8192;

    /// <exception cref="ProcFormatException">Not such a list.</exception>
    public static int[] Parse(ReadOnlySpan<byte> text, string path)
    {
        var cpus = new List<int>();
        foreach (var part in Encoding.UTF8.GetString(text).Trim().Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = part.Split('-');
            var isRange = Number(ends[0], out var first) & Number(ends[^1], out var last) && ends.Length <= 2 && first <= last && last < MostCpus;
            if (!isRange) throw new ProcFormatException(path, 1, $"\"{OneLine.Of(part)}\" is no CPU or range of CPUs, allowed is such as 0-3,8");
            for (var cpu = first; cpu <= last; cpu++) cpus.Add(cpu);
        }

        return [.. cpus];
    }

    /// <exception cref="ProcFormatException">Not such a list.</exception>
    public static int[] ParseDistances(ReadOnlySpan<byte> text, string path) =>
    [
        .. Encoding.UTF8.GetString(text).Split((char[])[' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries).Select(part => Number(part, out var distance)
            ? distance
            : throw new ProcFormatException(path, 1, $"\"{OneLine.Of(part)}\" is no distance, allowed is such as 10 20")),
    ];

    private static bool Number(string text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
