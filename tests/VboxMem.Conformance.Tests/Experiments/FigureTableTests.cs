// Goal: the table of what is compared says what it means, and names nothing that is not there.

using VboxMem.Testing.Experiments;

namespace VboxMem.Conformance.Tests.Experiments;

public sealed class FigureTableTests
{
    [Fact]
    public void A_line_holds_for_every_experiment_of_its_heading()
    {
        var table = FigureTable.Parse("""
            # a remark
            [one two]
            end  free
            -    victims
            [two]   # more of it
            held pgfault  25% ±512  -- timing: how often it is woken
            end  oom_kill same
            """);

        Assert.Equal(["free", "victims"], table.Of("one").Select(static rule => rule.Figure));
        Assert.Equal(
            new FigureRule("two", "held", "pgfault", MustBeSame: false, 25, 512, "timing: how often it is woken"), table.Of("two")[2]);
        Assert.Equal(new FigureRule("two", "end", "oom_kill", MustBeSame: true, 0, 0, ""), table.Of("two")[3]);
        Assert.Equal(new FigureRule("one", "end", "free", MustBeSame: false, 10, 64, ""), table.Of("one")[0]);
    }

    [Theory]
    [InlineData("end free", "no [experiment] above")]
    [InlineData("[one]\nfree", "a moment and a figure are needed")]
    [InlineData("[one]\nend free 30%", "a wide bound needs -- why")]
    [InlineData("[one]\nend free about", "unknown bound 'about'")]
    [InlineData("[one]\nend free x% -- why", "unknown bound 'x%'")]
    public void A_bad_line_is_named(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<FormatException>(() => FigureTable.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Every_captured_experiment_has_rules_and_every_rule_an_experiment()
    {
        var table = FigureTable.Load();

        Assert.Equal(Experiment.Names, table.Rules.Select(static rule => rule.Experiment).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void No_figure_is_compared_twice()
    {
        var keys = FigureTable.Load().Rules.Select(static rule => (rule.Experiment, rule.Moment, rule.Figure)).ToArray();

        Assert.Equal(keys.Distinct(), keys);
    }
}
