// Conditions of a predicate. One that cannot be decided makes another undecided only where that hangs on it: false and unknown is
// false, true or unknown is true.

namespace VboxMem.Tools.Predicates;

internal abstract class Condition : Node
{
    internal abstract Truth Test(Evaluation now);
}

/// <summary>Compares two numbers.</summary>
/// <param name="comparison">&lt; &lt;= &gt; &gt;= == !=</param>
internal sealed class Comparison(string comparison, Term left, Term right) : Condition
{
    internal override Truth Test(Evaluation now)
    {
        var first = left.Read(now);
        var second = right.Read(now);
        if (first.Missing is not null || second.Missing is not null) return now.Undecided(first.Missing ?? second.Missing!);
        var holds = comparison switch
        {
            "<" => first.Value < second.Value,
            "<=" => first.Value <= second.Value,
            ">" => first.Value > second.Value,
            ">=" => first.Value >= second.Value,
            "==" => first.Value == second.Value,
            _ => first.Value != second.Value,
        };
        return holds ? Truth.True : Truth.False;
    }
}

/// <summary>Both hold. Both are looked at, so that the rates of each are measured all the time.</summary>
internal sealed class And(Condition left, Condition right) : Condition
{
    internal override Truth Test(Evaluation now)
    {
        var (first, second) = (left.Test(now), right.Test(now));
        return TruthTable.And(first, second);
    }
}

/// <summary>One of them holds, or both.</summary>
internal sealed class Or(Condition left, Condition right) : Condition
{
    internal override Truth Test(Evaluation now)
    {
        var (first, second) = (left.Test(now), right.Test(now));
        return TruthTable.Or(first, second);
    }
}

internal sealed class Not(Condition operand) : Condition
{
    internal override Truth Test(Evaluation now) => TruthTable.Not(operand.Test(now));
}

/// <summary>A process of that name lives: one that is neither a zombie nor dead.</summary>
internal sealed class Alive(string name) : Condition
{
    internal override Truth Test(Evaluation now)
    {
        var count = now.Tree.CountProcesses(name);
        return count.Missing is not null ? now.Undecided(count.Missing) : count.Value > 0 ? Truth.True : Truth.False;
    }
}

/// <summary>A process of that name was killed for want of memory.</summary>
internal sealed class Killed(string name) : Condition
{
    internal override Truth Test(Evaluation now)
    {
        var problem = now.Kills.Update(now.Tree);
        return now.Kills.Has(name) ? Truth.True : problem is not null ? now.Undecided(problem) : Truth.False;
    }
}
