// A line of ps: a process or a thread, with what procps's library derives from its files.
//
// Arithmetic is C's: unsigned 64-bit wraps, the share of the CPU goes through a float.

using VboxMem.Tools.Filters;
using VboxMem.Tools.Processes;

namespace VboxMem.Tools.Ps;

internal sealed class PsProcess(ProcessRecord record, PsSystem system)
{
    private string? _name;
    private string? _commandLine;

    internal ProcessRecord Record => record;

    internal PsSystem System => system;

    internal string Name => _name ??= ProcessText.Name(record, system.IsUtf8);

    internal string CommandLine => _commandLine ??= ProcessText.CommandLine(record, system.IsUtf8);

    internal ulong Ticks => record.Stat.OwnTicks;

    /// <summary>Seconds; a process that started after the uptime was read has run for ages, as in procps.</summary>
    internal double Elapsed => ElapsedTicks / PsSystem.TicksPerSecond;

    internal double Time => ((double)record.Stat.UserTicks + record.Stat.SystemTicks) / PsSystem.TicksPerSecond;

    internal double Utilization(bool withDeadChildren)
    {
        var elapsed = ElapsedTicks;
        return elapsed > 0 ? (withDeadChildren ? record.Stat.AllTicks : Ticks) * 100f / elapsed : 0;
    }

    private double ElapsedTicks => unchecked(system.UptimeTicks - record.Stat.StartTicks);

    /// <summary>The process as a filter sees it. What only shares and ages need of the system is read where the filter names them.</summary>
    internal ProcessFigures FiguresFor(ProcessFilter filter) => new(record, system.Accounts, system.IsUtf8)
    {
        CpuShare = filter.Names(FilterField.Cpu) ? (decimal)Utilization(system.Request.WithDeadChildren) / 100 : null,
        MemoryTotalKilobytes = filter.Names(FilterField.Memory) ? system.MemoryTotal : null,
        UptimeTicks = filter.Names(FilterField.Elapsed) ? system.UptimeTicks : null,
    };

    /// <summary>Whether the process's terminal is <paramref name="terminal"/>, its user <paramref name="user"/>, and so on.</summary>
    internal bool Matches(PsSelect by, uint number) => number == unchecked(by switch
    {
        PsSelect.RealUser => record.Status.RealUser,
        PsSelect.EffectiveUser => record.EffectiveUser,
        PsSelect.RealGroup => record.Status.RealGroup,
        PsSelect.EffectiveGroup => record.EffectiveGroup,
        PsSelect.ProcessGroup => (uint)record.Stat.ProcessGroup,
        PsSelect.Pid or PsSelect.QuickPid => (uint)record.Tgid,
        PsSelect.Parent => (uint)record.ParentPid,
        PsSelect.Terminal => (uint)record.Stat.Terminal,
        _ => (uint)record.Stat.Session,
    });
}
