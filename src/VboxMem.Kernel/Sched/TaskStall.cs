// Who is kept from going on, and by what: derived from what a task waits for and from where it stands in the allocator.
//
// A task that waits for work, for a client, for a child, for its own timer or for another thread's leave is not stalled: nothing is
// wrong with that. Listed is who would go on if memory, a disk or an address space let it.
//
// Models   nothing of Linux's: there one reads it from /proc/PID/stack and wchan.

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Reclaim;
using VboxMem.Kernel.Swap;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Sched;

/// <summary>What a task stalls on.</summary>
public enum StallCause
{
    /// <summary>It reclaims memory itself, for a request that could not be met (runs, or waits for a CPU).</summary>
    DirectReclaim,

    /// <summary>It compacts memory itself, for a block that is not to be had.</summary>
    DirectCompaction,

    /// <summary>Kept from reclaiming until kswapd has freed something: the reserves run out.</summary>
    ReserveThrottle,

    /// <summary>A pause of reclaim: pages it has met are being written; too many are isolated; nothing was freed; all dirty pages are queued.</summary>
    WritebackThrottle,
    IsolatedThrottle,
    NoProgressThrottle,
    CongestedThrottle,

    /// <summary>Its memory is gone and somebody is being killed for it.</summary>
    OomKill,

    /// <summary>The dirty limits: it has written faster than its disk.</summary>
    DirtyThrottle,

    /// <summary>A page to be read from swap.</summary>
    SwapIn,

    /// <summary>A page of a file to be read.</summary>
    FileRead,

    /// <summary>Somebody else holds a page.</summary>
    PageLock,

    /// <summary>A page to be written.</summary>
    Writeback,

    /// <summary>Room in a disk's queue.</summary>
    DiskQueue,

    /// <summary>Another thread to be done with changing the memory they share.</summary>
    MmapLock,
}

/// <summary>What kind of thing a stall is about.</summary>
public enum StallObject
{
    None,
    Node,
    Frame,
    Disk,
    Memory,
}

/// <summary>One task's stall.</summary>
/// <param name="Cause">On what.</param>
/// <param name="About">Kind of <paramref name="Number"/>.</param>
/// <param name="Number">Which node, frame, disk or address space.</param>
/// <param name="Since">Since when; while it reclaims: since it asked for the memory.</param>
public readonly record struct TaskStall(StallCause Cause, StallObject About, ulong Number, SimTime Since)
{
    /// <summary>A task's stall. False: it runs, or waits for nothing that is short.</summary>
    public static bool TryGet(Machine machine, Process task, out TaskStall stall)
    {
        stall = default;
        if (task.State == TaskState.Running)
        {
            if (!task.Allocation.IsPending || task.SlowPath is not { } path)
            {
                return false;
            }

            var compacts = path.Phase is SlowPathPhase.CompactFirst or SlowPathPhase.Compact;
            stall = new TaskStall(compacts ? StallCause.DirectCompaction : StallCause.DirectReclaim, StallObject.None, 0, path.Since);
            return true;
        }

        var wait = task.Wait;
        var (cause, about, number) = wait.Kind switch
        {
            WaitKind.PfMemAlloc => (StallCause.ReserveThrottle, StallObject.Node, wait.Key),
            WaitKind.ReclaimThrottle => (CauseOf((ReclaimThrottle)(wait.Key % 4)), StallObject.Node, wait.Key / 4),
            WaitKind.PageLock => (CauseOfLock(machine, task, new Pfn((uint)wait.Key)), StallObject.Frame, wait.Key),
            WaitKind.PageWriteback => (StallCause.Writeback, StallObject.Frame, wait.Key),
            WaitKind.DiskQueue => (StallCause.DiskQueue, StallObject.Disk, wait.Key),
            WaitKind.MmapLock => (StallCause.MmapLock, StallObject.Memory, wait.Key),
            WaitKind.Timer when wait.Depth == SleepDepth.Killable => (StallCause.DirtyThrottle, StallObject.Disk, (ulong)Math.Max(0, task.DirtiedDisk)),
            WaitKind.Timer when task.Allocation.IsPending => (StallCause.OomKill, StallObject.None, 0UL),
            _ => ((StallCause)(-1), StallObject.None, 0UL),
        };
        stall = new TaskStall(cause, about, number, task.StateSince);
        return cause >= 0;
    }

    private static StallCause CauseOf(ReclaimThrottle reason) => reason switch
    {
        ReclaimThrottle.Writeback => StallCause.WritebackThrottle,
        ReclaimThrottle.Isolated => StallCause.IsolatedThrottle,
        ReclaimThrottle.NoProgress => StallCause.NoProgressThrottle,
        _ => StallCause.CongestedThrottle,
    };

    private static StallCause CauseOfLock(Machine machine, Process task, Pfn folio)
    {
        ref var frame = ref machine.Frames[folio];
        return frame.Has(PageFlags.UpToDate) ? StallCause.PageLock
            : frame.Has(PageFlags.SwapCache) ? StallCause.SwapIn
            : StallCause.FileRead;
    }
}
