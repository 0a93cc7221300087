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

    /// <summary>The dynamic loader: the first library of every program.</summary>
    public static readonly ProgramImage Loader = Library(
        "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", text: 156, readOnly: 52, data: 12, bss: 1, started: 208, dirtied: 12);

    /// <summary>The C library. Some of it is in use by every program: two thirds of its code and constants are mapped once it runs.</summary>
    public static readonly ProgramImage LibC = Library(
        "/usr/lib/x86_64-linux-gnu/libc.so.6", text: 1428, readOnly: 504, data: 24, bss: 52, started: 1300, dirtied: 36);

    /// <summary>systemd as pid 1: little of its own, most in its shared library. An estimate from its packages' file sizes.</summary>
    public static readonly ProgramImage Systemd = new(
        "/usr/lib/systemd/systemd", TextBytes: 32 * Kilobyte, ReadOnlyBytes: 40 * Kilobyte, DataBytes: 8 * Kilobyte, BssBytes: Kilobyte,
        StartedBytes: 72 * Kilobyte, DirtiedBytes: 100 * Kilobyte,
        [
            Loader, LibC,
            Library("/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-257.so", text: 2400, readOnly: 1100, data: 230, bss: 12, started: 1900, dirtied: 220),
            Library("/usr/lib/x86_64-linux-gnu/systemd/libsystemd-core-257.so", text: 1500, readOnly: 700, data: 180, bss: 8, started: 1200, dirtied: 170),
        ]);

    /// <summary>swapon of util-linux, an estimate from its package's file sizes: little of its own, the rest in libraries.</summary>
    public static readonly ProgramImage SwapOn = SwapTool("/usr/sbin/swapon");

    /// <inheritdoc cref="SwapOn"/>
    public static readonly ProgramImage SwapOff = SwapTool("/usr/sbin/swapoff");

    private static ProgramImage SwapTool(string path) => new(
        path, TextBytes: 16 * Kilobyte, ReadOnlyBytes: 16 * Kilobyte, DataBytes: 4 * Kilobyte, BssBytes: Kilobyte, StartedBytes: 32 * Kilobyte,
        DirtiedBytes: 60 * Kilobyte,
        [
            Loader, LibC,
            Library("/usr/lib/x86_64-linux-gnu/libmount.so.1", text: 220, readOnly: 90, data: 16, bss: 1, started: 180, dirtied: 16),
            Library("/usr/lib/x86_64-linux-gnu/libblkid.so.1", text: 150, readOnly: 70, data: 32, bss: 1, started: 120, dirtied: 32),
        ]);

    /// <summary>A shared library, sizes in kB.</summary>
    internal static ProgramImage Library(string path, ulong text, ulong readOnly, ulong data, ulong bss, ulong started, ulong dirtied) => new(
        path, text * Kilobyte, readOnly * Kilobyte, data * Kilobyte, bss * Kilobyte, started * Kilobyte, dirtied * Kilobyte, []);
}
