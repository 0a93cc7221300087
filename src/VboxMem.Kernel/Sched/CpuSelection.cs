// Which CPU a task goes to when it wakes up, and when it is new.
//
//   wakes:  its last CPU, or the one that wakes it where that is idle or has less load (wake_affine); then, if that is not idle, its
//           last one if that is, else any idle one (select_idle_sibling)
//   is new: the one that makes it, unless another is idle or has clearly less load (sched_balance_find_dst_cpu)
//
// Models   Linux 6.12 kernel/sched/fair.c: select_task_rq_fair, wake_affine, select_idle_sibling, sched_balance_find_dst_cpu.
// Departs  all CPUs share one cache and one domain, which has a group for each; exec does not move a task; who wakes whom how often
//          (wake_wide), synchronous wake-ups and the CPU used before the last (recent_used_cpu) do not count.

using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Sched;

/// <summary>The choice of a CPU for a task that becomes runnable (select_task_rq).</summary>
internal static class CpuSelection
{
    /// <summary>For one that wakes up.</summary>
    /// <param name="queues">All queues.</param>
    /// <param name="cpus">All CPUs.</param>
    /// <param name="task">The task; where it ran last is allowed.</param>
    /// <param name="waker">The CPU on which it is woken.</param>
    /// <param name="now">The moment.</param>
    public static int ForWoken(RunQueue[] queues, CpuContext cpus, Process task, int waker, SimTime now)
    {
        var last = task.Cpu;
        var target = waker != last && task.Affinity.Allows(cpus, waker) && IsBetter(queues[waker], queues[last], task, now) ? waker : last;
        if (!queues[target].HasWork)
        {
            return target;
        }

        if (!queues[last].HasWork)
        {
            return last;
        }

        for (var i = 1; i < queues.Length; i++)
        {
            var cpu = (target + i) % queues.Length;
            if (!queues[cpu].HasWork && task.Affinity.Allows(cpus, cpu))
            {
                return cpu;
            }
        }

        return target;
    }

    /// <summary>For one that is new.</summary>
    /// <param name="queues">All queues.</param>
    /// <param name="cpus">All CPUs.</param>
    /// <param name="task">The task.</param>
    /// <param name="local">The CPU on which it is made.</param>
    /// <param name="now">The moment.</param>
    public static int ForNew(RunQueue[] queues, CpuContext cpus, Process task, int local, SimTime now)
    {
        if (!task.Affinity.Allows(cpus, local))
        {
            local = task.Affinity.FirstOf(cpus);
        }

        var idlest = queues[local];
        idlest.UpdateLoad(now);
        var localLoad = idlest.Load.Value;
        foreach (var queue in queues)
        {
            queue.UpdateLoad(now);
            if (queue.Cpu != local && task.Affinity.Allows(cpus, queue.Cpu) && IsIdler(queue, idlest))
            {
                idlest = queue;
            }
        }

        if (!idlest.HasWork || idlest.Cpu == local)
        {
            return idlest.Cpu;
        }

        return idlest.Load.Value < localLoad + LoadBalance.SmallImbalance && 100 * localLoad > LoadBalance.ImbalancePercent * idlest.Load.Value
            ? idlest.Cpu
            : local;
    }

    /// <summary>Whether the waking CPU is the better one (wake_affine): idle while the last is not, or with less load.</summary>
    private static bool IsBetter(RunQueue waker, RunQueue last, Process task, SimTime now)
    {
        if (!last.HasWork || !waker.HasWork)
        {
            return last.HasWork;
        }

        waker.UpdateLoad(now);
        last.UpdateLoad(now);
        task.Load.Advance(now, 0);
        var lastLoad = last.Load.Value - Math.Min(last.Load.Value, task.Load.Value);
        return (waker.Load.Value + task.Load.Value) * 100 < lastLoad * (100 + ((LoadBalance.ImbalancePercent - 100) / 2));
    }

    private static bool IsIdler(RunQueue queue, RunQueue than) =>
        queue.HasWork != than.HasWork ? than.HasWork : than.HasWork && queue.Load.Value < than.Load.Value;
}
