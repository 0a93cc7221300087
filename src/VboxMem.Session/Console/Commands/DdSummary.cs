using System.Globalization;

namespace VboxMem.Session.Console.Commands;

/// <summary>The last line of dd: "104857600 bytes (105 MB, 100 MiB) copied, 0.0231 s, 4.5 GB/s".</summary>
internal static class DdSummary
{
    private const double NanosecondsPerSecond = 1e9;

    public static string Of(ulong bytes, ulong nanoseconds)
    {
        var noun = bytes == 1 ? "byte" : "bytes";
        var (decimals, binaries) = (HumanSize.Of(bytes, isBinary: false), HumanSize.Of(bytes, isBinary: true));
        var sizes = bytes < 1000 ? string.Empty : bytes < 1024 ? $" ({decimals})" : $" ({decimals}, {binaries})";
        var rate = nanoseconds == 0 ? "Infinity B" : HumanSize.Rate(bytes, nanoseconds);
        return string.Create(CultureInfo.InvariantCulture, $"{bytes} {noun}{sizes} copied, {General(nanoseconds / NanosecondsPerSecond)} s, {rate}/s");
    }

    /// <summary>As C's %g: six digits, no zeros at the end, an exponent where it is shorter.</summary>
    private static string General(double value)
    {
        const int Digits = 6;
        if (value == 0)
        {
            return "0";
        }

        var rounded = value.ToString("E5", CultureInfo.InvariantCulture);   // d.dddddE+ddd
        var exponent = int.Parse(rounded.AsSpan(rounded.IndexOf('E', StringComparison.Ordinal) + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (exponent is < -4 or >= Digits)
        {
            var mantissa = rounded[..rounded.IndexOf('E', StringComparison.Ordinal)].TrimEnd('0').TrimEnd('.');
            return string.Create(CultureInfo.InvariantCulture, $"{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
        }

        var text = value.ToString("F" + (Digits - 1 - exponent).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return text.Contains('.', StringComparison.Ordinal) ? text.TrimEnd('0').TrimEnd('.') : text;
    }
}
