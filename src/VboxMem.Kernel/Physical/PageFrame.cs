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

/// <summary>
/// What the machine knows of one 4 KiB frame: 32 bytes, half of Linux's struct page. All zero is a valid frame.
/// Free and per-CPU frames use the links; slabs overlay the counts (see SlabCache).
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct PageFrame
{
    /// <summary>Owner in bits 0..4, order of the block in bits 5..8; state bits above.</summary>
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

    /// <summary>Makes the frame the head of a block, dropping all other state bits.</summary>
    public void SetHead(FrameOwner owner, int order) => Flags = (uint)owner | ((uint)order << OrderShift);

    /// <summary>True for the head of a free block of exactly that order: what a merge looks for.</summary>
    public readonly bool IsFreeBlock(int order) => Flags == ((uint)FrameOwner.Free | ((uint)order << OrderShift));
}
