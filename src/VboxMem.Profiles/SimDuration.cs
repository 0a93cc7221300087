using System.Globalization;
using VboxMem.Kernel.Time;

namespace VboxMem.Profiles;

/// <summary>Spans of simulated time as people write them: <c>90s</c>, <c>10m</c>, <c>1h30m</c>, <c>250ms</c>.</summary>
public static class SimDuration
{
    /// <summary>What <see cref="TryParse"/> takes, for error messages.</summary>
    public const string Allowed = "a whole number and a unit (ms, s, m, h, d), or several such, as in 1h30m; at most 10 years";

    private const ulong MostNanoseconds = 10UL * 366 * 86_400 * SimTime.NanosecondsPerSecond;

    public static bool TryParse(string text, out SimTime duration)
    {
        duration = SimTime.Zero;
        var rest = text.AsSpan().Trim();
        if (rest.IsEmpty)
        {
            return false;
        }

        var total = 0UL;
        while (!rest.IsEmpty)
        {
            var digits = 0;
            while (digits < rest.Length && char.IsAsciiDigit(rest[digits]))
            {
                digits++;
            }

            var letters = digits;
            while (letters < rest.Length && char.IsAsciiLetter(rest[letters]))
            {
                letters++;
            }

            if (!ulong.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                || !TryUnit(rest[digits..letters], out var nanoseconds)
                || number > (MostNanoseconds - total) / nanoseconds)
            {
                return false;
            }

            total += number * nanoseconds;
            rest = rest[letters..];
        }

        duration = new SimTime(total);
        return true;
    }

    /// <summary>The shortest spelling that <see cref="TryParse"/> reads back; whole milliseconds.</summary>
    public static string Format(SimTime duration)
    {
        var milliseconds = duration.Nanoseconds / 1_000_000;
        return milliseconds % 1000 == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 1000}s")
            : string.Create(CultureInfo.InvariantCulture, $"{milliseconds}ms");
    }

    private static bool TryUnit(ReadOnlySpan<char> unit, out ulong nanoseconds)
    {
        nanoseconds = unit switch
        {
            "ms" => 1_000_000,
            "s" => SimTime.NanosecondsPerSecond,
            "m" or "min" => 60 * SimTime.NanosecondsPerSecond,
            "h" => 3600 * SimTime.NanosecondsPerSecond,
            "d" => 86_400 * SimTime.NanosecondsPerSecond,
            _ => 0,
        };
        return nanoseconds != 0;
    }
}
