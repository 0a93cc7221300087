// The call trace of a report about memory: which functions led from a program's fault or system call to the report.
//
// A trace is made of three parts: the report's own functions down to the page allocator, those between the allocator and what
// was being done, and the entry to the kernel.
//
// Models   Linux 6.12.107+deb13-cloud-amd64 arch/x86/kernel/dumpstack.c. Every frame, offset and size stands in a trace
//          captured from that build; they hold for no other.
// Departs  - frames never captured are left out instead of being guessed: those between handle_mm_fault and the allocator for
//            copies, swap-in, file faults and page tables, those of read, write and other system calls, of the worker that
//            serves SysRq, and out_of_memory's own frame where no process is killed. The frame above do_fault is the one
//            that captures show as a remnant of an earlier fault;
//          - the unreliable frames (`? name`), remnants of earlier calls on the stack, are absent: no state stands behind them;
//          - the user registers (RIP, Code, RSP, RAX to R15) are absent: simulated programs have none.

namespace VboxMem.Kernel.Log;

/// <summary>Which report a trace leads to.</summary>
public enum TraceEnd
{
    /// <summary>A process is killed.</summary>
    OomKill,

    /// <summary>The OOM killer reports without a victim.</summary>
    OomWithoutVictim,

    /// <summary>An allocation has failed.</summary>
    AllocationFailure,
}

/// <summary>The frames of traces.</summary>
public static class CallTrace
{
    private static readonly string[] _oomKill =
    [
        "dump_stack_lvl+0x5d/0x80",
        "dump_header+0x43/0x1aa",
        "oom_kill_process.cold+0x8/0x8d",
        "out_of_memory+0x219/0x4b0",
    ];

    private static readonly string[] _oomWithoutVictim = ["dump_stack_lvl+0x5d/0x80", "dump_header+0x43/0x1aa"];

    private static readonly string[] _allocationFailure = ["dump_stack_lvl+0x5d/0x80", "warn_alloc+0x164/0x190"];

    // In the slow path, where the OOM killer is called and where the failure is reported.
    private const string SlowPathToOom = "__alloc_pages_slowpath.constprop.0+0xc27/0xdc0";
    private const string SlowPathToFailure = "__alloc_pages_slowpath.constprop.0+0x928/0xdc0";

    private static readonly string[] _allocator = ["__alloc_pages_noprof+0x2fb/0x310", "alloc_pages_mpol_noprof+0xd7/0x1c0"];

    private static readonly string[] _anonymousFault =
    [
        "folio_alloc_mpol_noprof+0x14/0x30",
        "vma_alloc_folio_noprof+0x69/0xb0",
        "do_anonymous_page+0x33f/0x870",
        "__handle_mm_fault+0xb14/0xf70",
    ];

    private static readonly string[] _copyOnWriteFault = ["folio_alloc_mpol_noprof+0x14/0x30", "vma_alloc_folio_noprof+0x69/0xb0"];

    private static readonly string[] _swapInFault = ["folio_alloc_mpol_noprof+0x14/0x30"];

    private static readonly string[] _fileFault = ["__handle_mm_fault+0x7c2/0xf70"];

    private static readonly string[] _execPageTable =
    [
        "__pmd_alloc+0x34/0x210",
        "move_page_tables+0xbf7/0x1120",
        "relocate_vma_down+0x121/0x210",
        "setup_arg_pages+0x20c/0x390",
        "load_elf_binary+0x396/0x1770",
        "bprm_execve+0x244/0x600",
        "do_execveat_common.isra.0+0x182/0x1c0",
        "__x64_sys_execve+0x36/0x40",
    ];

    private static readonly string[] _socketBuffer =
    [
        "___kmalloc_large_node+0x87/0xa0",
        "__kmalloc_large_node_noprof+0x1d/0xa0",
        "__kmalloc_noprof+0x2e2/0x400",
        "sock_kmalloc+0x3d/0x60",
        "____sys_sendmsg+0x23f/0x390",
        "___sys_sendmsg+0x9a/0xe0",
        "__sys_sendmsg+0x87/0xe0",
    ];

    private static readonly string[] _fault =
    [
        "handle_mm_fault+0xe2/0x2c0",
        "do_user_addr_fault+0x217/0x620",
        "exc_page_fault+0x7e/0x180",
        "asm_exc_page_fault+0x26/0x30",
    ];

    private static readonly string[] _syscall = ["do_syscall_64+0x87/0x180", "entry_SYSCALL_64_after_hwframe+0x76/0x7e"];

    /// <summary>Writes heading, frames and frame marks.</summary>
    public static void Print(KernelLog log, LogClock clock, TraceEnd end, AllocationOrigin origin)
    {
        log.Print(clock.Next(), LogLevel.Warning, "Call Trace:");
        log.Print(clock.Next(), LogLevel.Warning, " <TASK>");
        PrintFrames(log, clock, ReportFrames(end));
        if (origin != AllocationOrigin.SysRq)
        {
            PrintFrame(log, clock, end == TraceEnd.AllocationFailure ? SlowPathToFailure : SlowPathToOom);
            PrintFrames(log, clock, _allocator);
            PrintFrames(log, clock, CallerFrames(origin));
            PrintFrames(log, clock, EntryFrames(origin));
        }

        log.Print(clock.Next(), LogLevel.Warning, " </TASK>");
    }

    private static string[] ReportFrames(TraceEnd end) => end switch
    {
        TraceEnd.OomKill => _oomKill,
        TraceEnd.OomWithoutVictim => _oomWithoutVictim,
        _ => _allocationFailure,
    };

    private static string[] CallerFrames(AllocationOrigin origin) => origin switch
    {
        AllocationOrigin.AnonymousFault => _anonymousFault,
        AllocationOrigin.CopyOnWriteFault => _copyOnWriteFault,
        AllocationOrigin.SwapInFault => _swapInFault,
        AllocationOrigin.FileFault => _fileFault,
        AllocationOrigin.ExecPageTable => _execPageTable,
        AllocationOrigin.SocketBuffer => _socketBuffer,
        _ => [],
    };

    private static string[] EntryFrames(AllocationOrigin origin) => origin switch
    {
        AllocationOrigin.ExecPageTable or AllocationOrigin.FileSyscall or AllocationOrigin.KernelObject or AllocationOrigin.SocketBuffer => _syscall,
        _ => _fault,
    };

    private static void PrintFrames(KernelLog log, LogClock clock, ReadOnlySpan<string> frames)
    {
        foreach (var frame in frames) PrintFrame(log, clock, frame);
    }

    private static void PrintFrame(KernelLog log, LogClock clock, string frame) => log.Print(clock.Next(), LogLevel.Warning, $" {frame}");
}
