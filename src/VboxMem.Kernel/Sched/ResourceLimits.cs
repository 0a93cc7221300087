// The limits of a process's resources (RLIMIT_), as /proc/PID/limits shows them.
//
// Where the machine enforces a limit, the figure is the one it enforces (stack, locked memory, address space). The others are the kernel's defaults,
// but for open files: systemd gives its services 1024, which they may raise to 524288.
//
// Models   Linux 6.12 include/asm-generic/resource.h: INIT_RLIMITS; kernel/fork.c: fork_init; fs/proc/base.c: lnames;
//          systemd 257: DefaultLimitNOFILE.
// Departs  but for those of ProcessLimits, which prlimit changes, all programs have the same limits, and descriptors are not refused at
//          1024: there is no setrlimit, which programs that need more would call.

namespace VboxMem.Kernel.Sched;

/// <summary>One limit.</summary>
/// <param name="Name">As the file names it.</param>
/// <param name="Soft">What is enforced; <see cref="ResourceLimits.Unlimited"/>: nothing.</param>
/// <param name="Hard">What it may be raised to.</param>
/// <param name="Unit">Empty for priorities.</param>
public readonly record struct ResourceLimit(string Name, ulong Soft, ulong Hard, string Unit);

public static class ResourceLimits
{
    public const ulong Unlimited = ulong.MaxValue;

    private const ulong SoftOpenFiles = 1024;
    private const ulong HardOpenFilesOfKernel = 4096;
    private const ulong HardOpenFilesOfServices = 524288;
    private const ulong MessageQueueBytes = 819200;

    /// <summary>All limits of a task, in the order of the file.</summary>
    public static IReadOnlyList<ResourceLimit> Of(Machine machine, Process task)
    {
        var stack = task.Group.Limits[LimitKind.Stack];
        var memoryLock = task.Group.Limits[LimitKind.LockedMemory];
        var addressSpace = task.Group.Limits[LimitKind.AddressSpace];
        var tasks = PendingSignals(machine);
        var openFiles = task.IsKernelThread || task.Pid == Scheduler.InitPid ? HardOpenFilesOfKernel : HardOpenFilesOfServices;
        return
        [
            new("Max cpu time", Unlimited, Unlimited, "seconds"),
            new("Max file size", Unlimited, Unlimited, "bytes"),
            new("Max data size", Unlimited, Unlimited, "bytes"),
            new("Max stack size", stack.Soft, stack.Hard, "bytes"),
            new("Max core file size", 0, Unlimited, "bytes"),
            new("Max resident set", Unlimited, Unlimited, "bytes"),
            new("Max processes", tasks, tasks, "processes"),
            new("Max open files", SoftOpenFiles, openFiles, "files"),
            new("Max locked memory", memoryLock.Soft, memoryLock.Hard, "bytes"),
            new("Max address space", addressSpace.Soft, addressSpace.Hard, "bytes"),
            new("Max file locks", Unlimited, Unlimited, "locks"),
            new("Max pending signals", tasks, tasks, "signals"),
            new("Max msgqueue size", MessageQueueBytes, MessageQueueBytes, "bytes"),
            new("Max nice priority", 0, 0, ""),
            new("Max realtime priority", 0, 0, ""),
            new("Max realtime timeout", Unlimited, Unlimited, "us"),
        ];
    }

    /// <summary>RLIMIT_NPROC and RLIMIT_SIGPENDING: half of threads-max.</summary>
    public static ulong PendingSignals(Machine machine) => (ulong)machine.Processes.MaxThreads / 2;
}
