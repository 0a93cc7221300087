// How the objects of one slab cache lie in its slabs: sizes, orders and the limits derived from them.
//
// Invariants
//   G1  Size is a multiple of Align, and at least ObjectSize; the free pointer (8 bytes) lies inside Size.
//   G2  ObjectsPerSlab x Size fits in PageSize << Order; MinObjects x Size in PageSize << MinOrder; MinOrder <= Order.
//   G3  The order depends on the number of present CPUs only through the wanted objects per slab.
//
// Units    bytes; orders are powers of two of pages of 4096 bytes.
// Models   Linux 6.12 mm/slub.c: calculate_alignment, calculate_sizes, calculate_order, set_min_partial, set_cpu_partial
//          (facts: physical memory, 7.2). No debugging options, slub_min_order 0, slub_max_order 3, slub_min_objects 0.

using System.Numerics;

namespace VboxMem.Kernel.Slab;

/// <summary>The layout of a slab cache: a pure function of object, flags and CPUs.</summary>
public readonly record struct SlabGeometry
{
    private const int PageBytes = 4096;
    private const int CacheLineBytes = 64;
    private const int PointerBytes = 8;
    private const int MaxOrder = 3;
    private const int MaxObjectsPerSlab = 32767;

    /// <summary>Bytes the creator asked for.</summary>
    public int ObjectSize { get; private init; }

    /// <summary>Bytes from one object to the next: <c>objsize</c> of slabinfo.</summary>
    public int Size { get; private init; }

    /// <summary>Every object starts at a multiple of this many bytes.</summary>
    public int Align { get; private init; }

    /// <summary>Order of a slab.</summary>
    public int Order { get; private init; }

    /// <summary>Objects in a slab of <see cref="Order"/>.</summary>
    public int ObjectsPerSlab { get; private init; }

    /// <summary>Order of the smallest slab that holds an object: the fallback when <see cref="Order"/> cannot be had.</summary>
    public int MinOrder { get; private init; }

    /// <summary>Objects in a slab of <see cref="MinOrder"/>.</summary>
    public int MinObjects { get; private init; }

    /// <summary>Empty slabs kept on a node's partial list before pages go back.</summary>
    public int MinPartial { get; private init; }

    /// <summary>Objects that partial slabs of one CPU should hold (sysfs <c>cpu_partial</c>).</summary>
    public int CpuPartialObjects { get; private init; }

    /// <summary>The same limit in slabs, each counted as half full: what the allocator compares with.</summary>
    public int CpuPartialSlabs { get; private init; }

    /// <summary>Pages of a slab of <see cref="Order"/>.</summary>
    public int PagesPerSlab => 1 << Order;

    /// <summary>Works the layout out.</summary>
    /// <param name="objectSize">Bytes of an object, at least 1 and at most 4 MiB.</param>
    /// <param name="align">Alignment asked for, a power of two; 0 for none.</param>
    /// <param name="flags">How the cache was created.</param>
    /// <param name="presentCpus">CPUs plugged in when the cache is created.</param>
    /// <param name="possibleCpus">CPUs that may ever be plugged in (nr_cpu_ids); decides when only one is present.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size, alignment or CPU count no cache can have.</exception>
    public static SlabGeometry For(int objectSize, int align, SlabFlags flags, int presentCpus, int possibleCpus)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(objectSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(objectSize, PageBytes << 10);
        if (align != 0 && !BitOperations.IsPow2(align)) throw new ArgumentOutOfRangeException(nameof(align), align, "not a power of two");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(presentCpus);
        ArgumentOutOfRangeException.ThrowIfLessThan(possibleCpus, presentCpus);

        var alignment = AlignmentOf(objectSize, align, flags);
        var size = PaddedSize(objectSize, alignment, flags);
        var order = OrderFor(size, presentCpus > 1 ? presentCpus : possibleCpus);
        var objects = ObjectsIn(order, size);
        var cpuPartial = CpuPartialFor(size);
        return new SlabGeometry
        {
            ObjectSize = objectSize,
            Size = size,
            Align = alignment,
            Order = order,
            ObjectsPerSlab = objects,
            MinOrder = OrderOf(size),
            MinObjects = ObjectsIn(OrderOf(size), size),
            MinPartial = Math.Clamp(BitOperations.Log2((uint)size) / 2, 5, 10),
            CpuPartialObjects = cpuPartial,
            CpuPartialSlabs = (2 * cpuPartial + objects - 1) / objects,
        };
    }

    private static int AlignmentOf(int objectSize, int asked, SlabFlags flags)
    {
        var align = Math.Max(asked, PointerBytes);
        if ((flags & SlabFlags.HwCacheAlign) == 0) return align;

        var line = CacheLineBytes;
        while (objectSize <= line / 2) line /= 2;   // several small objects share a line, none straddles two
        return Math.Max(align, line);
    }

    private static int PaddedSize(int objectSize, int align, SlabFlags flags)
    {
        var size = RoundUp(objectSize, PointerBytes);
        if (KeepsFreePointerOutside(flags)) size += PointerBytes;
        return RoundUp(size, align);
    }

    private static bool KeepsFreePointerOutside(SlabFlags flags) =>
        (flags & SlabFlags.Constructor) != 0
        || (flags & (SlabFlags.TypesafeByRcu | SlabFlags.OwnFreePointer)) == SlabFlags.TypesafeByRcu;

    // The least order that wastes at most a 16th, else an 8th, a quarter, half of the slab.
    private static int OrderFor(int size, int cpus)
    {
        var wanted = 4 * (BitOperations.Log2((uint)cpus) + 2);
        wanted = Math.Min(wanted, Math.Max(ObjectsIn(MaxOrder, size), 1));

        var least = OrderOf(wanted * size);
        if (ObjectsIn(least, size) > MaxObjectsPerSlab) return OrderOf(size * MaxObjectsPerSlab) - 1;

        for (var fraction = 16; fraction > 1; fraction /= 2)
        {
            for (var order = least; order <= MaxOrder; order++)
            {
                var bytes = PageBytes << order;
                if (bytes % size <= bytes / fraction) return order;
            }
        }

        return OrderOf(size);
    }

    private static int CpuPartialFor(int size) => size switch
    {
        >= PageBytes => 6,
        >= 1024 => 24,
        >= 256 => 52,
        _ => 120,
    };

    private static int ObjectsIn(int order, int size) => (PageBytes << order) / size;

    // get_order: the least order whose block holds that many bytes.
    private static int OrderOf(int bytes) => BitOperations.Log2((uint)((bytes - 1) / PageBytes * 2) | 1);

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;
}
