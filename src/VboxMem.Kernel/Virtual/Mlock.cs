// mlock, mlock2, munlock, mlockall, munlockall: areas become locked or unlocked, their pages unevictable or not, and what is to be
// locked is faulted in.
//
//   Progress: Phase 1 areas and the pages that are there; Position the page to go on at, Extra the page up to which areas have
//             their new flags. Phase 2 faulting in, at Position.
//
// Models   Linux 6.12 mm/mlock.c: do_mlock, apply_vma_lock_flags, mlock_fixup, mlock_pte_range, apply_mlockall_flags
//          (facts: virtual memory, 3.7).
// Departs  the walk costs what copying an entry at fork costs.

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Virtual;

internal sealed class Mlock(Machine machine, Populate populate)
{
    private const ulong Current = 1;
    private const ulong Future = 2;
    private const ulong OnFault = 4;

    private const VmaFlags LockFlags = VmaFlags.Locked | VmaFlags.LockOnFault;
    private const VmaFlags Exempt = VmaFlags.Io | VmaFlags.DontExpand | VmaFlags.PfnMap | VmaFlags.HugeTlb;

    private const int Begin = 0;
    private const int Apply = 1;
    internal const int FaultIn = 2;

    public StepResult Step(Process task, out long answer)
    {
        var mm = machine.Memory[task.MemoryId];
        var result = Step(task, mm, out var error);
        answer = SystemCalls.Answer(error);
        return result;
    }

    private static bool IsForAll(Process task) => task.Request.Kind is RequestKind.Mlockall or RequestKind.Munlockall;

    private StepResult Step(Process task, MemoryDescriptor mm, out SystemCallError error)
    {
        error = SystemCallError.None;
        ref var progress = ref task.Progress;
        var (start, end) = RangeOf(task, mm);
        if (progress.Phase == Begin)
        {
            error = Check(task, mm, start, end);
            if (start == end || error != SystemCallError.None || !SetDefaults(task, mm))
            {
                return StepResult.Done;
            }

            machine.Lru.Drain();
            progress.Phase = Apply;
            progress.Position = start;
            progress.Extra = start;
        }

        if (progress.Phase == Apply)
        {
            var result = StepApply(task, mm, end, ref progress, out error);
            if (result != StepResult.Done || error != SystemCallError.None || (NewFlags(task) & VmaFlags.Locked) == 0)
            {
                return result;
            }

            progress.Phase = FaultIn;
            progress.Position = start;
        }

        var kind = IsForAll(task) ? PopulateKind.Willing : PopulateKind.Lock;
        var populated = populate.Step(task, mm, ref progress.Position, end, kind, out error);
        error = error switch
        {
            SystemCallError.BadAddress => SystemCallError.NoMemory,
            SystemCallError.NoMemory => SystemCallError.Again,
            _ => error,
        };
        return populated;
    }

    private static (ulong Start, ulong End) RangeOf(Process task, MemoryDescriptor mm)
    {
        if (IsForAll(task))
        {
            return (0, mm.EndPage);
        }

        var start = UserSpace.PageOf(task.Request.A);
        var offset = task.Request.A - UserSpace.AddressOf(start);
        return (start, start + UserSpace.PagesFor(task.Request.B + offset));
    }

    private static VmaFlags NewFlags(Process task) => task.Request.Kind switch
    {
        RequestKind.Mlock => VmaFlags.Locked | (task.Request.C == 1 ? VmaFlags.LockOnFault : 0),
        RequestKind.Mlockall when (task.Request.A & Current) != 0 =>
            VmaFlags.Locked | ((task.Request.A & OnFault) != 0 ? VmaFlags.LockOnFault : 0),
        _ => 0,
    };

    private static SystemCallError Check(Process task, MemoryDescriptor mm, ulong start, ulong end)
    {
        var isPrivileged = task.Uid == 0;
        switch (task.Request.Kind)
        {
            case RequestKind.Mlockall when task.Request.A is 0 or OnFault or > (Current | Future | OnFault):
                return SystemCallError.Invalid;
            case RequestKind.Mlockall or RequestKind.Mlock when !task.Group.Limits.AllowsLocking(task.Uid):
                return SystemCallError.NotPermitted;
            case RequestKind.Mlockall:
                var fits = (task.Request.A & Current) == 0 || mm.TotalPages <= task.Group.Limits.LockedPages;
                return fits || isPrivileged ? SystemCallError.None : SystemCallError.NoMemory;
            case RequestKind.Mlock:
                var locked = end - start + mm.LockedPages;
                if (locked > task.Group.Limits.LockedPages && !isPrivileged)
                {
                    locked -= LockedWithin(mm, start, end);
                }

                return locked <= task.Group.Limits.LockedPages || isPrivileged ? SystemCallError.None : SystemCallError.NoMemory;
            default:
                return SystemCallError.None;
        }
    }

    /// <summary>Pages of a range that are locked already (count_mm_mlocked_page_nr).</summary>
    private static ulong LockedWithin(MemoryDescriptor mm, ulong start, ulong end)
    {
        var pages = 0UL;
        for (var at = mm.IndexAtOrAbove(start); at < mm.Areas.Count && mm.Areas[at].StartPage < end; at++)
        {
            var area = mm.Areas[at];
            pages += area.Has(VmaFlags.Locked) ? Math.Min(end, area.EndPage) - Math.Max(start, area.StartPage) : 0;
        }

        return pages;
    }

    /// <summary>What mlockall and munlockall say of areas to come.</summary>
    /// <returns>False: nothing else is to be done.</returns>
    private static bool SetDefaults(Process task, MemoryDescriptor mm)
    {
        if (!IsForAll(task))
        {
            return true;
        }

        mm.DefaultFlags &= ~LockFlags;
        var how = task.Request.Kind == RequestKind.Mlockall ? task.Request.A : 0;
        if ((how & Future) != 0)
        {
            mm.DefaultFlags |= VmaFlags.Locked | ((how & OnFault) != 0 ? VmaFlags.LockOnFault : 0);
        }

        return (how & Future) == 0 || (how & Current) != 0;
    }

    private StepResult StepApply(Process task, MemoryDescriptor mm, ulong end, ref RequestProgress progress, out SystemCallError error)
    {
        error = SystemCallError.None;
        while (progress.Position < end)
        {
            if (progress.Position == progress.Extra)
            {
                error = ChangeArea(task, mm, end, ref progress);
                if (error != SystemCallError.None)
                {
                    return StepResult.Done;
                }
            }
            else
            {
                progress.Position = WalkTable(mm, progress.Position, progress.Extra);
                if (progress.Position == progress.Extra)
                {
                    machine.Lru.Drain();
                }
            }

            if (machine.Cpus.IsTurnOver && progress.Position < end)
            {
                return StepResult.Continue;
            }
        }

        return StepResult.Done;
    }

    /// <summary>Gives the next area, as far as it lies in the range, its new flags (mlock_fixup).</summary>
    private SystemCallError ChangeArea(Process task, MemoryDescriptor mm, ulong end, ref RequestProgress progress)
    {
        var start = progress.Position;
        var area = mm.FindAtOrAbove(start);
        if (area is null || area.StartPage > start)
        {
            progress.Position = progress.Extra = Math.Min(end, area?.StartPage ?? end);
            return IsForAll(task) ? SystemCallError.None : SystemCallError.NoMemory;
        }

        var stop = Math.Min(end, area.EndPage);
        var before = area.Flags;
        var flags = (before & ~LockFlags) | NewFlags(task);
        progress.Extra = stop;
        if (flags == before || (before & Exempt) != 0)
        {
            progress.Position = stop;
            return SystemCallError.None;
        }

        if (!machine.Memory.Areas.TryModify(mm, area, start, stop, flags, out _))
        {
            progress.Extra = start;
            if (!IsForAll(task) || machine.Memory.Areas.IsSuspended)
            {
                return SystemCallError.NoMemory;
            }

            progress.Position = progress.Extra = stop;
            return SystemCallError.None;
        }

        task.Allocation.Reset(machine.Allocator);
        if ((before & flags & VmaFlags.Locked) != 0)
        {
            progress.Position = stop;   // its pages are locked already
        }

        return SystemCallError.None;
    }

    /// <summary>Locks or unlocks the pages that are there, of what one PTE table covers (mlock_pte_range).</summary>
    private ulong WalkTable(MemoryDescriptor mm, ulong page, ulong end)
    {
        var tables = machine.Memory.Tables;
        var isLocking = mm.Find(page)!.Has(VmaFlags.Locked);
        var pmd = tables.FindPmdTable(mm, page);
        if (pmd == Pfn.None)
        {
            return Math.Min(end, tables.PastHole(mm.TopTable, page));
        }

        var stop = Math.Min(end, (page | (PageTables.PagesPerPteTable - 1)) + 1);
        var entry = tables.Entries(pmd)[PageTables.IndexOf(page, PageTables.PmdShift)];
        if (HugeMapping.IsHuge(entry))
        {
            ChangePage(entry, isLocking);
        }
        else if (PageTables.Next(entry) is var table && table != Pfn.None)
        {
            foreach (var mapped in tables.Entries(table).Slice(PageTables.IndexOf(page, PageTables.PteShift), (int)(stop - page)))
            {
                if (mapped.IsMapped && machine.Frames[mapped.Pfn].Owner != FrameOwner.None && machine.Frames[mapped.Pfn].Order == 0)
                {
                    ChangePage(mapped, isLocking);
                }
            }
        }

        return stop;
    }

    private void ChangePage(PageTableEntry entry, bool isLocking)
    {
        if (entry.Has(EntryBits.Special))
        {
            return;
        }

        if (isLocking)
        {
            machine.Lru.Lock(entry.Pfn);
        }
        else
        {
            machine.Lru.Unlock(entry.Pfn);
        }

        machine.Cpus.SpendInKernel(machine.Costs.ForkPage);
        machine.Cpus.CountPages(1);
    }
}
