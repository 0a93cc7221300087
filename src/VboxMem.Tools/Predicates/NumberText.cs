// Numbers with their units, as they are written in a line: 50MiB, 5%, 1h30m.

using System.Globalization;

namespace VboxMem.Tools.Predicates;

internal static class NumberText
{
    internal static bool IsNamePart(char character) => char.IsAsciiLetterOrDigit(character) || character == '_';

    /// <summary>Takes the number that starts at a digit, with its unit; times may be several, as in 1h30m.</summary>
    /// <param name="text">The line.</param>
    /// <param name="place">Of the digit; then of what follows the number.</param>
    /// <exception cref="PredicateException">The unit is not known, the number too large, or a name is stuck to it.</exception>
    internal static (decimal Value, Unit Unit) Take(string text, ref int place)
    {
        var (total, unit) = TakeOne(text, ref place);
        while (unit == Unit.Time && char.IsAsciiDigit(At(text, place)))
        {
            var again = place;
            var (more, other) = TakeOne(text, ref place);
            if (other != Unit.Time) throw new PredicateException(again, "a time goes on with a time, as in 1h30m");
            total += more;
        }

        return IsNamePart(At(text, place))
            ? throw new PredicateException(place, "a name starts with a letter, and behind a number stands a blank")
            : (total, unit);
    }

    private static char At(string text, int place) => place < text.Length ? text[place] : '\0';

    private static (decimal Value, Unit Unit) TakeOne(string text, ref int place)
    {
        var start = place;
        while (char.IsAsciiDigit(At(text, place))) place++;
        if (At(text, place) == '.' && char.IsAsciiDigit(At(text, place + 1)))
        {
            place++;
            while (char.IsAsciiDigit(At(text, place))) place++;
        }

        var digits = text.AsSpan(start, place - start);
        var unitStart = place;
        if (At(text, place) == '%') place++;
        else while (char.IsAsciiLetter(At(text, place))) place++;
        if (!NumberUnits.TryFind(text[unitStart..place], out var factor, out var unit))
        {
            throw new PredicateException(unitStart, $"no unit is called {text[unitStart..place]}, allowed {NumberUnits.Allowed}");
        }

        const NumberStyles Style = NumberStyles.AllowDecimalPoint;
        if (!decimal.TryParse(digits, Style, CultureInfo.InvariantCulture, out var value) || value > NumberUnits.Largest / factor)
        {
            throw new PredicateException(start, "the number is too large");
        }

        return (value * factor, unit);
    }
}
