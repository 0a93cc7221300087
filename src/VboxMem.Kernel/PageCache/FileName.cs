using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.PageCache;

/// <summary>
/// A name in a directory: an entry on the disk, a dentry in memory, or both. On the disk alone it must be read to be found; in
/// memory alone it is negative (Inode 0: known not to exist), or of a tmpfs, or of a file removed while in use.
/// </summary>
/// <remarks>
/// In use are: a root, a name whose file is held, one that has names below it in memory, one of a tmpfs. A dentry on the unused list
/// may be in use again: the shrinker finds out.
/// </remarks>
internal struct FileName
{
    public string? Text;

    /// <summary>Inode of the directory; 0 for the root of a mount.</summary>
    public int Parent;

    /// <summary>The file; 0: there is none of this name.</summary>
    public int Inode;
    public int Mount;
    public uint Hash;

    /// <summary>Next name of the same bucket; 0: last.</summary>
    public int NextInBucket;

    /// <summary>Dentries in memory whose parent this is.</summary>
    public int Children;

    /// <summary>Slab of the dentry.</summary>
    public Pfn Object;

    /// <summary>Found by lookups; not so once removed.</summary>
    public bool IsHashed;
    public bool IsOnDisk;

    /// <summary>There is a dentry.</summary>
    public bool IsCached;

    /// <summary>Used again since it went on the unused list (DCACHE_REFERENCED).</summary>
    public bool IsReferenced;

    public readonly void HashInto(StateHash hash)
    {
        hash.Add(Text ?? "");
        hash.Add(((ulong)(uint)Parent << 32) | (uint)Inode);
        hash.Add(((ulong)(uint)Mount << 32) | (uint)Children);
        hash.Add(((ulong)Object.Index << 4) | (IsHashed ? 8UL : 0) | (IsOnDisk ? 4UL : 0) | (IsCached ? 2UL : 0) | (IsReferenced ? 1UL : 0));
    }
}
