// madvise: advice that changes an area's flags, or what becomes of its pages.
//
//   Progress: Phase 1 once begun; Position the page to go on at; Done 1 when part of the range is not mapped, which is told at the end.
//
// Models   Linux 6.12 mm/madvise.c: do_madvise, madvise_walk_vmas, madvise_vma_behavior, madvise_populate
//          (facts: virtual memory, 3.8).
// Departs  WILLNEED reads files of disks, and nothing back from swap. COLLAPSE, MERGEABLE and what else the enum does not name are
//          unknown advice (EINVAL).

using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Virtual;

internal sealed class Madvise(Machine machine, Populate populate)
{
    private const VmaFlags Pinned = VmaFlags.Locked | VmaFlags.PfnMap | VmaFlags.HugeTlb;
    private const VmaFlags Access = VmaFlags.SequentialRead | VmaFlags.RandomRead;

    private readonly LazyFree _lazyFree = new(machine);
    private readonly FileReading _reading = new(machine);
    private readonly ColdPages _coldPages = new(machine);

    public StepResult Step(Process task, out long answer)
    {
        var result = Step(task, machine.Memory[task.MemoryId], out var error);
        answer = SystemCalls.Answer(error);
        return result;
    }

    private StepResult Step(Process task, MemoryDescriptor mm, out SystemCallError error)
    {
        var advice = (Advice)task.Request.C;
        var start = UserSpace.PageOf(task.Request.A);
        var end = start + UserSpace.PagesFor(task.Request.B);
        ref var progress = ref task.Progress;
        error = SystemCallError.Invalid;
        if (progress.Phase == 0)
        {
            if (!IsKnown(advice) || !UserSpace.IsPageAligned(task.Request.A) || task.Request.B > mm.End)
            {
                return StepResult.Done;
            }

            machine.Lru.Drain();
            progress.Phase = 1;
            progress.Position = start;
        }

        if (advice is Advice.PopulateRead or Advice.PopulateWrite)
        {
            var kind = advice == Advice.PopulateRead ? PopulateKind.AdviseRead : PopulateKind.AdviseWrite;
            return populate.Step(task, mm, ref progress.Position, end, kind, out error);
        }

        error = SystemCallError.None;
        while (progress.Position < end)
        {
            error = AdviseSome(task, mm, advice, end, ref progress);
            if (error != SystemCallError.None)
            {
                return StepResult.Done;
            }

            if ((machine.Cpus.IsTurnOver || task.Allocation.IsPending) && progress.Position < end)
            {
                return StepResult.Continue;
            }
        }

        error = progress.Done != 0 ? SystemCallError.NoMemory : SystemCallError.None;
        return StepResult.Done;
    }

    private static bool IsKnown(Advice advice) => advice switch
    {
        Advice.Normal or Advice.Random or Advice.Sequential or Advice.DontNeed or Advice.Free => true,
        Advice.DontFork or Advice.DoFork or Advice.DontDump or Advice.DoDump or Advice.WipeOnFork or Advice.KeepOnFork => true,
        Advice.WillNeed or Advice.HugePage or Advice.NoHugePage or Advice.Cold or Advice.PageOut => true,
        Advice.PopulateRead or Advice.PopulateWrite => true,
        _ => false,
    };

    private SystemCallError AdviseSome(Process task, MemoryDescriptor mm, Advice advice, ulong end, ref RequestProgress progress)
    {
        var area = mm.FindAtOrAbove(progress.Position);
        if (area is null || area.StartPage > progress.Position)
        {
            progress.Done = 1;
            progress.Position = Math.Min(end, area?.StartPage ?? end);
            return SystemCallError.None;
        }

        var stop = Math.Min(end, area.EndPage);
        switch (advice)
        {
            case Advice.DontNeed when (area.Flags & Pinned) == 0:
                progress.Position = machine.Zaps.Zap(mm, area, progress.Position, stop);
                return SystemCallError.None;
            case Advice.Free when area.Inode == 0 && (area.Flags & Pinned) == 0:
                progress.Position = _lazyFree.Free(mm, area, progress.Position, stop);
                return SystemCallError.None;
            case Advice.Cold or Advice.PageOut when (area.Flags & Pinned) == 0:
                progress.Position = _coldPages.Age(mm, area, progress.Position, stop, isPageOut: advice == Advice.PageOut);
                return SystemCallError.None;
            case Advice.WillNeed:
                progress.Position = ReadAhead(area, progress.Position, stop);
                return SystemCallError.None;
            case Advice.DontNeed or Advice.Free or Advice.Cold or Advice.PageOut:
                return SystemCallError.Invalid;
            default:
                return ChangeFlags(task, mm, area, advice, stop, ref progress);
        }
    }

    /// <summary>Reads 2 MiB of a file at most; less when memory is to be found first.</summary>
    /// <returns>The page to go on at.</returns>
    private ulong ReadAhead(Vma area, ulong page, ulong stop)
    {
        if (area.Inode == 0 || machine.FilePages.IsShmem(area.Inode))
        {
            return stop;
        }

        var pages = Math.Min(PageTables.PagesPerPteTable, stop - page);
        var first = area.IndexOf(page);
        var window = new ReadaheadWindow(first, (uint)pages, 0);
        _ = _reading.TryRead(area.Inode, ref window);
        return window.Pages > 0 ? page + (window.Start - first) : page + pages;
    }

    private SystemCallError ChangeFlags(
        Process task, MemoryDescriptor mm, Vma area, Advice advice, ulong stop, ref RequestProgress progress)
    {
        if (NewFlags(area, advice) is not { } flags)
        {
            return SystemCallError.Invalid;
        }

        if (flags != area.Flags)
        {
            if (!machine.Memory.Areas.TryModify(mm, area, progress.Position, stop, flags, out _))
            {
                return SystemCallError.Again;
            }

            task.Allocation.Reset(machine.Allocator);
        }

        progress.Position = stop;
        return SystemCallError.None;
    }

    /// <summary>The area's flags after the advice; null where it is not allowed.</summary>
    private static VmaFlags? NewFlags(Vma area, Advice advice)
    {
        var flags = area.Flags;
        return advice switch
        {
            Advice.Normal => flags & ~Access,
            Advice.Sequential => (flags & ~Access) | VmaFlags.SequentialRead,
            Advice.Random => (flags & ~Access) | VmaFlags.RandomRead,
            Advice.DontFork => flags | VmaFlags.DontCopy,
            Advice.DoFork => area.Has(VmaFlags.Io) ? null : flags & ~VmaFlags.DontCopy,
            Advice.WipeOnFork => area.Inode != 0 || area.Has(VmaFlags.Shared) ? null : flags | VmaFlags.WipeOnFork,
            Advice.KeepOnFork => flags & ~VmaFlags.WipeOnFork,
            Advice.DontDump => flags | VmaFlags.DontDump,
            Advice.DoDump => (flags & (VmaFlags.Io | VmaFlags.PfnMap | VmaFlags.DontExpand)) != 0 ? null : flags & ~VmaFlags.DontDump,
            Advice.HugePage => (flags & (VmaFlags.PfnMap | VmaFlags.Io | VmaFlags.DontExpand)) != 0
                ? null
                : (flags & ~VmaFlags.NoHugePage) | VmaFlags.HugePage,
            _ => (flags & ~VmaFlags.HugePage) | VmaFlags.NoHugePage,
        };
    }
}
