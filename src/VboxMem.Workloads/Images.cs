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

    /// <summary>
    /// nginx as Debian packages it. Segments of its executable, what of them is resident after the start, what is written: measured on a
    /// running nginx 1.22.
    /// </summary>
    public static readonly ProgramImage Nginx = SharedLibraries.Executable(
        "/usr/sbin/nginx", 768, 364, 104, 20,
        [SharedLibraries.Crypt, SharedLibraries.Pcre, SharedLibraries.Ssl, SharedLibraries.Crypto, SharedLibraries.Zlib, SharedLibraries.Libc],
        startedKilobytes: 1056, stackKilobytes: 12) with { BssBytes = 124 * Kilobyte };

    /// <summary>A server of the box's owner, written in C, with TLS. Its own sizes are estimates.</summary>
    /// <param name="name">What it is called.</param>
    public static ProgramImage Server(string name) => SharedLibraries.Executable(
        $"/usr/local/bin/{name}", 480, 120, 20, 64,
        [SharedLibraries.Ssl, SharedLibraries.Crypto, SharedLibraries.Zlib, SharedLibraries.Libc], startedKilobytes: 400);

    /// <summary>A small tool of the box's owner. Its own sizes are estimates.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="libraries">Its libraries.</param>
    public static ProgramImage Tool(string name, params ProgramImage[] libraries) => SharedLibraries.Executable(
        $"/usr/local/bin/{name}", 96, 40, 8, 16, libraries);

    /// <summary>systemd as pid 1: little of its own, most in its shared libraries. Sizes are estimates.</summary>
    public static readonly ProgramImage Systemd = SharedLibraries.Executable(
        "/usr/lib/systemd/systemd", 32, 40, 8, 1,
        [
            SharedLibraries.Of("systemd/libsystemd-core-257.so", 1500, 700, 180, 8, startedKilobytes: 1500), SharedLibraries.SystemdShared,
            SharedLibraries.Seccomp, SharedLibraries.Selinux, SharedLibraries.Audit, SharedLibraries.Pam, SharedLibraries.Mount,
            SharedLibraries.Crypto, SharedLibraries.Libc,
        ]);

    /// <summary>swapon of util-linux. Its own sizes are estimates.</summary>
    public static readonly ProgramImage SwapOn = SwapTool("/usr/sbin/swapon");

    /// <inheritdoc cref="SwapOn"/>
    public static readonly ProgramImage SwapOff = SwapTool("/usr/sbin/swapoff");

    /// <summary>dd of coreutils. Its own sizes are estimates.</summary>
    public static readonly ProgramImage Dd = SharedLibraries.Executable("/usr/bin/dd", 48, 24, 3, 2, [SharedLibraries.Libc]);

    /// <summary>sync of coreutils. Its own sizes are estimates.</summary>
    public static readonly ProgramImage Sync = SharedLibraries.Executable("/usr/bin/sync", 20, 12, 2, 1, [SharedLibraries.Libc]);

    private static ProgramImage SwapTool(string path) =>
        SharedLibraries.Executable(path, 16, 16, 4, 1, [SharedLibraries.Mount, SharedLibraries.Libc]);
}
