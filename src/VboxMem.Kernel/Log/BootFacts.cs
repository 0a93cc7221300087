// What the boot messages tell: every figure is given by whoever lays the machine out, none is worked out here but those that
// the messages themselves derive (orders of hash tables, shape of the per-CPU area, order of the working-set counter).
//
// Units    physical addresses in bytes, ends exclusive; kB where a name says kilobytes; pages otherwise.

namespace VboxMem.Kernel.Log;

/// <summary>A range of physical addresses in bytes; the end is not part of it.</summary>
public readonly record struct PhysicalRange(ulong Start, ulong End)
{
    public bool IsEmpty => End <= Start;
}

/// <summary>What the BIOS says of a range of addresses.</summary>
public enum E820Type
{
    Usable,
    Reserved,
    AcpiData,
    AcpiNvs,
}

/// <summary>One line of the BIOS's memory map.</summary>
public readonly record struct E820Range(PhysicalRange Range, E820Type Type);

/// <summary>The addresses a zone covers over all nodes; empty when the machine has none of it.</summary>
public readonly record struct BootZone(ZoneType Zone, PhysicalRange Range);

/// <summary>Pages that belong to a zone's addresses but are no memory.</summary>
public readonly record struct UnavailablePages(int Node, ZoneType Zone, ulong Pages);

/// <summary>A node as early boot sees it.</summary>
public sealed record BootNode
{
    public required int Id { get; init; }

    /// <summary>Its memory, in order of address; empty for a node of CPUs alone.</summary>
    public required IReadOnlyList<PhysicalRange> Memory { get; init; }

    /// <summary>Its CPUs by number.</summary>
    public required IReadOnlyList<int> Cpus { get; init; }

    /// <summary>All nodes in the order allocations fall back, this one first.</summary>
    public required IReadOnlyList<int> FallbackOrder { get; init; }

    /// <summary>Where its Movable zone starts; 0 without one.</summary>
    public ulong MovableStart { get; init; }

    /// <summary>How long its page frames took to set up in the background; null for a node set up at once.</summary>
    public int? DeferredInitMilliseconds { get; init; }
}

/// <summary>When in boot a hash table is made.</summary>
public enum BootHashPhase
{
    /// <summary>Before the page allocator: dentry and inode tables of a box with one node.</summary>
    Early,

    /// <summary>With the file systems: mount tables, and on several nodes dentry and inode tables.</summary>
    FileSystems,

    /// <summary>The futex table.</summary>
    Futex,

    /// <summary>Networking.</summary>
    Network,
}

/// <summary>A large hash table; its order is the least that holds the bytes.</summary>
/// <param name="Name">As logged, e.g. <c>Dentry cache</c> or <c>UDP</c>.</param>
/// <param name="Phase">When it is made; tables of one phase are logged in the order given.</param>
/// <param name="Entries">Number of buckets.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Where">How it was allocated: <c>linear</c>, <c>vmalloc</c> or <c>vmalloc hugepage</c>.</param>
public readonly record struct BootHashTable(string Name, BootHashPhase Phase, ulong Entries, ulong Bytes, string Where);

/// <summary>Sizes of the kernel's own image in kB. The defaults are those of Debian's 6.12.107 cloud kernel.</summary>
public sealed record KernelImageSizes
{
    public int CodeKilobytes { get; init; } = 16384;

    public int WritableDataKilobytes { get; init; } = 2506;

    public int ReadOnlyDataKilobytes { get; init; } = 11008;

    public int InitKilobytes { get; init; } = 3940;

    public int BssKilobytes { get; init; } = 5280;

    /// <summary>Code and read-only data, each rounded up to 2 MiB: what is write-protected.</summary>
    public int ProtectedKilobytes { get; init; } = 28672;

    /// <summary>Bytes of the per-CPU area: static data, module reserve, dynamic.</summary>
    public (int Static, int Reserved, int Dynamic) PerCpuBytes { get; init; } = (233472, 8192, 28672);
}

/// <summary>Memory given to the page allocator late in boot, in kB.</summary>
public readonly record struct LateFreedMemory(int InitrdKilobytes, int DecryptedKilobytes, int InitmemKilobytes, int RodataGapKilobytes);

/// <summary>A machine's boot in figures.</summary>
public sealed record BootFacts
{
    /// <summary>The line of /proc/version.</summary>
    public required string Version { get; init; }

    public required string CommandLine { get; init; }

    /// <summary>One past the last page frame number the page tables could address: 46 bits of addresses, 52 with five levels.</summary>
    public ulong MaxArchPfn { get; init; } = 1UL << 34;

    /// <summary>The BIOS's memory map in order of address.</summary>
    public required IReadOnlyList<E820Range> MemoryMap { get; init; }

    /// <summary>DMA, DMA32, Normal and Device in this order.</summary>
    public required IReadOnlyList<BootZone> Zones { get; init; }

    public required IReadOnlyList<BootNode> Nodes { get; init; }

    public required IReadOnlyList<UnavailablePages> Unavailable { get; init; }

    public required IReadOnlyList<BootHashTable> HashTables { get; init; }

    /// <summary>Where the initial RAM disk lies, in whole pages; empty without one.</summary>
    public PhysicalRange Initrd { get; init; }

    /// <summary>The bounce buffer for devices that cannot reach above 4 GiB; empty without one.</summary>
    public PhysicalRange Swiotlb { get; init; }

    /// <summary>Present pages of all zones.</summary>
    public required ulong PresentPages { get; init; }

    /// <summary>Pages of the page allocator (MemTotal).</summary>
    public required ulong ManagedPages { get; init; }

    /// <summary>Free memory when the page frames are set up.</summary>
    public required ulong FreeKilobytes { get; init; }

    /// <summary>Memory not yet with the page allocator at that moment.</summary>
    public required ulong ReservedKilobytes { get; init; }

    public required LateFreedMemory LateFreed { get; init; }

    public KernelImageSizes Image { get; init; } = new();

    /// <summary>The program of PID 1.</summary>
    public string InitPath { get; init; } = "/sbin/init";

    /// <summary>CPUs of all nodes.</summary>
    public int Cpus => Nodes.Sum(static node => node.Cpus.Count);
}
