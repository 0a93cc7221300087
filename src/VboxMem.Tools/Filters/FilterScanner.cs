// The text of a filter, taken word by word. What a word may be hangs on where it stands: what is compared with a text goes on to the
// next blank or parenthesis, so that --foo=bar and kworker/0:1 need no quotation marks.

using System.Globalization;
using VboxMem.Tools.Predicates;

namespace VboxMem.Tools.Filters;

internal enum FilterSign
{
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Matches,
    DoesNotMatch,
}

/// <param name="Start">Where it starts, from 0.</param>
/// <param name="Text">Without its quotation marks.</param>
/// <param name="IsQuoted">It had some.</param>
internal readonly record struct FilterWord(int Start, string Text, bool IsQuoted)
{
    internal bool Is(string keyword) => !IsQuoted && Text == keyword;

    internal bool IsKeyword => Is("and") || Is("or") || Is("not");
}

internal sealed class FilterScanner(string text)
{
    private const int LongestQuote = 40;

    private static readonly (string Written, FilterSign Sign)[] _signs =
    [
        ("!~", FilterSign.DoesNotMatch), ("!=", FilterSign.NotEqual), ("<=", FilterSign.LessOrEqual), (">=", FilterSign.GreaterOrEqual), ("==", FilterSign.Equal),
        ("=", FilterSign.Equal), ("<", FilterSign.Less), (">", FilterSign.Greater), ("~", FilterSign.Matches),
    ];

    private static readonly (string Written, string Meant)[] _otherTongues = [("&&", "and"), ("||", "or"), ("!", "not"), ("&", "and"), ("|", "or")];

    private int _place;

    /// <summary>Where the next word starts, blanks passed over.</summary>
    internal int Place
    {
        get
        {
            while (At(_place) is ' ' or '\t') _place++;
            return _place;
        }
    }

    internal bool IsAtEnd => Place == text.Length;

    internal bool IsAtDigit => char.IsAsciiDigit(At(Place));

    internal bool TryTake(char symbol)
    {
        if (IsAtEnd || At(_place) != symbol) return false;
        _place++;
        return true;
    }

    internal bool TryTakeKeyword(string keyword)
    {
        var start = Place;
        if (IsQuote(At(start)) || !text.AsSpan(start, Length(start, isValue: false)).SequenceEqual(keyword)) return false;
        _place = start + keyword.Length;
        return true;
    }

    /// <summary>A field, a keyword, or a word to look for.</summary>
    /// <exception cref="PredicateException">There is none.</exception>
    internal FilterWord TakeWord()
    {
        var start = Place;
        foreach (var (written, meant) in _otherTongues)
        {
            if (text.AsSpan(start).StartsWith(written)) throw new PredicateException(start, $"{written} is not known here, write {meant}");
        }

        return IsQuote(At(start)) ? TakeQuoted(start) : Take(start, Length(start, isValue: false));
    }

    /// <summary>What a text is compared with; empty: nothing stands there.</summary>
    internal FilterWord TakeValue()
    {
        var start = Place;
        return IsQuote(At(start)) ? TakeQuoted(start) : Take(start, Length(start, isValue: true));
    }

    internal FilterSign? TryTakeSign(out string written)
    {
        var start = Place;
        foreach (var (text1, sign) in _signs)
        {
            if (!text.AsSpan(start).StartsWith(text1)) continue;
            _place = start + text1.Length;
            written = text1;
            return sign;
        }

        written = "";
        return null;
    }

    /// <summary>A number that starts at a digit, with its unit; <c>/s</c> behind it makes it a rate.</summary>
    internal (decimal Value, Unit Unit) TakeNumber()
    {
        var (value, unit) = NumberText.Take(text, ref _place);
        if (At(_place) != '/' || At(_place + 1) != 's' || NumberText.IsNamePart(At(_place + 2))) return (value, unit);
        _place += 2;
        return (value, unit.PerSecond);
    }

    /// <summary>What stands at the place, fit for a message.</summary>
    internal string Quote() => IsAtEnd ? "the end" : Printable(text[_place..(_place + Math.Max(1, Length(_place, isValue: true)))]);

    internal static string Printable(string word)
    {
        var cut = word.Length > LongestQuote ? word[..LongestQuote] + "…" : word;
        return string.Create(cut.Length, cut, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++) span[i] = IsPrintable(source[i]) ? source[i] : '?';
        });
    }

    private static bool IsPrintable(char letter) => char.GetUnicodeCategory(letter)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);

    private char At(int place) => place < text.Length ? text[place] : '\0';

    private static bool IsQuote(char letter) => letter is '"' or '\'';

    private int Length(int start, bool isValue)
    {
        var end = start;
        while (end < text.Length && text[end] is not (' ' or '\t' or '(' or ')') && (isValue || text[end] is not ('=' or '!' or '<' or '>' or '~'))) end++;
        return end - start;
    }

    private FilterWord Take(int start, int length)
    {
        _place = start + length;
        return new FilterWord(start, text[start.._place], IsQuoted: false);
    }

    private FilterWord TakeQuoted(int start)
    {
        var end = text.IndexOf(text[start], start + 1);
        if (end < 0) throw new PredicateException(start, "the quotation mark is not closed");
        _place = end + 1;
        return new FilterWord(start, text[(start + 1)..end], IsQuoted: true);
    }
}
