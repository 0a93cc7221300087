// mprotect: areas get other rights, and so do the entries of the pages that are there.
//
//   Progress: Position the page to go on at; Extra the page up to which areas have their new rights; entries below it are changed.
//             Phase 1 while private locked pages that have become writable are copied (at Position, up to Extra).
//
// Models   Linux 6.12 mm/mprotect.c: do_mprotect_pkey, mprotect_fixup, change_pte_range, can_change_pte_writable
//          (facts: virtual memory, 4).

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Virtual;

internal sealed class Mprotect(Machine machine, Populate populate)
{
    private const VmaFlags ChargedOnce =
        VmaFlags.Account | VmaFlags.Write | VmaFlags.HugeTlb | VmaFlags.Shared | VmaFlags.NoReserve;

    private const int Changing = 0;
    private const int Copying = 1;

    private readonly EntryRights _rights = new(machine);

    public StepResult Step(Process task, out long answer)
    {
        answer = 0;
        var (address, length) = (task.Request.A, task.Request.B);
        var mm = machine.Memory[task.MemoryId];
        var error = Check(mm, address, length);
        if (error != SystemCallError.None || length == 0)
        {
            answer = SystemCalls.Answer(error);
            return StepResult.Done;
        }

        var start = UserSpace.PageOf(address);
        var end = start + UserSpace.PagesFor(length);
        ref var progress = ref task.Progress;
        if (progress.Extra == 0)
        {
            progress.Position = start;
            progress.Extra = start;
        }

        while (progress.Position < end)
        {
            var result = StepArea(task, mm, end, ref progress, out error);
            if (result == StepResult.Wait)
            {
                return result;
            }

            if (error != SystemCallError.None)
            {
                answer = SystemCalls.Answer(error);
                return StepResult.Done;
            }

            if (machine.Cpus.IsTurnOver && progress.Position < end)
            {
                return StepResult.Continue;
            }
        }

        return StepResult.Done;
    }

    private static SystemCallError Check(MemoryDescriptor mm, ulong address, ulong length)
    {
        if (!UserSpace.IsPageAligned(address))
        {
            return SystemCallError.Invalid;
        }

        return address > mm.End || length > mm.End - address ? SystemCallError.NoMemory : SystemCallError.None;
    }

    private StepResult StepArea(Process task, MemoryDescriptor mm, ulong end, ref RequestProgress progress, out SystemCallError error)
    {
        error = SystemCallError.None;
        if (progress.Phase == Copying)
        {
            var result = populate.Step(task, mm, ref progress.Position, progress.Extra, PopulateKind.Willing, out _);
            if (result == StepResult.Done)
            {
                progress.Position = progress.Extra;
                progress.Phase = Changing;
            }

            return result == StepResult.Wait ? result : StepResult.Continue;
        }

        if (progress.Position == progress.Extra)
        {
            error = ChangeArea(task, mm, end, ref progress);
            return StepResult.Continue;
        }

        var area = mm.Find(progress.Position)!;
        progress.Position = _rights.Change(mm, area, progress.Position, progress.Extra);
        if (progress.Position == progress.Extra && (progress.Done & 1) != 0)
        {
            progress.Position = progress.Done >> 1;
            progress.Done = 0;
            progress.Phase = Copying;
        }

        return StepResult.Continue;
    }

    /// <summary>Gives the next area, as far as it lies in the range, its new rights.</summary>
    private SystemCallError ChangeArea(Process task, MemoryDescriptor mm, ulong end, ref RequestProgress progress)
    {
        var start = progress.Position;
        if (mm.Find(start) is not { } area)
        {
            return SystemCallError.NoMemory;
        }

        var stop = Math.Min(end, area.EndPage);
        var before = area.Flags;
        var flags = (before & ~AreaRights.Access) | AreaRights.Of((MapFlags)task.Request.C);
        if (AreaRights.Exceed(flags))
        {
            return SystemCallError.AccessDenied;
        }

        if (flags == before)
        {
            progress.Position = stop;
            progress.Extra = stop;
            return SystemCallError.None;
        }

        var pages = (long)(stop - start);
        var charged = (flags & VmaFlags.Write) != 0 && (before & ChargedOnce) == 0;
        if (charged)
        {
            if (!machine.Memory.TryCommit(task, pages))
            {
                return SystemCallError.NoMemory;
            }

            flags |= VmaFlags.Account;
        }
        else if ((flags & VmaFlags.Write) == 0 && area.IsAccounted && area.Inode == 0 && area.AnonVmas.Count == 0)
        {
            flags &= ~VmaFlags.Account;
        }

        if (!machine.Memory.Areas.TryModify(mm, area, start, stop, flags, out _))
        {
            machine.Memory.Uncommit(charged ? pages : 0);
            return SystemCallError.NoMemory;
        }

        if ((before & ~flags & VmaFlags.Account) != 0)
        {
            machine.Memory.Uncommit(pages);
        }

        task.Allocation.Reset(machine.Allocator);
        progress.Extra = stop;
        var becomesCopied = (before & (VmaFlags.Write | VmaFlags.Shared | VmaFlags.Locked)) == VmaFlags.Locked
            && (flags & VmaFlags.Write) != 0;
        progress.Done = becomesCopied ? (start << 1) | 1 : 0;
        return SystemCallError.None;
    }
}
