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

/// <summary>Simulated time of every CPU by what it was spent on, in nanoseconds. All kinds of a CPU add up to the uptime.</summary>
public sealed class CpuTimes
{
    public const int Kinds = 10;

    private readonly ulong[] _nanoseconds;
    private SimTime _accounted;

    public CpuTimes(int cpus) => _nanoseconds = new ulong[cpus * Kinds];

    private CpuTimes(CpuTimes other)
    {
        _nanoseconds = (ulong[])other._nanoseconds.Clone();
        _accounted = other._accounted;
    }

    public CpuTimes Clone() => new(this);

    public SimTime Read(int cpu, CpuTimeKind kind) => new(_nanoseconds[(cpu * Kinds) + (int)kind]);

    /// <summary>The time up to now: one CPU in the kernel, the others idle. Boot is such a time.</summary>
    public void AccountKernel(int cpu, SimTime now) => Account(now, cpu, CpuTimeKind.System);

    /// <summary>The time up to now, with nothing to run on any CPU.</summary>
    public void AccountIdle(SimTime now) => Account(now, busyCpu: -1, CpuTimeKind.Idle);

    public void HashInto(StateHash hash)
    {
        hash.Add<ulong>(_nanoseconds);
        hash.Add(_accounted.Nanoseconds);
    }

    private void Account(SimTime now, int busyCpu, CpuTimeKind kind)
    {
        Invariant.Holds(now >= _accounted);
        var elapsed = now.Nanoseconds - _accounted.Nanoseconds;
        _accounted = now;
        for (var cpu = 0; cpu < _nanoseconds.Length / Kinds; cpu++)
        {
            _nanoseconds[(cpu * Kinds) + (int)(cpu == busyCpu ? kind : CpuTimeKind.Idle)] += elapsed;
        }
    }
}
