using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Sched;

/// <summary>What a sleeping task waits for.</summary>
public enum WaitKind : byte
{
    None,

    /// <summary>Nothing but its timer, or a signal.</summary>
    Timer,

    /// <summary>A folio to be unlocked (key: pfn).</summary>
    PageLock,

    /// <summary>A folio's writeback to end (key: pfn).</summary>
    PageWriteback,

    /// <summary>A child to die (key: the pid of the waiting task's process).</summary>
    Child,

    /// <summary>kswapd of a node has work (key: node).</summary>
    KswapdWork,

    /// <summary>A task kept from direct reclaim until kswapd has freed something (key: node).</summary>
    PfMemAlloc,

    /// <summary>Writeback, or progress of reclaim, on a node (key: node * 4 + ReclaimThrottle).</summary>
    ReclaimThrottle,

    /// <summary>A flusher has work (key: device).</summary>
    FlusherWork,

    /// <summary>The OOM reaper has work.</summary>
    OomReaperWork,

    /// <summary>A disk's queue has room (key: disk).</summary>
    DiskQueue,

    /// <summary>Something to receive, or the end of a timeout (key: socket).</summary>
    SocketInput,

    /// <summary>A socket's queue has room (key: socket).</summary>
    SocketRoom,

    /// <summary>A shared word of memory to change (key: address and memory).</summary>
    Futex,

    /// <summary>The other threads of its process to be gone (key: pid of the process).</summary>
    ThreadGroup,

    /// <summary>Another thread to be done with changing the memory they share (key: id of the memory).</summary>
    MmapLock,

    /// <summary>kcompactd of a node has work, or is to look whether it has (key: node).</summary>
    KcompactdWork,
}

/// <summary>How deep a sleep is: what can end it before what it waits for.</summary>
public enum SleepDepth : byte
{
    /// <summary>Any signal (state S).</summary>
    Interruptible,

    /// <summary>A fatal signal (state D).</summary>
    Killable,

    /// <summary>Nothing (state D).</summary>
    Uninterruptible,

    /// <summary>Nothing, and it is no load: a worker that waits for work (state I).</summary>
    Idle,
}

/// <summary>What a task sleeps for. Plain data, so that a sleeping task can be copied.</summary>
/// <param name="Kind">What it waits for.</param>
/// <param name="Key">Which one of its kind.</param>
/// <param name="Depth">What else may end the sleep.</param>
/// <param name="IsIo">The time counts as waiting for I/O (iowait, PSI io).</param>
/// <param name="IsMemoryStall">The sleep is a stall on memory (PSI memory) from its beginning to its end: a page of the working set is read.</param>
public readonly record struct Wait(
    WaitKind Kind, ulong Key, SleepDepth Depth = SleepDepth.Uninterruptible, bool IsIo = false, bool IsMemoryStall = false)
{
    public static Wait ForUnlock(Pfn folio, SleepDepth depth = SleepDepth.Killable) => new(WaitKind.PageLock, folio.Index, depth, IsIo: true);

    public static Wait ForWriteback(Pfn folio, SleepDepth depth = SleepDepth.Killable) => new(WaitKind.PageWriteback, folio.Index, depth, IsIo: true);
}

/// <summary>How one step of a task's work ended.</summary>
public enum StepResult : byte
{
    /// <summary>There is more to do; go on in this turn or the next.</summary>
    Continue,

    /// <summary>The task sleeps (Scheduler.Sleep was called), or its allocation must first go through the slow path. Do it again then.</summary>
    Wait,

    /// <summary>The work is done.</summary>
    Done,
}
