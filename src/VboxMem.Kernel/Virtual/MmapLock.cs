// The right to change an address space, over the steps of one call: what mmap_lock held for writing, with the areas locked under it,
// is in Linux. Between two steps of munmap, mremap, fork and their kin no other thread may call into that memory, and faults within
// the range at work wait. A step alone needs no lock.
//
// Invariants
//   L1  The holder is a living task that has this memory, in the middle of a memory call or a fork.
//
// Units    pages.
// Models   Linux 6.12 include/linux/mmap_lock.h; mm/memory.c: lock_vma_under_rcu, expand_stack under the write lock.
// Departs  readers (faults, most of madvise, faulting in) hold nothing between steps: a writer never waits for them. All waits are killable.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Virtual;

internal static class MmapLock
{
    /// <summary>May a task call into its memory now? If not, it sleeps until the holder is done.</summary>
    public static bool TryEnter(Machine machine, Process task, MemoryDescriptor mm)
    {
        if (!IsHeldByOther(mm, task))
        {
            return true;
        }

        machine.Paths.Count(ReachedPath.MmapLockContended);
        machine.Scheduler.Sleep(task, new Wait(WaitKind.MmapLock, (ulong)mm.Id, SleepDepth.Killable));
        return false;
    }

    public static bool IsHeldByOther(MemoryDescriptor mm, Process task) => mm.LockHolderPid != 0 && mm.LockHolderPid != task.Pid;

    /// <summary>A fault at this page has to wait.</summary>
    public static bool Excludes(MemoryDescriptor mm, Process task, ulong page) =>
        IsHeldByOther(mm, task) && page >= mm.LockStartPage && page < mm.LockEndPage;

    /// <summary>A call goes on in another step: until then the range is its own.</summary>
    public static void Keep(MemoryDescriptor mm, Process task, ulong startPage, ulong endPage)
    {
        Invariant.Holds(!IsHeldByOther(mm, task));
        (mm.LockHolderPid, mm.LockStartPage, mm.LockEndPage) = (task.Pid, startPage, endPage);
    }

    /// <summary>The call is done, or given up: lets the others go on, if the task holds the lock.</summary>
    public static void Release(Machine machine, Process task)
    {
        if (task.MemoryId == 0 || machine.Memory[task.MemoryId] is not { } mm || mm.LockHolderPid != task.Pid)
        {
            return;
        }

        (mm.LockHolderPid, mm.LockStartPage, mm.LockEndPage) = (0, 0, 0);
        machine.Scheduler.WakeAll(WaitKind.MmapLock, (ulong)mm.Id);
    }
}
