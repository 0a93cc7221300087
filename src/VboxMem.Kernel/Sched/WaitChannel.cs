namespace VboxMem.Kernel.Sched;

/// <summary>The kernel function a task sleeps in, as /proc/PID/wchan names it.</summary>
/// <remarks>
/// fs/proc/base.c: proc_pid_wchan: the innermost function that is not the scheduler's own. Which that is follows from what the task
/// waits for and what it was asked to do; names as a 6.12 kernel of Debian has them (__do_sys_pause, hrtimer_nanosleep captured).
/// </remarks>
public static class WaitChannel
{
    /// <summary>What a task that does not sleep shows.</summary>
    public const string None = "0";

    public static string Of(Process task)
    {
        if (task.State is TaskState.Running or TaskState.Zombie)
        {
            return None;
        }

        return task.Wait.Kind switch
        {
            WaitKind.None => task.IsKernelThread ? KernelThreadTraits.Of(task.Name).WaitChannel : None,
            WaitKind.Timer => OfTimer(task),
            WaitKind.PageLock or WaitKind.PageWriteback => "folio_wait_bit_common",
            WaitKind.Child => "do_wait",
            WaitKind.KswapdWork => "kswapd",
            WaitKind.KcompactdWork => "kcompactd",
            WaitKind.PfMemAlloc => "throttle_direct_reclaim",
            WaitKind.ReclaimThrottle => "reclaim_throttle",
            WaitKind.FlusherWork => "worker_thread",
            WaitKind.OomReaperWork => "oom_reaper",
            WaitKind.DiskQueue => "blk_mq_get_tag",
            WaitKind.SocketInput => task.Request is { Kind: RequestKind.Poll, C: 1 } ? "poll_schedule_timeout.constprop.0" : "ep_poll",
            WaitKind.SocketRoom => "unix_wait_for_peer",
            WaitKind.Futex => "futex_wait_queue",
            WaitKind.ThreadGroup => "begin_new_exec",
            WaitKind.MmapLock => task.Request.Kind == RequestKind.Touch ? "rwsem_down_read_slowpath" : "rwsem_down_write_slowpath",
            _ => None,
        };
    }

    private static string OfTimer(Process task) => task.Wait.Depth switch
    {
        SleepDepth.Interruptible => task.Request.Kind != RequestKind.Pause ? "hrtimer_nanosleep"
            : task.Request.A == 1 ? "sigsuspend" : "__do_sys_pause",
        SleepDepth.Killable => "balance_dirty_pages",
        _ => "__alloc_pages_slowpath.constprop.0",   // a tick's pause while somebody else kills
    };
}
