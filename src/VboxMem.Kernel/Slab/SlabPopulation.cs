// How many objects of a cache a freshly booted box has, before its own tasks, files and mappings add theirs.
//
// The boot parts are fitted: for every cache, the four numbers below were chosen so that the slabs they need (SlabsAtBoot)
// come closest to num_slabs in the captured /proc/slabinfo of machines with 1, 2 and 8 CPUs, 1 and 2 nodes, 128 MiB to 8 GiB.
// slabinfo counts objects that lie free in per-CPU slabs as active, so real populations are known only to within a slab per
// CPU; the figures stand in the middle of what fits. One object per task, process, … is what the kernel allocates, not a fit.

namespace VboxMem.Kernel.Slab;

/// <summary>What a running box has one object of a cache for, on top of the boot population.</summary>
public enum SlabOwner
{
    /// <summary>Nothing that comes and goes by itself; the boot population is all there is at rest.</summary>
    Boot,

    /// <summary>Every task, kernel threads included; the idle tasks are part of the boot population.</summary>
    Task,

    /// <summary>Every thread group: a process with all its threads, or a kernel thread.</summary>
    Process,

    /// <summary>Every process with memory of its own.</summary>
    UserProcess,

    /// <summary>Every mapped area of a user process.</summary>
    MappedArea,

    /// <summary>Every mapped area that has anonymous pages.</summary>
    AnonymousArea,
}

/// <summary>Which CPUs used a cache for passing objects while booting, and so keep a slab of it with nothing alive in it.</summary>
public enum WarmSlabs
{
    None,
    BootCpu,
    EveryCpu,
}

/// <summary>The boot population of a slab cache, in objects (fitted; see the head of the file).</summary>
/// <param name="Fixed">Objects on any machine; the boot CPU allocates them.</param>
/// <param name="PerCpu">Objects each CPU allocates for itself.</param>
/// <param name="PerNode">Objects for each node; the boot CPU allocates them.</param>
/// <param name="PerMemoryBlock">Objects for each 128 MiB block of memory in sysfs; the boot CPU allocates them.</param>
/// <param name="Owner">What the running box has one further object for.</param>
/// <param name="Warm">CPUs that keep an empty slab.</param>
public readonly record struct SlabPopulation(
    int Fixed, int PerCpu = 0, int PerNode = 0, int PerMemoryBlock = 0, SlabOwner Owner = SlabOwner.Boot, WarmSlabs Warm = WarmSlabs.None)
{
    /// <summary>Objects that boot allocates on the boot CPU of a machine.</summary>
    public int OnBootCpu(int nodes, int memoryBlocks) => Fixed + PerCpu + PerNode * nodes + PerMemoryBlock * memoryBlocks;

    /// <summary>Objects that boot allocates on each CPU but the boot CPU.</summary>
    public int OnOtherCpu => PerCpu;

    /// <summary>All objects boot allocates.</summary>
    public int AtBoot(int cpus, int nodes, int memoryBlocks) => OnBootCpu(nodes, memoryBlocks) + (cpus - 1) * OnOtherCpu;

    /// <summary>Slabs the population fills when every CPU allocates its own part, and <paramref name="owned"/> objects lie evenly on the CPUs.</summary>
    public int SlabsAtBoot(in SlabGeometry geometry, int cpus, int nodes, int memoryBlocks, int owned)
    {
        var slabs = 0;
        for (var cpu = 0; cpu < cpus; cpu++)
        {
            var objects = (cpu == 0 ? OnBootCpu(nodes, memoryBlocks) : OnOtherCpu) + owned / cpus + (cpu < owned % cpus ? 1 : 0);
            var isWarm = Warm == WarmSlabs.EveryCpu || (Warm == WarmSlabs.BootCpu && cpu == 0);
            slabs += Math.Max((objects + geometry.ObjectsPerSlab - 1) / geometry.ObjectsPerSlab, isWarm ? 1 : 0);
        }

        return slabs;
    }
}
