using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Writeback;

/// <summary>A file that has dirty pages, or pages under writeback.</summary>
internal sealed class DirtyInode
{
    public required int Inode { get; init; }

    public required int Disk { get; init; }

    public PageBitmap Dirty { get; private init; } = new();

    public PageBitmap Writeback { get; private init; } = new();

    /// <summary>When it was last dirtied while clean (dirtied_when): it is old some time after that.</summary>
    public SimTime DirtiedAt { get; set; }

    /// <summary>Where the flusher goes on (writeback_index).</summary>
    public ulong NextIndex { get; set; }

    public bool IsIdle => Dirty.Count + Writeback.Count == 0;

    public DirtyInode Clone() => new()
    {
        Inode = Inode,
        Disk = Disk,
        Dirty = Dirty.Clone(),
        Writeback = Writeback.Clone(),
        DirtiedAt = DirtiedAt,
        NextIndex = NextIndex,
    };

    public void HashInto(StateHash hash)
    {
        hash.Add(((ulong)(uint)Inode << 32) | (uint)Disk);
        Dirty.HashInto(hash);
        Writeback.HashInto(hash);
        hash.Add(DirtiedAt.Nanoseconds);
        hash.Add(NextIndex);
    }
}
