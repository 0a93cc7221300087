// Regular expressions as grep reads them, basic and extended, turned into those of the base library.
//
// The engine that does not backtrack is used: no expression takes long, however it is written. It knows no references back (\1),
// and no \< and \>.
//
// Models   GNU grep 3.11 in the C locale: POSIX regular expressions with GNU's \w \W \s \S \b \B \` \' and, in basic ones, \| \+ \?.

using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace VboxMem.Session.Console.Filters;

/// <summary>A regular expression that cannot be used, in grep's words.</summary>
internal sealed class PosixPatternException(string problem) : Exception(problem);

internal sealed class PosixPattern
{
    /// <summary>Bytes above 127 are characters from here on by their value: of the private use area, so that none is a letter.</summary>
    public const int HighBytes = 0xF700;

    private const int MostRepetitions = 32767;
    private const int DeepestNesting = 50;

    private static readonly (string Name, Func<int, bool> Has)[] _classes =
    [
        ("alpha", static letter => char.IsAsciiLetter((char)letter)), ("digit", static letter => char.IsAsciiDigit((char)letter)),
        ("alnum", static letter => char.IsAsciiLetterOrDigit((char)letter)), ("upper", static letter => char.IsAsciiLetterUpper((char)letter)),
        ("lower", static letter => char.IsAsciiLetterLower((char)letter)), ("space", static letter => letter is ' ' or (>= 9 and <= 13)),
        ("blank", static letter => letter is ' ' or '\t'), ("punct", static letter => letter is > 32 and < 127 && !char.IsAsciiLetterOrDigit((char)letter)),
        ("print", static letter => letter is >= 32 and < 127), ("graph", static letter => letter is > 32 and < 127),
        ("cntrl", static letter => letter is < 32 or 127), ("xdigit", static letter => char.IsAsciiHexDigit((char)letter)),
    ];

    private readonly string _text;
    private readonly bool _isExtended;
    private readonly StringBuilder _made = new();
    private int _at;
    private int _depth;

    private PosixPattern(string text, bool isExtended) => (_text, _isExtended) = (text, isExtended);

    /// <summary>Makes an expression that is looked for within a line, whose bytes are characters as said above.</summary>
    /// <param name="text">The expression, its bytes likewise.</param>
    /// <param name="isExtended">As with -E.</param>
    /// <exception cref="PosixPatternException">It is none.</exception>
    public static string Translate(string text, bool isExtended)
    {
        var pattern = new PosixPattern(text, isExtended);
        pattern.ParseAlternatives();
        if (pattern._at < text.Length)
        {
            throw new PosixPatternException("Unmatched ) or \\)");
        }

        return pattern._made.ToString();
    }

    public static Regex Compile(string expression, bool ignoresCase)
    {
        var options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | (ignoresCase ? RegexOptions.IgnoreCase : RegexOptions.None);
        try
        {
            return new Regex(expression, options);
        }
        catch (Exception error) when (error is NotSupportedException or ArgumentException)
        {
            throw new PosixPatternException("Regular expression too big");
        }
    }

    /// <summary>Text of one character that stands for itself.</summary>
    public static string Literal(char letter) =>
        char.IsAsciiLetterOrDigit(letter) || letter > 127 ? letter.ToString() : string.Create(CultureInfo.InvariantCulture, $"\\x{(int)letter:X2}");

    private void ParseAlternatives()
    {
        do
        {
            ParseSequence();
        }
        while (TryTakeOperator('|', () => _made.Append('|')));
    }

    private bool TryTakeOperator(char sign, Action made)
    {
        if (!IsOperator(sign))
        {
            return false;
        }

        _at += _isExtended ? 1 : 2;
        made();
        return true;
    }

    /// <summary>The next is a sign that is special with a backslash in basic expressions, and without one in extended ones.</summary>
    private bool IsOperator(char sign) => _isExtended
        ? _at < _text.Length && _text[_at] == sign
        : _at + 1 < _text.Length && _text[_at] == '\\' && _text[_at + 1] == sign;

    private void ParseSequence()
    {
        var isFirst = true;
        while (_at < _text.Length && !IsOperator('|') && !(IsOperator(')') && _depth > 0))
        {
            if (!_isExtended && IsOperator(')'))
            {
                throw new PosixPatternException("Unmatched ) or \\)");
            }

            var start = _made.Length;
            var mayRepeat = ParseAtom(isFirst);
            _made.Insert(start, "(?:").Append(')');
            while (mayRepeat && TryTakeRepetition(out var repetition))
            {
                _made.Append(repetition);
                _made.Insert(start, "(?:").Append(')');
            }

            isFirst = false;
        }
    }

    /// <returns>False: what follows is no repetition of it, in basic expressions.</returns>
    private bool ParseAtom(bool isFirst)
    {
        var letter = _text[_at];
        switch (letter)
        {
            case '[':
                _at++;
                ParseBracket();
                return true;
            case '.':
                _at++;
                _made.Append("(?s:.)");
                return true;
            case '^' when _isExtended || isFirst:
                _at++;
                _made.Append("\\A");
                return _isExtended;
            case '$' when _isExtended || IsAtEndOfSequence(_at + 1):
                _at++;
                _made.Append("\\z");
                return true;
            case '*' or '+' or '?' when isFirst && _isExtended:
                return true;   // nothing, repeated
            case '{' when isFirst && _isExtended && IsInterval(_at):
                return true;
            case '\\' when _at + 1 == _text.Length:
                throw new PosixPatternException("Trailing backslash");
            case '(' when _isExtended:
            case '\\' when !_isExtended && _text[_at + 1] == '(':
                ParseGroup();
                return true;
            case '\\':
                ParseEscape(_text[_at + 1]);
                return true;
            default:
                _at++;
                _made.Append(Literal(letter));
                return true;
        }
    }

    private bool IsAtEndOfSequence(int place) =>
        place == _text.Length || (place + 1 < _text.Length && _text[place] == '\\' && _text[place + 1] is ')' or '|');

    private void ParseGroup()
    {
        if (++_depth > DeepestNesting)
        {
            throw new PosixPatternException("Regular expression too big");
        }

        _at += _isExtended ? 1 : 2;
        _made.Append("(?:");
        ParseAlternatives();
        if (!TryTakeOperator(')', () => _made.Append(')')))
        {
            throw new PosixPatternException("Unmatched ( or \\(");
        }

        _depth--;
    }

    private void ParseEscape(char letter)
    {
        _at += 2;
        if (letter is >= '1' and <= '9')
        {
            throw new PosixPatternException("references back (\\1) are not known here");
        }

        if (letter is '<' or '>')
        {
            throw new PosixPatternException($"\\{letter} is not known here, write \\b");
        }

        _made.Append(letter switch
        {
            'w' => "[A-Za-z0-9_]",
            'W' => "[^A-Za-z0-9_]",
            's' => "[ \\t-\\r]",
            'S' => "[^ \\t-\\r]",
            'b' => "\\b",
            'B' => "\\B",
            '`' => "\\A",
            '\'' => "\\z",
            _ => Literal(letter),
        });
    }

    private bool TryTakeRepetition(out string repetition)
    {
        repetition = string.Empty;
        if (_at < _text.Length && _text[_at] == '*')
        {
            _at++;
            repetition = "*";
            return true;
        }

        foreach (var sign in "+?")
        {
            if (IsOperator(sign))
            {
                _at += _isExtended ? 1 : 2;
                repetition = sign.ToString();
                return true;
            }
        }

        return IsOperator('{') && TryTakeInterval(out repetition);
    }

    private bool IsInterval(int open)
    {
        var place = _at;
        _at = open;
        var isOne = TryTakeInterval(out _);
        _at = place;
        return isOne;
    }

    /// <summary>{n} {n,} {,m} {n,m}; in extended expressions, what is none stands for itself.</summary>
    private bool TryTakeInterval(out string repetition)
    {
        repetition = string.Empty;
        var start = _at + (_isExtended ? 1 : 2);
        var close = _text.IndexOf(_isExtended ? "}" : "\\}", start, StringComparison.Ordinal);
        var body = close < 0 ? string.Empty : _text[start..close];
        var comma = body.IndexOf(',', StringComparison.Ordinal);
        var low = comma < 0 ? body : body[..comma];
        var high = comma < 0 ? body : body[(comma + 1)..];
        if (close < 0 || body.Length == 0 || !TryNumber(low, 0, out var least) || !TryNumber(high, -1, out var most))
        {
            return _isExtended ? false : throw new PosixPatternException(close < 0 ? "Unmatched \\{" : "Invalid content of \\{\\}");
        }

        if (most >= 0 && least > most)
        {
            throw new PosixPatternException("Invalid content of \\{\\}");
        }

        if (Math.Max(least, most) > MostRepetitions)
        {
            throw new PosixPatternException("Regular expression too big");
        }

        _at = close + (_isExtended ? 1 : 2);
        repetition = most < 0 ? FormattableString.Invariant($"{{{least},}}") : FormattableString.Invariant($"{{{least},{most}}}");
        return true;
    }

    private static bool TryNumber(string digits, int missing, out int value)
    {
        value = missing;
        return digits.Length == 0 || int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>A set in brackets; backslashes stand for themselves in it.</summary>
    private void ParseBracket()
    {
        var isNegated = _at < _text.Length && _text[_at] == '^';
        _at += isNegated ? 1 : 0;
        var set = new SortedSet<char>();
        for (var isFirst = true; ; isFirst = false)
        {
            if (_at >= _text.Length)
            {
                throw new PosixPatternException("Unmatched [, [^, [:, [., or [=");
            }

            if (_text[_at] == ']' && !isFirst)
            {
                _at++;
                break;
            }

            if (TryTakeClass(set))
            {
                continue;
            }

            var low = TakeMember();
            var high = low;
            if (_at + 1 < _text.Length && _text[_at] == '-' && _text[_at + 1] != ']')
            {
                _at++;
                high = TakeMember();
                if (high < low)
                {
                    throw new PosixPatternException("Invalid range end");
                }
            }

            for (var letter = low; letter <= high; letter++)
            {
                set.Add(letter);
            }
        }

        AppendSet(set, isNegated);
    }

    private bool TryTakeClass(SortedSet<char> set)
    {
        if (!_text.AsSpan(_at).StartsWith("[:"))
        {
            return false;
        }

        var end = _text.IndexOf(":]", _at + 2, StringComparison.Ordinal);
        if (end < 0)
        {
            return false;
        }

        var name = _text[(_at + 2)..end];
        foreach (var (known, has) in _classes)
        {
            if (known != name)
            {
                continue;
            }

            for (var letter = 0; letter < 128; letter++)
            {
                if (has(letter))
                {
                    set.Add((char)letter);
                }
            }

            _at = end + 2;
            return true;
        }

        throw new PosixPatternException("Invalid character class name");
    }

    /// <summary>A member of a set, [.x.] and [=x=] among them.</summary>
    private char TakeMember()
    {
        if (_text[_at] == '[' && _at + 1 < _text.Length && _text[_at + 1] is '.' or '=')
        {
            var kind = _text[_at + 1];
            if (_at + 4 >= _text.Length || _text[_at + 3] != kind || _text[_at + 4] != ']')
            {
                throw new PosixPatternException("Invalid collation character");
            }

            _at += 5;
            return _text[_at - 3];
        }

        return _text[_at++];
    }

    private void AppendSet(SortedSet<char> set, bool isNegated)
    {
        _made.Append(isNegated ? "[^" : "[");
        foreach (var letter in set)
        {
            _made.Append(Literal(letter));
        }

        _made.Append(']');
    }
}
