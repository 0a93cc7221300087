namespace VboxMem.Kernel.Sched;

/// <summary>How many tasks a machine may have, as boot sets it (Linux 6.12 kernel/fork.c: set_max_threads; kernel/pid.c: pid_idr_init).</summary>
public static class TaskLimits
{
    /// <summary>Stacks of all threads may take an eighth of RAM; a stack is four pages.</summary>
    private const long PagesPerThread = 8 * 4;
    private const long FewestThreads = 20;
    private const long MostThreads = 0x3fff_ffff;

    private const int DefaultPidMax = 32768;
    private const int PidsPerCpu = 1024;
    private const int MostPids = 4 << 20;

    /// <summary>kernel.threads-max: 31319 on a captured machine of 4 GiB.</summary>
    /// <param name="bootPages">Pages the allocator owned while booting, before late-freed memory came in.</param>
    public static long MaxThreads(long bootPages) => Math.Clamp(bootPages / PagesPerThread, FewestThreads, MostThreads);

    /// <summary>kernel.pid_max before user space changes it: 32768, or 1024 for each CPU.</summary>
    public static int PidMax(int cpus) => Math.Clamp(PidsPerCpu * cpus, DefaultPidMax, MostPids);
}
