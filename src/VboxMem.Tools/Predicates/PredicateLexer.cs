// The words of a predicate: names, numbers with units, operators.
//
// A name starts with a letter and goes on with letters, digits, '_', a '.' or '-' between two letters or digits; so a minus behind a
// name needs a blank. "/s" with nothing behind it that could go on a name is a word of its own: a rate.

namespace VboxMem.Tools.Predicates;

internal enum TokenKind
{
    End,
    Name,
    Number,
    Rate,
    Symbol,
}

/// <param name="Kind">What it is.</param>
/// <param name="Start">Where it starts, from 0.</param>
/// <param name="Text">As written.</param>
/// <param name="Value">Of a number.</param>
/// <param name="Unit">Of a number.</param>
internal readonly record struct Token(TokenKind Kind, int Start, string Text, decimal Value = 0, Unit Unit = default);

internal sealed class PredicateLexer(string text)
{
    private static readonly string[] _symbols = ["<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/", "(", ")"];

    private static readonly (string Written, string Meant)[] _otherTongues = [("&&", "and"), ("||", "or"), ("=", "=="), ("!", "not"), ("&", "and"), ("|", "or")];

    private int _next;

    /// <summary>The word that is next to be taken.</summary>
    internal Token Current { get; private set; }

    internal void Advance()
    {
        SkipBlanks();
        var start = _next;
        if (start == text.Length)
        {
            Current = new Token(TokenKind.End, start, "");
        }
        else if (char.IsAsciiDigit(text[start]))
        {
            Current = TakeNumber(start);
        }
        else if (char.IsAsciiLetter(text[start]))
        {
            Current = TakeName(start);
        }
        else if (IsRate(start))
        {
            _next += 2;
            Current = new Token(TokenKind.Rate, start, "/s");
        }
        else
        {
            Current = TakeSymbol(start);
        }
    }

    /// <summary>
    /// Takes what stands in parentheses behind the current word, which is the name of a function: up to the closing one, blanks around it
    /// dropped; or in double quotes, where it may hold parentheses. Advances.
    /// </summary>
    internal string TakeArgument()
    {
        SkipBlanks();
        if (At(_next) != '(') throw new PredicateException(_next, $"{Current.Text} takes a name in parentheses, as in {Current.Text}(sshd)");
        _next++;
        SkipBlanks();
        var start = _next;
        var isQuoted = At(start) == '"';
        var end = text.IndexOf(isQuoted ? '"' : ')', Math.Min(start + (isQuoted ? 1 : 0), text.Length));
        if (end < 0) throw new PredicateException(start, isQuoted ? "the quotation mark is not closed" : "the parenthesis is not closed");
        var argument = isQuoted ? text[(start + 1)..end] : text[start..end].TrimEnd(' ');
        _next = end;
        if (isQuoted)
        {
            _next++;
            SkipBlanks();
            if (At(_next) != ')') throw new PredicateException(_next, "allowed is ) behind the quoted name");
        }

        if (argument.Length == 0) throw new PredicateException(start, $"{Current.Text} takes the name of a process, as in {Current.Text}(sshd)");
        _next++;
        Advance();
        return argument;
    }

    private char At(int place) => place < text.Length ? text[place] : '\0';

    private void SkipBlanks()
    {
        while (At(_next) is ' ' or '\t') _next++;
    }

    private bool IsRate(int place) => At(place) == '/' && At(place + 1) == 's' && !NumberText.IsNamePart(At(place + 2)) && At(place + 2) is not ('.' or '(');

    private Token TakeName(int start)
    {
        while (NumberText.IsNamePart(At(_next)) || (At(_next) is '.' or '-' && NumberText.IsNamePart(At(_next - 1)) && NumberText.IsNamePart(At(_next + 1)))) _next++;
        var name = text[start.._next];
        foreach (var list in (string[])["(anon)", "(file)"])
        {
            // Two of meminfo's names have parentheses.
            if (!name.StartsWith("meminfo.", StringComparison.Ordinal) || !text.AsSpan(_next).StartsWith(list)) continue;
            name += list;
            _next += list.Length;
            break;
        }

        return new Token(TokenKind.Name, start, name);
    }

    private Token TakeNumber(int start)
    {
        var (value, unit) = NumberText.Take(text, ref _next);
        return new Token(TokenKind.Number, start, text[start.._next], value, unit);
    }

    private Token TakeSymbol(int start)
    {
        foreach (var symbol in _symbols)
        {
            if (!text.AsSpan(start).StartsWith(symbol)) continue;
            _next += symbol.Length;
            return new Token(TokenKind.Symbol, start, symbol);
        }

        foreach (var (written, meant) in _otherTongues)
        {
            if (text.AsSpan(start).StartsWith(written)) throw new PredicateException(start, $"{written} is not known here, write {meant}");
        }

        throw new PredicateException(start, $"'{(char.IsControl(text[start]) || char.IsSurrogate(text[start]) ? '?' : text[start])}' stands for nothing here");
    }
}
