namespace VboxMem.Kernel.Sched;

/// <summary>How many interrupt numbers the machine has (nr_irqs in the log): as many counts stand in the intr line of /proc/stat.</summary>
/// <remarks>
/// Models Linux 6.12 arch_probe_nr_irqs on a PC: 24 lines of the IOAPIC, 16 legacy lines, 8 for each CPU and 16 for each IOAPIC
/// line, but no more than the CPUs' vectors. The captured machines print 256, 440 and 488 with 1, 2 and 8 CPUs.
/// </remarks>
public static class InterruptLines
{
    /// <summary>Devices with vectors of their own get numbers from here on.</summary>
    private const int FirstVector = IoApicLines;

    private const int IoApicLines = 24;
    private const int LegacyLines = 16;
    private const int VectorsPerCpu = 256;

    /// <summary>The interrupt of a disk's configuration changes; those of its queues, one for each CPU, follow.</summary>
    public static int OfDisk(int disk, int cpus) => FirstVector + (disk * (1 + cpus));

    public static int Count(int cpus) =>
        Math.Min(VectorsPerCpu * cpus, IoApicLines + LegacyLines + (8 * cpus) + (16 * IoApicLines));
}
