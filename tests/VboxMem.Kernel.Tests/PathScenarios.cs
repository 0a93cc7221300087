using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Reclaim;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Tests.Compaction;
using VboxMem.Kernel.Tests.Life;
using VboxMem.Kernel.Tests.Oom;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests;

/// <summary>Short lives of machines that take branches which random programs seldom or never come to. Each gives its machine to the caller.</summary>
internal static class PathScenarios
{
    /// <summary>Random lives that are tried for a branch.</summary>
    private const ulong MostLives = 150;

    public static IReadOnlyList<Func<Machine>> All { get; } =
    [
        PanicOnShortage, NobodyToKill, StuckVictim, LockedVictim, TwoKilledFromOutside, UrgentBlocks, RandomReads, HugeZeros,
        KilledSwapOff,
        ManyShadows, NoMemoryAtAll, WantedHugePages, SwapFillsUp, ReservedBlocksAreReleased, Culled, LeftItsFile, StillMapped, ServedAtTheLastMoment, Compacted,
        NotFragmentedEnough, TriesHarder, NapsInVain,
    ];

    private static Machine PanicOnShortage() => Short("panic_on_oom", "1", 0);

    private static Machine NobodyToKill() => Short("oom_dump_tasks", "1", -1000);

    private static Machine Short(string setting, string value, short adj)
    {
        var box = new OomBox();
        box.Set(setting, value);
        box.Grab(adj);
        box.RunUntil(() => box.Machine.HasPanicked);
        return box.Machine;
    }

    /// <summary>A victim waits for a disk so slow that its memory is taken from it; a second one dies at once but is looked at too.</summary>
    private static Machine StuckVictim() => StuckVictim(isLocked: false);

    /// <summary>It sleeps in the middle of a memory call, so that its memory cannot be taken.</summary>
    private static Machine LockedVictim() => StuckVictim(isLocked: true);

    private static Machine StuckVictim(bool isLocked)
    {
        var box = new OomBox(disk: new DiskConfiguration("vda", 1UL << 30, 1 << 20, 1 << 20, 6_000_000_000, 0, IsRotational: false));
        var stuck = box.Machine.Spawn(
            new ScriptedProgram([Script.Map(5000), Script.Write(0, 0, 5000), Script.Open("/mnt/file", 1 << 20)]), uid: 1000)!;
        box.RunUntil(() => stuck.State == TaskState.DiskSleep && stuck.Request.Kind == RequestKind.Open);
        if (isLocked)
        {
            MmapLock.Keep(box.Machine.Memory[stuck.MemoryId], stuck, 0, 1);
        }

        box.Grab(adj: isLocked ? (short)-900 : (short)-1000);
        box.RunUntil(() => box.Machine.HasPanicked || box.Kills > 0);
        box.Run(10_000);
        return box.Machine;
    }

    /// <summary>The worst process has a fatal signal already when the killer comes to it.</summary>
    private static Machine TwoKilledFromOutside()
    {
        var box = new OomBox(disk: new DiskConfiguration("vda", 1UL << 30, 1 << 20, 1 << 20, 6_000_000_000, 0, IsRotational: false));
        var stuck = box.Machine.Spawn(
            new ScriptedProgram([Script.Map(5000), Script.Write(0, 0, 5000), Script.Open("/mnt/file", 1 << 20)]), uid: 1000)!;
        box.RunUntil(() => stuck.State == TaskState.DiskSleep && stuck.Request.Kind == RequestKind.Open);
        box.Machine.Kill(stuck.Pid, Signal.Kill);
        box.Grab(adj: -900, pages: 1 << 14);
        box.Run(3000);
        return box.Machine;
    }

    private static Machine UrgentBlocks()
    {
        var machine = AMachine.Booted(512);
        UseUrgentBlocks(machine, order: 3);
        UseUrgentBlocks(machine, order: 4);
        return machine;
    }

    private static Machine RandomReads()
    {
        var machine = WithDisk(96, 4);
        Live(machine, 2000, [
            Script.Open("/mnt/file", 8 << 20), Script.Do(RequestKind.Fadvise, d: (ulong)FileAdvice.Random, of: 0), Script.ReadFile(0, 100_000),
            Script.Seek(0, 4 << 20), Script.ReadFile(0, 100_000),
        ]);
        return machine;
    }

    private static Machine HugeZeros()
    {
        var machine = WithDisk(192, 64);
        Assert.True(machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), "always"u8));
        Assert.True(machine.TrySetThp(TransparentHugePages.IndexOf("use_zero_page"), "1"u8));
        Live(machine, 500, [Script.Map(2048), Script.Read(0, 0, 2048), Script.Write(0, 600, 1)]);
        Live(machine, 20_000, [Script.Map(40_000), Script.Write(0, 0, 40_000), Script.Write(0, 0, 40_000)]);
        return machine;
    }

    private static Machine KilledSwapOff()
    {
        var machine = WithDisk(96, 64, latencyNanoseconds: 20_000_000);
        Live(machine, 6000, [Script.Map(16_000), Script.Write(0, 0, 16_000)]);
        var task = Live(machine, 50, [Script.Do(RequestKind.SwapOff, 0)]);
        machine.Kill(task.Pid, Signal.Kill);
        Run(machine, 2000);
        return machine;
    }

    /// <summary>A file read once, far larger than memory: its pages leave shadows, and those need nodes.</summary>
    private static Machine ManyShadows()
    {
        var machine = WithDisk(72, 4, bytesPerSecond: 2UL << 30, latencyNanoseconds: 20_000);
        Live(machine, 20_000, [Script.Open("/mnt/large", 2UL << 30), .. Enumerable.Repeat(Script.ReadFile(0, 16 << 20), 128)]);
        return machine;
    }

    private static Machine NoMemoryAtAll()
    {
        var machine = AMachine.Booted(96);
        var held = new List<Pfn>();
        while (machine.Allocator.TryAllocate(GfpFlags.Kernel | GfpFlags.MemAlloc, 0, FrameOwner.Kernel, out var block))
        {
            held.Add(block);
        }

        Give(machine, held);
        return machine;
    }

    /// <summary>Huge pages asked for with effort, where there is hardly a free block of that size.</summary>
    private static Machine WantedHugePages()
    {
        var machine = WithDisk(96, 64);
        Assert.True(machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), "always"u8));
        Assert.True(machine.TrySetThp(TransparentHugePages.IndexOf("defrag"), "always"u8));
        Live(machine, 4000, [Script.Open("/mnt/file", 64 << 20), .. Enumerable.Repeat(Script.ReadFile(0, 1 << 20), 64)]);
        Live(machine, 10_000, [Script.Map(12_288), Script.Advise(0, 0, 12_288, Advice.HugePage), Script.Write(0, 0, 12_288)]);
        return machine;
    }

    /// <summary>Pages read back stay in the swap cache until more than half of swap is in use; then those that are used give their slots up.</summary>
    private static Machine SwapFillsUp()
    {
        var machine = WithDisk(96, 64);
        Live(machine, 2000, [
            Script.Map(8000), Script.Write(0, 0, 8000), Script.Sleep(4000), .. Enumerable.Repeat(Script.Read(0, 0, 8000), 4000),
        ]);
        Live(machine, 6000, [Script.Map(8000), Script.Write(0, 0, 8000)]);
        Live(machine, 20_000, [Script.Map(8000), Script.Write(0, 0, 8000, nanosecondsPerPage: 500_000)]);
        return machine;
    }

    /// <summary>Pageblocks set aside for urgent blocks go back to all when memory is short.</summary>
    private static Machine ReservedBlocksAreReleased()
    {
        var box = new OomBox(512);
        UseUrgentBlocks(box.Machine, order: 3);
        UseUrgentBlocks(box.Machine, order: 4);
        box.Grab();
        box.RunUntil(() => box.Kills > 0, 60_000);
        return box.Machine;
    }

    private static void UseUrgentBlocks(Machine machine, int order)
    {
        var held = new List<Pfn>();
        while (machine.Allocator.TryAllocate(GfpFlags.Atomic, order, FrameOwner.Kernel, out var block))
        {
            held.Add(block);
        }

        Give(machine, held);
    }

    // Rare random lives: reclaim meets a page that was mlocked just then, or has lost its place in tmpfs, or cannot be unmapped.
    // Which life takes a branch changes with the machine: the one that did last is tried first.
    private static Machine Culled() => RareLife(RandomMachineKind.LittleSwap, ReachedPath.FateCull, 97);

    private static Machine LeftItsFile() => RareLife(RandomMachineKind.LittleSwap, ReachedPath.FateKeepLeftItsFile, 97);

    private static Machine StillMapped() => RareLife(RandomMachineKind.FourCpusAndTwoSwapAreas, ReachedPath.FateStillMapped, 59);

    private static Machine ServedAtTheLastMoment() => RareLife(RandomMachineKind.OneCpuWithoutSwap, ReachedPath.SlowPathLastAttemptServed, 0);

    private static Machine RareLife(RandomMachineKind kind, ReachedPath path, ulong lastSeed)
    {
        for (var attempt = 0UL; attempt < MostLives; attempt++)
        {
            var machine = RandomLifeOf(kind, attempt == 0 ? lastSeed : attempt);
            if (machine.Paths[path] > 0)
            {
                return machine;
            }

            machine.Dispose();
        }

        throw new InvalidOperationException($"none of {MostLives} lives on {kind} takes {path}");
    }

    private static Machine RandomLifeOf(RandomMachineKind kind, ulong seed)
    {
        var world = new RandomWorld(kind, seed);
        Assert.True(world.Machine.KernelSettings.TryWriteRandomizeVaSpace("0"u8));
        for (var step = 0; step < 150 && !world.Machine.HasPanicked; step++)
        {
            world.Step();
            if (step % 12 == 0)
            {
                world.Run(20);
            }
        }

        return world.Machine;
    }

    /// <summary>Compacted twice: when hardly a page is free, and then when there is enough to move things to.</summary>
    private static Machine Compacted()
    {
        var machine = AMachine.Booted(128);
        Assert.True(machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), "never"u8));
        Live(machine, 1000, [Script.Map(8000), Script.Write(0, 0, 8000), .. Enumerable.Range(0, 2000).Select(static i => Script.Unmap(0, (ulong)i * 4, 1))]);
        machine.Allocator.DrainAllPerCpuPages();
        var held = new List<Pfn>();
        var zone = machine.Nodes[0][ZoneType.Dma32];
        while (zone.FreePages > (long)zone.Marks.MinPages / 2
            && machine.Allocator.TryAllocate(GfpFlags.Kernel | GfpFlags.MemAlloc, 0, FrameOwner.Kernel, out var block))
        {
            held.Add(block);
        }

        machine.Sysctls.Write("compact_memory", "1"u8);
        Give(machine, held);
        machine.Sysctls.Write("compact_memory", "1"u8);
        return machine;
    }

    private static Machine NotFragmentedEnough()
    {
        var box = new HoledBox(isMovable: true, new KeyValuePair<string, string>("extfrag_threshold", "1000"));
        Assert.True(box.Machine.TrySetThp(TransparentHugePages.IndexOf("enabled"), "madvise"u8));
        box.AskForHugePages(2);
        box.Run(500);
        return box.Release();
    }

    /// <summary>Small blocks among pages of the kernel, until patience does not help any more.</summary>
    private static Machine TriesHarder()
    {
        var box = new HoledBox(isMovable: false);
        Assert.True(box.RunOutOfSmallBlocks());
        return box.Release();
    }

    /// <summary>Just before kswapd's nap is over the marks are raised; nobody asks for memory in between, which would wake it.</summary>
    private static Machine NapsInVain()
    {
        var machine = WithDisk(96, 4);
        var reader = Live(machine, 1, [Script.Open("/mnt/file", 256 << 20), .. Enumerable.Repeat(Script.ReadFile(0, 1 << 20), 256)]);
        while (machine.Kswapds[0].State.Activity != KswapdActivity.Napping)
        {
            Run(machine, 1);
        }

        machine.Kill(reader.Pid, Signal.Kill);
        machine.RunUntil(new SimTime(machine.Kswapds[0].State.Since.Nanoseconds + 99_950_000));
        foreach (var zone in machine.Nodes[0].Zones)
        {
            zone.BoostPages = zone.ManagedPages;
        }

        Run(machine, 10);
        Assert.True(machine.Paths[ReachedPath.KswapdNapOverUnbalanced] > 0);
        return machine;
    }

    private static Machine WithDisk(int ramMebibytes, ulong swapMebibytes, ulong bytesPerSecond = 200 << 20, ulong latencyNanoseconds = 100_000) =>
        Machine.Boot(AMachine.Of(ramMebibytes) with
        {
            Disks =
            [
                new DiskConfiguration("vda", 4UL << 30, bytesPerSecond, bytesPerSecond, latencyNanoseconds, 0, IsRotational: false),
                new DiskConfiguration("vdb", swapMebibytes << 20, bytesPerSecond, bytesPerSecond, latencyNanoseconds, 0, IsRotational: false),
            ],
            Swaps = [new SwapConfiguration(1)],
            Mounts = [new MountConfiguration("/mnt", 0)],
            VmSettings = [new("overcommit_memory", "1")],
        });

    private static Process Live(Machine machine, ulong milliseconds, ScriptLine[] lines)
    {
        var task = machine.Spawn(new ScriptedProgram(lines))!;
        Run(machine, milliseconds);
        return task;
    }

    private static void Run(Machine machine, ulong milliseconds) =>
        machine.RunUntil(machine.Now.Plus(SimTime.FromMilliseconds(milliseconds)));

    private static void Give(Machine machine, List<Pfn> held)
    {
        foreach (var block in held)
        {
            machine.Allocator.Free(block);
        }
    }
}
