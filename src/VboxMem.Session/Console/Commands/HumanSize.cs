using System.Globalization;
using System.Numerics;

namespace VboxMem.Session.Console.Commands;

/// <summary>
/// Sizes as dd writes them: a number with one decimal below ten, rounded to the nearest and halves to the even one, and the unit that
/// fits. Models GNU coreutils 9.7 (human-readable sizes with autoscale).
/// </summary>
internal static class HumanSize
{
    private const string Letters = "kMGTPEZYRQ";
    private const int Ten = 10;

    /// <summary>Bytes by powers of 1000, or of 1024.</summary>
    public static string Of(BigInteger bytes, bool isBinary) => Scaled(bytes, 1, isBinary);

    /// <summary>A speed by powers of 1000.</summary>
    public static string Rate(BigInteger bytes, ulong nanoseconds)
    {
        const ulong Second = 1_000_000_000;
        return Second % nanoseconds == 0 || nanoseconds % Second == 0
            ? Scaled(bytes * Second, nanoseconds, isBinary: false)
            : Fraction((double)bytes * (Second / (double)nanoseconds));
    }

    private static string Scaled(BigInteger number, BigInteger divisor, bool isBinary)
    {
        var step = isBinary ? 1024 : 1000;
        var power = 0;
        while (number >= divisor * step && power < Letters.Length)
        {
            divisor *= step;
            power++;
        }

        var tenths = power > 0 ? DivideToEven(number * Ten, divisor) : number / divisor * Ten;
        var text = power > 0 && tenths < 100 ? $"{tenths / Ten}.{tenths % Ten}" : DivideToEven(number, divisor).ToString(CultureInfo.InvariantCulture);
        return DivideToEven(number, divisor) == step && power < Letters.Length ? "1.0" + Unit(power + 1, isBinary) : text + Unit(power, isBinary);
    }

    /// <summary>What is no whole number of units to begin with always has a power of 1000 at least, and a decimal below a hundred.</summary>
    private static string Fraction(double value)
    {
        var power = 0;
        var divisor = 1.0;
        do
        {
            divisor *= 1000;
            power++;
        }
        while (divisor * 1000 <= value && power < Letters.Length);

        var text = (value / divisor).ToString("F1", CultureInfo.InvariantCulture);
        return (text.Length > 4 ? (value / divisor).ToString("F0", CultureInfo.InvariantCulture) : text) + Unit(power, isBinary: false);
    }

    private static string Unit(int power, bool isBinary) =>
        power == 0 ? " B" : isBinary ? $" {char.ToUpperInvariant(Letters[power - 1])}iB" : $" {Letters[power - 1]}B";

    private static BigInteger DivideToEven(BigInteger number, BigInteger divisor)
    {
        var whole = BigInteger.DivRem(number, divisor, out var rest);
        var half = (rest * 2).CompareTo(divisor);
        return half > 0 || (half == 0 && !whole.IsEven) ? whole + 1 : whole;
    }
}
