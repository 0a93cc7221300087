// Whole numbers that may be negative, in decimal.

using System.Globalization;

namespace VboxMem.Profiles.Rules;

internal sealed class SignedNumberRule(int minimum, int maximum) : ValueRule<int>
{
    public override string TypeName => "whole number";

    public override string Allowed => string.Create(CultureInfo.InvariantCulture, $"{minimum}..{maximum}");

    public override bool IsNumber => true;

    public override bool TryRead(string text, out int value, out string problem)
    {
        if (!long.TryParse(text.Trim(' '), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            var digits = text.AsSpan().Trim(' ').TrimStart('-');
            problem = digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9') ? "not a whole number" : "out of range";
            value = 0;
            return false;
        }

        problem = number < minimum || number > maximum ? "out of range" : "";
        value = problem.Length == 0 ? (int)number : 0;
        return problem.Length == 0;
    }

    public override string Format(int value) => value.ToString(CultureInfo.InvariantCulture);
}
