using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Sched;

/// <summary>What a CPU spent its time on, in the order of /proc/stat.</summary>
public enum CpuTimeKind
{
    User,
    Nice,
    System,
    Idle,
    IoWait,
    Irq,
    SoftIrq,
    Steal,
    Guest,
    GuestNice,
}

/// <summary>
/// Simulated time of every CPU by what it was spent on, in nanoseconds. All kinds of a CPU add up to the moment up to which it has
/// been accounted: the uptime, or a turn's length beyond it.
/// </summary>
public sealed class CpuTimes
{
    public const int Kinds = 10;

    private readonly ulong[] _nanoseconds;
    private readonly SimTime[] _accounted;

    public CpuTimes(int cpus)
    {
        _nanoseconds = new ulong[cpus * Kinds];
        _accounted = new SimTime[cpus];
    }

    private CpuTimes(CpuTimes other)
    {
        _nanoseconds = (ulong[])other._nanoseconds.Clone();
        _accounted = (SimTime[])other._accounted.Clone();
    }

    public CpuTimes Clone() => new(this);

    public SimTime Read(int cpu, CpuTimeKind kind) => new(_nanoseconds[(cpu * Kinds) + (int)kind]);

    /// <summary>The time since the CPU was last accounted up to a moment goes to one kind; nothing if the moment has passed.</summary>
    public void AccountUntil(int cpu, CpuTimeKind kind, SimTime until)
    {
        if (until > _accounted[cpu])
        {
            _nanoseconds[(cpu * Kinds) + (int)kind] += until.Nanoseconds - _accounted[cpu].Nanoseconds;
            _accounted[cpu] = until;
        }
    }

    /// <summary>A CPU has spent some time on something.</summary>
    public void Spend(int cpu, CpuTimeKind kind, ulong nanoseconds)
    {
        _nanoseconds[(cpu * Kinds) + (int)kind] += nanoseconds;
        _accounted[cpu] = new SimTime(_accounted[cpu].Nanoseconds + nanoseconds);
    }

    public void HashInto(StateHash hash)
    {
        hash.Add<ulong>(_nanoseconds);
        hash.Add<SimTime>(_accounted);
    }
}
