using VboxMem.FileTree;
using VboxMem.Tools.Predicates;

namespace VboxMem.Tools.Tests.Fuzz;

/// <summary>Something that reads a tree: a tool with its arguments, or a predicate.</summary>
/// <param name="Name">The tool; "expect" for a predicate.</param>
/// <param name="Arguments">Its arguments, or the predicate.</param>
internal sealed record Reader(string Name, string[] Arguments)
{
    public const string Predicate = "expect";

    private const int Ticks = 2;

    public bool IsJson => Arguments.Any(static argument => argument is "--json" or "-J");

    public override string ToString() => $"{Name} {string.Join(' ', Arguments)}";

    /// <param name="tree">What it reads.</param>
    /// <param name="random">Chooses the version, the locale, the screen.</param>
    /// <param name="atTick">Called when it lets time pass.</param>
    public Outcome Run(IFileTree tree, Random random, Action<int> atTick)
    {
        var ticker = new ScriptedTicker((tick, _) => atTick(tick), Ticks);
        return Name == Predicate ? Judge(tree, ticker) : RunTool(tree, random, ticker);
    }

    private Outcome RunTool(IFileTree tree, Random random, ScriptedTicker ticker)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var context = new ToolContext
        {
            Tree = tree, Out = output, Error = error, Ticker = ticker, Version = random.Next(2) == 0 ? ProcpsVersion.V4_0_4 : ProcpsVersion.V4_0_2,
            IsUtf8 = random.Next(2) == 0, ScreenColumns = random.Next(2) == 0 ? 80 : null, Clock = Arguments.Contains("-t") || random.Next(2) == 0 ? new FixedClock() : null,
        };
        var code = ToolRegistry.Find(Name)!(Arguments, context);
        return new Outcome(output.ToString(), error.ToString(), code);
    }

    private Outcome Judge(IFileTree tree, ScriptedTicker ticker)
    {
        if (VboxMem.Tools.Predicates.Predicate.TryParse(Arguments[0], out var problem) is not { } predicate) return new Outcome("", $"{problem}\n", 2);
        var evaluator = new PredicateEvaluator(predicate);
        evaluator.Evaluate(tree);
        ticker.TryAdvance(TimeSpan.FromSeconds(1));
        var reading = new TreeReading(tree);
        var outcome = evaluator.Evaluate(reading);
        var text = evaluator.Explain(reading);
        Assert.NotEmpty(evaluator.StateWords());
        return outcome.Truth == Truth.Unknown ? new Outcome(text, $"{Predicate}: {outcome.Reason}\n", 1) : new Outcome(text, "", 0);
    }
}
