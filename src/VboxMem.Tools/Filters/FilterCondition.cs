// The parts of a filter. As in predicates, one that cannot be decided makes another undecided only where that hangs on it.

using System.Text.RegularExpressions;
using VboxMem.Tools.Predicates;

namespace VboxMem.Tools.Filters;

internal abstract class FilterCondition
{
    internal abstract Truth Test(IProcessFigures process);
}

internal sealed class Both(FilterCondition left, FilterCondition right) : FilterCondition
{
    internal override Truth Test(IProcessFigures process)
    {
        var first = left.Test(process);
        return first == Truth.False ? first : TruthTable.And(first, right.Test(process));
    }
}

internal sealed class Either(FilterCondition left, FilterCondition right) : FilterCondition
{
    internal override Truth Test(IProcessFigures process)
    {
        var first = left.Test(process);
        return first == Truth.True ? first : TruthTable.Or(first, right.Test(process));
    }
}

internal sealed class Opposite(FilterCondition operand) : FilterCondition
{
    internal override Truth Test(IProcessFigures process) => TruthTable.Not(operand.Test(process));
}

/// <summary>A field against a number, or against another field.</summary>
internal sealed class NumberComparison(FilterField field, FilterSign sign, decimal constant, FilterField? other) : FilterCondition
{
    internal override Truth Test(IProcessFigures process)
    {
        var right = constant;
        if (!process.TryGetNumber(field, out var left) || (other is { } named && !process.TryGetNumber(named, out right))) return Truth.Unknown;
        return TruthTable.Of(sign switch
        {
            FilterSign.Equal => left == right,
            FilterSign.NotEqual => left != right,
            FilterSign.Less => left < right,
            FilterSign.LessOrEqual => left <= right,
            FilterSign.Greater => left > right,
            _ => left >= right,
        });
    }
}

/// <summary>A field that is a text, or is none.</summary>
internal sealed class TextEquality(FilterField field, string text, bool isWanted) : FilterCondition
{
    /// <summary>The kernel keeps 15 characters of a name: a longer one that begins so is meant.</summary>
    private const int KeptOfName = 15;

    internal override Truth Test(IProcessFigures process) =>
        process.TryGetText(field, out var found) ? TruthTable.Of(Is(found) == isWanted) : Truth.Unknown;

    private bool Is(string found) => found == text
        || (field == FilterField.Name && found.Length == KeptOfName && text.StartsWith(found, StringComparison.Ordinal));
}

/// <summary>A field that a regular expression is found in, or not.</summary>
internal sealed class TextMatch(FilterField field, Regex expression, bool isWanted) : FilterCondition
{
    internal override Truth Test(IProcessFigures process) =>
        process.TryGetText(field, out var found) ? TruthTable.Of(expression.IsMatch(found) == isWanted) : Truth.Unknown;
}

/// <summary>A word by itself: it stands in the name or in the command line, capitals aside.</summary>
internal sealed class BareWord(string word) : FilterCondition
{
    internal override Truth Test(IProcessFigures process) =>
        TruthTable.Or(Has(process, FilterField.Name), Has(process, FilterField.CommandLine));

    private Truth Has(IProcessFigures process, FilterField field) =>
        process.TryGetText(field, out var found) ? TruthTable.Of(found.Contains(word, StringComparison.OrdinalIgnoreCase)) : Truth.Unknown;
}
