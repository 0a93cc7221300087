using System.Runtime.InteropServices;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Reclaim;

/// <summary>What a run of reclaim may do, and what it has found out about itself.</summary>
[Flags]
internal enum ScanFlags : uint
{
    None = 0,
    IsKswapd = 1,
    MayWrite = 2,
    MayUnmap = 4,
    MaySwap = 8,

    /// <summary>Active lists of that type may be shrunk.</summary>
    MayDeactivateAnon = 16,
    MayDeactivateFile = 32,

    /// <summary>May shrink both in any case: the last pass of direct reclaim.</summary>
    ForceDeactivate = 64,

    /// <summary>An active list was left alone.</summary>
    SkippedDeactivate = 128,
    CacheTrimMode = 256,
    CacheTrimModeFailed = 512,
    NoCacheTrimMode = 1024,
    FileIsTiny = 2048,

    /// <summary>The walk over cgroups is a full one.</summary>
    FullWalk = 4096,

    /// <summary>Enough is free for compaction: no more of that zone is reclaimed.</summary>
    CompactionReady = 8192,
}

/// <summary>The request that a run of reclaim serves and its totals so far (struct scan_control). Plain data without padding.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ScanControl
{
    public GfpFlags Gfp;
    public ScanFlags Flags;
    public int Order;

    /// <summary>12 (a light touch) down to 0.</summary>
    public int Priority;
    public ZoneType HighestZone;
    private readonly int _unused;

    /// <summary>Goal of the run, in pages.</summary>
    public ulong WantedPages;
    public ulong ScannedPages;
    public ulong ReclaimedPages;
    public ulong AnonCost;
    public ulong FileCost;

    // What this look at a node has met, in pages (scan_control.nr).
    public ulong DirtyPages;
    public ulong UnqueuedDirtyPages;
    public ulong CongestedPages;
    public ulong WritebackPages;
    public ulong ImmediatePages;
    public ulong TakenPages;
    public ulong TakenFilePages;

    public const int DefaultPriority = 12;
    public const ulong ClusterPages = 32;

    public readonly bool IsKswapd => Has(ScanFlags.IsKswapd);

    public readonly bool Has(ScanFlags flag) => (Flags & flag) != 0;

    public void Set(ScanFlags flag, bool value) => Flags = value ? Flags | flag : Flags & ~flag;

    public void ForgetMet()
    {
        DirtyPages = 0;
        UnqueuedDirtyPages = 0;
        CongestedPages = 0;
        WritebackPages = 0;
        ImmediatePages = 0;
        TakenPages = 0;
        TakenFilePages = 0;
    }

    public readonly void HashInto(StateHash hash) => hash.Add(MemoryMarshal.CreateReadOnlySpan(in this, 1));
}
