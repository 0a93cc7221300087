// What a number of a predicate measures: powers of bytes and of seconds, or a kind of plain number.
//
// Invariants
//   U1  A number with a power of bytes or seconds has the kind Count.
//   U2  Fractions are kept as fractions: 5 per cent is 0.05, whether it is written so or read from a file.

using System.Globalization;

namespace VboxMem.Tools.Predicates;

/// <summary>Kinds of numbers without bytes and seconds.</summary>
internal enum PlainKind
{
    /// <summary>Written without a unit: it takes that of what it meets.</summary>
    Bare,
    Count,

    /// <summary>A part of a whole.</summary>
    Ratio,

    /// <summary>A part of a whole that people write in per cent.</summary>
    Percent,
}

/// <param name="Bytes">Power of bytes.</param>
/// <param name="Seconds">Power of seconds; -1: a rate.</param>
/// <param name="Kind">What kind of number it is where both are 0.</param>
internal readonly record struct Unit(int Bytes, int Seconds, PlainKind Kind)
{
    internal static readonly Unit Bare = new(0, 0, PlainKind.Bare);
    internal static readonly Unit Count = new(0, 0, PlainKind.Count);
    internal static readonly Unit Ratio = new(0, 0, PlainKind.Ratio);
    internal static readonly Unit Percent = new(0, 0, PlainKind.Percent);
    internal static readonly Unit Size = new(1, 0, PlainKind.Count);
    internal static readonly Unit Time = new(0, 1, PlainKind.Count);

    private const int HighestPower = 8;

    internal bool IsPlain => Bytes == 0 && Seconds == 0;

    internal bool IsBare => IsPlain && Kind == PlainKind.Bare;

    private bool IsFraction => IsPlain && Kind is PlainKind.Ratio or PlainKind.Percent;

    /// <summary>A second's share of it.</summary>
    internal Unit PerSecond => Divide(this, Time);

    /// <summary>The unit of a sum, or of both sides of a comparison, where neither is bare; null: they cannot meet.</summary>
    internal static Unit? Meet(Unit left, Unit right) =>
        left == right ? left
        : left.IsFraction && right.IsFraction ? Ratio
        : null;

    internal static Unit Multiply(Unit left, Unit right) => Of(left.Bytes + right.Bytes, left.Seconds + right.Seconds, PlainProduct(left, right));

    internal static Unit Divide(Unit left, Unit right)
    {
        var kind = !left.IsPlain || !right.IsPlain || (!left.IsBare && !right.IsBare && !IsCountOverFraction(left, right)) ? PlainKind.Ratio
            : right.IsBare ? left.Kind
            : left.IsBare ? PlainKind.Ratio
            : PlainKind.Count;
        return Of(left.Bytes - right.Bytes, left.Seconds - right.Seconds, kind);
    }

    /// <summary>Whether the powers are ones that arithmetic in a predicate can sensibly reach.</summary>
    internal bool IsReasonable => Math.Abs(Bytes) <= HighestPower && Math.Abs(Seconds) <= HighestPower;

    /// <summary>In words, for messages.</summary>
    public override string ToString() => (Bytes, Seconds) switch
    {
        (0, 0) => Kind switch
        {
            PlainKind.Bare => "a number without a unit",
            PlainKind.Count => "a count",
            PlainKind.Ratio => "a ratio",
            _ => "a percentage",
        },
        (1, 0) => "bytes",
        (0, 1) => "a time",
        (1, -1) => "bytes a second",
        (0, -1) => "a count a second",
        _ => string.Create(CultureInfo.InvariantCulture, $"bytes^{Bytes} seconds^{Seconds}"),
    };

    private static bool IsCountOverFraction(Unit left, Unit right) => left.Kind == PlainKind.Count && right.IsFraction;

    private static PlainKind PlainProduct(Unit left, Unit right) =>
        left.IsBare ? right.Kind
        : right.IsBare ? left.Kind
        : left.Kind == PlainKind.Count || right.Kind == PlainKind.Count ? PlainKind.Count
        : PlainKind.Ratio;

    private static Unit Of(int bytes, int seconds, PlainKind kind) => new(bytes, seconds, bytes == 0 && seconds == 0 ? kind : PlainKind.Count);
}
