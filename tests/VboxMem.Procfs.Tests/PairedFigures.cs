// A rendered file and a captured one of the same layout, line by line with the figures taken out.

using System.Globalization;
using System.Text.RegularExpressions;

namespace VboxMem.Procfs.Tests;

/// <summary>A line that both files have.</summary>
/// <param name="Section">The last line before it that starts with "Node" (zoneinfo's zones); empty before the first.</param>
/// <param name="Label">The line without its figures and outer blanks.</param>
/// <param name="Ours">Figures of the rendered line.</param>
/// <param name="Theirs">Figures of the captured line.</param>
internal sealed record PairedLine(string Section, string Label, long[] Ours, long[] Theirs)
{
    public long Our => Ours[0];

    public long Their => Theirs[0];

    public override string ToString() => $"{Section}: {Label} ours {string.Join(' ', Ours)} captured {string.Join(' ', Theirs)}";
}

internal static partial class PairedFigures
{
    /// <summary>Pairs the lines of two texts; they must have the same number of lines and figures.</summary>
    public static List<PairedLine> Of(string ours, string theirs)
    {
        var ourLines = ours.Split('\n');
        var theirLines = theirs.Split('\n');
        Assert.Equal(theirLines.Length, ourLines.Length);

        var section = string.Empty;
        var pairs = new List<PairedLine>();
        for (var line = 0; line < ourLines.Length; line++)
        {
            if (ourLines[line].StartsWith("Node", StringComparison.Ordinal))
            {
                section = ourLines[line];
                Assert.Equal(theirLines[line], section);
                continue;
            }

            var label = Number().Replace(ourLines[line], string.Empty).Trim();
            Assert.Equal(Number().Replace(theirLines[line], string.Empty).Trim(), label);
            pairs.Add(new PairedLine(section, label, FiguresOf(ourLines[line]), FiguresOf(theirLines[line])));
        }

        return pairs;
    }

    private static long[] FiguresOf(string line) =>
        Number().Matches(line).Select(match => long.Parse(match.ValueSpan, CultureInfo.InvariantCulture)).ToArray();

    [GeneratedRegex(@"(?<![A-Za-z0-9_])\d+")]
    private static partial Regex Number();
}
