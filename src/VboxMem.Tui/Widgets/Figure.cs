using System.Globalization;

namespace VboxMem.Tui.Widgets;

/// <summary>Numbers as they stand in the files, and their differences.</summary>
internal static class Figure
{
    public static string Of(ulong number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Of(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>A number; <c>-</c> where it is not known.</summary>
    public static string Of(ulong? number) => number is { } known ? Of(known) : "-";

    /// <summary>A difference, with its sign.</summary>
    public static string Signed(long difference) => difference > 0 ? "+" + Of(difference) : Of(difference);

    /// <summary>A share of a whole in per cent, one decimal; <c>-</c> of nothing.</summary>
    public static string Percent(double part, double whole) =>
        whole > 0 ? string.Create(CultureInfo.InvariantCulture, $"{100 * part / whole:0.0} %") : "-";

    /// <summary>A short time: <c>812 ms</c>, <c>4.2 s</c>, from a minute on as a clock shows it.</summary>
    public static string Duration(TimeSpan time) => time.TotalSeconds switch
    {
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(time.TotalMilliseconds, 0):0} ms"),
        < 60 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
        _ => Sizes.Clock(time),
    };
}
