// What a machine is made of, before it boots: a plain description, checked by whoever builds it
// (VboxMem.Profiles names source, key and allowed values) and once more by MachineLayout.

namespace VboxMem.Kernel;

/// <summary>Which hypervisor's memory map the machine has (facts: physical memory, 1.1).</summary>
public enum MachineKind
{
    /// <summary>QEMU i440FX: RAM below 3.5 GiB stays low, else 3 GiB low and the rest above 4 GiB.</summary>
    Pc,

    /// <summary>QEMU Q35: RAM below 2.75 GiB stays low, else 2 GiB low.</summary>
    Q35,

    /// <summary>Firecracker and most clouds: 3 GiB low, no ACPI tables in RAM.</summary>
    Cloud,
}

/// <summary>The zones a node may have, in Linux's order; the value is the zone's index.</summary>
public enum ZoneType
{
    Dma,
    Dma32,
    Normal,
    Movable,
    Device,
}

/// <summary>One NUMA node.</summary>
public sealed record NodeConfiguration
{
    /// <summary>RAM of the node in bytes: a multiple of 4 MiB.</summary>
    public required ulong RamBytes { get; init; }

    /// <summary>CPUs of the node; they are numbered through, node by node. 0 is a node of memory alone.</summary>
    public required int Cpus { get; init; }

    /// <summary>Distance to every node in order, 10 to itself; empty means 10 and 20.</summary>
    public IReadOnlyList<int> Distances { get; init; } = [];
}

/// <summary>A zone given by its own figures instead of by the recipe. All in pages of 4 KiB.</summary>
public sealed record ZoneConfiguration
{
    public required int Node { get; init; }

    public required ZoneType Zone { get; init; }

    public required uint StartPfn { get; init; }

    public required uint SpannedPages { get; init; }

    public required uint PresentPages { get; init; }

    /// <summary>Pages the buddy allocator owns once the kernel has booted.</summary>
    public required uint ManagedPages { get; init; }

    /// <summary>Part of <see cref="ManagedPages"/> that is freed after the boot watermarks were computed.</summary>
    public uint LateFreedPages { get; init; }
}

/// <summary>Everything that makes one machine different from another before its workload starts.</summary>
public sealed record MachineConfiguration
{
    public MachineKind Kind { get; init; } = MachineKind.Pc;

    /// <summary>RAM in bytes, a multiple of 4 MiB. The sum of the nodes where nodes are given.</summary>
    public required ulong RamBytes { get; init; }

    /// <summary>Online CPUs. The sum of the nodes where nodes are given.</summary>
    public required int Cpus { get; init; }

    /// <summary>NUMA nodes; empty means one node that has everything.</summary>
    public IReadOnlyList<NodeConfiguration> Nodes { get; init; } = [];

    /// <summary>The kernel's movablecore=: bytes of the machine kept for movable pages; 0 means no Movable zone.</summary>
    public ulong MovableBytes { get; init; }

    /// <summary>Zones by explicit figures; empty means the recipe makes them from RAM size and kind.</summary>
    public IReadOnlyList<ZoneConfiguration> Zones { get; init; } = [];

    /// <summary>Size of the initial RAM disk in bytes; its pages are freed late in boot.</summary>
    public ulong InitrdBytes { get; init; } = 30UL << 20;

    /// <summary>Seconds since 1970 when the machine was switched on: btime of /proc/stat.</summary>
    public long BootTimeUnixSeconds { get; init; } = 1_767_225_600;

    public string HostName { get; init; } = "vbox";

    /// <summary>/proc/cmdline.</summary>
    public string CommandLine { get; init; } =
        "BOOT_IMAGE=/boot/vmlinuz-6.12.107+deb13-cloud-amd64 root=/dev/vda1 ro console=ttyS0 psi=1";

    /// <summary>Model name in /proc/cpuinfo.</summary>
    public string CpuModelName { get; init; } = "QEMU Virtual CPU version 2.5+";

    /// <summary>Clock of every CPU in kHz.</summary>
    public int CpuKilohertz { get; init; } = 2_700_000;

    /// <summary>The CPUs have la57: virtual addresses of 57 bits. Linux then runs with five levels of page tables, unless told no5lvl.</summary>
    public bool HasLa57 { get; init; }

    /// <summary>Levels of page tables the machine runs with: 4 or 5.</summary>
    public int PageTableLevels => HasLa57 && !HasBootOption("no5lvl") ? 5 : 4;

    /// <summary>Values written to files of /proc/sys/vm at the end of boot, in this order, as sysctl.d would.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> VmSettings { get; init; } = [];

    /// <summary>Disks: vda, vdb, …</summary>
    public IReadOnlyList<Block.DiskConfiguration> Disks { get; init; } = [];

    /// <summary>Swap areas put into use at the end of boot, in this order.</summary>
    public IReadOnlyList<SwapConfiguration> Swaps { get; init; } = [];

    /// <summary>File systems. The longest path that a file's path begins with is its file system's; "/" is there always, a tmpfs if not given.</summary>
    public IReadOnlyList<MountConfiguration> Mounts { get; init; } = [];

    /// <summary>What the kernel's work costs in time.</summary>
    public Time.Costs Costs { get; init; } = new();

    /// <summary>The one number that all chance in the box derives from.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Whether a word stands on the kernel's command line.</summary>
    internal bool HasBootOption(string word) => Array.IndexOf(CommandLine.Split(' '), word) >= 0;
}

/// <summary>A swap area: a whole disk used as a swap partition.</summary>
/// <param name="Disk">Index of the disk.</param>
/// <param name="Priority">0..32767, or -1: the next lower one that the kernel gives.</param>
public sealed record SwapConfiguration(int Disk, int Priority = -1);

/// <summary>A mounted file system.</summary>
/// <param name="Path">Where: "/", "/mnt".</param>
/// <param name="Disk">Index of the disk that an ext4 file system is on; -1: tmpfs.</param>
public sealed record MountConfiguration(string Path, int Disk);
