// One kill of the OOM killer, as its report in the kernel log tells it.

namespace VboxMem.Testing.Experiments;

/// <summary>A zone in the report, in kB; the reserve of the zone against each higher zone in pages, in zone order.</summary>
public sealed record OomZone(
    int Node, string Name, long FreeKilobytes, long MinKilobytes, long LowKilobytes, long HighKilobytes, long FreePcpKilobytes, IReadOnlyList<long> ReservePages)
{
    private const int KilobytesPerPage = 4;

    /// <summary>Index of Movable in the order DMA, DMA32, Normal, Movable, Device: the highest zone user memory may come from.</summary>
    private const int Movable = 3;

    /// <summary>Free memory in per cent of the min watermark.</summary>
    public double FreePercentOfMin => 100.0 * FreeKilobytes / MinKilobytes;

    /// <summary>Whether user memory is refused here: free is at or below min and what is kept back from the highest zone.</summary>
    public bool IsBelowMinAndReserve => FreeKilobytes <= MinKilobytes + (ReservePages.Count > Movable ? ReservePages[Movable] : 0) * KilobytesPerPage;
}

/// <summary>A line of the report's table of tasks; sizes in pages, page tables in bytes.</summary>
public sealed record OomTask(
    int Pid, string Name, long TotalPages, long RssPages, long AnonPages, long FilePages, long ShmemPages, long PageTableBytes, long SwapPages, int ScoreAdjust);

/// <summary>The line that names who is killed; sizes in kB.</summary>
public sealed record OomVictim(
    int Pid, string Name, long TotalKilobytes, long AnonKilobytes, long FileKilobytes, long ShmemKilobytes, long PageTableKilobytes, int ScoreAdjust);

/// <summary>One report and the kill at its end.</summary>
public sealed class OomKill
{
    /// <summary>Microseconds since boot at the line <c>invoked oom-killer</c>.</summary>
    public required long Microseconds { get; init; }

    /// <summary>Who ran out of memory.</summary>
    public required string Invoker { get; init; }

    /// <summary>The flags of the allocation as printed, such as <c>0x140dca(GFP_HIGHUSER_MOVABLE|…)</c>.</summary>
    public required string GfpMask { get; init; }

    public required int Order { get; init; }

    public required int InvokerScoreAdjust { get; init; }

    /// <summary>The populated zones, in the order of the report.</summary>
    public required IReadOnlyList<OomZone> Zones { get; init; }

    /// <summary>The figures under <c>Mem-Info:</c> by name, in pages: free, free_pcp, active_anon, slab_reclaimable, ….</summary>
    public required IReadOnlyDictionary<string, long> MemInfo { get; init; }

    /// <summary>Free swap in kB.</summary>
    public required long FreeSwapKilobytes { get; init; }

    /// <summary>Pages in the swap cache.</summary>
    public required long SwapCachePages { get; init; }

    /// <summary>The node is given up: the line of the node says <c>all_unreclaimable? yes</c>.</summary>
    public required bool AllUnreclaimable { get; init; }

    public required IReadOnlyList<OomTask> Tasks { get; init; }

    public required OomVictim Victim { get; init; }
}
