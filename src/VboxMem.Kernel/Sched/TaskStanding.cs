namespace VboxMem.Kernel.Sched;

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
