// A predicate looked at again and again: it remembers what rates are measured from, and who was killed.
//
// Invariants
//   E1  What it says depends only on the readings it was given: the moments of the trees it was shown, and what stood in them.

using VboxMem.FileTree;

namespace VboxMem.Tools.Predicates;

/// <summary>What came of looking at a predicate.</summary>
/// <param name="Truth">Whether it holds.</param>
/// <param name="Reason">Why it cannot be said; empty where it can.</param>
public readonly record struct PredicateOutcome(Truth Truth, string Reason)
{
    public bool Holds => Truth == Truth.True;
}

public sealed class PredicateEvaluator
{
    private readonly RateHistory[] _rates;
    private readonly KillMemory _kills;

    public PredicateEvaluator(Predicate predicate)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        Predicate = predicate;
        _rates = new RateHistory[predicate.RateCount];
        for (var rate = 0; rate < _rates.Length; rate++) _rates[rate] = new RateHistory();
        _kills = new KillMemory();
    }

    private PredicateEvaluator(PredicateEvaluator other)
    {
        Predicate = other.Predicate;
        _rates = new RateHistory[other._rates.Length];
        for (var rate = 0; rate < _rates.Length; rate++) _rates[rate] = other._rates[rate].Clone();
        _kills = other._kills.Clone();
    }

    public Predicate Predicate { get; }

    /// <summary>A copy that will say the same of the same readings.</summary>
    public PredicateEvaluator Clone() => new(this);

    /// <summary>Looks at a tree, which stands still meanwhile.</summary>
    public PredicateOutcome Evaluate(IFileTree tree) => Evaluate(new TreeReading(tree));

    /// <summary>Looks at a reading, which several predicates may share.</summary>
    public PredicateOutcome Evaluate(TreeReading reading)
    {
        var now = new Evaluation(reading, _rates, _kills);
        var truth = Predicate.Condition.Test(now);
        return new PredicateOutcome(truth, truth == Truth.Unknown ? now.Reason ?? "" : "");
    }

    /// <summary>The figures the predicate reads, with what they are in a reading: "meminfo.MemFree is 12.5MiB, rss(nginx) is 0B".</summary>
    public string Explain(TreeReading reading) => Explanation.Of(Predicate, new Evaluation(reading, [.. _rates.Select(static rate => rate.Clone())], _kills.Clone()));

    /// <summary>What it remembers, word by word, for a fingerprint.</summary>
    public IEnumerable<ulong> StateWords()
    {
        foreach (var rate in _rates)
        {
            yield return (ulong)rate.Readings.Count;
            foreach (var (time, value) in rate.Readings)
            {
                foreach (var word in decimal.GetBits(time)) yield return (uint)word;
                foreach (var word in decimal.GetBits(value)) yield return (uint)word;
            }
        }

        yield return _kills.Kills;
        foreach (var name in _kills.Names)
        {
            foreach (var letter in name) yield return letter;
        }
    }
}
