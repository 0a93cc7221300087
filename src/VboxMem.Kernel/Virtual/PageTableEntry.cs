using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Swap;

namespace VboxMem.Kernel.Virtual;

/// <summary>Bits of an entry of any level, as x86-64 and Linux use them (facts: virtual memory, 1.2).</summary>
[Flags]
public enum EntryBits : ulong
{
    None = 0,
    Present = 1UL << 0,
    Writable = 1UL << 1,
    User = 1UL << 2,
    /// <summary>PWT, cache mode. Bit 3 of a swap entry: the page was this mapping's alone, and may be reused without a copy.</summary>
    WriteThrough = 1UL << 3,
    CacheDisable = 1UL << 4,
    Accessed = 1UL << 5,
    Dirty = 1UL << 6,

    /// <summary>In a PMD: maps a huge page.</summary>
    Huge = 1UL << 7,

    /// <summary>With Present clear: PROT_NONE.</summary>
    Global = 1UL << 8,

    /// <summary>Maps no accounted page: the zero page.</summary>
    Special = 1UL << 9,
    SoftDirty = 1UL << 11,

    /// <summary>
    /// A bit that processors ignore: the frame may still be marked as holding zeros (PageFlags.ZeroFilled, in a PMD ZeroPart), so
    /// that a program's write of something else has to clear that mark. Linux has no such bit: it reads the page.
    /// </summary>
    MayHoldZeros = 1UL << 52,
    NoExecute = 1UL << 63,
}

/// <summary>
/// One entry of a page table. Present: bits and a frame. Not present and not zero: a swap entry, with the type in bits 59..63 and
/// the inverted offset in bits 9..58, as on x86-64.
/// </summary>
public readonly record struct PageTableEntry(ulong Value)
{
    private const int PfnShift = 12;
    private const ulong PfnMask = ((1UL << 40) - 1) << PfnShift;
    private const int SwapTypeShift = 59;
    private const int SwapOffsetShift = 9;
    private const ulong SwapOffsetMask = (1UL << 50) - 1;

    public static PageTableEntry None => default;

    public bool IsNone => Value == 0;

    public bool IsPresent => (Value & (ulong)EntryBits.Present) != 0;

    /// <summary>Maps a frame, be it for no access at all (PROT_NONE): what pte_present says.</summary>
    public bool IsMapped => (Value & (ulong)(EntryBits.Present | EntryBits.Global)) != 0;

    /// <summary>A page that was swapped out.</summary>
    public bool IsSwap => Value != 0 && (Value & (ulong)(EntryBits.Present | EntryBits.Global)) == 0;

    public Pfn Pfn => new((uint)((Value & PfnMask) >> PfnShift));

    public SwapEntry Swap => new((int)(Value >> SwapTypeShift), (uint)(~(Value >> SwapOffsetShift) & SwapOffsetMask));

    public static PageTableEntry Of(Pfn pfn, EntryBits bits) => new(((ulong)pfn.Index << PfnShift) | (ulong)bits);

    public static PageTableEntry Of(SwapEntry entry, EntryBits bits) =>
        new(((ulong)entry.Area << SwapTypeShift) | ((~(ulong)entry.Offset & SwapOffsetMask) << SwapOffsetShift) | (ulong)bits);

    /// <summary>The same entry, mapping another frame.</summary>
    public PageTableEntry WithFrame(Pfn pfn) => new((Value & ~PfnMask) | ((ulong)pfn.Index << PfnShift));

    public bool Has(EntryBits bits) => (Value & (ulong)bits) == (ulong)bits;

    public PageTableEntry With(EntryBits bits) => new(Value | (ulong)bits);

    public PageTableEntry Without(EntryBits bits) => new(Value & ~(ulong)bits);
}
