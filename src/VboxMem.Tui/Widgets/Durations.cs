using System.Globalization;

namespace VboxMem.Tui.Widgets;

/// <summary>Lengths of time in few columns.</summary>
internal static class Durations
{
    /// <summary>At most six columns: <c>812us</c>, <c>45.2ms</c>, <c>3.20s</c>, <c>4m05s</c>.</summary>
    public static string Text(long nanoseconds)
    {
        var microseconds = Math.Max(nanoseconds, 0) / 1000.0;
        return microseconds < 999.5 ? string.Create(CultureInfo.InvariantCulture, $"{microseconds:0}us")
            : microseconds < 999_500 ? string.Create(CultureInfo.InvariantCulture, $"{Sizes.Short(microseconds / 1e3)}ms")
            : microseconds < 99.95e6 ? string.Create(CultureInfo.InvariantCulture, $"{Sizes.Short(microseconds / 1e6)}s")
            : string.Create(CultureInfo.InvariantCulture, $"{(long)(microseconds / 60e6)}m{(long)(microseconds / 1e6) % 60:00}s");
    }
}
