// Spans of simulated time, 90s or 1h30m; where it makes sense also "forever".

using VboxMem.Kernel.Time;

namespace VboxMem.Profiles.Rules;

internal sealed class DurationRule(bool takesForever = false) : ValueRule<SimTime?>
{
    private const string Forever = "forever";

    public override string TypeName => "time span";

    public override string Allowed => SimDuration.Allowed + (takesForever ? $"; {Forever}" : "");

    public override bool TryRead(string text, out SimTime? value, out string problem)
    {
        value = null;
        problem = "";
        if (takesForever && string.Equals(text.Trim(), Forever, StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        if (!SimDuration.TryParse(text, out var span))
        {
            problem = "not a time span such as 90s, 250ms, 1h30m";
            return false;
        }

        value = span;
        return true;
    }

    public override string Format(SimTime? value) => value is { } span ? SimDuration.Format(span) : Forever;
}
