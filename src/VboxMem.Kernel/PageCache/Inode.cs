using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.PageCache;

internal enum InodeKind : byte
{
    /// <summary>The number is not in use.</summary>
    None,

    /// <summary>A regular file of a disk.</summary>
    File,

    /// <summary>A directory of a disk; its blocks are cached with the disk's.</summary>
    Directory,

    /// <summary>A disk as a file: where metadata of its file system is cached (Buffers).</summary>
    BlockDevice,

    /// <summary>A file of a tmpfs, or shared anonymous memory.</summary>
    Shmem,

    /// <summary>A directory of a tmpfs.</summary>
    ShmemDirectory,
}

/// <summary>
/// A file: what lies on its disk about it, and while <see cref="InCore"/> what the kernel holds of it (struct inode and its mapping).
/// Its number never changes, is what a folio's OwnerId names, and is used again only when nothing of the file is left.
/// </summary>
/// <remarks>
/// Invariants: Pages counts the folios in its tree, SwappedPages the swap entries there (tmpfs). A file without links and holds has
/// no pages but those under I/O, which are Orphaned. A file out of core has no pages, no tree and no slab objects.
/// </remarks>
internal struct Inode
{
    public InodeKind Kind;
    public bool InCore;

    /// <summary>Looked up while it was on its unused list: the shrinker passes it over once (I_REFERENCED).</summary>
    public bool IsReferenced;

    /// <summary>Shared anonymous memory whose size was promised when it was made; otherwise tmpfs promises page by page.</summary>
    public bool IsCommittedWhole;

    /// <summary>Index of its file system among the mounts; -1: shared anonymous memory.</summary>
    public int Mount;

    /// <summary>Its number on its file system: place in the inode table.</summary>
    public uint Number;

    /// <summary>0: removed, or never named.</summary>
    public int Links;

    /// <summary>Open descriptors and mapped areas (i_count, without the name's own).</summary>
    public int Holds;

    /// <summary>Its entry among the names; 0: none.</summary>
    public int Name;

    /// <summary>Its index tree; 0: out of core.</summary>
    public int Tree;

    /// <summary>Bytes. Directories: of their entries.</summary>
    public ulong Size;
    public ulong Pages;
    public ulong SwappedPages;

    /// <summary>Pages at its start that have a place on the disk.</summary>
    public ulong PlacedPages;

    /// <summary>First and last of its extents; 0: none.</summary>
    public int FirstExtent;
    public int LastExtent;

    /// <summary>Slabs of its objects: the inode, the security blob, the journal's (files opened for writing).</summary>
    public Pfn Object;
    public Pfn SecurityObject;
    public Pfn JournalObject;

    /// <summary>How its mappings are read: kept by file, where Linux keeps it by open file.</summary>
    public ReadaheadState MmapReadahead;

    /// <summary>What a fault was about to read when it ran out of memory.</summary>
    public ReadaheadWindow MmapPending;

    public readonly bool IsTmpfs => Kind is InodeKind.Shmem or InodeKind.ShmemDirectory;

    public readonly bool IsDirectory => Kind is InodeKind.Directory or InodeKind.ShmemDirectory;

    public readonly ulong SizePages => (Size + PageGeometry.PageBytes - 1) / PageGeometry.PageBytes;

    public readonly void HashInto(StateHash hash)
    {
        hash.Add(((ulong)Kind << 3) | (InCore ? 4UL : 0) | (IsReferenced ? 2UL : 0) | (IsCommittedWhole ? 1UL : 0));
        hash.Add(((ulong)(uint)Mount << 32) | Number);
        hash.Add(((ulong)(uint)Links << 32) | (uint)Holds);
        hash.Add(((ulong)(uint)Name << 32) | (uint)Tree);
        hash.Add(Size);
        hash.Add(Pages);
        hash.Add(SwappedPages);
        hash.Add(PlacedPages);
        hash.Add(((ulong)(uint)FirstExtent << 32) | (uint)LastExtent);
        hash.Add(((ulong)Object.Index << 32) | SecurityObject.Index);
        hash.Add((ulong)JournalObject.Index);
        MmapReadahead.HashInto(hash);
        hash.Add(MmapPending.Start ^ ((ulong)MmapPending.Pages << 40) ^ ((ulong)MmapPending.AsyncPages << 52));
    }
}
