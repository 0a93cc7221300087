namespace VboxMem.Kernel.Sched;

/// <summary>Flags of a task as /proc/PID/stat shows them, by Linux's numbers (include/linux/sched.h: PF_…).</summary>
[Flags]
public enum LinuxTaskFlags : uint
{
    None = 0,
    Exiting = 0x4,

    /// <summary>Exiting, and no core dump waits for it (PF_POSTCOREDUMP).</summary>
    PastCoreDump = 0x8,
    Worker = 0x20,
    ForkedWithoutExec = 0x40,
    UsedPrivileges = 0x100,
    KilledBySignal = 0x400,
    MemAlloc = 0x800,
    NotFrozen = 0x8000,
    Kcompactd = 0x1_0000,
    Kswapd = 0x2_0000,
    KernelThread = 0x20_0000,

    /// <summary>Its addresses are random. Set for every program, as randomize_va_space reads 2; addresses are the same in each run all the same.</summary>
    Randomized = 0x40_0000,
    NoSetAffinity = 0x400_0000,
}

/// <summary>How a task's standing reads outside the kernel.</summary>
public static class TaskStanding
{
    private const int SignalExitCode = 128;
    private const int ExitCodeShift = 8;

    /// <summary>What /proc/PID/stat shows as flags.</summary>
    public static LinuxTaskFlags FlagsOf(Process task)
    {
        if (task.IsKernelThread)
        {
            return KernelThreadTraits.Of(task.Name).Flags;
        }

        var flags = LinuxTaskFlags.Randomized;
        flags |= task.Has(ProcessFlags.ForkedWithoutExec) ? LinuxTaskFlags.ForkedWithoutExec : 0;
        flags |= task.Has(ProcessFlags.UsedPrivileges) ? LinuxTaskFlags.UsedPrivileges : 0;
        flags |= task.Has(ProcessFlags.MemAlloc) ? LinuxTaskFlags.MemAlloc : 0;
        if (task.Has(ProcessFlags.Exiting))
        {
            flags |= LinuxTaskFlags.Exiting | LinuxTaskFlags.PastCoreDump;
            flags |= task.HasFatalSignal ? LinuxTaskFlags.KilledBySignal : 0;
            flags |= task.State == TaskState.Zombie ? LinuxTaskFlags.NotFrozen : 0;
        }

        return flags;
    }

    /// <summary>The word that wait(2) gives: a signal's number, or an exit code in the second byte.</summary>
    public static int WaitStatusOf(Process task) =>
        task.State != TaskState.Zombie ? 0
        : task.HasFatalSignal && task.ExitCode >= SignalExitCode ? task.ExitCode - SignalExitCode
        : (task.ExitCode & byte.MaxValue) << ExitCodeShift;

    /// <summary>SCHED_FIFO priority; 0: fair.</summary>
    public static int RealTimePriorityOf(Process task) => task.IsKernelThread ? KernelThreadTraits.Of(task.Name).RealTimePriority : 0;
}
