// One zone of one node: its extent, its marks, its free memory.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Physical;

/// <summary>A range of one node's memory with an allocator of its own. Empty zones exist too, as on Linux.</summary>
public sealed class Zone
{
    /// <summary>Zone slots per node, populated or not.</summary>
    public const int TypesPerNode = 5;

    private readonly PerCpuPages[] _perCpu;
    private readonly ulong[] _numaEvents;

    public Zone(ZoneExtent extent, PageFrames frames, CpuContext cpus, ReachedPaths paths)
    {
        Paths = paths;
        Extent = extent;
        Type = extent.Type;
        Node = extent.Node;
        Stats = new PerCpuCounters(ZoneStatNames.All.Length, cpus);
        LowmemReservePages = new ulong[TypesPerNode];
        _numaEvents = new ulong[ZoneStatNames.Numa.Length];
        Buddy = new BuddyAllocator(this, frames);
        _perCpu = new PerCpuPages[extent.IsPopulated ? cpus.Count : 0];
        for (var cpu = 0; cpu < _perCpu.Length; cpu++)
        {
            _perCpu[cpu] = new PerCpuPages(this, frames);
        }
    }

    private Zone(Zone other, PageFrames frames, CpuContext cpus, ReachedPaths paths)
    {
        Paths = paths;
        Extent = other.Extent;
        Type = other.Type;
        Node = other.Node;
        ManagedPages = other.ManagedPages;
        Marks = other.Marks;
        BoostPages = other.BoostPages;
        IsBoostNew = other.IsBoostNew;
        ReservedHighAtomicPages = other.ReservedHighAtomicPages;
        FreeHighAtomicPages = other.FreeHighAtomicPages;
        DriftMarkPages = other.DriftMarkPages;
        IsBelowHigh = other.IsBelowHigh;
        IsReclaimActive = other.IsReclaimActive;
        Stats = other.Stats.Clone(cpus);
        LowmemReservePages = (ulong[])other.LowmemReservePages.Clone();
        _numaEvents = (ulong[])other._numaEvents.Clone();
        Buddy = other.Buddy.Clone(this, frames);
        _perCpu = new PerCpuPages[other._perCpu.Length];
        for (var cpu = 0; cpu < _perCpu.Length; cpu++)
        {
            _perCpu[cpu] = other._perCpu[cpu].Clone(this, frames);
        }
    }

    public ZoneExtent Extent { get; }

    /// <summary>Where the machine notes which branches it takes.</summary>
    public ReachedPaths Paths { get; }

    public ZoneType Type { get; }

    public int Node { get; }

    /// <summary>Pages the buddy allocator owns, free or handed out.</summary>
    public ulong ManagedPages { get; set; }

    public bool IsPopulated => Extent.IsPopulated;

    public PerCpuCounters Stats { get; }

    public BuddyAllocator Buddy { get; }

    public ReadOnlySpan<PerCpuPages> PerCpu => _perCpu;

    public Watermarks Marks { get; set; }

    /// <summary>Temporary raise of every mark after pageblocks of different types were mixed (facts: physical memory, 2.6).</summary>
    public ulong BoostPages { get; set; }

    /// <summary>The boost is new: the next allocation wakes kswapd (ZONE_BOOSTED_WATERMARK).</summary>
    public bool IsBoostNew { get; set; }

    /// <summary>lowmem_reserve[]: pages kept from requests that could also use higher zones, by the request's highest zone.</summary>
    public ulong[] LowmemReservePages { get; }

    /// <summary>Size of the pageblocks reserved for high-order atomic requests, and how much of them is free.</summary>
    public ulong ReservedHighAtomicPages { get; set; }

    public long FreeHighAtomicPages { get; set; }

    /// <summary>Below this many free pages kswapd re-sums the per-CPU deltas; 0 when they are too small to matter.</summary>
    public ulong DriftMarkPages { get; set; }

    /// <summary>ZONE_BELOW_HIGH: an allocation found fewer free pages than the high mark.</summary>
    public bool IsBelowHigh { get; set; }

    /// <summary>ZONE_RECLAIM_ACTIVE: kswapd works on the zone.</summary>
    public bool IsReclaimActive { get; set; }

    public long FreePages => Stats.Read((int)ZoneStatItem.FreePages);

    public ulong NumaEvents(NumaEvent kind) => _numaEvents[(int)kind];

    public void CountNuma(NumaEvent kind) => _numaEvents[(int)kind]++;

    /// <summary>vm.numa_stat=0 zeroes the counts.</summary>
    public void ClearNumaEvents() => Array.Clear(_numaEvents);

    public ulong MarkPages(WatermarkLevel level) => Marks[level] + BoostPages;

    public Zone Clone(PageFrames frames, CpuContext cpus, ReachedPaths paths) => new(this, frames, cpus, paths);

    public void HashInto(StateHash hash)
    {
        hash.Add(ManagedPages);
        hash.Add(Marks.MinPages);
        hash.Add(Marks.LowPages);
        hash.Add(Marks.HighPages);
        hash.Add(Marks.PromoPages);
        hash.Add(BoostPages);
        hash.Add(IsBoostNew);
        hash.Add(ReservedHighAtomicPages);
        hash.Add(FreeHighAtomicPages);
        hash.Add(DriftMarkPages);
        hash.Add(IsBelowHigh);
        hash.Add(IsReclaimActive);
        hash.Add<ulong>(LowmemReservePages);
        hash.Add<ulong>(_numaEvents);
        Stats.HashInto(hash);
        Buddy.HashInto(hash);
        foreach (var pages in _perCpu)
        {
            pages.HashInto(hash);
        }
    }
}

/// <summary>Where a zone lies. All in pages; an empty zone has no present page.</summary>
/// <param name="Index">Node times five plus type: the number PageFrames knows the zone by.</param>
/// <param name="Node">The node it belongs to.</param>
/// <param name="Type">Which of the node's five zones it is.</param>
/// <param name="Start">First frame.</param>
/// <param name="SpannedPages">Pages to its end, holes included.</param>
/// <param name="PresentPages">RAM in it, reserved pages included.</param>
public sealed record ZoneExtent(byte Index, int Node, ZoneType Type, Pfn Start, uint SpannedPages, uint PresentPages)
{
    public bool IsPopulated => PresentPages > 0;

    public Pfn End => Start.Plus(SpannedPages);

    /// <summary>The name /proc gives the zone.</summary>
    public string Name => Type.Name();
}
