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
