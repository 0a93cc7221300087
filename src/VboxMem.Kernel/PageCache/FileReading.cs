// Brings pages of a file into the cache: new pages, locked, on their way from the disk.
//
// Invariants
//   F1  A page that is Locked and not UpToDate in a file of a disk has a read under way, which holds a reference.
//
// Models   Linux 6.12 mm/readahead.c: page_cache_ra_unbounded, read_pages; fs/ext4/readpage.c (facts: reclaim, 7.6).

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.PageCache;

internal sealed class FileReading(Machine machine)
{
    /// <summary>The largest transfer of a virtio disk, 1280 KiB.</summary>
    public const uint TransferPages = 320;

    /// <summary>Pages read ahead may be done without: try once, say nothing.</summary>
    private const GfpFlags AheadGfp = GfpFlags.HighUserMovable | GfpFlags.Compound | GfpFlags.NoRetry | GfpFlags.NoWarn;

    /// <summary>Reads the missing pages of a window (page_cache_ra_unbounded).</summary>
    /// <param name="inode">A file of a disk.</param>
    /// <param name="window">What to read; what is left of it when memory ran out and the task is to try again.</param>
    /// <returns>False: the task's allocation is pending; come back with what is left of the window.</returns>
    public bool TryRead(int inode, ref ReadaheadWindow window)
    {
        window = window.ClippedTo(machine.FileSystems.Inodes[inode].SizePages);
        var (runStart, run) = (0UL, 0U);
        while (window.Pages > 0)
        {
            var index = window.Start;
            var isMark = window.HasMark && index == window.MarkIndex;
            var isNew = machine.PageCache.Find(inode, index) == Pfn.None;
            if (isNew && !TryInsert(inode, index, isMark, AheadGfp))
            {
                Submit(inode, runStart, run);
                if (machine.Scheduler.CurrentTask is { } task && task.Allocation.IsPending)
                {
                    return false;
                }

                window = default;
                return true;
            }

            if (isNew)
            {
                runStart = run++ == 0 ? index : runStart;
            }
            else
            {
                Submit(inode, runStart, run);
                run = 0;
            }

            window = window with { Start = index + 1, Pages = window.Pages - 1 };
        }

        Submit(inode, runStart, run);
        window = default;
        return true;
    }

    /// <summary>Reads one page that must be had (filemap_create_folio). False: no memory.</summary>
    public bool TryReadPage(int inode, ulong index)
    {
        if (!TryInsert(inode, index, isMark: false, GfpFlags.HighUserMovable | GfpFlags.Compound))
        {
            return false;
        }

        Submit(inode, index, 1);
        return true;
    }

    /// <summary>Reads a page that is in the cache and not up to date: part of it is to be written.</summary>
    public void ReadInto(int inode, ulong index, Pfn folio)
    {
        machine.Frames[folio].Set(PageFlags.Locked);
        machine.Lru.Get(folio);
        Submit(inode, index, 1);
    }

    private bool TryInsert(int inode, ulong index, bool isMark, GfpFlags gfp)
    {
        if (!machine.Allocator.TryAllocate(gfp, 0, FrameOwner.File, out var folio))
        {
            return false;
        }

        machine.Frames[folio].Set(PageFlags.Locked);
        if (!machine.PageCache.TryInsert(folio, inode, index, gfp))
        {
            machine.Frames[folio].Clear(PageFlags.Locked);
            machine.Lru.Put(folio);
            return false;
        }

        if (isMark)
        {
            machine.Frames[folio].Set(PageFlags.Readahead);
        }

        machine.Cpus.SpendInKernel(machine.Costs.CacheInsert);
        return true;   // the reference of the allocation is now the read's
    }

    private void Submit(int inode, ulong index, uint pages)
    {
        ref var file = ref machine.FileSystems.Inodes[inode];
        if (pages > 0 && machine.Scheduler.CurrentTask is { } task)
        {
            task.ReadBytes += (ulong)pages * PageGeometry.PageBytes;
        }

        while (pages > 0)
        {
            var place = FilePlacement.PlaceOf(machine.FileSystems, file, index, out var behind);
            var run = (uint)Math.Min(Math.Min(pages, behind), TransferPages);
            machine.Disks.Submit(Block.DiskRequestKind.FileRead, machine.FileSystems.DiskOf(file), place, inode, index, run);
            index += run;
            pages -= run;
        }
    }
}
