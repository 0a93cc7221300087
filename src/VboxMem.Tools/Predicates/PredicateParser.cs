// From words to a checked predicate, by recursive descent:
//
//   or          and { "or" and }
//   and         not { "and" not }
//   not         "not" not | comparison
//   comparison  sum [ ( "<" | "<=" | ">" | ">=" | "==" | "!=" ) sum ]
//   sum         product { ( "+" | "-" ) product }
//   product     sign { ( "*" | "/" ) sign }
//   sign        "-" sign | rate
//   rate        primary [ "/s" ]
//   primary     number | name | function "(" NAME ")" | "(" or ")"
//
// Units are checked while reading: what cannot be compared or added is a mistake of the text, not of a tree.

namespace VboxMem.Tools.Predicates;

internal sealed class PredicateParser
{
    private const int DeepestNesting = 50;

    private readonly string _text;
    private readonly PredicateLexer _lexer;
    private readonly List<Term> _shown = [];
    private int _depth;

    internal PredicateParser(string text)
    {
        _text = text;
        _lexer = new PredicateLexer(text);
        _lexer.Advance();
    }

    internal int RateCount { get; private set; }

    /// <summary>The figures and rates of the predicate, in the order of the text.</summary>
    internal IReadOnlyList<Term> Shown => _shown;

    internal Condition ParseAll()
    {
        if (_lexer.Current.Kind == TokenKind.End) throw new PredicateException(0, "empty, allowed is such as meminfo.MemAvailable > 200MiB");
        var whole = ParseOr();
        var rest = _lexer.Current;
        if (rest.Kind != TokenKind.End)
        {
            throw new PredicateException(rest.Start, $"{Quote(rest)} cannot follow, allowed {(whole is Condition ? "and, or" : "a comparison, + - * /")} or the end");
        }

        return ConditionOf(whole, 0);
    }

    private Node ParseOr()
    {
        var start = _lexer.Current.Start;
        var left = ParseAnd();
        while (TryTakeWord("or"))
        {
            var rightStart = _lexer.Current.Start;
            left = new Or(ConditionOf(left, start), ConditionOf(ParseAnd(), rightStart));
        }

        return left;
    }

    private Node ParseAnd()
    {
        var start = _lexer.Current.Start;
        var left = ParseNot();
        while (TryTakeWord("and"))
        {
            var rightStart = _lexer.Current.Start;
            left = new And(ConditionOf(left, start), ConditionOf(ParseNot(), rightStart));
        }

        return left;
    }

    private Node ParseNot()
    {
        if (!TryTakeWord("not")) return ParseComparison();
        Enter();
        var start = _lexer.Current.Start;
        var operand = new Not(ConditionOf(ParseNot(), start));
        _depth--;
        return operand;
    }

    private Node ParseComparison()
    {
        var start = _lexer.Current.Start;
        var left = ParseSum();
        var sign = _lexer.Current;
        if (sign.Kind != TokenKind.Symbol || sign.Text is not ("<" or "<=" or ">" or ">=" or "==" or "!=")) return left;
        _lexer.Advance();
        var first = TermOf(left, start);
        var rightStart = _lexer.Current.Start;
        var second = TermOf(ParseSum(), rightStart);
        (first, second, _) = UnitMatch.Match(first, second, sign);
        return new Comparison(sign.Text, first, second);
    }

    private Node ParseSum()
    {
        var start = _lexer.Current.Start;
        var left = ParseProduct();
        while (TryTakeSymbol('+', '-', out var sign))
        {
            var rightStart = _lexer.Current.Start;
            var first = TermOf(left, start);
            var second = TermOf(ParseProduct(), rightStart);
            (first, second, var unit) = UnitMatch.Match(first, second, sign);
            left = new Arithmetic(sign.Text[0], first, second, unit);
        }

        return left;
    }

    private Node ParseProduct()
    {
        var start = _lexer.Current.Start;
        var left = ParseSign();
        while (TryTakeSymbol('*', '/', out var sign))
        {
            var rightStart = _lexer.Current.Start;
            var first = TermOf(left, start);
            var second = TermOf(ParseSign(), rightStart);
            var unit = sign.Text == "*" ? Unit.Multiply(first.Unit, second.Unit) : Unit.Divide(first.Unit, second.Unit);
            if (!unit.IsReasonable) throw new PredicateException(sign.Start, $"gives {unit}, which measures nothing");
            if (sign.Text == "/" && second.Constant == 0) throw new PredicateException(rightStart, "division by zero");
            left = new Arithmetic(sign.Text[0], first, second, unit);
        }

        return left;
    }

    private Node ParseSign()
    {
        if (!TryTakeSymbol('-', '-', out _)) return ParseRate();
        Enter();
        var start = _lexer.Current.Start;
        var operand = TermOf(ParseSign(), start);
        _depth--;
        return new Arithmetic('-', new Number(0, operand.Unit), operand, operand.Unit);
    }

    private Node ParseRate()
    {
        var start = _lexer.Current.Start;
        var operand = ParsePrimary();
        if (_lexer.Current.Kind != TokenKind.Rate) return operand;
        var sign = _lexer.Current;
        var term = TermOf(operand, start);
        _lexer.Advance();
        if (_lexer.Current.Kind == TokenKind.Rate) throw new PredicateException(_lexer.Current.Start, "a rate of a rate, allowed is one /s");
        if (term.Constant is { } constant) return new Number(constant, term.Unit.PerSecond);

        var rate = new Rate(RateCount++, _text[start..(sign.Start + sign.Text.Length)], term);
        if (_shown.Count > 0 && _shown[^1] == term) _shown.RemoveAt(_shown.Count - 1);
        _shown.Add(rate);
        return rate;
    }

    private Node ParsePrimary()
    {
        var token = _lexer.Current;
        if (token.Kind == TokenKind.Number)
        {
            _lexer.Advance();
            return new Number(token.Value, token.Unit);
        }

        if (token.Kind == TokenKind.Symbol && token.Text == "(") return ParseParentheses();
        if (token.Kind != TokenKind.Name || token.Text is "and" or "or" or "not")
        {
            throw new PredicateException(token.Start, $"{Quote(token)} cannot stand here, allowed is a name, a number or (");
        }

        return ParseName(token);
    }

    private Node ParseParentheses()
    {
        Enter();
        var open = _lexer.Current.Start;
        _lexer.Advance();
        var inner = ParseOr();
        var close = _lexer.Current;
        if (close.Text != ")")
        {
            throw new PredicateException(close.Start, FormattableString.Invariant($"{Quote(close)} cannot follow, allowed is ) for the parenthesis of column {open + 1}"));
        }

        _lexer.Advance();
        _depth--;
        return inner;
    }

    private Node ParseName(in Token token)
    {
        if (ProcessFunctions.Has(token.Text))
        {
            var argument = _lexer.TakeArgument();
            return ProcessFunctions.Make(token.Text, argument) is var made && made is Figure of ? Show(of) : made;
        }

        var figure = FigureNames.Find(token);
        _lexer.Advance();
        return Show(figure);
    }

    private Figure Show(Figure figure)
    {
        _shown.Add(figure);
        return figure;
    }

    private void Enter()
    {
        if (++_depth > DeepestNesting) throw new PredicateException(_lexer.Current.Start, $"nested too deeply, allowed are {DeepestNesting} levels");
    }

    private bool TryTakeWord(string word)
    {
        if (_lexer.Current.Kind != TokenKind.Name || _lexer.Current.Text != word) return false;
        _lexer.Advance();
        return true;
    }

    private bool TryTakeSymbol(char one, char other, out Token token)
    {
        token = _lexer.Current;
        if (token.Kind != TokenKind.Symbol || token.Text.Length != 1 || (token.Text[0] != one && token.Text[0] != other)) return false;
        _lexer.Advance();
        return true;
    }

    private static Condition ConditionOf(Node node, int start) =>
        node as Condition ?? throw new PredicateException(start, $"{((Term)node).Unit}, where a condition is wanted: compare it with something");

    private static Term TermOf(Node node, int start) =>
        node as Term ?? throw new PredicateException(start, "a condition, where a number is wanted");

    private static string Quote(in Token token) => token.Kind == TokenKind.End ? "the end" : token.Text;
}
