namespace VboxMem.Kernel.Physical;

/// <summary>Page frame number: a 0-based index into physical memory. Never a count, never an address.</summary>
public readonly record struct Pfn(uint Index) : IComparable<Pfn>
{
    /// <summary>Frame 0 is reserved on every PC, so zeroed links mean "none".</summary>
    public static Pfn None => default;

    /// <summary>The block this one merges with: it differs in bit <paramref name="order"/> and nowhere else.</summary>
    public Pfn Buddy(int order) => new(Index ^ (1u << order));

    /// <summary>First frame of the aligned block of that order which holds this frame.</summary>
    public Pfn AlignDown(int order) => new(Index & ~((1u << order) - 1));

    /// <summary>The first frame at or above this one that is aligned to the order.</summary>
    public Pfn AlignUp(int order) => Plus((1u << order) - 1).AlignDown(order);

    public bool IsAlignedTo(int order) => (Index & ((1u << order) - 1)) == 0;

    public Pfn Plus(uint pages) => new(Index + pages);

    public int CompareTo(Pfn other) => Index.CompareTo(other.Index);

    public static bool operator <(Pfn left, Pfn right) => left.Index < right.Index;

    public static bool operator >(Pfn left, Pfn right) => left.Index > right.Index;

    public static bool operator <=(Pfn left, Pfn right) => left.Index <= right.Index;

    public static bool operator >=(Pfn left, Pfn right) => left.Index >= right.Index;

    public override string ToString() => this == None ? "pfn none" : $"pfn 0x{Index:x}";
}

/// <summary>Sizes that x86-64 Linux fixes at build time.</summary>
public static class PageGeometry
{
    public const uint PageBytes = 4096;

    /// <summary>MAX_PAGE_ORDER: the largest block the buddy allocator keeps, 4 MiB.</summary>
    public const int MaxOrder = 10;

    public const int OrderCount = MaxOrder + 1;

    public const uint LargestBlockPages = 1u << MaxOrder;

    /// <summary>A pageblock carries one migrate type; it is as large as a huge page, 2 MiB.</summary>
    public const int PageblockOrder = 9;

    public const uint PageblockPages = 1u << PageblockOrder;

    /// <summary>PAGE_ALLOC_COSTLY_ORDER: above it the allocator gives up early.</summary>
    public const int CostlyOrder = 3;

    /// <summary>A sparse-memory section: the unit in which struct pages exist, 128 MiB.</summary>
    public const uint SectionPages = 1u << 15;

    /// <summary>First frame above ZONE_DMA, 16 MiB.</summary>
    public const uint DmaEndPfn = 1u << 12;

    /// <summary>First frame above ZONE_DMA32, 4 GiB.</summary>
    public const uint Dma32EndPfn = 1u << 20;
}
