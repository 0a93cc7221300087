// Figures of memory that a program may ask for while it runs, as real ones read /proc/meminfo and /proc/self/status.
//
// Units    pages of 4 KiB.
// Departs  a program that reads the file sees counters that lag by what each CPU holds back (MemoryInfo); here it sees them exact.

using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Accounting;

/// <summary>A figure of the machine, or of the process that asks (Own…).</summary>
public enum MemoryFigure
{
    /// <summary>Cached of /proc/meminfo.</summary>
    Cached,
    Buffers,
    Shmem,
    Dirty,
    SlabReclaimable,
    SlabUnreclaimable,
    AnonPages,

    /// <summary>SwapTotal less SwapFree.</summary>
    SwapUsed,

    /// <summary>RssAnon of /proc/self/status.</summary>
    OwnAnon,
    OwnFile,
    OwnShmem,

    /// <summary>VmSwap of /proc/self/status.</summary>
    OwnSwap,
}

internal static class MemoryFigures
{
    public static long Pages(Machine machine, Process task, MemoryFigure figure) => figure switch
    {
        MemoryFigure.Cached => Math.Max(
            0, Exact(machine, NodeStatItem.FilePages) - Exact(machine, NodeStatItem.Swapcached) - (long)machine.PageCache.BufferPages),
        MemoryFigure.Buffers => (long)machine.PageCache.BufferPages,
        MemoryFigure.Shmem => Exact(machine, NodeStatItem.Shmem),
        MemoryFigure.Dirty => Exact(machine, NodeStatItem.Dirty),
        MemoryFigure.SlabReclaimable => Exact(machine, NodeStatItem.SlabReclaimable),
        MemoryFigure.SlabUnreclaimable => Exact(machine, NodeStatItem.SlabUnreclaimable),
        MemoryFigure.AnonPages => Exact(machine, NodeStatItem.AnonPages),
        MemoryFigure.SwapUsed => machine.Swap.ShownTotalPages - machine.Swap.ShownFreePages,
        MemoryFigure.OwnAnon => (long)machine.Memory[task.MemoryId].RssAnonPages,
        MemoryFigure.OwnFile => (long)machine.Memory[task.MemoryId].RssFilePages,
        MemoryFigure.OwnShmem => (long)machine.Memory[task.MemoryId].RssShmemPages,
        _ => (long)machine.Memory[task.MemoryId].SwapEntryPages,
    };

    private static long Exact(Machine machine, NodeStatItem item)
    {
        var sum = 0L;
        foreach (var node in machine.Nodes)
        {
            sum += node.Stats.ReadExact((int)item);
        }

        return sum;
    }
}
