using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Auditing;

/// <summary>Dirty pages and pages under writeback, recounted from the folios themselves (DirtyPages D1 and D2, Flusher F1).</summary>
internal static class DirtyAudit
{
    public static void Check(Machine machine, FrameCensus census)
    {
        var (dirty, fileWriteback, writeback) = (0UL, 0UL, 0UL);
        foreach (var (block, owner, order, _) in census.Blocks)
        {
            if (owner is not (FrameOwner.File or FrameOwner.Anonymous or FrameOwner.Shmem))
            {
                continue;
            }

            ref readonly var frame = ref machine.Frames[block];
            writeback += frame.Has(PageFlags.Writeback) ? 1UL << order : 0;
            if (owner == FrameOwner.File && machine.FilePages.DiskOf((int)frame.OwnerId) >= 0)
            {
                dirty += frame.Has(PageFlags.Dirty) ? 1UL : 0;
                fileWriteback += frame.Has(PageFlags.Writeback) ? 1UL : 0;
                var inode = machine.Dirty.Find((int)frame.OwnerId);
                Audit.Require(frame.Has(PageFlags.Dirty) == (inode?.Dirty.Contains(frame.Index) ?? false), $"{block} and its file do not agree on Dirty");
                Audit.Require(frame.Has(PageFlags.Writeback) == (inode?.Writeback.Contains(frame.Index) ?? false), $"{block} and its file do not agree on Writeback");
            }
        }

        CheckFiles(machine, dirty, fileWriteback);
        Audit.Same("nr_dirty", Exact(machine, NodeStatItem.Dirty), dirty);
        Audit.Same("nr_writeback", Exact(machine, NodeStatItem.Writeback), writeback);
    }

    private static ulong Exact(Machine machine, NodeStatItem item)
    {
        var sum = 0UL;
        foreach (var node in machine.Nodes)
        {
            sum += (ulong)node.Stats.ReadExact((int)item);
        }

        return sum;
    }

    private static void CheckFiles(Machine machine, ulong dirtyFolios, ulong writebackFolios)
    {
        var (dirty, writeback, files) = (0UL, 0UL, 0);
        Span<ulong> byDisk = stackalloc ulong[machine.Disks.Disks.Length * 2];
        byDisk.Clear();
        foreach (var inode in machine.Dirty.Inodes)
        {
            Audit.Require(!inode.IsIdle, $"inode {inode.Inode} is kept as dirty and has nothing to write");
            dirty += inode.Dirty.Count;
            writeback += inode.Writeback.Count;
            byDisk[inode.Disk * 2] += inode.Dirty.Count;
            byDisk[(inode.Disk * 2) + 1] += inode.Writeback.Count;
            files += inode.Dirty.Count > 0 ? 1 : 0;
        }

        Audit.Same("dirty pages in files", dirty, dirtyFolios);
        Audit.Same("pages of files under writeback", writeback, writebackFolios);
        var listed = 0;
        foreach (ref readonly var disk in machine.Disks.Disks)
        {
            Audit.Same($"dirty pages of {disk.Configuration.Name}", machine.Dirty.Device(disk.Index).DirtyPages, byDisk[disk.Index * 2]);
            Audit.Same($"writeback of {disk.Configuration.Name}", machine.Dirty.Device(disk.Index).WritebackPages, byDisk[(disk.Index * 2) + 1]);
            listed += machine.Flushers[disk.Index].FileCount;
        }

        Audit.Same("files in the flushers' lists", (ulong)listed, (ulong)files);
    }
}
