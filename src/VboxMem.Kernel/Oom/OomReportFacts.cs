// What an OOM report tells, as plain data.
//
// Units    pages of 4 KiB; bytes where a name says so.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Log;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Oom;

/// <summary>What confines the shortage.</summary>
public enum OomConstraint
{
    /// <summary>Nothing: the whole machine is short.</summary>
    None,

    /// <summary>The nodes of a cpuset.</summary>
    Cpuset,

    /// <summary>The nodes of a memory policy.</summary>
    MemoryPolicy,
}

/// <summary>A process in the table of tasks.</summary>
public sealed record OomTask
{
    public required int Pid { get; init; }

    public required int ThreadGroup { get; init; }

    public required uint Uid { get; init; }

    public required string Comm { get; init; }

    public required ulong TotalVirtual { get; init; }

    public required ulong Anon { get; init; }

    public required ulong File { get; init; }

    public required ulong Shmem { get; init; }

    public required ulong PageTableBytes { get; init; }

    public required ulong SwapEntries { get; init; }

    public required short OomScoreAdj { get; init; }

    public ulong Resident => Anon + File + Shmem;
}

/// <summary>An unreclaimable slab cache: bytes of objects in use, and of all.</summary>
public readonly record struct OomSlab(string Name, ulong UsedBytes, ulong TotalBytes);

/// <summary>The process chosen, and the cgroup it is in.</summary>
public sealed record OomVictim(OomTask Task, string Cgroup = "/");

/// <summary>One run of the OOM killer.</summary>
public sealed record OomReportFacts
{
    public required GfpFlags Gfp { get; init; }

    /// <summary>Of the request; <see cref="SysRqOrder"/> when an operator asked for the kill.</summary>
    public required int Order { get; init; }

    /// <summary>The order that stands for SysRq-f.</summary>
    public const int SysRqOrder = -1;

    /// <summary>The task whose request could not be met.</summary>
    public required RunningTask Invoker { get; init; }

    public required short InvokerOomScoreAdj { get; init; }

    public required AllocationOrigin Origin { get; init; }

    public OomConstraint Constraint { get; init; }

    /// <summary>The nodes of the invoker's memory policy; null without one.</summary>
    public IReadOnlyList<int>? NodeMask { get; init; }

    public string Cpuset { get; init; } = "/";

    /// <summary>The nodes the invoker may use.</summary>
    public required IReadOnlyList<int> AllowedNodes { get; init; }

    public required MemoryReportFacts Memory { get; init; }

    /// <summary>Slab caches that cannot be reclaimed and hold objects, newest first; printed only when they outweigh the LRU lists.</summary>
    public required IReadOnlyList<OomSlab> UnreclaimableSlabs { get; init; }

    /// <summary>The processes that may be killed or are protected by -1000, oldest first; null when oom_dump_tasks is 0.</summary>
    public required IReadOnlyList<OomTask>? Tasks { get; init; }

    /// <summary>Null when nobody is left to kill, or the box panics instead.</summary>
    public OomVictim? Victim { get; init; }
}
