using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Virtual;

/// <summary>brk, in steps: the end of the heap moves; what cannot be done leaves it where it was, without an error.</summary>
/// <remarks>mm/mmap.c: brk, do_brk_flags. Phase 1: the heap is cut and shrinks; 2: it has grown and its pages are faulted in.</remarks>
internal sealed class Brk(Machine machine, Unmapping unmapping, Populate populate)
{
    private const VmaFlags HeapFlags = AreaRights.May | VmaFlags.Read | VmaFlags.Write | VmaFlags.Account | VmaFlags.SoftDirty;
    private const int Shrinking = 1;
    internal const int FaultingIn = 2;

    public StepResult Step(Process task, out long answer)
    {
        var mm = machine.Memory[task.MemoryId];
        var wanted = task.Request.A;
        ref var progress = ref task.Progress;
        var result = StepResult.Done;
        if (progress.Phase == Shrinking || (progress.Phase == 0 && IsShrinking(mm, wanted)))
        {
            result = StepShrink(mm, wanted, ref progress);
        }
        else if (progress.Phase == FaultingIn || (progress.Phase == 0 && wanted >= mm.StartBrk && TryGrow(task, mm, wanted)))
        {
            result = populate.Step(task, mm, ref progress.Position, UserSpace.PagesFor(mm.Brk), PopulateKind.Willing, out _);
        }

        answer = (long)mm.Brk;
        return result;
    }

    private static bool IsShrinking(MemoryDescriptor mm, ulong wanted) =>
        wanted >= mm.StartBrk && UserSpace.PagesFor(wanted) < UserSpace.PagesFor(mm.Brk);

    private StepResult StepShrink(MemoryDescriptor mm, ulong wanted, ref RequestProgress progress)
    {
        var (start, end) = (UserSpace.PagesFor(wanted), UserSpace.PagesFor(mm.Brk));
        if (progress.Phase == 0)
        {
            if (!unmapping.TryPrepare(mm, start, end))
            {
                return StepResult.Done;
            }

            progress.Phase = Shrinking;
            progress.Position = start;
        }

        if (!unmapping.Zap(mm, ref progress.Position, end))
        {
            return StepResult.Continue;
        }

        unmapping.Finish(mm, start, end);
        mm.Brk = wanted;
        return StepResult.Done;
    }

    /// <returns>True when the new part is to be faulted in.</returns>
    private bool TryGrow(Process task, MemoryDescriptor mm, ulong wanted)
    {
        var (start, end) = (UserSpace.PagesFor(mm.Brk), UserSpace.PagesFor(wanted));
        if (end > start && !TryMap(task, mm, start, end))
        {
            return false;
        }

        mm.Brk = wanted;
        if (end == start || (mm.DefaultFlags & VmaFlags.Locked) == 0)
        {
            return false;
        }

        task.Progress.Phase = FaultingIn;
        task.Progress.Position = start;
        task.Allocation.Reset(machine.Allocator);
        return true;
    }

    private bool TryMap(Process task, MemoryDescriptor mm, ulong start, ulong end)
    {
        // One page more stays free above the heap.
        if (end + 1 > mm.EndPage || !AddressSearch.IsFree(mm, start, end + 1 - start)
            || mm.Areas.Count > machine.Tunables.MaxMapCount)
        {
            return false;
        }

        var flags = HeapFlags | mm.DefaultFlags;
        var pages = (long)(end - start);
        var mayLock = task.Group.Limits.AllowsLocking(task.Uid, mm, flags, (ulong)pages);
        if (!mayLock || !task.Group.Limits.AllowsMapping(mm, (ulong)pages) || !machine.Memory.TryCommit(task, pages))
        {
            return false;
        }

        if (machine.Memory.Areas.TryMap(mm, new AreaDescription(start, end, flags, 0, start), out _))
        {
            return true;
        }

        machine.Memory.Uncommit(pages);
        return false;
    }
}
