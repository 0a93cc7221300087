// Whole numbers from zero upwards, in decimal.

using System.Globalization;

namespace VboxMem.Profiles.Rules;

internal sealed class WholeNumberRule(ulong minimum, ulong maximum, string unit = "") : ValueRule<ulong>
{
    public override string TypeName => "whole number";

    public override string Unit => unit;

    public override string Allowed => string.Create(CultureInfo.InvariantCulture, $"{minimum}..{maximum}");

    public override bool IsNumber => true;

    public override bool TryRead(string text, out ulong value, out string problem)
    {
        value = 0;
        var digits = text.AsSpan().Trim(' ');
        var negative = digits.StartsWith('-');
        if (negative) digits = digits[1..];
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9'))
        {
            problem = "not a whole number";
            return false;
        }

        var fits = ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value)
            && (!negative || value == 0) && value >= minimum && value <= maximum;
        problem = fits ? "" : "out of range";
        return fits;
    }

    public override string Format(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}
