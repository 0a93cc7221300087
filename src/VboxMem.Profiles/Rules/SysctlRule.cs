// The text of one file of /proc/sys/vm. Stricter than the kernel: text that Linux would drop in silence (a second
// number, a field that is no number) is a mistake in a profile.

using System.Globalization;
using System.Text;
using VboxMem.Kernel.Sysctl;

namespace VboxMem.Profiles.Rules;

internal sealed class SysctlRule(SysctlFile file) : ValueRule<string>
{
    private const int MaxWordLength = 16;

    public override string TypeName => file.Kind switch
    {
        SysctlKind.ZoneVector => "whole numbers",
        SysctlKind.ZonelistOrder => "word",
        _ => "whole number",
    };

    public override string Unit => file.Unit;

    public override string Allowed => file.Allowed;

    public override bool IsNumber => file.Kind is SysctlKind.Signed32 or SysctlKind.Unsigned64 or SysctlKind.Boolean;

    public override bool TakesNumber => file.Kind != SysctlKind.ZonelistOrder;

    public override bool TryRead(string text, out string value, out string problem)
    {
        var written = file.TryParse(Encoding.UTF8.GetBytes(text), out var write);
        value = !written ? "" : file.Kind switch
        {
            SysctlKind.ZonelistOrder when text.Length <= MaxWordLength && OneLine.Fits(text) => text.TrimEnd(' '),
            SysctlKind.ZonelistOrder => "",
            _ when write.Count == 0 || !write.IsComplete => "",
            SysctlKind.ZoneVector => string.Join(' ', Enumerable.Range(0, write.Count).Select(write.Field)),
            _ => write.Number.ToString(CultureInfo.InvariantCulture),
        };
        problem = value.Length > 0 ? "" : Problem(text);
        return value.Length > 0;
    }

    private string Problem(string text) => file.Kind switch
    {
        SysctlKind.ZonelistOrder => "unknown word",
        SysctlKind.ZoneVector => "not such a list",
        _ when text.Length > 0 && !text.AsSpan(text[0] == '-' ? 1 : 0).ContainsAnyExceptInRange('0', '9') => "out of range",
        _ => "not a whole number",
    };

    public override string Format(string value) => value;
}
