// The regular expressions of ~ and !~.
//
// They are found anywhere in a text, capitals aside, in time that grows with the text alone (RegexOptions.NonBacktracking, which knows
// neither look-around nor references back). The automaton is as large as the expression with its counted repetitions written out: that is
// bounded before it is made.

using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using VboxMem.Tools.Predicates;

namespace VboxMem.Tools.Filters;

internal static partial class FilterPattern
{
    /// <summary>Characters, counted repetitions written out.</summary>
    private const long Largest = 2000;

    /// <exception cref="PredicateException">It is no expression, or one that cannot be matched in bounded time.</exception>
    internal static Regex Parse(in FilterWord word)
    {
        if (SizeOf(word.Text) > Largest) throw new PredicateException(word.Start, FormattableString.Invariant($"the expression repeats too much, allowed are {Largest} characters with repetitions written out"));
        try
        {
            return new Regex(word.Text, RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
        }
        catch (RegexParseException wrong)
        {
            throw new PredicateException(word.Start, FormattableString.Invariant($"no regular expression: {InWords(wrong.Error)} at its character {wrong.Offset}"));
        }
        catch (NotSupportedException)
        {
            throw new PredicateException(word.Start, "the expression looks around or back at itself, allowed are sets, groups, |, ^ $ . * + ? and {n,m}");
        }
    }

    /// <summary>Every repetition is taken to be of the whole and of every other one: too much rather than too little.</summary>
    private static long SizeOf(string expression)
    {
        long size = expression.Length;
        foreach (Match count in Counts().Matches(expression))
        {
            var digits = count.Groups[2].Length > 0 ? count.Groups[2].ValueSpan : count.Groups[1].ValueSpan;
            var times = int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : int.MaxValue;
            size *= Math.Max(1, times);
            if (size > Largest) break;
        }

        return size;
    }

    private static string InWords(RegexParseError error)
    {
        var words = new StringBuilder();
        foreach (var letter in error.ToString())
        {
            if (char.IsAsciiLetterUpper(letter) && words.Length > 0) words.Append(' ');
            words.Append(char.ToLowerInvariant(letter));
        }

        return words.ToString();
    }

    [GeneratedRegex(@"\{([0-9]+)(?:,([0-9]*))?\}")]
    private static partial Regex Counts();
}
