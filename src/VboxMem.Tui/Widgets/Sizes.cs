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

        var format = unit == 0 || value >= 99.95 ? "0" : value >= 9.995 ? "0.0" : "0.00";
        return value.ToString(format, CultureInfo.InvariantCulture) + _units[unit];
    }

    /// <summary>Pages of 4 KiB, as <see cref="Kilobytes"/>.</summary>
    public static string Pages(ulong pages) => Kilobytes(pages * 4);

    /// <summary>A number in at most five columns, by thousands: <c>873</c>, <c>12.4k</c>, <c>3.10M</c>.</summary>
    public static string Count(double count)
    {
        if (count < 999.5) return count.ToString(count is > 0 and < 9.95 && count != Math.Floor(count) ? "0.0" : "0", CultureInfo.InvariantCulture);
        var (value, unit) = count < 999_500 ? (count / 1e3, "k") : count < 999.5e6 ? (count / 1e6, "M") : (count / 1e9, "G");
        return value.ToString(value >= 99.95 ? "0" : value >= 9.995 ? "0.0" : "0.00", CultureInfo.InvariantCulture) + unit;
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
