// The caches behind kmalloc: thirteen sizes in four families, and two sets of buckets of their own.
//
// A request goes to the least size that holds it. Requests above 8 KiB are no slab objects: they take whole pages from the
// page allocator, which count as unreclaimable slab in meminfo and show nowhere in slabinfo.
//
// Units    bytes.
// Models   Linux 6.12 mm/slab_common.c: kmalloc_info, kmalloc_type, size_index; kmem_buckets (facts: physical memory, 7.1).
// Departs  the random copies of the caches (RANDOM_KMALLOC_CACHES) are off in this kernel, and absent.

using System.Numerics;

namespace VboxMem.Kernel.Slab;

/// <summary>Which caches serve a kmalloc, decided by its gfp flags; buckets have their own callers.</summary>
public enum KmallocFamily
{
    /// <summary>kmalloc-N.</summary>
    Normal,

    /// <summary>kmalloc-rcl-N: requests flagged reclaimable.</summary>
    Reclaimable,

    /// <summary>kmalloc-cg-N: requests charged to a memory cgroup.</summary>
    Accounted,

    /// <summary>dma-kmalloc-N: requests for ZONE_DMA.</summary>
    Dma,

    /// <summary>msg_msg-N: System V and POSIX messages, charged.</summary>
    Message,

    /// <summary>memdup_user-N: copies of what user space handed in.</summary>
    UserCopy,
}

/// <summary>The kmalloc caches and the way from a size to one of them.</summary>
public static class KmallocCaches
{
    /// <summary>The largest request a cache serves; larger ones go to the page allocator.</summary>
    public const int MaxCacheBytes = 8192;

    private const int SizesPerFamily = 13;

    private static readonly int[] FirstIndex = FindFirstIndices();

    /// <summary>The family gfp flags select: DMA before reclaimable before accounted.</summary>
    public static KmallocFamily FamilyFor(bool dma, bool reclaimable, bool accounted) =>
        dma ? KmallocFamily.Dma
        : reclaimable ? KmallocFamily.Reclaimable
        : accounted ? KmallocFamily.Accounted
        : KmallocFamily.Normal;

    /// <summary>The index in <see cref="SlabCacheTable"/> of the cache that serves a request.</summary>
    /// <param name="bytes">Size asked for, 1 to <see cref="MaxCacheBytes"/>.</param>
    /// <param name="family">Which caches.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size no cache serves: see <see cref="PageOrderFor"/>.</exception>
    public static int IndexFor(int bytes, KmallocFamily family)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, MaxCacheBytes);
        return FirstIndex[(int)family] + Column(bytes);
    }

    /// <summary>Order of the pages that serve a request above <see cref="MaxCacheBytes"/>.</summary>
    public static int PageOrderFor(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(bytes, MaxCacheBytes);
        return BitOperations.Log2((uint)(bytes - 1) / 4096) + 1;
    }

    private static int Column(int bytes) => bytes switch
    {
        > 64 and <= 96 => SizesPerFamily - 1,
        > 128 and <= 192 => SizesPerFamily - 2,
        <= 8 => SizesPerFamily - 3,
        _ => 12 - BitOperations.Log2((uint)(bytes - 1)),   // 8192 is column 0, every halving one further
    };

    private static int[] FindFirstIndices()
    {
        var indices = new int[6];
        indices[(int)KmallocFamily.Normal] = SlabCacheTable.IndexOf("kmalloc-8k");
        indices[(int)KmallocFamily.Reclaimable] = SlabCacheTable.IndexOf("kmalloc-rcl-8k");
        indices[(int)KmallocFamily.Accounted] = SlabCacheTable.IndexOf("kmalloc-cg-8k");
        indices[(int)KmallocFamily.Dma] = SlabCacheTable.IndexOf("dma-kmalloc-8k");
        indices[(int)KmallocFamily.Message] = SlabCacheTable.IndexOf("msg_msg-8k");
        indices[(int)KmallocFamily.UserCopy] = SlabCacheTable.IndexOf("memdup_user-8k");
        return indices;
    }
}
