using VboxMem.Kernel.Block;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Life;

/// <summary>The kinds of machine that random programs are let loose on.</summary>
public enum RandomMachineKind
{
    SwapAndTwoCpus,
    OneCpuWithoutSwap,
    FourCpusAndTwoSwapAreas,
    TwoNodes,
    RotationalDisks,
    HugePagesAlways,
    HighSwappiness,
    LittleSwap,
    MovableZone,
    SlowDisk,
    FiveLevels,
    ManyThreads,
}

/// <summary>Small machines that are short of memory for most of a random life.</summary>
internal static class RandomMachines
{
    public static Machine Boot(RandomMachineKind kind, ulong seed)
    {
        var machine = Machine.Boot(Of(kind, seed));
        if (kind == RandomMachineKind.HugePagesAlways)
        {
            Assert.True(machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), "always"u8));
        }

        return machine;
    }

    private static MachineConfiguration Of(RandomMachineKind kind, ulong seed)
    {
        var box = Ordinary(seed);
        return kind switch
        {
            RandomMachineKind.OneCpuWithoutSwap => box with { RamBytes = 72UL << 20, Cpus = 1, Swaps = [] },
            RandomMachineKind.FourCpusAndTwoSwapAreas => box with
            {
                RamBytes = 128UL << 20,
                Cpus = 4,
                Disks = [Disk("vda", 1024), Disk("vdb", 24), Disk("vdc", 40)],
                Swaps = [new SwapConfiguration(1, 5), new SwapConfiguration(2, seed % 2 == 0 ? 5 : 3)],
            },
            RandomMachineKind.TwoNodes => box with { RamBytes = 128UL << 20, Nodes = [Node(64), Node(64)] },
            RandomMachineKind.RotationalDisks => box with { Disks = [Disk("vda", 1024, isRotational: true), Disk("vdb", 48, isRotational: true)] },
            RandomMachineKind.HugePagesAlways => box with { RamBytes = 192UL << 20, Disks = [Disk("vda", 1024), Disk("vdb", 128)] },
            RandomMachineKind.HighSwappiness => box with { VmSettings = [.. box.VmSettings, new("swappiness", "200"), new("vfs_cache_pressure", "400")] },
            RandomMachineKind.LittleSwap => box with { RamBytes = 72UL << 20, Disks = [Disk("vda", 1024), Disk("vdb", 4)] },
            RandomMachineKind.MovableZone => box with { RamBytes = 256UL << 20, MovableBytes = 64UL << 20 },
            RandomMachineKind.ManyThreads => box with { RamBytes = 128UL << 20, Cpus = 4 },
            RandomMachineKind.FiveLevels => box with
            {
                HasLa57 = true,
                VmSettings = [.. box.VmSettings, new("legacy_va_layout", seed % 2 == 0 ? "1" : "0"), new("mmap_rnd_bits", "32")],
            },
            RandomMachineKind.SlowDisk => box with { Disks = [Slow("vda", 1024), Slow("vdb", 32)] },
            _ => box,
        };
    }

    private static MachineConfiguration Ordinary(ulong seed) => new()
    {
        RamBytes = 96UL << 20,
        Cpus = 2,
        InitrdBytes = 0,
        Seed = seed,
        Disks = [Disk("vda", 1024), Disk("vdb", 32)],
        Swaps = [new SwapConfiguration(1)],
        Mounts = [new MountConfiguration("/", 0), new MountConfiguration("/tmp", -1)],
        VmSettings = [new("overcommit_memory", "1")],
    };

    private static NodeConfiguration Node(ulong mebibytes) => new() { RamBytes = mebibytes << 20, Cpus = 1 };

    private static DiskConfiguration Disk(string name, ulong mebibytes, bool isRotational = false) =>
        new(name, mebibytes << 20, 200UL << 20, 100UL << 20, 200_000, isRotational ? 4_000_000UL : 0, isRotational);

    private static DiskConfiguration Slow(string name, ulong mebibytes) =>
        new(name, mebibytes << 20, 4UL << 20, 1UL << 20, 5_000_000, 0, IsRotational: false);
}
