using System.Diagnostics;

namespace VboxMem.Cli.Bench;

/// <summary>
/// Measures the time this thread has had a CPU, in programs and in the kernel alike, so that what else runs on the host does not
/// count. Elsewhere than on Linux, time as it passes.
/// </summary>
internal static class BenchClock
{
    /// <summary>A moment, in nanoseconds.</summary>
    public static double Now => OperatingSystem.IsLinux()
        ? HostKernel.ThreadNanoseconds()
        : Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency);

    public static double Since(double start) => Now - start;
}
