using System.Runtime.InteropServices;
using VboxMem.Kernel;

namespace VboxMem.Cli.Bench;

/// <summary>The host's system calls that the benchmark times. Numbers are Linux's; elsewhere nothing of this is called.</summary>
internal static unsafe partial class HostKernel
{
    public const int ProtReadWrite = 3;
    public const int ProtRead = 1;
    public const int MapShared = 1;
    public const int MapPrivateAnonymous = 0x22;
    public const int AdviceDontNeed = 4;
    public const int AdviceHugePage = 14;
    public const int AdviceNoHugePage = 15;
    public const int AdvicePageOut = 21;
    public const int Interrupted = 4;

    private const int ThreadCpuClock = 3;

    [LibraryImport("libc", EntryPoint = "mmap")]
    public static partial nint Map(nint address, nuint length, int protection, int flags, int descriptor, nint offset);

    /// <summary>Unmaps what was mapped.</summary>
    public static void Unmap(nint address, nuint length) => Invariant.Holds(UnmapCall(address, length) == 0);

    [LibraryImport("libc", EntryPoint = "madvise")]
    public static partial int Advise(nint address, nuint length, int advice);

    /// <summary>Writes for each page a byte whose lowest bit says whether it is in memory.</summary>
    [LibraryImport("libc", EntryPoint = "mincore")]
    public static partial int InCore(nint address, nuint length, byte* pages);

    [LibraryImport("libc", EntryPoint = "pread")]
    public static partial nint Read(int descriptor, byte* buffer, nuint bytes, nint offset);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    public static partial int WaitFor(int pid, int* status, int options);

    /// <summary>CPU time of the calling thread.</summary>
    public static double ThreadNanoseconds()
    {
        var time = stackalloc long[2];
        Invariant.Holds(GetTime(ThreadCpuClock, time) == 0);
        return (time[0] * 1e9) + time[1];
    }

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int UnmapCall(nint address, nuint length);

    /// <summary>Seconds and nanoseconds, as 64-bit numbers.</summary>
    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, long* time);
}
