// Brings both sides of a sum or a comparison to one unit, or says why they have none.

namespace VboxMem.Tools.Predicates;

internal static class UnitMatch
{
    private const decimal PerCent = 0.01m;

    /// <param name="left">One side.</param>
    /// <param name="right">The other.</param>
    /// <param name="sign">What stands between them, for the message.</param>
    internal static (Term Left, Term Right, Unit Unit) Match(Term left, Term right, in Token sign)
    {
        if (left.Unit.IsBare && !right.Unit.IsBare && TryGive(left, right.Unit) is { } adapted) return (adapted, right, right.Unit);
        if (right.Unit.IsBare && !left.Unit.IsBare && TryGive(right, left.Unit) is { } fitted) return (left, fitted, left.Unit);
        return Unit.Meet(left.Unit, right.Unit) is { } unit
            ? (left, right, unit)
            : throw new PredicateException(sign.Start, $"{sign.Text} stands between {left.Unit} and {right.Unit}{Hint(left.Unit, right.Unit)}");
    }

    /// <summary>A number written without a unit takes a plain unit as it is, a percentage as so many per cent, and any other only as 0.</summary>
    /// <returns>Null: it does not take that unit.</returns>
    internal static decimal? Give(decimal bare, Unit unit) =>
        unit == Unit.Percent ? bare * PerCent
        : bare == 0 || unit.Bytes == 0 && unit.Seconds is 0 or -1 ? bare
        : null;

    private static Number? TryGive(Term bare, Unit unit) =>
        bare.Constant is { } value && Give(value, unit) is { } given ? new Number(given, unit) : null;

    /// <summary>What to write instead, where that is likely; else empty.</summary>
    internal static string Hint(Unit left, Unit right) => (left, right) switch
    {
        ({ IsBare: true }, { Bytes: 1, Seconds: -1 }) or ({ Bytes: 1, Seconds: -1 }, { IsBare: true }) => ", give the number a unit, as in 50MiB/s",
        ({ IsBare: true }, { Bytes: 1 }) or ({ Bytes: 1 }, { IsBare: true }) => ", give the number a unit, as in 200MiB",
        ({ IsBare: true }, _) or (_, { IsBare: true }) => ", give the number a unit, as in 50ms",
        ({ Seconds: -1 }, { Seconds: 0 }) => ", a rate is compared with a rate, as in 50MiB/s",
        ({ Seconds: 0 }, { Seconds: -1 }) => ", a rate is compared with a rate, as in 50MiB/s",
        _ => "",
    };
}
