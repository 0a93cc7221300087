// Was a page that comes back reclaimed too early? What its owner keeps in its place while it is away, and the test at its return.
//
// An LRU vector's clock advances with each page evicted or activated. A shadow holds the clock at eviction; at the refault the
// distance to the clock's present is how many more pages of memory would have kept the page. If the pages that could have made
// room for it (the active ones of its own type, and more when the other type could give way) are at least as many, it belongs to
// the working set and starts active.
//
//   63        28 27      12 11       2      1        0
//   [  clock   ] [ cgroup ] [  node  ] [workingset] [1]     a value entry of an index tree: bit 0 set
//
// Invariants
//   W1  Unpack(Pack(s)) is s, with the clock cut to 36 bits and rounded down to a bucket.
//   W2  A distance is below 2^36.
//
// Units    pages; the clock in pages.
// Models   Linux 6.12 mm/workingset.c: pack_shadow, unpack_shadow, workingset_test_recent, count_shadow_nodes, workingset_init
//          (facts: reclaim, 4).

using System.Numerics;

namespace VboxMem.Kernel.Reclaim;

/// <summary>What is known of a page that was evicted.</summary>
/// <param name="Clock">Clock of the evicting LRU vector, its lowest bits lost when buckets are coarser than a page.</param>
/// <param name="MemcgId">Cgroup at whose expense it was evicted; 0 is none.</param>
/// <param name="Node">Memory node.</param>
/// <param name="IsWorkingset">The page had been active before (PG_workingset).</param>
public readonly record struct EvictionShadow(ulong Clock, ushort MemcgId, ushort Node, bool IsWorkingset);

public static class Workingset
{
    /// <summary>Bits of the clock that a shadow has room for.</summary>
    public const int TimestampBits = 36;

    private const ulong ClockMask = (1UL << TimestampBits) - 1;
    private const int NodeBits = 10;
    private const int WorkingsetShift = 1;
    private const int NodeShift = 2;
    private const int MemcgShift = NodeShift + NodeBits;
    private const int ClockShift = MemcgShift + 16;

    /// <summary>One shadow node is kept for every eight pages: with 64 slots each, they remember eight times the memory.</summary>
    private const int ShadowNodesShift = 3;

    /// <summary>Bits that count the machine's pages; printed at boot as max_order.</summary>
    public static int MaxOrder(ulong totalPages) => 64 - BitOperations.LeadingZeroCount(totalPages - 1);

    /// <summary>How many low bits of the clock are dropped so that the rest spans all memory; 0 up to 256 TiB.</summary>
    public static int BucketOrder(ulong totalPages) => Math.Max(MaxOrder(totalPages) - TimestampBits, 0);

    /// <summary>Packs a shadow into a word that an index tree takes for a value.</summary>
    public static ulong Pack(in EvictionShadow shadow, int bucketOrder) =>
        (shadow.Clock >> bucketOrder << ClockShift)
        | ((ulong)shadow.MemcgId << MemcgShift)
        | ((ulong)(shadow.Node & ((1 << NodeBits) - 1)) << NodeShift)
        | (shadow.IsWorkingset ? 1UL << WorkingsetShift : 0)
        | 1;

    public static EvictionShadow Unpack(ulong entry, int bucketOrder) => new(
        entry >> ClockShift << bucketOrder,
        (ushort)(entry >> MemcgShift),
        (ushort)((entry >> NodeShift) & ((1 << NodeBits) - 1)),
        (entry >> WorkingsetShift & 1) != 0);

    /// <summary>Pages evicted and activated while the page was away.</summary>
    /// <param name="clockNow">Clock of the evicting LRU vector now; counts on past the shadow's 36 bits.</param>
    /// <param name="clockAtEviction">From the shadow.</param>
    public static ulong RefaultDistance(ulong clockNow, ulong clockAtEviction) => (clockNow - clockAtEviction) & ClockMask;

    /// <summary>True when the page that comes back starts active.</summary>
    /// <param name="distance">See <see cref="RefaultDistance"/>.</param>
    /// <param name="sizes">Lists of the LRU vector that evicted the page.</param>
    /// <param name="isFile">A file page, or an anonymous one.</param>
    /// <param name="hasSwap">A swap slot is free, so anonymous pages could have given way.</param>
    public static bool IsActivating(ulong distance, in LruSizes sizes, bool isFile, bool hasSwap)
    {
        var workingsetPages = sizes.ActiveFilePages;
        if (!isFile)
        {
            workingsetPages += sizes.InactiveFilePages;
        }

        if (hasSwap)
        {
            workingsetPages += sizes.ActiveAnonPages;
            workingsetPages += isFile ? sizes.InactiveAnonPages : 0;
        }

        return distance <= workingsetPages;
    }

    /// <summary>Index-tree nodes with nothing but shadows that the shrinker offers to free.</summary>
    /// <param name="shadowNodes">How many there are on the node (workingset_nodes).</param>
    /// <param name="pages">Present pages of the memory node; or a cgroup's LRU and slab pages.</param>
    public static ulong FreeableShadowNodes(ulong shadowNodes, ulong pages)
    {
        var kept = pages >> ShadowNodesShift;
        return shadowNodes > kept ? shadowNodes - kept : 0;
    }
}
