using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Workloads.Programs;

/// <summary>
/// A program's own code, which it must have in memory to go on: what lies in the page cache and is mapped. A forked child maps it anew
/// as it comes to it; under pressure it goes and has to be read again.
/// </summary>
internal static class ProgramCode
{
    private const ulong PageBytes = 4096;

    /// <summary>Runs through code from its beginning.</summary>
    /// <param name="bytes">How much.</param>
    /// <param name="nanoseconds">Of the processor, at each page; 0: no more than the access.</param>
    public static Request Run(ulong bytes, ulong nanoseconds = 0) =>
        new(RequestKind.Touch, 0, bytes, (ulong)TouchKind.Run, nanoseconds);

    /// <summary>Runs through some code that lies within the part in use.</summary>
    /// <param name="random">Chance.</param>
    /// <param name="usedBytes">How much is in use, from the beginning of the code.</param>
    /// <param name="bytes">How much of it this is about.</param>
    /// <param name="nanoseconds">Of the processor, at each page.</param>
    public static Request RunSome(ref Prng random, ulong usedBytes, ulong bytes, ulong nanoseconds) => new(
        RequestKind.Touch, random.NextBelow(((usedBytes - bytes) / PageBytes) + 1) * PageBytes, bytes, (ulong)TouchKind.Run, nanoseconds);
}
