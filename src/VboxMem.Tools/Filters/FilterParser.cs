// From a text to a checked filter, by recursive descent:
//
//   filter      and { "or" and }
//   and         not { "and" not }
//   not         "not" not | "(" filter ")" | comparison | WORD
//   comparison  FIELD sign value
//
// Fields, signs and units are checked while reading: what cannot be compared is a mistake of the text, not of a process.

using VboxMem.Tools.Predicates;

namespace VboxMem.Tools.Filters;

internal sealed class FilterParser(string text)
{
    private const int DeepestNesting = 50;
    private const string States = "RSDTtZXI";

    private readonly FilterScanner _scanner = new(text);
    private readonly SortedSet<FilterField> _fields = [];
    private int _depth;

    /// <summary>What the filter names.</summary>
    internal IReadOnlySet<FilterField> Fields => _fields;

    internal FilterCondition ParseAll()
    {
        if (_scanner.IsAtEnd) throw new PredicateException(0, "empty, allowed is such as rss > 50MiB, or a word of a name");
        var whole = ParseOr();
        return _scanner.IsAtEnd ? whole : throw new PredicateException(_scanner.Place, $"{_scanner.Quote()} cannot follow, allowed and, or, or the end");
    }

    private FilterCondition ParseOr()
    {
        var left = ParseAnd();
        while (_scanner.TryTakeKeyword("or")) left = new Either(left, ParseAnd());
        return left;
    }

    private FilterCondition ParseAnd()
    {
        var left = ParseNot();
        while (_scanner.TryTakeKeyword("and")) left = new Both(left, ParseNot());
        return left;
    }

    private FilterCondition ParseNot()
    {
        var start = _scanner.Place;
        if (_scanner.TryTakeKeyword("not"))
        {
            Enter(start);
            var operand = ParseNot();
            _depth--;
            return new Opposite(operand);
        }

        if (!_scanner.TryTake('(')) return ParseComparison();
        Enter(start);
        var inner = ParseOr();
        if (!_scanner.TryTake(')'))
        {
            throw new PredicateException(_scanner.Place, FormattableString.Invariant($"{_scanner.Quote()} cannot follow, allowed and, or, or ) for the parenthesis of column {start + 1}"));
        }

        _depth--;
        return inner;
    }

    private FilterCondition ParseComparison()
    {
        var place = _scanner.Place;
        var found = _scanner.Quote();
        var word = _scanner.TakeWord();
        if (word.Text.Length == 0 || word.IsKeyword) throw new PredicateException(place, $"{found} cannot stand here, allowed is a field, a word of a name, not or (");
        var field = word.IsQuoted ? null : FieldNames.Find(word.Text);
        if (_scanner.TryTakeSign(out var written) is not { } sign) return field is null ? ParseBareWord(word) : throw Uncompared(word, field);
        if (field is null)
        {
            throw new PredicateException(word.Start, word.IsQuoted
                ? $"a quoted word cannot be compared, allowed in front of {written} is a field"
                : $"{FilterScanner.Printable(word.Text)} is no field, {FieldNames.Allowed(word.Text)}");
        }

        _fields.Add(field.Field);
        return field.IsText ? ParseText(word, field, sign, written) : ParseNumber(word, field, sign, written);
    }

    private BareWord ParseBareWord(in FilterWord word)
    {
        _fields.Add(FilterField.Name);
        _fields.Add(FilterField.CommandLine);
        return new BareWord(word.Text);
    }

    private PredicateException Uncompared(in FilterWord word, FieldInfo field) =>
        new(_scanner.Place, $"{_scanner.Quote()} cannot follow, allowed {(field.IsText ? "= != ~ !~" : "= != < <= > >=")} behind the field {word.Text}; to look for the word write \"{word.Text}\"");

    private FilterCondition ParseText(in FilterWord name, FieldInfo field, FilterSign sign, string written)
    {
        if (sign is not (FilterSign.Equal or FilterSign.NotEqual or FilterSign.Matches or FilterSign.DoesNotMatch))
        {
            throw new PredicateException(name.Start, $"{name.Text} is text, for which {written} means nothing, allowed = != ~ !~");
        }

        var value = _scanner.TakeValue();
        if (value.IsKeyword || (!value.IsQuoted && value.Text.Length == 0))
        {
            throw new PredicateException(value.Start, $"{(value.Text.Length > 0 ? value.Text : _scanner.Quote())} cannot stand behind {written}, allowed is a word, or anything in quotation marks");
        }

        if (sign is FilterSign.Matches or FilterSign.DoesNotMatch) return new TextMatch(field.Field, FilterPattern.Parse(value), sign == FilterSign.Matches);
        if (field.Field == FilterField.State && (value.Text.Length != 1 || !States.Contains(value.Text[0], StringComparison.Ordinal)))
        {
            throw new PredicateException(value.Start, $"{FilterScanner.Printable(value.Text)} is no state, allowed {string.Join(' ', States.ToCharArray())}");
        }

        return new TextEquality(field.Field, value.Text, sign == FilterSign.Equal);
    }

    private NumberComparison ParseNumber(in FilterWord name, FieldInfo field, FilterSign sign, string written)
    {
        if (sign is FilterSign.Matches or FilterSign.DoesNotMatch)
        {
            throw new PredicateException(name.Start, $"{name.Text} is a number, for which {written} means nothing, allowed = != < <= > >=");
        }

        var start = _scanner.Place;
        var isNegative = _scanner.TryTake('-');
        if (isNegative || _scanner.IsAtDigit)
        {
            if (!_scanner.IsAtDigit) throw new PredicateException(_scanner.Place, $"{_scanner.Quote()} cannot stand behind a minus, allowed is a number");
            var (value, unit) = _scanner.TakeNumber();
            return new NumberComparison(field.Field, sign, Fit(name, field, isNegative ? -value : value, unit), null);
        }

        var word = _scanner.TakeValue();
        var other = word.IsQuoted || word.Text.Length == 0 ? null : FieldNames.Find(word.Text);
        if (other?.Unit is not { } measure)
        {
            var what = word.Text.Length == 0 ? _scanner.Quote() : FilterScanner.Printable(word.Text);
            throw new PredicateException(start, $"{what} cannot stand behind {name.Text} {written}, allowed is a number{Example(field.Unit!.Value)} or a field that is one");
        }

        if (Unit.Meet(field.Unit!.Value, measure) is null) throw new PredicateException(start, $"{name.Text} measures {field.Unit}, {word.Text} {measure}");
        _fields.Add(other.Field);
        return new NumberComparison(field.Field, sign, 0, other.Field);
    }

    /// <summary>The number in the unit of its field.</summary>
    private static decimal Fit(in FilterWord name, FieldInfo field, decimal value, Unit unit)
    {
        var wanted = field.Unit!.Value;
        if (unit.IsBare && UnitMatch.Give(value, wanted) is { } given) return given;
        return !unit.IsBare && Unit.Meet(wanted, unit) is not null
            ? value
            : throw new PredicateException(name.Start, $"{name.Text} measures {wanted}, which cannot be compared with {unit}{UnitMatch.Hint(wanted, unit)}");
    }

    private static string Example(Unit unit) => (unit.Bytes, unit.Seconds) switch
    {
        (1, 0) => ", such as 50MiB,",
        (0, 1) => ", such as 1m30s,",
        _ => "",
    };

    private void Enter(int place)
    {
        if (++_depth > DeepestNesting) throw new PredicateException(place, FormattableString.Invariant($"nested too deeply, allowed are {DeepestNesting} levels"));
    }
}
