using System.Globalization;
using VboxMem.Kernel;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Procfs.Debug;

/// <summary>Renders <c>/sys/kernel/debug/vbox/stalls</c>: the tasks that memory, a disk or another thread keeps from going on, by number.</summary>
internal static class Stalls
{
    private static readonly Column[] _columns =
    [
        ("pid", 7), ("tid", 7), ("state", 5), ("cause", 20), ("about", 16), ("since_ns", 15), ("for_ns", 15), ("memstall", 8), ("io", 2), ("order", 5), ("gfp_mask", 20), ("comm", 0),
    ];

    public static void Render(Machine machine, ProcText text)
    {
        var table = new Table(text, _columns);
        foreach (var task in machine.Processes.Tasks)
        {
            if (TaskStall.TryGet(machine, task, out var stall))
            {
                RenderStall(machine, task, stall, table);
            }
        }
    }

    private static void RenderStall(Machine machine, Process task, in TaskStall stall, Table table)
    {
        var (now, since) = (machine.Now.Nanoseconds, stall.Since.Nanoseconds);
        table.Cell((ulong)task.ThreadGroupId).Cell((ulong)task.Pid).Cell(task.State == TaskState.Running ? "R" : "D");
        table.Cell(NameOf(stall.Cause)).Cell(NameOf(machine, stall)).Cell(since);
        table.Cell(now - Math.Min(now, since));   // a turn may have gone on past the machine's clock
        table.Cell(task.Has(ProcessFlags.MemoryStall)).Cell(task.Wait.IsIo);
        var isAsking = task.Allocation.IsPending;   // whatever it waits for meanwhile, it is on the slow path
        table.Cell(isAsking ? (ulong)task.Allocation.Current.Order : (ulong?)null).Cell(isAsking ? GfpText.Describe(task.Allocation.Current.Gfp) : "-");
        table.Cell(task.Name);
    }

    private static string NameOf(StallCause cause) => cause switch
    {
        StallCause.DirectReclaim => "direct_reclaim",
        StallCause.DirectCompaction => "direct_compact",
        StallCause.ReserveThrottle => "throttle_reserve",
        StallCause.WritebackThrottle => "throttle_writeback",
        StallCause.IsolatedThrottle => "throttle_isolated",
        StallCause.NoProgressThrottle => "throttle_noprogress",
        StallCause.CongestedThrottle => "throttle_congested",
        StallCause.OomKill => "oom_kill",
        StallCause.DirtyThrottle => "dirty_throttle",
        StallCause.SwapIn => "swap_in",
        StallCause.FileRead => "file_read",
        StallCause.PageLock => "page_lock",
        StallCause.Writeback => "writeback",
        StallCause.DiskQueue => "disk_queue",
        _ => "mmap_lock",
    };

    private static string NameOf(Machine machine, in TaskStall stall) => stall.About switch
    {
        StallObject.Node => string.Create(CultureInfo.InvariantCulture, $"node:{stall.Number}"),
        StallObject.Frame => "frame:" + Table.Hexadecimal(stall.Number),
        StallObject.Disk => "disk:" + machine.Configuration.Disks[(int)stall.Number].Name,
        StallObject.Memory => string.Create(CultureInfo.InvariantCulture, $"memory:{stall.Number}"),
        _ => "-",
    };
}
