using System.Text;
using VboxMem.Kernel;
using VboxMem.Kernel.Sysctl;

namespace VboxMem.Procfs.Debug;

/// <summary>Renders <c>/sys/kernel/debug/vbox/tunables</c>: each file of <c>/proc/sys/vm</c>, what it takes, and what that does.</summary>
internal static class Tunables
{
    private static readonly Column[] _columns =
    [
        ("name", 30), ("value", 15), ("min", 11), ("max", 20), ("allowed", 23), ("unit", 11), ("acts", 4), ("description", 0),
    ];

    public static void Render(Machine machine, ProcText text)
    {
        var table = new Table(text, _columns);
        foreach (var file in VmSysctls.Files)
        {
            table.Cell(file.Name).Cell(ValueOf(machine, file)).Cell(Least(file)).Cell(Most(file)).Cell(file.AllowedSet ?? "-");
            table.Cell(file.Unit.Length > 0 ? file.Unit.Replace(' ', '-') : "-").Cell(file.WithoutEffect is null).Cell(file.Description);
        }
    }

    private static string ValueOf(Machine machine, SysctlFile file)
    {
        if (machine.Sysctls.Read(file.Name) is not { Length: > 0 } content) return "-";
        return Encoding.ASCII.GetString(content).TrimEnd('\n').Replace('\t', ',');
    }

    private static string Least(SysctlFile file) => file.Kind switch
    {
        SysctlKind.Boolean or SysctlKind.ZoneVector => "0",
        SysctlKind.ZonelistOrder or SysctlKind.AnyText => "-",
        _ => file.ZeroIsAllowed ? "0" : $"{file.Minimum}",
    };

    private static string Most(SysctlFile file) => file.Kind switch
    {
        SysctlKind.Boolean => "1",
        SysctlKind.ZoneVector => $"{int.MaxValue}",
        SysctlKind.ZonelistOrder or SysctlKind.AnyText => "-",
        _ => $"{file.Maximum}",
    };
}
