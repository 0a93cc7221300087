// One row of a comparison, and the table of them.

using System.Globalization;
using System.Text;

namespace VboxMem.Testing.Experiments;

public enum ComparisonVerdict
{
    /// <summary>Equal, or within 10 %, or nearer than the floor; or a condition that holds.</summary>
    Agrees,

    /// <summary>Further than 10 %, but within the wider bound that the table gives a reason for.</summary>
    Explained,

    /// <summary>Further than allowed, or a condition that does not hold.</summary>
    Differs,

    /// <summary>One of the two runs does not have the figure.</summary>
    Missing,
}

/// <summary>A figure of both runs. The difference is in per cent of the captured figure; null where there is no such number.</summary>
public sealed record ComparisonRow(
    string Experiment, string Moment, string Figure, string Captured, string Simulated, double? DifferencePercent, string Allowed,
    ComparisonVerdict Verdict, string Why)
{
    /// <summary>Whether the comparison may be kept as it is.</summary>
    public bool IsAllowed => Verdict is ComparisonVerdict.Agrees or ComparisonVerdict.Explained;
}

public static class ComparisonTable
{
    /// <summary>The rows as a Markdown table.</summary>
    public static string ToMarkdown(IEnumerable<ComparisonRow> rows)
    {
        var table = new StringBuilder();
        table.Append("| Experiment | Moment | Figure | Captured | Simulated | Difference | Allowed | Verdict | Why |\n");
        table.Append("|---|---|---|---:|---:|---:|---|---|---|\n");
        foreach (var row in rows)
        {
            table.Append(CultureInfo.InvariantCulture, $"| {row.Experiment} | {row.Moment} | {row.Figure} | {row.Captured} | {row.Simulated} | ");
            table.Append(Difference(row.DifferencePercent));
            table.Append(CultureInfo.InvariantCulture, $" | {row.Allowed} | {Word(row.Verdict)} | {row.Why} |\n");
        }

        return table.ToString();
    }

    private static string Difference(double? percent) => percent is { } number ? number.ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture) + " %" : "";

    private static string Word(ComparisonVerdict verdict) => verdict switch
    {
        ComparisonVerdict.Agrees => "agrees",
        ComparisonVerdict.Explained => "explained",
        ComparisonVerdict.Differs => "**differs**",
        _ => "**missing**",
    };
}
