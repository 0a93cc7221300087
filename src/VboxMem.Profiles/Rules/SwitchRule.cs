// Yes or no.

namespace VboxMem.Profiles.Rules;

internal sealed class SwitchRule : ValueRule<bool>
{
    public override string TypeName => "switch";

    public override string Allowed => "true, false";

    public override bool IsTruth => true;

    public override bool TryRead(string text, out bool value, out string problem)
    {
        var isRead = bool.TryParse(text.Trim(' '), out value);
        problem = isRead ? "" : "neither true nor false";
        return isRead;
    }

    public override string Format(bool value) => value ? "true" : "false";
}
