namespace VboxMem.Kernel.Sched;

/// <summary>What a kernel thread is by its name: its flags, its priority, where it may run, where it sleeps when it has nothing to do.</summary>
/// <remarks>
/// Models Linux 6.12: kthreadd and kthread_bind (kernel/kthread.c), workers and rescuers (kernel/workqueue.c), smpboot threads, and
/// what each thread sets for itself (set_freezable, set_user_nice, sched_set_fifo). Flags and priorities as /proc/PID/stat shows them.
/// </remarks>
/// <param name="Flags">PF_ flags.</param>
/// <param name="WaitChannel">The function it sleeps in.</param>
/// <param name="State">How it sleeps.</param>
/// <param name="Nice">-20..19.</param>
/// <param name="RealTimePriority">1..99 for SCHED_FIFO; 0: fair.</param>
/// <param name="Cpu">The CPU it is bound to; -1: none.</param>
/// <param name="Node">The node on whose CPUs it runs; -1: all.</param>
public readonly record struct KernelThreadTraits(
    LinuxTaskFlags Flags, string WaitChannel, TaskState State = TaskState.Sleeping, int Nice = 0, int RealTimePriority = 0, int Cpu = -1, int Node = -1)
{
    private const LinuxTaskFlags Freezable = LinuxTaskFlags.KernelThread | LinuxTaskFlags.ForkedWithoutExec;
    private const LinuxTaskFlags Plain = Freezable | LinuxTaskFlags.NotFrozen;
    private const LinuxTaskFlags Bound = Plain | LinuxTaskFlags.NoSetAffinity;
    private const LinuxTaskFlags Worker = Bound | LinuxTaskFlags.Worker;
    private const int HighPriorityNice = -20;
    private const int DefaultFifoPriority = 50;
    private const int StopPriority = 99;
    private const string PerCpuLoop = "smpboot_thread_fn";

    private static readonly (string Prefix, KernelThreadTraits Traits)[] _byPrefix =
    [
        ("kworker/R-", new(Worker, "rescuer_thread", TaskState.Idle, HighPriorityNice)),
        ("kworker/", new(Worker, "worker_thread", TaskState.Idle)),
        ("ksoftirqd/", new(Bound, PerCpuLoop)),
        ("cpuhp/", new(Bound, PerCpuLoop)),
        ("migration/", new(Bound, PerCpuLoop, RealTimePriority: StopPriority)),
        ("idle_inject/", new(Bound, PerCpuLoop, RealTimePriority: DefaultFifoPriority)),
        ("irq/", new(Plain, "irq_thread", RealTimePriority: DefaultFifoPriority)),
        ("rcu_preempt", new(Plain, "rcu_gp_kthread", TaskState.Idle)),
        ("rcu_tasks_", new(Plain, "rcu_tasks_one_gp", TaskState.Idle)),
        ("rcu_exp_", new(Plain, "kthread_worker_fn")),
        ("pool_workqueue_release", new(Plain, "kthread_worker_fn")),
        ("kthreadd", new(Plain, "kthreadd")),
        ("kdevtmpfs", new(Plain | LinuxTaskFlags.UsedPrivileges, "devtmpfs_work_loop")),
        ("kauditd", new(Freezable, "kauditd_thread")),
        ("khungtaskd", new(Plain, "watchdog")),
        ("oom_reaper", new(Freezable, "oom_reaper")),
        ("kcompactd", new(Freezable | LinuxTaskFlags.Kcompactd, "kcompactd")),
        ("kswapd", new(Freezable | LinuxTaskFlags.Kswapd | LinuxTaskFlags.MemAlloc, "kswapd")),
        ("ksmd", new(Freezable, "ksm_scan_thread", Nice: 5)),
        ("khugepaged", new(Freezable, "khugepaged", Nice: 19)),
    ];

    public static KernelThreadTraits Of(string name)
    {
        foreach (var (prefix, traits) in _byPrefix)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                return Complete(traits, name, prefix);
            }
        }

        return new KernelThreadTraits(Plain, "kthread");
    }

    /// <summary>Fills in what the number in the name says.</summary>
    private static KernelThreadTraits Complete(KernelThreadTraits traits, string name, string prefix)
    {
        if (prefix is "kswapd" or "kcompactd")
        {
            return traits with { Node = NumberAt(name, prefix.Length, out _) };
        }

        if (prefix == "kworker/" && char.IsAsciiDigit(name[prefix.Length]))
        {
            var cpu = NumberAt(name, prefix.Length, out var end);
            _ = NumberAt(name, end + 1, out end);   // past the colon, the worker's own number
            var isHighPriority = end < name.Length && name[end] == 'H';
            return traits with { Cpu = cpu, Nice = isHighPriority ? HighPriorityNice : 0 };
        }

        return traits.Flags == Bound ? traits with { Cpu = NumberAt(name, prefix.Length, out _) } : traits;
    }

    private static int NumberAt(string name, int start, out int end)
    {
        var number = 0;
        for (end = start; end < name.Length && char.IsAsciiDigit(name[end]); end++)
        {
            number = (number * 10) + (name[end] - '0');
        }

        return number;
    }
}
