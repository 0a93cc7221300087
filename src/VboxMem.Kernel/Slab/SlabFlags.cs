// What a slab cache was created with, as far as it decides layout, accounting and where its pages come from.

namespace VboxMem.Kernel.Slab;

/// <summary>Creation flags of a slab cache (Linux: SLAB_*; facts: physical memory, 7.2 and 7.3).</summary>
[Flags]
public enum SlabFlags
{
    None = 0,

    /// <summary>Objects start on cache lines of 64 bytes; small ones on a half, a quarter, … of a line.</summary>
    HwCacheAlign = 1 << 0,

    /// <summary>Pages count as reclaimable slab and come from reclaimable pageblocks (SLAB_RECLAIM_ACCOUNT).</summary>
    ReclaimAccount = 1 << 1,

    /// <summary>Objects are charged to the memory cgroup of the task that allocates them (SLAB_ACCOUNT).</summary>
    Account = 1 << 2,

    /// <summary>Objects keep their constructed state while free, so the free pointer lies behind the object.</summary>
    Constructor = 1 << 3,

    /// <summary>Pages are freed only after a grace period, and the free pointer lies behind the object (SLAB_TYPESAFE_BY_RCU).</summary>
    TypesafeByRcu = 1 << 4,

    /// <summary>An RCU-typesafe object that names a slot of its own for the free pointer, and so needs none behind it.</summary>
    OwnFreePointer = 1 << 5,

    /// <summary>Pages come from ZONE_DMA (SLAB_CACHE_DMA).</summary>
    CacheDma = 1 << 6,
}
