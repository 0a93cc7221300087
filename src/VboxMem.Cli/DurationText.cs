using System.Globalization;

namespace VboxMem.Cli;

/// <summary>A duration as people write it: three digits at most and the unit that fits.</summary>
internal static class DurationText
{
    private const double Microsecond = 1e3;
    private const double Millisecond = 1e6;
    private const double Second = 1e9;

    public static string Of(ulong nanoseconds) => nanoseconds switch
    {
        < 9_950 => Text(nanoseconds / Microsecond, "0.0", "µs"),
        < 999_500 => Text(nanoseconds / Microsecond, "0", "µs"),
        < 99_950_000 => Text(nanoseconds / Millisecond, "0.0", "ms"),
        < 999_500_000 => Text(nanoseconds / Millisecond, "0", "ms"),
        < 99_950_000_000 => Text(nanoseconds / Second, "0.0", "s"),
        _ => Text(nanoseconds / Second, "0", "s"),
    };

    private static string Text(double value, string format, string unit) =>
        value.ToString(format, CultureInfo.InvariantCulture) + ' ' + unit;
}
