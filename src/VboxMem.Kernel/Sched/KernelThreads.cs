// The kernel threads of an idle 6.12 box, by name and in the order boot makes them.

namespace VboxMem.Kernel.Sched;

public static class KernelThreads
{
    private const string FlusherPrefix = "kworker/u8:";
    private const int FirstFlusher = 3;

    /// <summary>What a kernel thread does when it is woken, by its name: None for those that only sleep.</summary>
    public static (KernelThreadBody Body, int Operand, Wait Wait) BodyOf(string name)
    {
        if (name.StartsWith("kswapd", StringComparison.Ordinal))
        {
            var node = int.Parse(name.AsSpan("kswapd".Length), System.Globalization.CultureInfo.InvariantCulture);
            return (KernelThreadBody.Kswapd, node, new Wait(WaitKind.KswapdWork, (ulong)node, SleepDepth.Interruptible));
        }

        if (name.StartsWith("kcompactd", StringComparison.Ordinal))
        {
            var node = int.Parse(name.AsSpan("kcompactd".Length), System.Globalization.CultureInfo.InvariantCulture);
            return (KernelThreadBody.Kcompactd, node, new Wait(WaitKind.KcompactdWork, (ulong)node, SleepDepth.Interruptible));
        }

        if (name == "oom_reaper")
        {
            return (KernelThreadBody.OomReaper, 0, new Wait(WaitKind.OomReaperWork, 0, SleepDepth.Interruptible));
        }

        if (name.StartsWith(FlusherPrefix, StringComparison.Ordinal) && name.Contains("-flush-", StringComparison.Ordinal))
        {
            var worker = name[FlusherPrefix.Length..name.IndexOf('-', StringComparison.Ordinal)];
            var disk = int.Parse(worker, System.Globalization.CultureInfo.InvariantCulture) - FirstFlusher;
            return (KernelThreadBody.Flusher, disk, new Wait(WaitKind.FlusherWork, (ulong)disk, SleepDepth.Idle));
        }

        return (KernelThreadBody.None, 0, default);
    }

    /// <summary>Names of all kernel threads but kthreadd, which is pid 2.</summary>
    /// <param name="cpus">Online CPUs.</param>
    /// <param name="nodes">NUMA nodes: each has a kswapd and a kcompactd.</param>
    /// <param name="disks">Disks: each has a worker that flushes it.</param>
    public static IEnumerable<string> Names(int cpus, int nodes, int disks)
    {
        string[] early =
        [
            "pool_workqueue_release", "kworker/R-rcu_gp", "kworker/R-sync_wq", "kworker/R-slub_flushwq", "kworker/R-netns",
            "kworker/0:0-events", "kworker/0:0H-events_highpri", "kworker/u8:0-ipv6_addrconf", "kworker/R-mm_percpu_wq",
            "kworker/0:1-mm_percpu_wq", "kworker/0:1H-kblockd", "kworker/u8:1-events_unbound", "kworker/u8:2-events_unbound",
            "rcu_tasks_kthread", "rcu_tasks_rude_kthread", "rcu_tasks_trace_kthread", "ksoftirqd/0", "rcu_preempt",
            "rcu_exp_par_gp_kthread_worker/0", "rcu_exp_gp_kthread_worker", "migration/0", "idle_inject/0", "cpuhp/0",
        ];
        foreach (var name in early)
        {
            yield return name;
        }

        for (var cpu = 1; cpu < cpus; cpu++)
        {
            yield return $"cpuhp/{cpu}";
            yield return $"idle_inject/{cpu}";
            yield return $"migration/{cpu}";
            yield return $"ksoftirqd/{cpu}";
            yield return $"kworker/{cpu}:0-events";
            yield return $"kworker/{cpu}:0H-events_highpri";
            yield return $"kworker/{cpu}:1-mm_percpu_wq";
            yield return $"kworker/{cpu}:1H-kblockd";
        }

        string[] late =
        [
            "kdevtmpfs", "kworker/R-inet_frag_wq", "kauditd", "khungtaskd", "oom_reaper", "kworker/R-writeback",
        ];
        foreach (var name in late)
        {
            yield return name;
        }

        for (var node = 0; node < nodes; node++)
        {
            yield return $"kcompactd{node}";
        }

        string[] memory =
        [
            "ksmd", "khugepaged", "kworker/R-kintegrityd", "kworker/R-kblockd", "kworker/R-blkcg_punt_bio", "irq/9-acpi",
            "kworker/R-tpm_dev_wq", "kworker/R-edac-poller", "kworker/R-devfreq_wq",
        ];
        foreach (var name in memory)
        {
            yield return name;
        }

        for (var node = 0; node < nodes; node++)
        {
            yield return $"kswapd{node}";
        }

        string[] drivers =
        [
            "kworker/R-kthrotld", "kworker/R-acpi_thermal_pm", "kworker/R-mld", "kworker/R-ipv6_addrconf", "kworker/R-kstrp",
        ];
        foreach (var name in drivers)
        {
            yield return name;
        }

        for (var disk = 0; disk < disks; disk++)
        {
            yield return $"{FlusherPrefix}{disk + FirstFlusher}-flush-{Block.Disk.Major}:{disk * Block.Disk.MinorsPerDisk}";
        }
    }
}
