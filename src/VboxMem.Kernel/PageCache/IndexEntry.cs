using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Swap;

namespace VboxMem.Kernel.PageCache;

/// <summary>
/// One slot of an index tree. 0: empty. Bit 0 set: a value (a shadow, a swap entry). Bits 1 and 0 clear: a folio, its pfn from bit
/// 2 on. Bit 1 alone: a node of the tree, never handed out.
/// </summary>
public readonly record struct IndexEntry(ulong Word)
{
    private const int NumberShift = 2;
    private const ulong KindMask = 3;
    private const ulong NodeKind = 2;

    public static IndexEntry None => default;

    public bool IsNone => Word == 0;

    public bool IsValue => (Word & 1) != 0;

    public bool IsFolio => Word != 0 && (Word & KindMask) == 0;

    /// <summary>The folio, or None where there is something else.</summary>
    public Pfn Folio => (Word & KindMask) == 0 ? new Pfn((uint)(Word >> NumberShift)) : Pfn.None;

    internal bool IsNode => (Word & KindMask) == NodeKind;

    internal int Node => (int)(Word >> NumberShift);

    public static IndexEntry OfFolio(Pfn folio) => new((ulong)folio.Index << NumberShift);

    /// <summary>A value with bit 0 set already, as Workingset.Pack makes it.</summary>
    public static IndexEntry OfValue(ulong word)
    {
        Invariant.Holds((word & 1) != 0);
        return new IndexEntry(word);
    }

    /// <summary>The entry that a swapped page of a tmpfs file leaves behind.</summary>
    public static IndexEntry OfSwap(SwapEntry entry) => new(((ulong)entry.Packed << 1) | 1);

    /// <summary>The swap entry of a value made by <see cref="OfSwap"/>.</summary>
    public SwapEntry SwapEntry => SwapEntry.Unpack((uint)(Word >> 1));

    internal static IndexEntry OfNode(int node) => new(((ulong)node << NumberShift) | NodeKind);
}
