// Numbers as C's printf prints them where .NET's own formatting differs: %.1f and the like round the exact binary
// value, ties to the even digit (1.25 -> "1.2", where .NET gives "1.3"), and the "not a number" that 0/0 leaves on
// x86 is printed with its sign.

using System.Globalization;
using System.Numerics;

namespace VboxMem.Tools.Formatting;

internal static class CNumber
{
    /// <summary>printf's %.Nf.</summary>
    /// <param name="value">Any double, not-a-number and infinities included.</param>
    /// <param name="decimals">Digits behind the point, 0..6; with 0 the point is left out as well.</param>
    internal static string Fixed(double value, int decimals)
    {
        if (double.IsNaN(value)) return double.IsNegative(value) ? "-nan" : "nan";
        if (double.IsInfinity(value)) return value < 0 ? "-inf" : "inf";

        // value = mantissa * 2^exponent, exactly
        var bits = BitConverter.DoubleToUInt64Bits(value);
        var mantissa = bits & ((1UL << 52) - 1);
        var rawExponent = (int)((bits >> 52) & 0x7ff);
        if (rawExponent > 0) mantissa |= 1UL << 52;
        var exponent = Math.Max(rawExponent, 1) - 1075;

        var scale = (ulong)Math.Pow(10, decimals);
        var scaled = ShiftRoundingToEven(new BigInteger(mantissa) * scale, exponent);
        var whole = BigInteger.DivRem(scaled, scale, out var fraction);
        var sign = double.IsNegative(value) ? "-" : "";
        if (decimals == 0) return string.Create(CultureInfo.InvariantCulture, $"{sign}{whole}");
        return string.Create(CultureInfo.InvariantCulture, $"{sign}{whole}.{((ulong)fraction).ToString(CultureInfo.InvariantCulture).PadLeft(decimals, '0')}");
    }

    private static BigInteger ShiftRoundingToEven(BigInteger value, int shift)
    {
        if (shift >= 0) return value << shift;

        var quotient = value >> -shift;
        var rest = value - (quotient << -shift);
        var half = BigInteger.One << (-shift - 1);
        var comparison = rest.CompareTo(half);
        return comparison > 0 || (comparison == 0 && !quotient.IsEven) ? quotient + 1 : quotient;
    }

    /// <summary>C's <c>double / double</c> of two counts; 0/0 is the negative not-a-number of x86.</summary>
    internal static double Ratio(double numerator, double denominator) =>
        numerator == 0 && denominator == 0 ? BitConverter.UInt64BitsToDouble(0xfff8_0000_0000_0000) : numerator / denominator;
}
