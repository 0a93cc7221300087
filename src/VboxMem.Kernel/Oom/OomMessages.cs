// The single lines around an OOM kill: the kill itself, the reaper, and the ends of a box that has nobody left to kill.
//
// Units    pages of 4 KiB in, kB printed.
// Models   Linux 6.12 mm/oom_kill.c: __oom_kill_process, oom_reap_task, oom_reap_task_mm, check_panic_on_oom, out_of_memory;
//          kernel/panic.c: panic (facts: reclaim, 9.1 and 9.3).
// Departs  a panic's stack dump and its end mark (`---[ end Kernel panic … ]---`) are absent, and so is the state of a task
//          that could not be reaped: no trace of either was captured.

using VboxMem.Kernel.Log;

namespace VboxMem.Kernel.Oom;

/// <summary>Why a process was chosen.</summary>
public enum OomKillReason
{
    /// <summary>It has the most points.</summary>
    Badness,

    /// <summary>It asked for the memory (<c>vm.oom_kill_allocating_task</c>).</summary>
    AllocatingTask,
}

/// <summary>Writes them.</summary>
public static class OomMessages
{
    private const ulong PageKilobytes = 4;

    /// <summary>The one line that no limit holds back and the console shows.</summary>
    public static void PrintKilled(KernelLog log, LogClock clock, OomKillReason reason, OomTask victim)
    {
        var message = reason == OomKillReason.Badness ? "Out of memory" : "Out of memory (oom_kill_allocating_task)";
        log.Print(
            clock.Next(), LogLevel.Error,
            $"{message}: Killed process {victim.Pid} ({victim.Comm}) total-vm:{victim.TotalVirtual * PageKilobytes}kB, anon-rss:{victim.Anon * PageKilobytes}kB, file-rss:{victim.File * PageKilobytes}kB, shmem-rss:{victim.Shmem * PageKilobytes}kB, UID:{victim.Uid} pgtables:{victim.PageTableBytes / 1024}kB oom_score_adj:{victim.OomScoreAdj}");
    }

    /// <summary>The victim shares its memory with init, so that it cannot be reaped.</summary>
    public static void PrintPinned(KernelLog log, LogClock clock, OomTask victim, int pinnedByPid, string pinnedByComm) =>
        log.Print(clock.Next(), LogLevel.Info, $"oom killer {victim.Pid} ({victim.Comm}) has mm pinned by {pinnedByPid} ({pinnedByComm})");

    /// <summary>The reaper took a victim's memory; what is left could not be taken.</summary>
    public static void PrintReaped(KernelLog log, LogClock clock, OomTask left) =>
        log.Print(
            clock.Next(), LogLevel.Info,
            $"oom_reaper: reaped process {left.Pid} ({left.Comm}), now anon-rss:{left.Anon * PageKilobytes}kB, file-rss:{left.File * PageKilobytes}kB, shmem-rss:{left.Shmem * PageKilobytes}kB");

    /// <summary>The reaper gave up: the victim's memory map stayed locked.</summary>
    public static void PrintUnableToReap(KernelLog log, LogClock clock, int pid, string comm) =>
        log.Print(clock.Next(), LogLevel.Info, $"oom_reaper: unable to reap pid:{pid} ({comm})");

    /// <summary>Nobody may be killed.</summary>
    public static void PrintNobodyToKill(KernelLog log, LogClock clock) =>
        log.Print(clock.Next(), LogLevel.Warning, "Out of memory and no killable processes...");

    /// <summary>Nobody may be killed and the machine itself is short: it stops.</summary>
    public static void PrintDeadlocked(KernelLog log, LogClock clock) => PrintPanic(log, clock, "System is deadlocked on memory");

    /// <summary>The operator wants a panic instead of a kill.</summary>
    /// <param name="log">The log.</param>
    /// <param name="clock">When.</param>
    /// <param name="panicOnOom"><c>vm.panic_on_oom</c>: 1 or 2.</param>
    public static void PrintPanicOnOom(KernelLog log, LogClock clock, int panicOnOom)
    {
        Invariant.Holds(panicOnOom is 1 or 2);
        PrintPanic(log, clock, $"Out of memory: {(panicOnOom == 2 ? "compulsory" : "system-wide")} panic_on_oom is enabled");
    }

    /// <summary>An operator pressed SysRq-f.</summary>
    public static void PrintManualExecution(KernelLog log, LogClock clock) => log.Print(clock.Next(), LogLevel.Info, "sysrq: Manual OOM execution");

    /// <summary>A fault ran out of memory and will be tried again.</summary>
    public static void PrintLeakedFault(KernelLog log, LogClock clock) =>
        log.Print(clock.Next(), LogLevel.Warning, "Huh VM_FAULT_OOM leaked out to the #PF handler. Retrying PF");

    private static void PrintPanic(KernelLog log, LogClock clock, string text) =>
        log.Print(clock.Next(), LogLevel.Emergency, $"Kernel panic - not syncing: {text}");
}
