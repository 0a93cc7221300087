using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Tests;

/// <summary>Machines for tests: small, quick to boot, with only what matters to the test said.</summary>
internal static class AMachine
{
    /// <summary>As the captured guests: a small initial RAM disk, no KASLR.</summary>
    public static MachineConfiguration Of(int ramMebibytes, int cpus = 2, ulong seed = 1) => new()
    {
        RamBytes = (ulong)ramMebibytes << 20,
        Cpus = cpus,
        InitrdBytes = 347 * PageGeometry.PageBytes,
        CommandLine = "nokaslr",
        Seed = seed,
    };

    /// <summary>Nodes of equal size with one CPU each.</summary>
    public static MachineConfiguration WithNodes(int nodes, int ramMebibytesEach) => Of(nodes * ramMebibytesEach, nodes) with
    {
        Nodes = [.. Enumerable.Repeat(new NodeConfiguration { RamBytes = (ulong)ramMebibytesEach << 20, Cpus = 1 }, nodes)],
    };

    /// <summary>Programs lie in the same places always (kernel.randomize_va_space 0).</summary>
    public static MachineConfiguration WithoutRandomPlaces(int ramMebibytes) =>
        Of(ramMebibytes) with { CommandLine = "nokaslr norandmaps" };

    public static Machine Booted(int ramMebibytes = 128, int cpus = 2, ulong seed = 1) => Machine.Boot(Of(ramMebibytes, cpus, seed));
}
