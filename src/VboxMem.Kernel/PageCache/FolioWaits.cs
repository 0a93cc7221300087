// Sleeping until a page of the cache can be used. Waiting for one that was part of the working set is memory pressure (thrashing).
//
// Models   Linux 6.12 mm/filemap.c: folio_wait_bit_common.

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.PageCache;

internal static class FolioWaits
{
    public static StepResult UntilUnlocked(Machine machine, Process task, Pfn folio, SleepDepth depth)
    {
        ref var frame = ref machine.Frames[folio];
        Invariant.Holds(frame.Has(PageFlags.Locked));
        frame.Set(PageFlags.Waiters);
        var isStall = frame.Has(PageFlags.Workingset) && !frame.Has(PageFlags.UpToDate) && !task.Has(ProcessFlags.MemoryStall);
        machine.Scheduler.Sleep(task, Wait.ForUnlock(folio, depth) with { IsMemoryStall = isStall });
        return StepResult.Wait;
    }

    public static StepResult UntilWritten(Machine machine, Process task, Pfn folio, SleepDepth depth)
    {
        machine.Frames[folio].Set(PageFlags.Waiters);
        machine.Scheduler.Sleep(task, Wait.ForWriteback(folio, depth));
        return StepResult.Wait;
    }
}
