// A small box under pressure, for tests that only look: what one reads does not change what the next one finds.

using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;
using VboxMem.Workloads;

namespace VboxMem.Procfs.Tests;

/// <summary>A box that swaps, with anonymous, shared, locked, forked and mapped memory, stopped in the middle of it.</summary>
public sealed class SwappingBox : IDisposable
{
    internal const string Collection = "swapping box";
    private const ulong Mebibyte = 1 << 20;

    public SwappingBox()
    {
        Box = Box.WithDisks(ramMebibytes: 128, swapMebibytes: 256);
        foreach (var (program, megabytes) in new[] { ("touch", 60UL), ("lock", 3UL), ("fork", 30UL), ("map", 16UL), ("write", 24UL) })
        {
            Box.Start(program, new ProgramParameters(
                SizeBytes: megabytes * Mebibyte, PartBytes: 8 * Mebibyte, ChunkBytes: 65536, Passes: 0, Count: 2, Path: "/srv/" + program, IsShared: true));
        }

        const ulong place = 0x2000_0000;
        const MapFlags mapping = MapFlags.ReadWrite | MapFlags.Anonymous | MapFlags.Fixed;
        Box.Start(new Requests(
        [
            new Request(RequestKind.Mmap, 4 * Mebibyte, (ulong)(mapping | MapFlags.Shared | MapFlags.Locked) | place, ulong.MaxValue),
            new Request(RequestKind.Mmap, 6 * Mebibyte, (ulong)(mapping | MapFlags.Locked) | (place + (8 * Mebibyte)), ulong.MaxValue),
            new Request(RequestKind.Fork, Program: new Requests([])),
        ]));
        Box.Run(5_000);
    }

    internal Box Box { get; }

    /// <summary>Tasks that have memory.</summary>
    internal IEnumerable<Kernel.Sched.Process> Users => Box.Machine.Processes.Tasks.Where(static task => task.IsLeader && task.MemoryId != 0);

    public void Dispose() => Box.Dispose();
}

[CollectionDefinition(SwappingBox.Collection)]
public sealed class SwappingBoxCollection : ICollectionFixture<SwappingBox>;
