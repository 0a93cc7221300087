// A small box under pressure, for tests that only look: what one reads does not change what the next one finds.

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

        Box.Run(5_000);
    }

    internal Box Box { get; }

    /// <summary>Tasks that have memory.</summary>
    internal IEnumerable<Kernel.Sched.Process> Users => Box.Machine.Processes.Tasks.Where(static task => task.IsLeader && task.MemoryId != 0);

    public void Dispose() => Box.Dispose();
}

[CollectionDefinition(SwappingBox.Collection)]
public sealed class SwappingBoxCollection : ICollectionFixture<SwappingBox>;
