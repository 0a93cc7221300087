// Numbers of a predicate: written, read from files, or made of others. Each knows its unit when the text is read.
//
// A term without a number (a file is not there, a division by zero, no earlier reading) passes the reason on.

namespace VboxMem.Tools.Predicates;

/// <summary>Part of a predicate that is a number or a condition.</summary>
internal abstract class Node;

internal abstract class Term(Unit unit) : Node
{
    internal Unit Unit => unit;

    /// <summary>The number of a term that reads nothing; null otherwise.</summary>
    internal virtual decimal? Constant => null;

    /// <summary>As it was written, for what explanations name; null: they do not.</summary>
    internal virtual string? Name => null;

    internal abstract Amount Read(Evaluation now);
}

/// <summary>A number that was written.</summary>
internal sealed class Number(decimal value, Unit unit) : Term(unit)
{
    internal override decimal? Constant => value;

    internal override Amount Read(Evaluation now) => Amount.Of(value);
}

/// <summary>Reads one figure of a tree.</summary>
internal delegate Amount FigureReader(TreeReading tree);

/// <summary>A figure of the tree.</summary>
/// <param name="name">As it was written.</param>
/// <param name="unit">What it measures.</param>
/// <param name="read">How it is read.</param>
internal sealed class Figure(string name, Unit unit, FigureReader read) : Term(unit)
{
    internal override string? Name => name;

    internal override Amount Read(Evaluation now) => read(now.Tree);
}

/// <summary>Two numbers make one.</summary>
/// <param name="operation">+ - * /</param>
internal sealed class Arithmetic(char operation, Term left, Term right, Unit unit) : Term(unit)
{
    internal override decimal? Constant =>
        left.Constant is { } first && right.Constant is { } second && Compute(first, second) is { Missing: null } result ? result.Value : null;

    internal override Amount Read(Evaluation now)
    {
        var first = left.Read(now);
        var second = right.Read(now);
        return first.Missing is not null ? first
            : second.Missing is not null ? second
            : Compute(first.Value, second.Value);
    }

    private Amount Compute(decimal first, decimal second)
    {
        if (operation == '/' && second == 0) return Amount.None("division by zero");
        try
        {
            return Amount.Of(operation switch
            {
                '+' => first + second,
                '-' => first - second,
                '*' => first * second,
                _ => first / second,
            });
        }
        catch (OverflowException)
        {
            return Amount.None("the number is too large to compute with");
        }
    }
}

/// <summary>How fast a number grows, in its units a second.</summary>
/// <param name="index">Which of the predicate's rates it is.</param>
/// <param name="name">As it was written.</param>
internal sealed class Rate(int index, string name, Term operand) : Term(operand.Unit.PerSecond)
{
    internal override string? Name => name;

    internal override Amount Read(Evaluation now)
    {
        var amount = operand.Read(now);
        var time = now.Tree.UptimeSeconds;
        return amount.Missing is not null ? amount
            : time.Missing is not null ? time
            : now.RateOf(index, time.Value, amount.Value);
    }
}
