// A moment of calendar time in UTC, to the second: 2026-01-01T00:00:00Z. Kept as seconds since 1970.

using System.Globalization;

namespace VboxMem.Profiles.Rules;

internal sealed class MomentRule : ValueRule<long>
{
    private const string Pattern = "yyyy-MM-dd'T'HH:mm:ss'Z'";
    private const string First = "1970-01-01T00:00:00Z";
    private const string Last = "2199-12-31T23:59:59Z";

    public override string TypeName => "UTC time";

    public override string Allowed => $"{First}..{Last}";

    public override bool TryRead(string text, out long value, out string problem)
    {
        value = 0;
        if (!TryReadSeconds(text, out var seconds))
        {
            problem = "not a time such as 2026-01-01T00:00:00Z";
            return false;
        }

        TryReadSeconds(First, out var first);
        TryReadSeconds(Last, out var last);
        problem = seconds < first || seconds > last ? "out of range" : "";
        if (problem.Length > 0) return false;
        value = seconds;
        return true;
    }

    public override string Format(long value) =>
        DateTimeOffset.FromUnixTimeSeconds(value).ToString(Pattern, CultureInfo.InvariantCulture);

    private static bool TryReadSeconds(string text, out long seconds)
    {
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        var ok = DateTimeOffset.TryParseExact(text, Pattern, CultureInfo.InvariantCulture, Utc, out var moment);
        seconds = ok ? moment.ToUnixTimeSeconds() : 0;
        return ok;
    }
}
