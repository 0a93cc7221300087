// mremap: shrinks by unmapping the tail, grows in place if the pages behind are free, else moves: page tables go along, pages stay.
//
//   Progress: Phase as below; Position the page to go on at; Extra the first page of the target once the move has begun.
//
// While entries move, old and new area both exist and both count as promised, so that the move can stop between any two steps.
//
// Models   Linux 6.12 mm/mremap.c: mremap, vma_to_resize, move_vma, move_page_tables, move_ptes, move_normal_pmd, move_huge_pmd.
// Departs  a moved area is not joined to a neighbour when it has anonymous pages; an old length of 0 and MREMAP_DONTUNMAP are refused.

using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Virtual;

internal sealed class Mremap(Machine machine, Unmapping unmapping, Populate populate)
{
    /// <summary>Operand D: it must stay where it is. 0: it may move. Else: the address to move to.</summary>
    private const ulong Stay = 1;

    private const int SpareAreas = 3;

    private const int Begin = 0;
    private const int ClearTarget = 1;
    private const int CutTail = 2;
    private const int ZapTail = 3;
    private const int Resize = 4;
    private const int Move = 5;
    private const int MoveBack = 6;
    internal const int FaultIn = 7;

    private readonly MovePageTables _tables = new(machine);

    public StepResult Step(Process task, out long answer)
    {
        var mm = machine.Memory[task.MemoryId];
        var start = UserSpace.PageOf(task.Request.A);
        var old = start + UserSpace.PagesFor(task.Request.B);
        var pages = UserSpace.PagesFor(task.Request.C);
        var result = Step(task, mm, new Range(start, old, pages), out var error);
        var place = task.Progress.Extra != 0 ? task.Progress.Extra : start;
        answer = error == SystemCallError.None ? (long)UserSpace.AddressOf(place) : SystemCalls.Answer(error);
        return result;
    }

    /// <param name="Start">First page.</param>
    /// <param name="OldEnd">The page past the old length.</param>
    /// <param name="Pages">The new length.</param>
    private readonly record struct Range(ulong Start, ulong OldEnd, ulong Pages)
    {
        public ulong NewEnd => Start + Pages;

        /// <summary>End of what is left of the old mapping once its tail is cut.</summary>
        public ulong KeptEnd => Math.Min(OldEnd, NewEnd);
    }

    private static bool IsFixed(Process task) => task.Request.D > Stay;

    private StepResult Step(Process task, MemoryDescriptor mm, in Range range, out SystemCallError error)
    {
        ref var progress = ref task.Progress;
        error = SystemCallError.None;
        switch (progress.Phase)
        {
            case Begin:
                error = BeginAt(task, mm, range, ref progress);
                break;
            case ClearTarget:
                if (unmapping.Zap(mm, ref progress.Position, progress.Extra + range.Pages))
                {
                    unmapping.Finish(mm, progress.Extra, progress.Extra + range.Pages);
                    progress.Phase = CutTail;
                }

                break;
            case CutTail:
                error = Cut(mm, range, ref progress);
                break;
            case ZapTail:
                if (unmapping.Zap(mm, ref progress.Position, range.OldEnd))
                {
                    unmapping.Finish(mm, range.NewEnd, range.OldEnd);
                    progress.Phase = Resize;
                    return IsFixed(task) ? StepResult.Continue : StepResult.Done;
                }

                break;
            case Resize:
                return StepResize(task, mm, range, ref progress, out error);
            case Move:
                return StepMove(task, mm, range, ref progress);
            case MoveBack:
                return StepMoveBack(mm, range, ref progress, out error);
            default:
                var end = (progress.Extra != 0 ? progress.Extra : range.Start) + range.Pages;
                return populate.Step(task, mm, ref progress.Position, end, PopulateKind.Willing, out _);
        }

        return error == SystemCallError.None ? StepResult.Continue : StepResult.Done;
    }

    private SystemCallError BeginAt(Process task, MemoryDescriptor mm, in Range range, ref RequestProgress progress)
    {
        if (!UserSpace.IsPageAligned(task.Request.A) || range.Pages == 0 || range.OldEnd == range.Start
            || range.OldEnd > mm.EndPage || range.Pages > mm.EndPage)
        {
            return SystemCallError.Invalid;
        }

        if (!IsFixed(task))
        {
            progress.Phase = CutTail;
            return SystemCallError.None;
        }

        var target = UserSpace.PageOf(task.Request.D);
        if (!UserSpace.IsPageAligned(task.Request.D) || target + range.Pages > mm.EndPage
            || (target < range.OldEnd && range.Start < target + range.Pages))
        {
            return SystemCallError.Invalid;
        }

        if (mm.Areas.Count + 2 >= machine.Tunables.MaxMapCount - SpareAreas || !unmapping.TryPrepare(mm, target, target + range.Pages))
        {
            return SystemCallError.NoMemory;
        }

        progress.Extra = target;
        progress.Position = target;
        progress.Phase = ClearTarget;
        return SystemCallError.None;
    }

    private SystemCallError Cut(MemoryDescriptor mm, in Range range, ref RequestProgress progress)
    {
        if (range.OldEnd <= range.NewEnd)
        {
            progress.Phase = Resize;
            return SystemCallError.None;
        }

        if (mm.Find(range.Start) is null)
        {
            return SystemCallError.BadAddress;
        }

        if (!unmapping.TryPrepare(mm, range.NewEnd, range.OldEnd))
        {
            return SystemCallError.NoMemory;
        }

        progress.Position = range.NewEnd;
        progress.Phase = ZapTail;
        return SystemCallError.None;
    }

    private StepResult StepResize(Process task, MemoryDescriptor mm, in Range range, ref RequestProgress progress, out SystemCallError error)
    {
        error = SystemCallError.BadAddress;
        if (mm.Find(range.Start) is not { } area || range.KeptEnd > area.EndPage)
        {
            return StepResult.Done;
        }

        var more = range.NewEnd - range.KeptEnd;
        if (more > 0 && (area.Flags & (VmaFlags.DontExpand | VmaFlags.PfnMap)) != 0)
        {
            return StepResult.Done;
        }

        if (!task.Group.Limits.AllowsLocking(task.Uid, mm, area.Flags, more))
        {
            error = SystemCallError.Again;
            return StepResult.Done;
        }

        if (more > 0 && !task.Group.Limits.AllowsMapping(mm, more))
        {
            error = SystemCallError.NoMemory;
            return StepResult.Done;
        }

        error = SystemCallError.None;
        if (!IsFixed(task) && more == 0)
        {
            return StepResult.Done;
        }

        if (!IsFixed(task) && range.KeptEnd == area.EndPage && range.NewEnd <= mm.EndPage
            && AddressSearch.IsFree(mm, area.EndPage, more))
        {
            return TryGrow(task, mm, area, more, ref progress, out error) ? StepResult.Continue : StepResult.Done;
        }

        error = SystemCallError.NoMemory;
        if (task.Request.D == Stay || !TryBeginMove(task, mm, area, range, ref progress))
        {
            return StepResult.Done;
        }

        error = SystemCallError.None;
        return StepResult.Continue;
    }

    private bool TryGrow(Process task, MemoryDescriptor mm, Vma area, ulong more, ref RequestProgress progress, out SystemCallError error)
    {
        error = SystemCallError.NoMemory;
        if (area.IsAccounted && !machine.Memory.TryCommit(task, (long)more))
        {
            return false;
        }

        error = SystemCallError.None;
        progress.Position = area.Has(VmaFlags.Locked) ? area.EndPage : ulong.MaxValue;
        progress.Phase = FaultIn;
        AreaAccounting.Add(mm, area.Flags, more);
        area.EndPage += more;
        AreaMerge.TryJoinPart(machine, mm, area, area.StartPage, area.EndPage, area.Flags, out _);
        return true;
    }

    private bool TryBeginMove(Process task, MemoryDescriptor mm, Vma area, in Range range, ref RequestProgress progress)
    {
        if (mm.Areas.Count >= machine.Tunables.MaxMapCount - SpareAreas)
        {
            return false;
        }

        var target = progress.Extra;
        var isAligned = area.Inode == 0 && range.Pages % PageTables.PagesPerPteTable == 0;
        if (!IsFixed(task) && !AddressSearch.TryFind(mm, range.Pages, 0, 0, isAligned, out target))
        {
            return false;
        }

        if (!unmapping.TryPrepare(mm, range.Start, range.KeptEnd))
        {
            return false;
        }

        area = mm.Find(range.Start)!;
        var more = area.IsAccounted ? (long)(range.NewEnd - range.KeptEnd) : 0;
        if (area.IsAccounted && !machine.Memory.TryCommit(task, more))
        {
            return false;
        }

        if (!TryMakeTarget(mm, area, target, target + range.Pages))
        {
            machine.Memory.Uncommit(more);
            return false;
        }

        machine.Memory.Commit(area.IsAccounted ? (long)area.Pages : 0);
        task.Allocation.Reset(machine.Allocator);
        progress.Extra = target;
        progress.Position = range.Start;
        progress.Phase = Move;
        return true;
    }

    private bool TryMakeTarget(MemoryDescriptor mm, Vma area, ulong start, ulong end)
    {
        var isUntouched = area.Inode == 0 && area.AnonVmas.Count == 0;
        var wanted = new AreaDescription(start, end, area.Flags, area.Inode, isUntouched ? start : area.FirstIndex);

        // Not joined to a neighbour yet: that may be the area that moves, whose pages have yet to leave it.
        if (!machine.Memory.Areas.TryInsert(mm, wanted, out var made))
        {
            return false;
        }

        AreaAccounting.Add(mm, made.Flags, made.Pages);
        if (area.AnonVmas.Count == 0 || machine.ReverseMap.TryCloneAnon(mm, made, area))
        {
            return true;
        }

        machine.Memory.Areas.Remove(mm, made);
        return false;
    }

    private StepResult StepMove(Process task, MemoryDescriptor mm, in Range range, ref RequestProgress progress)
    {
        if (!_tables.TryMove(mm, ref progress.Position, range.KeptEnd, progress.Extra - range.Start))
        {
            if (!task.Allocation.IsPending)
            {
                progress.Phase = MoveBack;   // what has moved goes back, for which there are tables
                progress.Done = progress.Position;
                progress.Position = range.Start;
            }

            return StepResult.Continue;
        }

        task.Allocation.Reset(machine.Allocator);
        if (progress.Position < range.KeptEnd)
        {
            return StepResult.Continue;
        }

        unmapping.Finish(mm, range.Start, range.KeptEnd);
        var area = mm.Find(progress.Extra)!;
        var isLocked = area.Has(VmaFlags.Locked);
        AreaMerge.TryJoinPart(machine, mm, area, area.StartPage, area.EndPage, area.Flags, out _);
        progress.Position = isLocked ? progress.Extra + (range.KeptEnd - range.Start) : ulong.MaxValue;
        progress.Phase = FaultIn;
        return StepResult.Continue;
    }

    private StepResult StepMoveBack(MemoryDescriptor mm, in Range range, ref RequestProgress progress, out SystemCallError error)
    {
        error = SystemCallError.None;
        var target = progress.Extra;
        var page = progress.Position - range.Start + target;
        var isMoved = _tables.TryMove(mm, ref page, progress.Done - range.Start + target, range.Start - target);
        Invariant.Holds(isMoved);
        progress.Position = page - target + range.Start;
        if (progress.Position < progress.Done)
        {
            return StepResult.Continue;
        }

        unmapping.Finish(mm, target, target + range.Pages);
        error = SystemCallError.NoMemory;
        return StepResult.Done;
    }
}
