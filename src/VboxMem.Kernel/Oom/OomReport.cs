// The report of the OOM killer: from `invoked oom-killer` to the `oom-kill:` line.
//
// Models   Linux 6.12 mm/oom_kill.c: dump_header, dump_tasks, dump_oom_victim; mm/slab_common.c: dump_unreclaimable_slab
//          (facts: reclaim, 9.4). Levels: warning; info for slab caches, tasks and the oom-kill line.
// Departs  shortages of a memory cgroup are not reported yet: root is the only one.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Log;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Oom;

/// <summary>Writes the report.</summary>
public static class OomReport
{
    /// <summary>Writes the report of a kill, unless ten were written within five seconds.</summary>
    public static void Print(KernelLog log, LogClock clock, ref RateLimit limit, OomReportFacts facts)
    {
        Invariant.Holds(facts.Victim is not null);
        if (!limit.Allows(log, clock, "oom_kill_process")) return;

        PrintHeader(log, clock, facts, TraceEnd.OomKill);
        PrintVictim(log, clock, facts, facts.Victim);
    }

    /// <summary>Writes the report of a shortage in which nobody is killed: before a panic, or when nobody is left. It has no limit.</summary>
    public static void PrintWithoutVictim(KernelLog log, LogClock clock, OomReportFacts facts) =>
        PrintHeader(log, clock, facts, TraceEnd.OomWithoutVictim);

    private static void PrintHeader(KernelLog log, LogClock clock, OomReportFacts facts, TraceEnd end)
    {
        log.Print(
            clock.Next(), LogLevel.Warning,
            $"{facts.Invoker.Comm} invoked oom-killer: gfp_mask={GfpText.Describe(facts.Gfp)}, order={facts.Order}, oom_score_adj={facts.InvokerOomScoreAdj}");
        StackDump.Print(log, clock, facts.Invoker, end, facts.Origin);
        MemoryReport.Print(log, clock, facts.Memory, new MemoryReportScope(facts.Gfp.HighestZone(), facts.NodeMask ?? facts.AllowedNodes));
        if (facts.Memory.Totals.SlabUnreclaimable > facts.Memory.Totals.LruPages) PrintSlabs(log, clock, facts.UnreclaimableSlabs);
        if (facts.Tasks is not null) PrintTasks(log, clock, facts.Tasks);
    }

    private static void PrintSlabs(KernelLog log, LogClock clock, IReadOnlyList<OomSlab> slabs)
    {
        log.Print(clock.Next(), LogLevel.Info, "Unreclaimable slab info:");
        log.Print(clock.Next(), LogLevel.Info, "Name                      Used          Total");
        foreach (var slab in slabs)
            log.Print(clock.Next(), LogLevel.Info, $"{slab.Name,-17} {slab.UsedBytes / 1024,10}KB {slab.TotalBytes / 1024,10}KB");
    }

    private static void PrintTasks(KernelLog log, LogClock clock, IReadOnlyList<OomTask> tasks)
    {
        log.Print(clock.Next(), LogLevel.Info, "Tasks state (memory values in pages):");
        log.Print(clock.Next(), LogLevel.Info, "[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name");
        foreach (var task in tasks)
        {
            log.Print(
                clock.Next(), LogLevel.Info,
                $"[{task.Pid,7}] {task.Uid,5} {task.ThreadGroup,5} {task.TotalVirtual,8} {task.Resident,8} {task.Anon,8} {task.File,8} {task.Shmem,9} {task.PageTableBytes,8} {task.SwapEntries,8}         {task.OomScoreAdj,5} {task.Comm}");
        }
    }

    private static void PrintVictim(KernelLog log, LogClock clock, OomReportFacts facts, OomVictim victim) =>
        log.Print(
            clock.Next(), LogLevel.Info,
            $"oom-kill:constraint={NameOf(facts.Constraint)},nodemask={NodeList.Format(facts.NodeMask)},cpuset={facts.Cpuset},mems_allowed={NodeList.Format(facts.AllowedNodes)},global_oom,task_memcg={victim.Cgroup},task={victim.Task.Comm},pid={victim.Task.Pid},uid={victim.Task.Uid}");

    private static string NameOf(OomConstraint constraint) => constraint switch
    {
        OomConstraint.None => "CONSTRAINT_NONE",
        OomConstraint.Cpuset => "CONSTRAINT_CPUSET",
        _ => "CONSTRAINT_MEMORY_POLICY",
    };
}
