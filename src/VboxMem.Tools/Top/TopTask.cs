using VboxMem.Tools.Parsing;
using VboxMem.Tools.Processes;

namespace VboxMem.Tools.Top;

/// <summary>A task as top shows it.</summary>
/// <param name="Record">What its files say.</param>
/// <param name="User">Owner of its directory.</param>
/// <param name="Ticks">CPU time, 1/100 s; with that of children that were waited for, if asked for.</param>
/// <param name="DeltaTicks">CPU time since the reading before; all of it for a task that was not there then.</param>
/// <param name="CpuPercent">Share of one CPU since the reading before.</param>
/// <param name="MemoryPercent">Resident memory as a share of all memory.</param>
public sealed record TopTask(
    ProcessRecord Record, string User, ulong Ticks, ulong DeltaTicks, float CpuPercent, float MemoryPercent)
{
    private const ulong KilobytesPerPage = 4;
    private const float TicksPerSecond = 100;

    public ulong VirtualKilobytes => Record.Statm.Size * KilobytesPerPage;

    public ulong ResidentKilobytes => Record.Statm.Resident * KilobytesPerPage;

    public ulong SharedKilobytes => Record.Statm.Shared * KilobytesPerPage;

    /// <summary>Share of one CPU. A process of n threads cannot use more than n CPUs; and the column is only so wide.</summary>
    internal static float CpuPercentOf(ulong deltaTicks, float seconds, int cpus, int threads, bool isThread)
    {
        var percent = deltaTicks * 100 / (TicksPerSecond * seconds);
        var most = isThread || cpus <= 1 ? 99.9f : 100f * cpus;
        if (!isThread) percent = Math.Min(percent, 100f * threads);
        return Math.Min(percent, most);
    }
}

/// <summary>Tasks by state. What neither runs nor is stopped nor dead sleeps.</summary>
public readonly record struct TaskCounts(int Total, int Running, int Sleeping, int Stopped, int Zombie)
{
    internal TaskCounts With(byte state)
    {
        var counts = this with { Total = Total + 1 };
        return state switch
        {
            (byte)'R' => counts with { Running = Running + 1 },
            (byte)'T' or (byte)'t' => counts with { Stopped = Stopped + 1 },
            (byte)'Z' => counts with { Zombie = Zombie + 1 },
            _ => counts with { Sleeping = Sleeping + 1 },
        };
    }
}

/// <summary>Time of all CPUs since the reading before, in per cent.</summary>
public readonly record struct CpuPercents(
    float User, float System, float Nice, float Idle, float IoWait, float Irq, float SoftIrq, float Steal)
{
    /// <summary>Shares between two readings; where no time has passed all of it was idle.</summary>
    public static CpuPercents Between(in CpuTicks before, in CpuTicks now)
    {
        var (user, nice, system) = (Since(now.User, before.User), Since(now.Nice, before.Nice), Since(now.System, before.System));
        var (idle, wait, irq) = (Since(now.Idle, before.Idle), Since(now.IoWait, before.IoWait), Since(now.Irq, before.Irq));
        var (softIrq, steal) = (Since(now.SoftIrq, before.SoftIrq), Since(now.Steal, before.Steal));
        var total = user + nice + system + idle + wait + irq + softIrq + steal;
        if (total < 1) idle = total = 1;
        var scale = 100f / total;
        return new CpuPercents(
            user * scale, system * scale, nice * scale, idle * scale, wait * scale, irq * scale, softIrq * scale, steal * scale);
    }

    private static ulong Since(ulong now, ulong before) => now > before ? now - before : 0;
}
