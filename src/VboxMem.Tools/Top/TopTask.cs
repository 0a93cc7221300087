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

    public ulong VirtualKilobytes => Record.Statm.Size * KilobytesPerPage;

    public ulong ResidentKilobytes => Record.Statm.Resident * KilobytesPerPage;

    public ulong SharedKilobytes => Record.Statm.Shared * KilobytesPerPage;
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
    float User, float System, float Nice, float Idle, float IoWait, float Irq, float SoftIrq, float Steal);
