using System.Runtime.InteropServices;

namespace VboxMem.Kernel.Physical;

/// <summary>Whom a block of frames belongs to. The tag stands in the block's first frame alone.</summary>
public enum FrameOwner : byte
{
    /// <summary>Not the first frame of a block, or a frame that no one has touched since boot (see PageFrames.BlockOf).</summary>
    None,

    /// <summary>On a free list of the buddy allocator.</summary>
    Free,

    /// <summary>On a CPU's private free list.</summary>
    PerCpuList,

    /// <summary>A slab of a cache, or a kmalloc too large for one.</summary>
    Slab,
    LargeKmalloc,
    KernelStack,

    /// <summary>Behind a vmalloc area other than a kernel stack.</summary>
    Vmalloc,

    /// <summary>Chunks of the per-CPU allocator beyond the first.</summary>
    PerCpuArea,
    PageTable,

    /// <summary>Taken page-wise by a driver or a subsystem.</summary>
    Kernel,
    HugeTlb,
    Anonymous,
    File,
    Shmem,
}

/// <summary>State of a folio (Linux's PG_ flags), in the first frame of its block.</summary>
[Flags]
public enum PageFlags : uint
{
    None = 0,

    /// <summary>Under I/O into memory, or held by a path that changes what it belongs to.</summary>
    Locked = 1u << 9,
    Referenced = 1u << 10,
    UpToDate = 1u << 11,
    Dirty = 1u << 12,

    /// <summary>On an LRU list of its node (Unevictable too).</summary>
    Lru = 1u << 13,
    Active = 1u << 14,

    /// <summary>Was active once: waiting for it again is memory pressure.</summary>
    Workingset = 1u << 15,
    Writeback = 1u << 16,

    /// <summary>To be reclaimed when its writeback ends. On a clean page: reading it starts the next readahead.</summary>
    Reclaim = 1u << 17,
    Readahead = Reclaim,

    /// <summary>Backed by swap: on the anon lists. Anonymous without it: given up by MADV_FREE.</summary>
    SwapBacked = 1u << 18,
    Unevictable = 1u << 19,
    Mlocked = 1u << 20,

    /// <summary>In the swap cache; the entry is in Private.</summary>
    SwapCache = 1u << 21,

    /// <summary>A huge folio of which some pages are no longer mapped; on its node's deferred split list.</summary>
    PartiallyMapped = 1u << 22,

    /// <summary>Truncated or reclaimed while under I/O: to be freed, never to be found again.</summary>
    Orphaned = 1u << 23,

    /// <summary>All pages hold zeros: swapping it out and in takes no I/O.</summary>
    ZeroFilled = 1u << 24,

    /// <summary>Someone sleeps until Locked or Writeback is cleared.</summary>
    Waiters = 1u << 25,

    /// <summary>
    /// Of each page of an anonymous folio, tails included: one mapping has it alone and may write to it without a copy
    /// (PG_anon_exclusive).
    /// </summary>
    AnonExclusive = 1u << 26,

    /// <summary>Of each page of a huge folio, tails included: this page of it holds zeros.</summary>
    ZeroPart = 1u << 27,
}

/// <summary>
/// What the machine knows of one 4 KiB frame: 32 bytes, half of Linux's struct page. All zero is a valid frame.
/// Free and per-CPU frames use the links; slabs overlay the counts (see SlabCache).
/// </summary>
/// <remarks>
/// Folios (owners Anonymous, File, Shmem): the links belong to the one LRU list it is on; ReferenceCount is 1 for each mapping,
/// for the page cache or swap cache, for a per-CPU batch it waits in, for whoever isolated it and for I/O; OwnerId names the
/// anon_vma or the file mapping; Index is the low half of the page's linear index there; Private is the swap entry.
/// A huge folio keeps a map count for each of its frames, that of page-table entries, and in frame 1 the number of whole
/// mappings (see HugeFolio).
/// Page tables: OwnerId is the memory descriptor, Private the number of the table's content in PageTables.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
public struct PageFrame
{
    /// <summary>Owner in bits 0..4, order of the block in bits 5..8; <see cref="PageFlags"/> above.</summary>
    public uint Flags;

    /// <summary>Neighbours on the one list the frame is on.</summary>
    public Pfn Previous;
    public Pfn Next;

    /// <summary>Holders that keep the frame from being freed. Slab: objects in use.</summary>
    public uint ReferenceCount;

    /// <summary>Page-table entries that map the frame. Slab: objects the slab has room for.</summary>
    public uint MapCount;

    /// <summary>Who of the owner's kind: slab cache, mapping, task.</summary>
    public uint OwnerId;

    /// <summary>Place within the owner. Slab: 1 while a CPU works on it (frozen), 2 while on a node's partial list.</summary>
    public uint Index;

    /// <summary>Swap entry or another word of the owner's own.</summary>
    public uint Private;

    private const uint OwnerMask = 0x1f;
    private const int OrderShift = 5;
    private const uint OrderMask = 0xf;

    public readonly FrameOwner Owner => (FrameOwner)(Flags & OwnerMask);

    public readonly int Order => (int)((Flags >> OrderShift) & OrderMask);

    /// <summary>Pages of the block the frame heads.</summary>
    public readonly uint Pages => 1u << Order;

    /// <summary>True when all of these are set.</summary>
    public readonly bool Has(PageFlags flags) => (Flags & (uint)flags) == (uint)flags;

    /// <summary>True when one of these is set.</summary>
    public readonly bool HasAny(PageFlags flags) => (Flags & (uint)flags) != 0;

    public void Set(PageFlags flags) => Flags |= (uint)flags;

    public void Clear(PageFlags flags) => Flags &= ~(uint)flags;

    /// <summary>Clears a flag and says whether it was set.</summary>
    public bool TestClear(PageFlags flag)
    {
        var was = (Flags & (uint)flag) != 0;
        Flags &= ~(uint)flag;
        return was;
    }

    /// <summary>Anonymous memory (folio_test_anon).</summary>
    public readonly bool IsAnonymous => Owner == FrameOwner.Anonymous;

    /// <summary>On the file lists by kind (folio_is_file_lru): page cache, and anonymous memory given up by MADV_FREE.</summary>
    public readonly bool IsFileLru => !Has(PageFlags.SwapBacked);

    /// <summary>Makes the frame the head of a block, dropping all other state bits.</summary>
    public void SetHead(FrameOwner owner, int order) => Flags = (uint)owner | ((uint)order << OrderShift);

    /// <summary>Gives the block to another owner, or changes its order; state bits stay.</summary>
    public void ChangeHead(FrameOwner owner, int order) =>
        Flags = (Flags & ~(OwnerMask | (OrderMask << OrderShift))) | (uint)owner | ((uint)order << OrderShift);

    /// <summary>True for the head of an owner's block of exactly that order which has none of some flags.</summary>
    public readonly bool IsBlock(FrameOwner owner, int order, PageFlags without) =>
        (Flags & (OwnerMask | (OrderMask << OrderShift) | (uint)without)) == ((uint)owner | ((uint)order << OrderShift));

    /// <summary>True for the head of a free block of exactly that order: what a merge looks for.</summary>
    public readonly bool IsFreeBlock(int order) => Flags == ((uint)FrameOwner.Free | ((uint)order << OrderShift));
}
