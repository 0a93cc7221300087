// read(2) of a file on a disk: pages that are there are copied, missing ones are read with those likely to follow.
//
//   page cached, up to date --> copied, marked accessed          carries the mark --> the next window is read first
//   page cached, locked     --> sleep until it is read           missing          --> a window is planned and read
//
// Progress  Phase 1 after the first step; Done: bytes copied; Extra: where the read before this page ended.
// Models    Linux 6.12 mm/filemap.c: filemap_read, filemap_get_pages (facts: reclaim, 1.4, 7.5, 7.6).
// Departs   pages are handled one by one: Linux looks up to 31 at once, so it waits for a page before it copies those in front.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.PageCache;

internal sealed class FileRead(Machine machine)
{
    private const int PageShift = 12;
    private const ulong PageBytes = PageGeometry.PageBytes;
    private const ulong OffsetMask = PageBytes - 1;

    private readonly FileReading _reading = new(machine);

    /// <summary>A step of a read of this many bytes at the file's position. The answer is the number of bytes read.</summary>
    public StepResult Step(Process task, int file, ulong bytes, out long answer)
    {
        ref var open = ref machine.FileSystems.Open[file];
        ref var inode = ref machine.FileSystems.Inodes[open.Inode];
        Begin(task, open);
        answer = 0;
        while (task.Progress.Done < bytes && open.Position < inode.Size)
        {
            if (machine.Cpus.IsTurnOver)
            {
                return StepResult.Continue;
            }

            if (CopyRun(task, ref open, inode, bytes))
            {
                continue;
            }

            var result = StepAtPage(task, ref open, inode, bytes - task.Progress.Done);
            if (result == StepResult.Done)
            {
                answer = SystemCalls.Answer(SystemCallError.NoMemory);   // or done again, if an allocation is pending
                return StepResult.Done;
            }

            if (result == StepResult.Wait)
            {
                return StepResult.Wait;
            }
        }

        open.Readahead.PreviousPosition = task.Progress.Extra;
        answer = (long)task.Progress.Done;
        task.ReadCharacters += task.Progress.Done;
        return StepResult.Done;
    }

    private static void Begin(Process task, in OpenFile open)
    {
        if (task.Progress.Phase == 0)
        {
            task.Progress.Phase = 1;
            task.Progress.Extra = open.Readahead.PreviousPosition;
            task.ReadCalls++;
        }
    }

    /// <summary>Copies pages that are ready, as far as one leaf of the tree goes. False: the next page is not.</summary>
    private bool CopyRun(Process task, ref OpenFile open, in Inode inode, ulong bytes)
    {
        var run = machine.PageCache.Trees.Run(inode.Tree, open.Position >> PageShift);
        var copied = 0;
        var left = Math.Min(bytes - task.Progress.Done, inode.Size - open.Position);
        while (copied < run.Length && left > 0 && run[copied].IsFolio && IsReady(machine.Frames[run[copied].Folio]))
        {
            var part = Math.Min(left, PageBytes - (open.Position & OffsetMask));
            Copy(task, ref open, run[copied].Folio, part);
            left -= part;
            copied++;
            if (machine.Cpus.IsTurnOver)
            {
                break;
            }
        }

        return copied > 0;
    }

    private static bool IsReady(in PageFrame frame) => (frame.Flags & (uint)(PageFlags.UpToDate | PageFlags.Readahead)) == (uint)PageFlags.UpToDate;

    private void Copy(Process task, ref OpenFile open, Pfn folio, ulong part)
    {
        machine.Cpus.SpendInKernel(machine.Costs.CopyPage * part / PageBytes);
        machine.Cpus.CountPages(1);
        if (open.Position >> PageShift != (task.Progress.Extra - 1) >> PageShift && !open.IsNoReuse)
        {
            machine.Lru.MarkAccessed(folio);   // not again where the read before ended in this page
        }

        open.Position += part;
        task.Progress.Done += part;
        task.Progress.Extra = open.Position;
    }

    /// <summary>The page at the position is missing, on its way, or carries the mark. Done: no memory.</summary>
    private StepResult StepAtPage(Process task, ref OpenFile open, in Inode inode, ulong wantedBytes)
    {
        if (open.Pending.Pages > 0)
        {
            return _reading.TryRead(open.Inode, ref open.Pending) ? StepResult.Continue : StepResult.Done;
        }

        var index = open.Position >> PageShift;
        var requested = (uint)Math.Min(((open.Position + wantedBytes + PageBytes - 1) >> PageShift) - index, uint.MaxValue);
        var folio = machine.PageCache.Trees.Find(inode.Tree, index).Folio;
        if (folio == Pfn.None)
        {
            return StepMissing(ref open, inode, index, requested);
        }

        ref var frame = ref machine.Frames[folio];
        if (frame.Has(PageFlags.Readahead))
        {
            if (frame.Has(PageFlags.Writeback) || frame.Has(PageFlags.Dirty))
            {
                return CopyMarked(task, ref open, inode, folio, wantedBytes);   // the flag means something else there
            }

            frame.Clear(PageFlags.Readahead);
            if (TryPlanMarked(ref open, inode, index, requested, out open.Pending))
            {
                machine.Paths.Count(ReachedPath.ReadaheadOfMark);
                return _reading.TryRead(open.Inode, ref open.Pending) ? StepResult.Continue : StepResult.Done;
            }

            return StepResult.Continue;
        }

        if (!frame.Has(PageFlags.Locked))
        {
            _reading.ReadInto(open.Inode, index, folio);   // a write that began it was given up
        }

        return FolioWaits.UntilUnlocked(machine, task, folio, SleepDepth.Killable);
    }

    private StepResult CopyMarked(Process task, ref OpenFile open, in Inode inode, Pfn folio, ulong wantedBytes)
    {
        var left = Math.Min(wantedBytes, inode.Size - open.Position);
        Copy(task, ref open, folio, Math.Min(left, PageBytes - (open.Position & OffsetMask)));
        return StepResult.Continue;
    }

    private StepResult StepMissing(ref OpenFile open, in Inode inode, ulong index, uint requested)
    {
        open.Pending = PlanMissing(ref open, inode, index, requested);
        if (!_reading.TryRead(open.Inode, ref open.Pending))
        {
            return StepResult.Done;
        }

        var isThere = machine.PageCache.Trees.Find(inode.Tree, index).IsFolio;
        return isThere || _reading.TryReadPage(open.Inode, index) ? StepResult.Continue : StepResult.Done;
    }

    private ReadaheadWindow PlanMissing(ref OpenFile open, in Inode inode, ulong index, uint requested)
    {
        var filePages = Readahead.FilePages(Readahead.DefaultPages, open.Advice);
        if (open.Advice == ReadaheadAdvice.Random)
        {
            machine.Paths.Count(ReachedPath.ReadaheadRandom);
            return Readahead.PlanRandom(index, requested, filePages, FileReading.TransferPages);
        }

        var most = Readahead.MaxPages(filePages, requested, FileReading.TransferPages);
        if (Readahead.TryPlanMiss(ref open.Readahead, index, requested, most, out var window))
        {
            machine.Paths.Count(ReachedPath.ReadaheadOfMiss);
            return window;
        }

        machine.Paths.Count(ReachedPath.ReadaheadOfMissAfterLook);
        var run = CachedRuns.Before(machine.PageCache.Trees, inode.Tree, index, most);
        return Readahead.PlanMissAfterLook(ref open.Readahead, index, requested, most, run);
    }

    private bool TryPlanMarked(ref OpenFile open, in Inode inode, ulong index, uint requested, out ReadaheadWindow window)
    {
        var filePages = Readahead.FilePages(Readahead.DefaultPages, open.Advice);
        var most = Readahead.MaxPages(filePages, requested, FileReading.TransferPages);
        if (open.Advice == ReadaheadAdvice.Random)
        {
            window = Readahead.PlanRandom(index, requested, filePages, FileReading.TransferPages);
            return true;
        }

        if (Readahead.TryPlanMark(ref open.Readahead, index, most, out window))
        {
            return true;
        }

        var run = CachedRuns.After(machine.PageCache.Trees, inode.Tree, index, most);
        return Readahead.TryPlanMarkAfterLook(ref open.Readahead, index, requested, most, run, out window);
    }
}
