// Cuts the pages of a file off from an index on, waiting for those under I/O.
//
// Models   Linux 6.12 mm/truncate.c: truncate_pagecache, truncate_inode_pages_range; mm/shmem.c: shmem_undo_range.
// Departs  the places of a file on its disk stay its own until it is removed; the rest of a last partial page is not dirtied.

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.PageCache;

internal sealed class Truncation(Machine machine)
{
    /// <summary>A step of setting a file's size.</summary>
    public StepResult Step(Process task, int inode, ulong bytes, out SystemCallError error)
    {
        error = SystemCallError.None;
        ref var file = ref machine.FileSystems.Inodes[inode];
        if (bytes > file.Size)
        {
            var pages = (bytes + PageGeometry.PageBytes - 1) / PageGeometry.PageBytes;
            if (!file.IsTmpfs && !FilePlacement.TryPlace(machine.FileSystems, ref file, pages, grows: false))
            {
                error = SystemCallError.NoSpace;
                return StepResult.Done;
            }

            file.Size = bytes;
            return StepResult.Done;
        }

        file.Size = bytes;
        return StepCut(task, inode, file.SizePages);
    }

    /// <summary>A step of taking all pages at and above an index out of a file. Sleeps for those under I/O.</summary>
    public StepResult StepCut(Process task, int inode, ulong first)
    {
        ref var file = ref machine.FileSystems.Inodes[inode];
        if (machine.ReverseMap.IsMapped(inode))
        {
            machine.ReverseMap.UnmapFileRange(inode, first, ulong.MaxValue, evenCopies: true);
        }

        while (machine.PageCache.Trees.TryNext(file.Tree, first, ulong.MaxValue, out var index, out var entry))
        {
            if (machine.Cpus.IsTurnOver)
            {
                return StepResult.Continue;
            }

            if (!entry.IsFolio)
            {
                machine.FileSystems.Release.DropValue(inode, index, entry);
                continue;
            }

            ref var frame = ref machine.Frames[entry.Folio];
            if (frame.Has(PageFlags.Locked))
            {
                return FolioWaits.UntilUnlocked(machine, task, entry.Folio, SleepDepth.Uninterruptible);
            }

            if (frame.Has(PageFlags.Writeback))
            {
                return FolioWaits.UntilWritten(machine, task, entry.Folio, SleepDepth.Uninterruptible);
            }

            Invariant.Holds(machine.FileSystems.Release.TryDropPage(entry.Folio));
            machine.Cpus.SpendInKernel(machine.Costs.UnmapPage);
            machine.Cpus.CountPages(1);
        }

        return StepResult.Done;
    }
}
