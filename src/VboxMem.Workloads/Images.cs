using VboxMem.Kernel.Sched;

namespace VboxMem.Workloads;

/// <summary>The executables that programs are made of.</summary>
public static class Images
{
    private const ulong Kilobyte = 1024;

    /// <summary>
    /// The small static program that all building blocks are: one file, whatever a process of it calls itself. Sizes are those of
    /// the workload program of the captured machines: 616 kB of code, 756 kB of its file resident once it runs, 60 kB of private
    /// memory written (36 kB of data, 12 kB each of heap and stack), 1856 kB mapped in all.
    /// </summary>
    /// <param name="name">What the process calls itself.</param>
    public static ProgramImage Static(string name) => new(
        "/usr/local/bin/workload",
        TextBytes: 616 * Kilobyte,
        ReadOnlyBytes: 168 * Kilobyte,
        DataBytes: 12 * Kilobyte,
        BssBytes: 748 * Kilobyte,
        StartedBytes: 748 * Kilobyte,
        DirtiedBytes: 36 * Kilobyte,
        Libraries: [],
        Name: name)
    {
        HasFixedAddress = true,
        HeaderBytes = 4 * Kilobyte,
        RelocatedBytes = 16 * Kilobyte,
        HeapBytes = 136 * Kilobyte,
        HeapDirtiedBytes = 12 * Kilobyte,
        StackDirtiedBytes = 12 * Kilobyte,
    };
}
