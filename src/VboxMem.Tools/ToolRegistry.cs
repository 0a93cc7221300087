using VboxMem.Tools.Dmesg;
using VboxMem.Tools.Free;
using VboxMem.Tools.Journalctl;
using VboxMem.Tools.Pmap;
using VboxMem.Tools.Ps;
using VboxMem.Tools.Sar;
using VboxMem.Tools.Slabtop;
using VboxMem.Tools.Swapon;
using VboxMem.Tools.Sysctl;
using VboxMem.Tools.Uptimes;
using VboxMem.Tools.Vmstat;
using VboxMem.Tools.W;

namespace VboxMem.Tools;

/// <summary>Runs a tool.</summary>
/// <param name="arguments">What follows the tool's name on the command line.</param>
/// <param name="context">The tree to read and the streams to write.</param>
/// <returns>The exit code of procps's own tool.</returns>
public delegate int ToolEntry(IReadOnlyList<string> arguments, ToolContext context);

/// <summary>The tools by name.</summary>
public static class ToolRegistry
{
    /// <summary>In alphabetical order.</summary>
    public static IReadOnlyList<KeyValuePair<string, ToolEntry>> All { get; } =
    [
        new(DmesgTool.Name, DmesgTool.Run),
        new(FreeTool.Name, FreeTool.Run),
        new(JournalctlTool.Name, JournalctlTool.Run),
        new(PmapTool.Name, PmapTool.Run),
        new(PsTool.Name, PsTool.Run),
        new(SarTool.Name, SarTool.Run),
        new(SlabtopTool.Name, SlabtopTool.Run),
        new(SwaponTool.Name, SwaponTool.Run),
        new(SysctlTool.Name, SysctlTool.Run),
        new(UptimeTool.Name, UptimeTool.Run),
        new(VmstatTool.Name, VmstatTool.Run),
        new(WTool.Name, WTool.Run),
    ];

    /// <returns>Null when there is no tool of that name.</returns>
    public static ToolEntry? Find(string name)
    {
        foreach (var (known, entry) in All)
        {
            if (known == name) return entry;
        }

        return null;
    }
}
