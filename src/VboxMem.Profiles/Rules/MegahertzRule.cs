// A clock rate in MHz with up to three decimals; kept in kHz, as the machine does.

using System.Globalization;

namespace VboxMem.Profiles.Rules;

internal sealed class MegahertzRule : ValueRule<int>
{
    private const int MinimumMegahertz = 100;
    private const int MaximumMegahertz = 10_000;

    public override string TypeName => "number";

    public override string Unit => "MHz";

    public override string Allowed => $"{MinimumMegahertz}..{MaximumMegahertz}, up to 3 decimals";

    public override bool IsNumber => true;

    public override bool TryRead(string text, out int value, out string problem)
    {
        value = 0;
        const NumberStyles Style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent | NumberStyles.AllowLeadingSign;
        if (!decimal.TryParse(text.Trim(' '), Style, CultureInfo.InvariantCulture, out var megahertz))
        {
            var isHuge = text.Any(char.IsAsciiDigit) && double.TryParse(text, Style, CultureInfo.InvariantCulture, out _);
            problem = isHuge ? "out of range" : "not a number";
            return false;
        }

        problem = megahertz is < MinimumMegahertz or > MaximumMegahertz ? "out of range"
            : megahertz * 1000 % 1 != 0 ? "more than 3 decimals"
            : "";
        if (problem.Length > 0) return false;
        value = (int)(megahertz * 1000);
        return true;
    }

    public override string Format(int value) =>
        (value / 1000m).ToString("0.###", CultureInfo.InvariantCulture);
}
