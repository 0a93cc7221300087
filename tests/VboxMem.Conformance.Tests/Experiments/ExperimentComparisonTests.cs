// Goal: two runs are judged by the rules and by nothing else.
// Method: small runs by hand for each verdict; the captures held against themselves, where all must agree.

using VboxMem.Testing.Experiments;

namespace VboxMem.Conformance.Tests.Experiments;

public sealed class ExperimentComparisonTests
{
    public static TheoryData<string> Names => new(Experiment.Names);

    [Theory, MemberData(nameof(Names))]
    public void A_capture_agrees_with_itself_in_every_figure_of_the_table(string name)
    {
        var texts = Experiment.Load(name).Texts;

        var rows = ExperimentComparison.Compare(FigureTable.Load().Of(name), texts, texts);

        Assert.NotEmpty(rows);
        Assert.All(rows, static row => Assert.Equal(ComparisonVerdict.Agrees, row.Verdict));
    }

    [Theory]
    [InlineData("end pgfault", 1100, ComparisonVerdict.Agrees)]
    [InlineData("end pgfault", 1101, ComparisonVerdict.Differs)]
    [InlineData("end pgfault", 899, ComparisonVerdict.Differs)]
    [InlineData("end pgfault ±101", 899, ComparisonVerdict.Agrees)]
    [InlineData("end pgfault 30% -- timing", 1101, ComparisonVerdict.Explained)]
    [InlineData("end pgfault 30% -- timing", 1100, ComparisonVerdict.Agrees)]
    [InlineData("end pgfault 30% -- timing", 1301, ComparisonVerdict.Differs)]
    [InlineData("end pgfault same", 1001, ComparisonVerdict.Differs)]
    [InlineData("end pgfault same", 1000, ComparisonVerdict.Agrees)]
    [InlineData("end pgmajfault", 64, ComparisonVerdict.Agrees)]
    [InlineData("end pgmajfault", 65, ComparisonVerdict.Differs)]
    public void A_number_is_judged_by_the_bound_and_the_floor(string line, long simulated, ComparisonVerdict expected)
    {
        var captured = Run(("pgfault", 7, 1007), ("pgmajfault", 3, 3));
        var other = Run(("pgfault", 50, 50 + simulated), ("pgmajfault", 0, simulated));

        var row = Assert.Single(ExperimentComparison.Compare(Rules(line), captured, other));

        Assert.Equal(expected, row.Verdict);
        Assert.Equal(simulated.ToString(System.Globalization.CultureInfo.InvariantCulture), row.Simulated);
        Assert.Equal(expected is ComparisonVerdict.Agrees or ComparisonVerdict.Explained, row.IsAllowed);
    }

    [Fact]
    public void A_figure_that_one_run_lacks_is_missing()
    {
        var rows = ExperimentComparison.Compare(Rules("end pgfault\nlater pgfault\nend free"), Run(("pgfault", 0, 1)), Run(("other", 0, 1)));

        Assert.All(rows, static row => Assert.Equal(ComparisonVerdict.Missing, row.Verdict));
        Assert.Equal(["1", "-", "-"], rows.Select(static row => row.Captured));
    }

    [Fact]
    public void Victims_have_to_die_in_the_captured_order()
    {
        var captured = Experiment.Load("oom-leaker-minus500").Texts;
        var other = Experiment.Load("oom-base").Texts;

        var row = Assert.Single(ExperimentComparison.Compare(Rules("- victims"), captured, other));

        Assert.Equal(("batch, leaker", "leaker", ComparisonVerdict.Differs), (row.Captured, row.Simulated, row.Verdict));
    }

    [Theory]
    [InlineData("free:39732kB", "free:37000kB", ComparisonVerdict.Differs)]    // 83 % of min: too late
    [InlineData("free:39732kB", "free:44349kB", ComparisonVerdict.Differs)]    // above min: too early
    [InlineData("free:39732kB", "free:44348kB", ComparisonVerdict.Agrees)]
    public void A_kill_comes_neither_too_early_nor_too_late(string was, string becomes, ComparisonVerdict expected)
    {
        var captured = Experiment.Load("oom-base").Texts;
        var other = new ExperimentTexts { Moments = captured.Moments, KernelLog = captured.KernelLog.Replace(was, becomes, StringComparison.Ordinal) };

        var rows = ExperimentComparison.Compare(Rules("- kills"), captured, other);

        Assert.Equal(["kill 1: node 0 DMA free of min", "kill 1: node 0 DMA32 free of min"], rows.Select(static row => row.Figure));
        Assert.Equal([ComparisonVerdict.Agrees, expected], rows.Select(static row => row.Verdict));
        Assert.Equal("89.6 %", rows[1].Captured);
    }

    [Fact]
    public void A_kill_that_did_not_happen_is_missing()
    {
        var captured = Experiment.Load("oom-base").Texts;

        var rows = ExperimentComparison.Compare(Rules("- kills"), captured, new ExperimentTexts { Moments = captured.Moments });

        Assert.Equal(2, rows.Count);
        Assert.All(rows, static row => Assert.Equal(ComparisonVerdict.Missing, row.Verdict));
    }

    [Fact]
    public void Answers_are_compared_setting_by_setting()
    {
        var captured = Experiment.Load("overcommit").Texts;
        var other = new ExperimentTexts
        {
            Moments = captured.Moments,
            Output = captured.Output.Replace("malloc 252 MiB: Cannot allocate memory", "malloc 252 MiB: ok", StringComparison.Ordinal),
        };

        var rows = ExperimentComparison.Compare(Rules("- answers"), captured, other);

        Assert.Equal(6, rows.Count);
        Assert.Equal("overcommit_memory=2 overcommit_kbytes=262144", Assert.Single(rows, static row => !row.IsAllowed).Figure);
    }

    [Fact]
    public void The_table_is_markdown()
    {
        var rows = ExperimentComparison.Compare(
            Rules("end pgfault\nend pgmajfault 50% -- slow disk\nend none"), Run(("pgfault", 0, 1000), ("pgmajfault", 0, 200)), Run(("pgfault", 0, 1050), ("pgmajfault", 0, 120)));

        Assert.Equal(
            """
            | Experiment | Moment | Figure | Captured | Simulated | Difference | Allowed | Verdict | Why |
            |---|---|---|---:|---:|---:|---|---|---|
            | run | end | pgfault | 1000 | 1050 | +5.0 % | 10 % or ±64 | agrees |  |
            | run | end | pgmajfault | 200 | 120 | -40.0 % | 50 % or ±64 | explained | slow disk |
            | run | end | none | - | - |  | 10 % or ±64 | **missing** |  |

            """,
            ComparisonTable.ToMarkdown(rows));
    }

    private static IReadOnlyList<FigureRule> Rules(string lines) => FigureTable.Parse("[run]\n" + lines).Rules;

    // A run of two moments with nothing but these counters of vmstat.
    private static ExperimentTexts Run(params (string Name, long AtStart, long AtEnd)[] counters) => new()
    {
        Moments = new Dictionary<string, ProcTexts>
        {
            ["start"] = Vmstat(counters.Select(static counter => (counter.Name, counter.AtStart))),
            ["end"] = Vmstat(counters.Select(static counter => (counter.Name, counter.AtEnd))),
        },
    };

    private static ProcTexts Vmstat(IEnumerable<(string Name, long Value)> counters) =>
        new(new Dictionary<string, string> { ["vmstat"] = string.Concat(counters.Select(static counter => $"{counter.Name} {counter.Value}\n")) });
}
