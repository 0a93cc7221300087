// Goal: each captured experiment, rebuilt as a profile and run on a simulated box, ends as the real one did, figure by figure.
// Method: every run is compared by the rules of figures.txt; the whole comparison is the table in the README of these tests.

using System.Text;
using VboxMem.Testing;
using VboxMem.Testing.Experiments;

namespace VboxMem.Conformance.Tests.Experiments;

public sealed class SimulatedExperimentTests
{
    private const string Begin = "<!-- experiments: begin -->\n";
    private const string End = "<!-- experiments: end -->\n";

    private static readonly Dictionary<string, IReadOnlyList<ComparisonRow>> _rows = new(StringComparer.Ordinal);

    public static TheoryData<string> Names => new(Experiment.Names);

    private static string Readme => Path.Combine(SourceTree.Root, "tests", "VboxMem.Conformance.Tests", "README.md");

    [Theory, MemberData(nameof(Names))]
    public void A_simulated_experiment_ends_as_the_captured_one(string name)
    {
        var bad = RowsOf(name).Where(static row => !row.IsAllowed).ToArray();
        Assert.True(bad.Length == 0, "\n" + ComparisonTable.ToMarkdown(bad));
    }

    [Fact]
    public void The_table_in_the_readme_is_that_of_the_runs()
    {
        var table = ComparisonTable.ToMarkdown(Experiment.Names.SelectMany(RowsOf));
        var text = File.ReadAllText(Readme);
        var begin = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var end = text.IndexOf(End, StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("VBOXMEM_REWRITE_EXPECTATIONS") == "1")
        {
            File.WriteAllText(Readme, new StringBuilder(text[..begin]).Append(table).Append(text[end..]).ToString());
            return;
        }

        Assert.Equal(table, text[begin..end]);
    }

    [Fact]
    public void A_run_is_the_same_every_time()
    {
        var first = ExperimentRunner.Run("oom-base");
        var second = ExperimentRunner.Run("oom-base");
        Assert.Equal(first.KernelLog, second.KernelLog);
        Assert.Equal(first.At("end")!.Text("vmstat"), second.At("end")!.Text("vmstat"));
    }

    private static IReadOnlyList<ComparisonRow> RowsOf(string name)
    {
        if (!_rows.TryGetValue(name, out var rows))
        {
            var simulated = ExperimentRunner.Run(name);
            _rows.Add(name, rows = ExperimentComparison.Compare(FigureTable.Load().Of(name), Experiment.Load(name).Texts, simulated));
        }

        return rows;
    }
}
