// A condition on a tree of files, as people write it: meminfo.MemAvailable > 200MiB and alive(sshd). README.md has the grammar.

namespace VboxMem.Tools.Predicates;

/// <summary>A checked predicate. Immutable; what an evaluation has to remember is in a <see cref="PredicateEvaluator"/>.</summary>
public sealed class Predicate
{
    /// <summary>The longest text that is read.</summary>
    public const int LongestText = 1000;

    private Predicate(string text, Condition condition, int rates, IReadOnlyList<Term> shown) =>
        (Text, Condition, RateCount, Shown) = (text, condition, rates, shown);

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>It has rates: an evaluation needs an earlier one, a second before.</summary>
    public bool HasRates => RateCount > 0;

    internal Condition Condition { get; }

    /// <summary>How many rates it has.</summary>
    internal int RateCount { get; }

    /// <summary>What it reads, for explanations.</summary>
    internal IReadOnlyList<Term> Shown { get; }

    /// <summary>Reads a predicate.</summary>
    /// <param name="text">The text.</param>
    /// <param name="problem">Where something is wrong, what, and what is allowed, in one line; empty where nothing is.</param>
    /// <returns>Null where something is wrong.</returns>
    public static Predicate? TryParse(string text, out string problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        problem = "";
        try
        {
            if (text.Length > LongestText) throw new PredicateException(LongestText, $"too long, allowed are {LongestText} characters");
            var parser = new PredicateParser(text);
            var condition = parser.ParseAll();
            return new Predicate(text, condition, parser.RateCount, parser.Shown);
        }
        catch (PredicateException wrong)
        {
            problem = wrong.Message;
            return null;
        }
    }
}
