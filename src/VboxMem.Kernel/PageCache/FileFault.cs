// Page faults on mapped files: the page, and what is read around it or ahead of it.
//
// Models   Linux 6.12 mm/filemap.c: filemap_fault, do_sync_mmap_readahead, do_async_mmap_readahead; mm/shmem.c: shmem_fault
//          (facts: reclaim, 7.6; virtual memory, 3.1).
// Departs  readahead state of mappings is kept by inode, where Linux has it by open file.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.PageCache;

internal sealed class FileFault(Machine machine)
{
    private readonly FileReading _reading = new(machine);
    private readonly Shmem _shmem = new(machine);

    public StepResult Step(Process task, int inode, ulong index, VmaFlags advice, out Pfn folio, out bool isMajor)
    {
        ref var file = ref machine.FileSystems.Inodes[inode];
        isMajor = false;
        folio = Pfn.None;
        if (index >= file.SizePages)
        {
            return StepResult.Done;
        }

        var result = file.IsTmpfs
            ? StepShmem(task, inode, index, out folio, out isMajor)
            : StepFile(task, inode, ref file, index, AdviceOf(advice), out folio);
        if (result == StepResult.Done && folio != Pfn.None)
        {
            machine.Lru.Get(folio);
            isMajor |= machine.FileSystems.MajorFaults.Take(task.Pid, inode, index);
        }

        return result;
    }

    private static ReadaheadAdvice AdviceOf(VmaFlags advice) =>
        (advice & VmaFlags.RandomRead) != 0 ? ReadaheadAdvice.Random
        : (advice & VmaFlags.SequentialRead) != 0 ? ReadaheadAdvice.Sequential
        : ReadaheadAdvice.Normal;

    private StepResult StepShmem(Process task, int inode, ulong index, out Pfn folio, out bool isMajor)
    {
        var result = _shmem.StepGet(task, inode, index, makes: true, out folio, out isMajor, out _);
        if (result == StepResult.Wait && isMajor)
        {
            machine.FileSystems.MajorFaults.Note(task.Pid, inode, index);
        }

        if (result == StepResult.Done && folio == Pfn.None && task.Allocation.IsPending)
        {
            return StepResult.Wait;
        }

        return result;
    }

    private StepResult StepFile(Process task, int inode, ref Inode file, ulong index, ReadaheadAdvice advice, out Pfn folio)
    {
        folio = Pfn.None;
        if (file.MmapPending.Pages > 0 && !_reading.TryRead(inode, ref file.MmapPending))
        {
            return StepResult.Wait;
        }

        var found = machine.PageCache.Trees.Find(file.Tree, index).Folio;
        if (found == Pfn.None)
        {
            if (!TryReadMissing(task, inode, ref file, index, advice))
            {
                return task.Allocation.IsPending ? StepResult.Wait : StepResult.Done;
            }

            found = machine.PageCache.Trees.Find(file.Tree, index).Folio;
        }
        else if (!TryReadAhead(inode, ref file, index, advice, found))
        {
            return StepResult.Wait;
        }

        ref var frame = ref machine.Frames[found];
        if (!frame.Has(PageFlags.UpToDate))
        {
            if (!frame.Has(PageFlags.Locked))
            {
                _reading.ReadInto(inode, index, found);
            }

            return FolioWaits.UntilUnlocked(machine, task, found, SleepDepth.Killable);
        }

        folio = found;
        return StepResult.Done;
    }

    private bool TryReadMissing(Process task, int inode, ref Inode file, ulong index, ReadaheadAdvice advice)
    {
        if (machine.FileSystems.MajorFaults.Note(task.Pid, inode, index))
        {
            machine.Events.Count(VmEvent.PgMajfault, 1);
        }

        machine.Paths.Count(ReachedPath.ReadaheadOfFault);
        if (Readahead.TryPlanFault(ref file.MmapReadahead, index, advice, Readahead.DefaultPages, out file.MmapPending)
            && !_reading.TryRead(inode, ref file.MmapPending))
        {
            return false;
        }

        return machine.PageCache.Trees.Find(file.Tree, index).IsFolio || _reading.TryReadPage(inode, index);
    }

    /// <summary>A page that is there: a hit, and if it carries the mark, the next window is read. False: to be done again.</summary>
    private bool TryReadAhead(int inode, ref Inode file, ulong index, ReadaheadAdvice advice, Pfn found)
    {
        if (advice == ReadaheadAdvice.Random)
        {
            return true;
        }

        file.MmapReadahead.NoteMmapHits(1);
        ref var frame = ref machine.Frames[found];
        if (!frame.Has(PageFlags.Readahead) || frame.Has(PageFlags.Writeback) || frame.Has(PageFlags.Dirty))
        {
            return true;
        }

        frame.Clear(PageFlags.Readahead);
        if (!Readahead.TryPlanMark(ref file.MmapReadahead, index, Readahead.DefaultPages, out var window))
        {
            var run = CachedRuns.After(machine.PageCache.Trees, file.Tree, index, Readahead.DefaultPages);
            if (!Readahead.TryPlanMarkAfterLook(ref file.MmapReadahead, index, Readahead.DefaultPages, Readahead.DefaultPages, run, out window))
            {
                return true;
            }
        }

        machine.Paths.Count(ReachedPath.ReadaheadOfMappedMark);
        file.MmapPending = window;
        return _reading.TryRead(inode, ref file.MmapPending);
    }
}
