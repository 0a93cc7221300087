// Compares two runs of one experiment, a captured and a simulated one, figure by figure.
//
// Besides the numbers of ExperimentFigures there are three figures that are no number:
//   victims   the names of those the OOM killer killed, in order
//   kills     one row per kill and zone: user memory must be refused there (free at or below min and reserve), and at least
//             85 % of min must still be free. A condition on the simulated run; the captured figure stands beside it.
//   answers   one row per setting of the experiment `overcommit`

using System.Globalization;

namespace VboxMem.Testing.Experiments;

public static class ExperimentComparison
{
    /// <summary>What a kill has to leave free, in per cent of min.</summary>
    public const double LeastFreePercentOfMin = 85;

    private const string None = "-";

    /// <summary>The rows of one experiment, in the order of the rules.</summary>
    public static IReadOnlyList<ComparisonRow> Compare(IEnumerable<FigureRule> rules, ExperimentTexts captured, ExperimentTexts simulated)
    {
        var rows = new List<ComparisonRow>();
        foreach (var rule in rules)
        {
            switch (rule.Figure)
            {
                case "victims": rows.Add(CompareText(rule, rule.Figure, Victims(captured), Victims(simulated))); break;
                case "kills": AddKills(rows, rule, captured.Kills, simulated.Kills); break;
                case "answers": AddAnswers(rows, rule, OvercommitAnswers.Read(captured.Output), OvercommitAnswers.Read(simulated.Output)); break;
                default: rows.Add(CompareNumber(rule, captured, simulated)); break;
            }
        }

        return rows;
    }

    private static string Victims(ExperimentTexts texts) =>
        texts.Kills.Count == 0 ? "nobody" : string.Join(", ", texts.Kills.Select(static kill => kill.Victim.Name));

    private static ComparisonRow CompareNumber(FigureRule rule, ExperimentTexts captured, ExperimentTexts simulated)
    {
        var expected = ExperimentFigures.Read(captured, rule.Figure, rule.Moment);
        var actual = ExperimentFigures.Read(simulated, rule.Figure, rule.Moment);
        var percent = expected is > 0 && actual is not null ? 100.0 * (actual.Value - expected.Value) / expected.Value : (double?)null;
        return new ComparisonRow(
            rule.Experiment, rule.Moment, rule.Figure, Text(expected), Text(actual), percent, Allowed(rule), Judge(rule, expected, actual, percent), rule.Why);
    }

    private static ComparisonVerdict Judge(FigureRule rule, long? expected, long? actual, double? percent)
    {
        if (expected is null || actual is null) return ComparisonVerdict.Missing;
        if (Math.Abs(actual.Value - expected.Value) <= rule.Floor) return ComparisonVerdict.Agrees;
        if (percent is null || Math.Abs(percent.Value) > rule.TolerancePercent) return ComparisonVerdict.Differs;
        return Math.Abs(percent.Value) <= FigureRule.DefaultTolerancePercent ? ComparisonVerdict.Agrees : ComparisonVerdict.Explained;
    }

    private static ComparisonRow CompareText(FigureRule rule, string figure, string? expected, string? actual)
    {
        var verdict = expected is null || actual is null ? ComparisonVerdict.Missing
            : expected == actual ? ComparisonVerdict.Agrees
            : ComparisonVerdict.Differs;
        return new ComparisonRow(rule.Experiment, rule.Moment, figure, expected ?? None, actual ?? None, null, "same", verdict, rule.Why);
    }

    private static void AddKills(List<ComparisonRow> rows, FigureRule rule, IReadOnlyList<OomKill> captured, IReadOnlyList<OomKill> simulated)
    {
        for (var kill = 0; kill < Math.Max(captured.Count, simulated.Count); kill++)
        {
            var expected = captured.ElementAtOrDefault(kill);
            var actual = simulated.ElementAtOrDefault(kill);
            foreach (var zone in (actual ?? expected)!.Zones)
            {
                var other = expected?.Zones.FirstOrDefault(candidate => candidate.Node == zone.Node && candidate.Name == zone.Name);
                rows.Add(CompareKill(rule, $"kill {kill + 1}: node {zone.Node} {zone.Name} free of min", other, actual is null ? null : zone));
            }
        }
    }

    private static ComparisonRow CompareKill(FigureRule rule, string figure, OomZone? expected, OomZone? actual)
    {
        var verdict = actual is null ? ComparisonVerdict.Missing
            : actual.IsBelowMinAndReserve && actual.FreePercentOfMin >= LeastFreePercentOfMin ? ComparisonVerdict.Agrees
            : ComparisonVerdict.Differs;
        return new ComparisonRow(
            rule.Experiment, rule.Moment, figure, OfMin(expected), OfMin(actual), null, "85 % of min to min + reserve", verdict, rule.Why);
    }

    private static void AddAnswers(
        List<ComparisonRow> rows, FigureRule rule, IReadOnlyList<OvercommitAnswer> captured, IReadOnlyList<OvercommitAnswer> simulated)
    {
        foreach (var setting in captured.Concat(simulated).Select(static answer => answer.Setting).Distinct())
        {
            rows.Add(CompareText(rule, setting, Answer(captured, setting), Answer(simulated, setting)));
        }
    }

    private static string? Answer(IReadOnlyList<OvercommitAnswer> answers, string setting) =>
        answers.FirstOrDefault(answer => answer.Setting == setting)?.ToString();

    private static string OfMin(OomZone? zone) =>
        zone is null ? None : string.Create(CultureInfo.InvariantCulture, $"{zone.FreePercentOfMin:0.0} %{(zone.IsBelowMinAndReserve ? "" : " (above min + reserve)")}");

    private static string Allowed(FigureRule rule) =>
        rule.MustBeSame ? "same" : string.Create(CultureInfo.InvariantCulture, $"{rule.TolerancePercent:0.#} % or ±{rule.Floor}");

    private static string Text(long? figure) => figure?.ToString(CultureInfo.InvariantCulture) ?? None;
}
