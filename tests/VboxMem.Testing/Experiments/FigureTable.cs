// Which figures of which experiment are compared, and how far they may differ: read from Experiments/figures.txt.
//
//   [oom-base oom-leaker-minus500]       the experiments that the lines below are about
//   -    victims                         a figure without a moment
//   end  free                            within 10 %, or within 64 pages or events
//   end  pageoutrun        same          the very same
//   end  pgscan_kswapd     25% ±512      other bounds
//        … -- why                        a bound wider than 10 % has to say why
//   # remark

using System.Globalization;

namespace VboxMem.Testing.Experiments;

/// <summary>One figure to compare. A difference of at most <see cref="Floor"/> pages or events is always allowed.</summary>
public sealed record FigureRule(string Experiment, string Moment, string Figure, bool MustBeSame, double TolerancePercent, long Floor, string Why)
{
    public const double DefaultTolerancePercent = 10;

    public const long DefaultFloor = 64;

    /// <summary>The moment of a figure that has none.</summary>
    public const string NoMoment = "-";
}

/// <summary>The rules of all experiments.</summary>
public sealed class FigureTable
{
    private FigureTable(IReadOnlyList<FigureRule> rules) => Rules = rules;

    /// <summary>All rules in the order of the file.</summary>
    public IReadOnlyList<FigureRule> Rules { get; }

    /// <summary>The table that is kept with the experiments.</summary>
    public static FigureTable Load() => Parse(File.ReadAllText(Path.Combine(SourceTree.Experiments, "figures.txt")));

    /// <summary>The rules of one experiment.</summary>
    public IReadOnlyList<FigureRule> Of(string experiment) => Rules.Where(rule => rule.Experiment == experiment).ToArray();

    /// <summary>Reads a table.</summary>
    /// <exception cref="FormatException">A line is none of the forms above; the message quotes it.</exception>
    public static FigureTable Parse(string text)
    {
        var rules = new List<FigureRule>();
        string[] experiments = [];
        foreach (var line in text.Split('\n'))
        {
            var content = line.Split('#')[0].Trim();
            if (content.Length == 0) continue;

            if (content[0] == '[' && content[^1] == ']') experiments = Fields.Of(content[1..^1]);
            else if (experiments.Length == 0) throw Bad(content, "no [experiment] above");
            else foreach (var experiment in experiments) rules.Add(ParseRule(experiment, content));
        }

        return new FigureTable(rules);
    }

    private static FigureRule ParseRule(string experiment, string line)
    {
        var parts = line.Split(" -- ", 2);
        var fields = Fields.Of(parts[0]);
        if (fields.Length < 2) throw Bad(line, "a moment and a figure are needed");

        var rule = new FigureRule(
            experiment, fields[0], fields[1], MustBeSame: false, FigureRule.DefaultTolerancePercent, FigureRule.DefaultFloor,
            parts.Length > 1 ? parts[1].Trim() : "");
        foreach (var bound in fields[2..]) rule = WithBound(rule, bound, line);
        if (rule.TolerancePercent > FigureRule.DefaultTolerancePercent && rule.Why.Length == 0) throw Bad(line, "a wide bound needs -- why");
        return rule;
    }

    private static FigureRule WithBound(FigureRule rule, string bound, string line)
    {
        if (bound == "same") return rule with { MustBeSame = true, TolerancePercent = 0, Floor = 0 };
        if (bound[^1] == '%' && double.TryParse(bound[..^1], CultureInfo.InvariantCulture, out var percent)) return rule with { TolerancePercent = percent };
        if (bound[0] == '±' && long.TryParse(bound[1..], CultureInfo.InvariantCulture, out var floor)) return rule with { Floor = floor };
        throw Bad(line, $"unknown bound '{bound}'");
    }

    private static FormatException Bad(string line, string reason) => new($"figures: {reason}: '{line}'");
}
