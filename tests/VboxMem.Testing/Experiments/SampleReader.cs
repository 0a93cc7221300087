// A captured series: one file over time, each sample after a line "== t=SECONDS".

using System.Globalization;

namespace VboxMem.Testing.Experiments;

internal static class SampleReader
{
    private const string Heading = "== t=";

    /// <summary>The samples, in order; times less <paramref name="start"/>.</summary>
    public static IReadOnlyList<TimedText> Read(string text, TimeSpan start)
    {
        var samples = new List<TimedText>();
        var at = text.IndexOf(Heading, StringComparison.Ordinal);
        while (at >= 0)
        {
            var body = text.IndexOf('\n', at) + 1;
            var next = text.IndexOf(Heading, body, StringComparison.Ordinal);
            samples.Add(new TimedText(Seconds(text[(at + Heading.Length)..body].TrimEnd()) - start, next < 0 ? text[body..] : text[body..next]));
            at = next;
        }

        return samples;
    }

    /// <summary>Seconds with two decimals, exactly.</summary>
    public static TimeSpan Seconds(string digits) =>
        TimeSpan.FromTicks((long)(decimal.Parse(digits, CultureInfo.InvariantCulture) * TimeSpan.TicksPerSecond));
}
