using VboxMem.Tools.Buddyinfo;
using VboxMem.Tools.Dmesg;
using VboxMem.Tools.Free;
using VboxMem.Tools.Journalctl;
using VboxMem.Tools.Numastat;
using VboxMem.Tools.Pmap;
using VboxMem.Tools.Ps;
using VboxMem.Tools.Sar;
using VboxMem.Tools.Slabtop;
using VboxMem.Tools.Smem;
using VboxMem.Tools.Swapon;
using VboxMem.Tools.Sysctl;
using VboxMem.Tools.Top;
using VboxMem.Tools.Uptimes;
using VboxMem.Tools.Vmstat;
using VboxMem.Tools.Vmtouch;
using VboxMem.Tools.W;
using VboxMem.Tools.WhoSaysWhat;
using VboxMem.Tools.Zoneinfo;

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
        new(BuddyinfoTool.Name, BuddyinfoTool.Run),
        new(DmesgTool.Name, DmesgTool.Run),
        new(FreeTool.Name, FreeTool.Run),
        new(JournalctlTool.Name, JournalctlTool.Run),
        new(NumastatTool.Name, NumastatTool.Run),
        new(PmapTool.Name, PmapTool.Run),
        new(PsTool.Name, PsTool.Run),
        new(SarTool.Name, SarTool.Run),
        new(SlabtopTool.Name, SlabtopTool.Run),
        new(SmemTool.Name, SmemTool.Run),
        new(SwaponTool.Name, SwaponTool.Run),
        new(SysctlTool.Name, SysctlTool.Run),
        new(TopTool.Name, TopTool.Run),
        new(UptimeTool.Name, UptimeTool.Run),
        new(VmstatTool.Name, VmstatTool.Run),
        new(VmtouchTool.Name, VmtouchTool.Run),
        new(WTool.Name, WTool.Run),
        new(WhoSaysWhatTool.Name, WhoSaysWhatTool.Run),
        new(ZoneinfoTool.Name, ZoneinfoTool.Run),
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
