using VboxMem.FileTree;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Vmstat;

/// <summary>One reading of all the files vmstat works from.</summary>
/// <param name="VmStat">Page traffic.</param>
/// <param name="Stat">CPU time, interrupts, processes.</param>
/// <param name="Meminfo">Memory.</param>
/// <param name="Uptime">Null for 4.0.2, which does not read it.</param>
public sealed record VmstatReading(VmStat VmStat, Stat Stat, Meminfo Meminfo, Uptime? Uptime)
{
    private const string CpuInfoPath = "/proc/cpuinfo";

    /// <exception cref="ToolException">A file cannot be read or is malformed.</exception>
    public static VmstatReading Read(ToolContext context)
    {
        var vmStat = ToolSession.Load<VmStat>(context, VmStat.Path, VmStat.Parse, _ => "Unable to create vmstat structure");
        var stat = ReadStat(context);
        var meminfo = ToolSession.Load<Meminfo>(context, Meminfo.Path, Meminfo.Parse, _ => "Unable to create meminfo structure");
        Uptime? uptime = context.Version == ProcpsVersion.V4_0_2 ? null
            : ToolSession.Load<Uptime>(context, Parsing.Uptime.Path, Parsing.Uptime.Parse, errno =>
                errno == Errno.None ? "Unable to get uptime" : $"Unable to get uptime: {errno.Describe()}");
        return new VmstatReading(vmStat, stat, meminfo, uptime);
    }

    /// <summary>Reads stat alone. 4.0.2 wants cpuinfo to be there as well, but uses nothing of it.</summary>
    internal static Stat ReadStat(ToolContext context)
    {
        const string failure = "Unable to create system stat structure";
        if (context.Version == ProcpsVersion.V4_0_2 && context.Tree.TryRead(CpuInfoPath, out _) != Errno.None)
            throw new ToolException(failure);
        return ToolSession.Load<Stat>(context, Stat.Path, Stat.Parse, _ => failure);
    }
}
