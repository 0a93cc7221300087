using VboxMem.Kernel.Sched;

namespace VboxMem.Workloads;

/// <summary>The executables that programs are made of.</summary>
public static class Images
{
    private const ulong Kilobyte = 1024;

    /// <summary>
    /// The small static program that all building blocks are: one file, whatever a process of it calls itself. Sizes are those of
    /// the workload program of the captured machines: 616 kB of code, 756 kB of code and constants resident once it runs, 56 kB of
    /// private memory written, 1856 kB mapped in all.
    /// </summary>
    /// <param name="name">What the process calls itself.</param>
    public static ProgramImage Static(string name) => new(
        "/usr/local/bin/workload",
        TextBytes: 616 * Kilobyte,
        ReadOnlyBytes: 140 * Kilobyte,
        DataBytes: 32 * Kilobyte,
        BssBytes: 864 * Kilobyte,
        StartedBytes: 756 * Kilobyte,
        DirtiedBytes: 56 * Kilobyte,
        Libraries: [],
        Name: name);
}
