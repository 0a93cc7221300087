// One mounted file system: which disk, where its metadata lies, what is in use.
//
//   ext4:  block 0 ..  1023 | inode table: 16 inodes of 256 bytes a block, one inode for each 16 KiB of disk | data and directories
//
// Departs  no block groups: one inode table, bitmaps and journal are left out.

using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.PageCache;

internal sealed class FileSystem
{
    public const uint InodesPerBlock = 16;

    private const ulong TableStart = 1024;
    private const ulong BytesPerInode = 16 << 10;

    /// <summary>ext4's first inode that is not reserved.</summary>
    private const uint FirstInode = 11;

    private readonly ulong _dataStart;
    private ulong _nextBlock;

    /// <param name="path">Where it is mounted: "/", "/mnt".</param>
    /// <param name="disk">Index of its disk; -1: tmpfs.</param>
    /// <param name="pages">Size of the disk, or limit of the tmpfs.</param>
    public FileSystem(string path, int disk, ulong pages)
    {
        Path = path;
        Disk = disk;
        Pages = pages;
        _dataStart = disk < 0 ? 0 : Math.Min(TableStart + (pages * PageGeometry.PageBytes / BytesPerInode / InodesPerBlock) + 1, pages - 1);
        _nextBlock = _dataStart;
        UsedPages = _dataStart;
        NextInodeNumber = FirstInode;
    }

    private FileSystem(FileSystem other)
    {
        Path = other.Path;
        Disk = other.Disk;
        Pages = other.Pages;
        RootInode = other.RootInode;
        DeviceInode = other.DeviceInode;
        NextInodeNumber = other.NextInodeNumber;
        UsedPages = other.UsedPages;
        _dataStart = other._dataStart;
        _nextBlock = other._nextBlock;
    }

    public string Path { get; }

    public int Disk { get; }

    public bool IsTmpfs => Disk < 0;

    public ulong Pages { get; }

    public int RootInode { get; set; }

    /// <summary>The disk as a file; 0 for tmpfs.</summary>
    public int DeviceInode { get; set; }

    /// <summary>Numbers below it have been given to files: their blocks of the inode table have been written.</summary>
    public uint NextInodeNumber { get; private set; }

    /// <summary>Pages in use: tmpfs counts those that are swapped out too.</summary>
    public ulong UsedPages { get; private set; }

    public FileSystem Clone() => new(this);

    public uint TakeInodeNumber() => NextInodeNumber++;

    /// <summary>Block of the inode table that holds an inode.</summary>
    public static ulong TableBlockOf(uint number) => TableStart + (number / InodesPerBlock);

    /// <summary>The last block of the inode table that holds anything.</summary>
    public ulong LastTableBlock => TableBlockOf(NextInodeNumber - 1);

    /// <summary>Takes pages of the limit, or of the disk. False (ENOSPC): that many are not free.</summary>
    public bool TryUse(ulong pages)
    {
        if (UsedPages + pages > Pages)
        {
            return false;
        }

        UsedPages += pages;
        return true;
    }

    public void GiveBack(ulong pages)
    {
        Invariant.Holds(UsedPages >= pages);
        UsedPages -= pages;
    }

    /// <summary>Hands out blocks that lie behind each other, right behind those of the last call. Their pages are in use already.</summary>
    public ulong TakeBlocks(ulong pages)
    {
        if (_nextBlock + pages > Pages)
        {
            _nextBlock = _dataStart;
        }

        var first = _nextBlock;
        _nextBlock += pages;
        return first;
    }

    public void HashInto(StateHash hash)
    {
        hash.Add(((ulong)(uint)RootInode << 32) | (uint)DeviceInode);
        hash.Add(((ulong)NextInodeNumber << 32) ^ UsedPages);
        hash.Add(_nextBlock);
    }
}
