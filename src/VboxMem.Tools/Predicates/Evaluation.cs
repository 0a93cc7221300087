namespace VboxMem.Tools.Predicates;

/// <summary>One look at a tree by one predicate.</summary>
internal sealed class Evaluation(TreeReading tree, RateHistory[] rates, KillMemory kills)
{
    internal TreeReading Tree => tree;

    internal KillMemory Kills => kills;

    /// <summary>The first reason why something could not be decided.</summary>
    internal string? Reason { get; private set; }

    internal Truth Undecided(string reason)
    {
        Reason ??= reason;
        return Truth.Unknown;
    }

    internal Amount RateOf(int index, decimal time, decimal value) => rates[index].Add(time, value);
}
