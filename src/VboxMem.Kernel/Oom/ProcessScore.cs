using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Oom;

/// <summary>The OOM score of a process of the machine, as /proc/PID/oom_score shows it.</summary>
/// <remarks>fs/proc/base.c: proc_oom_score (facts: reclaim, 9.2).</remarks>
public static class ProcessScore
{
    public static long Of(Machine machine, Process task)
    {
        if (task.Has(ProcessFlags.Exiting) || !machine.Memory.TryGet(task.MemoryId, out var mm))
        {
            return 0;
        }

        var candidate = new OomCandidate
        {
            ResidentPages = mm.RssPages,
            SwapEntries = mm.SwapEntryPages,
            PageTableBytes = mm.PageTableBytes,
            OomScoreAdj = task.OomScoreAdj,
            IsUnkillable = task.Pid == Scheduler.InitPid || task.IsKernelThread,
            IsReaped = mm.IsOomSkipped,
        };
        return OomScore.ProcScore(candidate, (ulong)(MemoryInfo.Of(machine).TotalPages + machine.Swap.TotalPages));
    }
}
