// One zone of a captured /proc/zoneinfo.

namespace VboxMem.Testing;

/// <summary>A CPU's page list in a zone: pages it holds, its limit and batch, and its counter threshold.</summary>
public sealed record CapturedPageset(int Cpu, int CountPages, int HighPages, int BatchPages, int VmStatThreshold);

/// <summary>One zone of <c>/proc/zoneinfo</c>; every figure in pages. Unpopulated zones are listed too, as the file does.</summary>
public sealed class CapturedZone
{
    public required int Node { get; init; }

    /// <summary>DMA, DMA32, Normal, Movable or Device.</summary>
    public required string Name { get; init; }

    public long FreePages { get; internal set; }

    public long BoostPages { get; internal set; }

    public long MinPages { get; internal set; }

    public long LowPages { get; internal set; }

    public long HighPages { get; internal set; }

    public long PromoPages { get; internal set; }

    public long SpannedPages { get; internal set; }

    public long PresentPages { get; internal set; }

    public long ManagedPages { get; internal set; }

    /// <summary>lowmem_reserve of the zone against requests of each zone index.</summary>
    public IReadOnlyList<long> Protection { get; internal set; } = [];

    /// <summary>Zone statistics and NUMA counters by name; empty for an unpopulated zone.</summary>
    public CapturedCounters Stats { get; } = new();

    /// <summary>The per-CPU lists in order of CPU; empty for an unpopulated zone.</summary>
    public IReadOnlyList<CapturedPageset> Pagesets { get; internal set; } = [];

    /// <summary>kswapd has given the node up (1) or not (0).</summary>
    public long NodeUnreclaimable { get; internal set; }

    public long StartPfn { get; internal set; }

    public bool IsPopulated => PresentPages != 0;
}
