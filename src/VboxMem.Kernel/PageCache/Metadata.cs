// Blocks of a file system that are not data: the inode table and directories, read through the block device's own page cache.
//
// Models   Linux 6.12 fs/ext4/inode.c: __ext4_get_inode_loc; fs/buffer.c: __getblk_slow, touch_buffer (facts: reclaim, 7.5).
// Departs  no journal (jbd2): a changed block is dirty at once, is pinned by nothing, and is written once. No bitmaps, no group
//          descriptors, no extent blocks.

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.PageCache;

internal sealed class Metadata(Machine machine, FileSystems files)
{
    /// <summary>Blocks of the inode table that are read along with the one asked for (inode_readahead_blks).</summary>
    private const ulong TableReadahead = 32;

    private const GfpFlags Gfp = (GfpFlags.User & ~GfpFlags.Fs) | GfpFlags.Movable;

    /// <summary>Directory entries take up to half as much again as their bytes: blocks are split when full.</summary>
    private static ulong DirectoryBlocks(ulong entryBytes) =>
        Math.Max(1, ((entryBytes * 3 / 2) + PageGeometry.PageBytes - 1) / PageGeometry.PageBytes);

    /// <summary>Bytes of one directory entry.</summary>
    public static ulong EntryBytes(string name) => (8 + (ulong)name.Length + 3) & ~3UL;

    /// <summary>Brings the block of the inode table that holds an inode into memory. Done with false: no memory.</summary>
    /// <param name="isNew">The inode is being made: a block with nothing else in it need not be read.</param>
    public StepResult NeedInode(Process task, int mount, uint number, bool isNew, out Pfn block)
    {
        var system = files.Mounts[mount];
        var at = FileSystem.TableBlockOf(number);
        var isFresh = isNew && (at > system.LastTableBlock || number % FileSystem.InodesPerBlock == 0);
        return Need(task, system, at, isFresh, TableReadahead, out block);
    }

    /// <summary>Brings the directory block that holds a name, or would, into memory. An empty directory that was never written has none to read.</summary>
    public StepResult NeedDirectory(Process task, int directory, uint hash, out Pfn block)
    {
        ref var inode = ref files.Inodes[directory];
        if (inode.PlacedPages == 0)
        {
            block = Pfn.None;
            return StepResult.Done;
        }

        var place = files.Extents.BlockOf(inode, hash % inode.PlacedPages, out _);
        return Need(task, files.Mounts[inode.Mount], place, isFresh: false, neighbours: 1, out block);
    }

    /// <summary>Gives a directory the blocks that its entries need, and the new ones a place in memory. Done with false: no memory, or no space.</summary>
    public StepResult GrowDirectory(Process task, int directory, ulong addedBytes, out SystemCallError error)
    {
        error = SystemCallError.None;
        ref var inode = ref files.Inodes[directory];
        var system = files.Mounts[inode.Mount];
        while (inode.PlacedPages < DirectoryBlocks(inode.Size + addedBytes))
        {
            if (!system.TryUse(1))
            {
                error = SystemCallError.NoSpace;
                return StepResult.Done;
            }

            files.Extents.Append(ref inode, system.TakeBlocks(1), 1);
            var place = files.Extents.BlockOf(inode, inode.PlacedPages - 1, out _);
            var result = Need(task, system, place, isFresh: true, neighbours: 1, out var block);
            if (block == Pfn.None)
            {
                return result;   // it will be read as if it had been there
            }

            _ = machine.Dirty.MarkDirty(block);
        }

        return StepResult.Done;
    }

    /// <summary>A directory that lies on its disk already, with room for one more name.</summary>
    public void PlaceOnDisk(int directory, string name)
    {
        ref var inode = ref files.Inodes[directory];
        var system = files.Mounts[inode.Mount];
        inode.Size += EntryBytes(name);
        var wanted = DirectoryBlocks(inode.Size);
        if (inode.PlacedPages < wanted && system.TryUse(wanted - inode.PlacedPages))
        {
            files.Extents.Append(ref inode, system.TakeBlocks(wanted - inode.PlacedPages), wanted - inode.PlacedPages);
        }
    }

    private StepResult Need(Process task, FileSystem system, ulong block, bool isFresh, ulong neighbours, out Pfn found)
    {
        var cache = machine.PageCache;
        found = cache.Find(system.DeviceInode, block);
        if (found == Pfn.None)
        {
            if (isFresh ? !TryInsert(system.DeviceInode, block, out found) : !TryRead(system, block, neighbours))
            {
                found = Pfn.None;
                return StepResult.Done;
            }

            if (isFresh)
            {
                machine.Frames[found].Set(PageFlags.UpToDate);
                machine.Lru.UnlockPage(found);
                return StepResult.Done;
            }

            found = cache.Find(system.DeviceInode, block);
        }

        if (!machine.Frames[found].Has(PageFlags.UpToDate))
        {
            var folio = found;
            found = Pfn.None;
            return FolioWaits.UntilUnlocked(machine, task, folio, SleepDepth.Uninterruptible);
        }

        if (!cache.TryMakeBuffers(found, GfpFlags.NoFs | GfpFlags.Account))
        {
            found = Pfn.None;
            return StepResult.Done;
        }

        machine.Lru.MarkAccessed(found);
        return StepResult.Done;
    }

    /// <summary>A new locked page of the device with its buffers; it is unlocked when it has been read.</summary>
    private bool TryInsert(int device, ulong block, out Pfn folio)
    {
        if (!machine.Allocator.TryAllocate(Gfp, 0, FrameOwner.File, out folio))
        {
            return false;
        }

        machine.Frames[folio].Set(PageFlags.Locked);
        if (machine.PageCache.TryMakeBuffers(folio, GfpFlags.NoFs | GfpFlags.Account)
            && machine.PageCache.TryInsert(folio, device, block, Gfp))
        {
            machine.Lru.Put(folio);   // the cache has it
            return true;
        }

        machine.PageCache.DropBuffers(folio);
        machine.Frames[folio].Clear(PageFlags.Locked);
        machine.Lru.Put(folio);
        folio = Pfn.None;
        return false;
    }

    /// <summary>Reads a block, and those of its aligned group that lie behind the used end of the table no further.</summary>
    private bool TryRead(FileSystem system, ulong block, ulong neighbours)
    {
        var first = block / neighbours * neighbours;
        var end = Math.Max(block + 1, neighbours == 1 ? 0 : Math.Min(first + neighbours, system.LastTableBlock + 1));
        var (runStart, run) = (0UL, 0U);
        var isRead = false;
        for (var at = first; at < end; at++)
        {
            // The one that is asked for must be had; the others come along if memory is at hand.
            if (machine.PageCache.Find(system.DeviceInode, at) == Pfn.None && TryInsert(system.DeviceInode, at, out var folio))
            {
                machine.Cpus.SpendInKernel(machine.Costs.CacheInsert);
                machine.Lru.Get(folio);
                isRead |= at == block;
                runStart = run++ == 0 ? at : runStart;
                continue;
            }

            Submit(system, runStart, run);
            run = 0;
            if (IsOutOfMemory())
            {
                break;
            }
        }

        Submit(system, runStart, run);
        return isRead;
    }

    private bool IsOutOfMemory() => machine.Scheduler.CurrentTask is { } task && task.Allocation.IsPending;

    private void Submit(FileSystem system, ulong first, uint pages)
    {
        if (pages > 0)
        {
            machine.Disks.Submit(
                Block.DiskRequestKind.FileRead, system.Disk, first * PageGeometry.PageBytes, system.DeviceInode, first, pages);
            if (machine.Scheduler.CurrentTask is { } task)
            {
                task.ReadBytes += (ulong)pages * PageGeometry.PageBytes;
            }
        }
    }
}
