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
}
