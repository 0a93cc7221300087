// posix_fadvise(2).
//
// Progress  Phase: what is under way; Position: the next page to read (WILLNEED).
// Models    Linux 6.12 mm/fadvise.c: generic_fadvise; mm/readahead.c: force_page_cache_ra (facts: reclaim, 7.6).

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.PageCache;

internal sealed class FileAdvising(Machine machine)
{
    private const int PageShift = 12;
    private const ulong PageBytes = PageGeometry.PageBytes;

    /// <summary>WILLNEED reads in pieces of 2 MiB.</summary>
    private const uint ChunkPages = 512;

    private readonly FileReading _reading = new(machine);

    public StepResult Step(Process task, int file, ulong offset, ulong length, FileAdvice advice, out long answer)
    {
        answer = 0;
        ref var open = ref machine.FileSystems.Open[file];
        switch (advice)
        {
            case FileAdvice.Normal:
                open.Advice = ReadaheadAdvice.Normal;
                open.IsNoReuse = false;
                break;
            case FileAdvice.Random:
                open.Advice = ReadaheadAdvice.Random;
                break;
            case FileAdvice.Sequential:
                open.Advice = ReadaheadAdvice.Sequential;
                break;
            case FileAdvice.NoReuse:
                open.IsNoReuse = true;
                break;
            case FileAdvice.WillNeed:
                return StepWillNeed(task, ref open, offset, length);
            case FileAdvice.DontNeed:
                DontNeed(ref open, offset, length);
                break;
            default:
                answer = SystemCalls.Answer(SystemCallError.Invalid);
                break;
        }

        return StepResult.Done;
    }

    private StepResult StepWillNeed(Process task, ref OpenFile open, ulong offset, ulong length)
    {
        ref var inode = ref machine.FileSystems.Inodes[open.Inode];
        if (inode.Kind != InodeKind.File)
        {
            return StepResult.Done;
        }

        var end = length == 0 ? inode.SizePages : Math.Min((offset + length + PageBytes - 1) >> PageShift, inode.SizePages);
        if (task.Progress.Phase == 0)
        {
            task.Progress.Phase = 1;
            task.Progress.Position = offset >> PageShift;
        }

        if (open.Pending.Pages == 0 && task.Progress.Position < end)
        {
            var pages = (uint)Math.Min(ChunkPages, end - task.Progress.Position);
            open.Pending = new ReadaheadWindow(task.Progress.Position, pages, 0);
            task.Progress.Position += pages;
        }

        if (open.Pending.Pages > 0)
        {
            _ = _reading.TryRead(open.Inode, ref open.Pending);
            return StepResult.Continue;
        }

        return StepResult.Done;
    }

    /// <summary>Starts writing what is dirty, then drops whole pages that can be dropped.</summary>
    private void DontNeed(ref OpenFile open, ulong offset, ulong length)
    {
        ref var inode = ref machine.FileSystems.Inodes[open.Inode];
        var first = (offset + PageBytes - 1) >> PageShift;
        var isToEnd = length == 0 || offset + length >= inode.Size;
        var end = isToEnd ? ulong.MaxValue : (offset + length) >> PageShift;
        if (!inode.IsTmpfs && machine.Dirty.Find(open.Inode) is { } dirty)
        {
            for (var from = first; from < end;)
            {
                _ = machine.Dirty.StartRun(dirty, from, end, out from);
            }
        }

        machine.Lru.Drain();
        if (first < end)
        {
            _ = Invalidation.Run(machine, open.Inode, first, end);
        }
    }
}
