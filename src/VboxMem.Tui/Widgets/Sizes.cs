using System.Globalization;

namespace VboxMem.Tui.Widgets;

/// <summary>Figures in few columns, the same in all panes.</summary>
public static class Sizes
{
    private static readonly string[] _units = ["K", "M", "G", "T", "P", "E"];

    /// <summary>Kilobytes in at most five columns, as top and htop scale them: <c>812K</c>, <c>45.2M</c>, <c>1.38G</c>.</summary>
    public static string Kilobytes(ulong kilobytes)
    {
        double value = kilobytes;
        var unit = 0;
        while (value >= 999.5 && unit < _units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return Short(value, isWhole: unit == 0) + _units[unit];
    }

    /// <summary>Pages of 4 KiB, as <see cref="Kilobytes"/>.</summary>
    public static string Pages(ulong pages) => Kilobytes(pages * 4);

    /// <summary>A number in at most five columns, by thousands: <c>873</c>, <c>12.4k</c>, <c>3.10M</c>.</summary>
    public static string Count(double count)
    {
        if (count < 999.5) return Fixed(count, count is > 0 and < 9.95 && count != Math.Floor(count) ? 1 : 0);
        var (value, unit) = count < 999_500 ? (count / 1e3, "k") : count < 999.5e6 ? (count / 1e6, "M") : (count / 1e9, "G");
        return Short(value) + unit;
    }

    /// <summary>Three digits of a number below a thousand: <c>1.38</c>, <c>45.2</c>, <c>812</c>.</summary>
    /// <param name="value">The number.</param>
    /// <param name="isWhole">It has no fraction.</param>
    internal static string Short(double value, bool isWhole = false) => Fixed(value, isWhole || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2);

    /// <summary>
    /// A number with so many decimals, 0 to 2, halves away from 0: as the base library writes "0.00", which works out all digits of a double
    /// for it.
    /// </summary>
    internal static string Fixed(double value, int decimals)
    {
        var scaled = (long)Math.Round(value * (decimals == 0 ? 1 : decimals == 1 ? 10 : 100), MidpointRounding.AwayFromZero);
        if (decimals == 0) return scaled.ToString(CultureInfo.InvariantCulture);
        if (scaled < 0) return "-" + Fixed(-value, decimals);
        return decimals == 1
            ? string.Create(CultureInfo.InvariantCulture, $"{scaled / 10}.{scaled % 10}")
            : string.Create(CultureInfo.InvariantCulture, $"{scaled / 100}.{scaled % 100:00}");
    }

    /// <summary>A rate; <c>-</c> where it is not known.</summary>
    public static string Rate(double? perSecond) => perSecond is { } rate ? Count(rate) : "-";

    /// <summary>Time as a clock shows it: <c>1:02:03</c>, with days in front beyond one.</summary>
    public static string Clock(TimeSpan time)
    {
        var clock = string.Create(CultureInfo.InvariantCulture, $"{time.Hours}:{time.Minutes:00}:{time.Seconds:00}");
        return time.Days > 0 ? string.Create(CultureInfo.InvariantCulture, $"{time.Days}d {clock}") : clock;
    }
}
