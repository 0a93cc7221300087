using VboxMem.Kernel;
using VboxMem.Kernel.Sched;

namespace VboxMem.Cli.Bench;

/// <summary>How much of the host's memory a touched page of the box takes, all that is kept of it included: frame, page tables, reverse mapping.</summary>
internal static class FootprintBench
{
    private const ulong PageBytes = 4096;
    private const ulong TouchedBytes = 16UL << 30;

    /// <summary>By how many bytes a page this process has grown over 16 GiB of small anonymous pages on a box of 24 GiB.</summary>
    public static double BytesPerTouchedPage()
    {
        using var box = BenchBox.Boot(new MachineConfiguration { RamBytes = 24UL << 30, Cpus = 2 }, hasHugePages: false);
        var region = box.Map(TouchedBytes);
        GC.Collect();
        var before = ResidentBytes();
        box.Touch(region, TouchedBytes, TouchKind.Write);
        Invariant.Holds(box.Memory.RssAnonPages >= TouchedBytes / PageBytes);
        return (ResidentBytes() - before) / (double)(TouchedBytes / PageBytes);
    }

    private static long ResidentBytes()
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
