// The figures of the memory report that goes to the log: what show_mem gathers, as plain data.
//
// Units    pages of 4 KiB; a name says when it is bytes or kB.

using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Accounting;

/// <summary>Sums over the whole machine, whichever nodes and zones a report lists.</summary>
public sealed record MemoryTotals
{
    public required ulong ActiveAnon { get; init; }

    public required ulong InactiveAnon { get; init; }

    public required ulong IsolatedAnon { get; init; }

    public required ulong ActiveFile { get; init; }

    public required ulong InactiveFile { get; init; }

    public required ulong IsolatedFile { get; init; }

    public required ulong Unevictable { get; init; }

    public required ulong Dirty { get; init; }

    public required ulong Writeback { get; init; }

    public required ulong SlabReclaimable { get; init; }

    public required ulong SlabUnreclaimable { get; init; }

    public required ulong Mapped { get; init; }

    public required ulong Shmem { get; init; }

    public required ulong PageTables { get; init; }

    public required ulong SecondaryPageTables { get; init; }

    public required ulong Bounce { get; init; }

    public required ulong KernelMiscReclaimable { get; init; }

    public required ulong Free { get; init; }

    public required ulong FreeCma { get; init; }

    /// <summary>NR_FILE_PAGES: page cache with shared memory and the swap cache.</summary>
    public required ulong FilePages { get; init; }

    public required ulong SwapCache { get; init; }

    public required ulong FreeSwap { get; init; }

    public required ulong TotalSwap { get; init; }

    /// <summary>Present pages of all zones.</summary>
    public required ulong Present { get; init; }

    /// <summary>Present pages that the page allocator does not own.</summary>
    public required ulong Reserved { get; init; }

    /// <summary>All pages on LRU lists or taken off them for reclaim.</summary>
    public ulong LruPages => ActiveAnon + InactiveAnon + ActiveFile + InactiveFile + IsolatedAnon + IsolatedFile + Unevictable;
}

/// <summary>One node.</summary>
public sealed record NodeReport
{
    public required int Node { get; init; }

    public required ulong ActiveAnon { get; init; }

    public required ulong InactiveAnon { get; init; }

    public required ulong ActiveFile { get; init; }

    public required ulong InactiveFile { get; init; }

    public required ulong Unevictable { get; init; }

    public required ulong IsolatedAnon { get; init; }

    public required ulong IsolatedFile { get; init; }

    public required ulong Mapped { get; init; }

    public required ulong Dirty { get; init; }

    public required ulong Writeback { get; init; }

    public required ulong Shmem { get; init; }

    /// <summary>Small pages of huge pages of shared memory.</summary>
    public required ulong ShmemHuge { get; init; }

    public required ulong ShmemPmdMapped { get; init; }

    /// <summary>Small pages of anonymous huge pages.</summary>
    public required ulong AnonHuge { get; init; }

    public required ulong WritebackTemporary { get; init; }

    public required ulong KernelStackKilobytes { get; init; }

    public required ulong PageTables { get; init; }

    public required ulong SecondaryPageTables { get; init; }

    /// <summary>kswapd has given up on the node.</summary>
    public required bool AllUnreclaimable { get; init; }

    /// <summary>Its pools of huge pages, in the order Linux lists sizes: 1 GiB before 2 MiB.</summary>
    public required IReadOnlyList<HugePoolReport> HugePools { get; init; }
}

/// <summary>A node's pool of huge pages of one size; counts are of huge pages.</summary>
public readonly record struct HugePoolReport(uint Total, uint Free, uint Surplus, ulong PageKilobytes);

/// <summary>One populated zone.</summary>
public sealed record ZoneReport
{
    public required int Node { get; init; }

    public required ZoneType Zone { get; init; }

    public required ulong Free { get; init; }

    public required ulong Boost { get; init; }

    /// <summary>The marks as they are in force, boost included.</summary>
    public required ulong Min { get; init; }

    public required ulong Low { get; init; }

    public required ulong High { get; init; }

    public required ulong ReservedHighAtomic { get; init; }

    public required ulong ActiveAnon { get; init; }

    public required ulong InactiveAnon { get; init; }

    public required ulong ActiveFile { get; init; }

    public required ulong InactiveFile { get; init; }

    public required ulong Unevictable { get; init; }

    public required ulong WritePending { get; init; }

    public required ulong Present { get; init; }

    public required ulong Managed { get; init; }

    public required ulong Mlocked { get; init; }

    public required ulong Bounce { get; init; }

    /// <summary>Pages on the lists of all CPUs.</summary>
    public required ulong PerCpu { get; init; }

    /// <summary>Those of the CPU that writes the report.</summary>
    public required ulong LocalPerCpu { get; init; }

    public required ulong FreeCma { get; init; }

    /// <summary>lowmem_reserve against requests of each zone type.</summary>
    public required IReadOnlyList<long> LowmemReserve { get; init; }

    /// <summary>Free blocks by order.</summary>
    public required IReadOnlyList<FreeBlocks> FreeBlocks { get; init; }
}

/// <summary>Free blocks of one order.</summary>
/// <param name="Count">Blocks of all migrate types.</param>
/// <param name="Types">Bit n is set when type n has some.</param>
public readonly record struct FreeBlocks(ulong Count, uint Types);

/// <summary>Everything a memory report tells.</summary>
public sealed record MemoryReportFacts
{
    public required MemoryTotals Totals { get; init; }

    /// <summary>Every online node, rising.</summary>
    public required IReadOnlyList<NodeReport> Nodes { get; init; }

    /// <summary>Every populated zone, node by node, rising.</summary>
    public required IReadOnlyList<ZoneReport> Zones { get; init; }
}

/// <summary>Which part of the machine a report lists.</summary>
/// <param name="HighestZone">The highest zone the request may use; those above are not listed.</param>
/// <param name="Nodes">The nodes it may use; null lists all.</param>
public readonly record struct MemoryReportScope(ZoneType HighestZone, IReadOnlyList<int>? Nodes)
{
    /// <summary>Everything: what SysRq-m shows.</summary>
    public static MemoryReportScope Whole => new(ZoneType.Device, null);

    internal bool Lists(int node) => Nodes is null || Nodes.Contains(node);

    internal bool Lists(ZoneReport zone) => zone.Zone <= HighestZone && Lists(zone.Node);
}
