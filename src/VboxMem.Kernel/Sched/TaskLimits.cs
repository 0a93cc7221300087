using VboxMem.Kernel.Accounting;

namespace VboxMem.Kernel.Sched;

/// <summary>How many tasks a machine may have, as boot sets it (Linux 6.12 kernel/fork.c: set_max_threads; kernel/pid.c: pid_idr_init).</summary>
public static class TaskLimits
{
    /// <summary>Stacks of all threads may take an eighth of RAM; a stack is four pages.</summary>
    private const long PagesPerThread = 8 * 4;
    private const long FewestThreads = 20;
    private const long MostThreads = 0x3fff_ffff;

    /// <summary>What the firmware keeps below 1 MiB (0x9fc00 up) is reserved, but no memory: it is taken off all the same.</summary>
    private const long FirmwareHolePages = 97;

    private const int DefaultPidMax = 32768;
    private const int PidsPerCpu = 1024;
    private const int MostPids = 4 << 20;

    /// <summary>kernel.threads-max. Half of it is what a captured init may have of processes and pending signals.</summary>
    public static long MaxThreads(Machine machine) =>
        MaxThreads(MemoryInfo.Of(machine).TotalPages - machine.Layout.Memory.LateFreedPages - FirmwareHolePages);

    /// <summary>How many threads fit.</summary>
    /// <param name="bootPages">Pages that are free when the first task is made: before late-freed memory comes in.</param>
    public static long MaxThreads(long bootPages) => Math.Clamp(bootPages / PagesPerThread, FewestThreads, MostThreads);

    /// <summary>kernel.pid_max before user space changes it: 32768, or 1024 for each CPU.</summary>
    public static int PidMax(int cpus) => Math.Clamp(PidsPerCpu * cpus, DefaultPidMax, MostPids);
}
