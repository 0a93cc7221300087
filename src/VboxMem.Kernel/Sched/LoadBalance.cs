// Moves waiting tasks from CPUs that have too many to those that have fewer.
//
//   a CPU runs dry     takes one task from the busiest CPU that has a second one (newidle)
//   tick of a busy CPU, every few ticks: takes tasks worth half the difference, if the other has clearly more load
//   tick of a CPU with two tasks while another idles: the idle one takes half of what the busiest has more (nohz balancing)
//
// Invariants
//   B1  A task moves only while it waits for a CPU, and only to one that it is allowed on.
//   B2  What a task has had against its neighbours (its lag) moves with it, and its load.
//
// Units    load in weights (1024: one busy task of nice 0); ticks; milliseconds where named so.
// Models   Linux 6.12 kernel/sched/fair.c: sched_balance_newidle, sched_balance_domains, sched_balance_find_src_group,
//          calculate_imbalance, detach_tasks, can_migrate_task; topology.c: sd_init.
// Departs  one domain with all CPUs, a group for each; no running task is moved (active balancing); a CPU that runs dry looks for
//          work however short it idles.

using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Sched;

internal sealed class LoadBalance(Scheduler scheduler, RunQueue[] queues, CpuContext cpus)
{
    /// <summary>imbalance_pct: load in percent of another's from which on the two are out of balance.</summary>
    public const ulong ImbalancePercent = 117;

    /// <summary>That much of one busy task.</summary>
    public const ulong SmallImbalance = Weights.NiceZero * (ImbalancePercent - 100) / 100;

    /// <summary>busy_factor: how much more seldom a busy CPU balances.</summary>
    private const ulong BusyFactor = 16;

    /// <summary>sysctl_sched_migration_cost: who ran that recently has its memory in the CPU's cache, and stays.</summary>
    private const ulong MigrationCostNanoseconds = 500_000;

    /// <summary>cache_nice_tries: after more failures than this it does not.</summary>
    private const int TriesForCache = 1;

    private const ulong MillisecondsPerTick = 1000 / SimTime.TicksPerSecond;

    private enum Kind
    {
        NewlyIdle,
        Idle,
        Busy,
    }

    /// <summary>sd_init: an interval is as many milliseconds as there are CPUs at least, and twice as many at most.</summary>
    public static ulong LeastInterval(int cpus) => (ulong)cpus;

    /// <summary>A CPU has nothing to run.</summary>
    public void RanDry(RunQueue queue) => Balance(queue, Kind.NewlyIdle, queue.Clock);

    /// <summary>A timer interrupt on a CPU that is busy (sched_balance_trigger).</summary>
    public void Tick(RunQueue queue)
    {
        if (queues.Length == 1)
        {
            return;
        }

        BalanceIfDue(queue, queue.Clock);
        if (queue.Runnable < 2)
        {
            return;
        }

        foreach (var other in queues)
        {
            if (!other.HasWork)
            {
                BalanceIfDue(other, queue.Clock);
            }
        }
    }

    private void BalanceIfDue(RunQueue queue, SimTime now)
    {
        var tick = now.Nanoseconds / SimTime.NanosecondsPerTick;
        if (tick >= queue.LastBalance + IntervalOf(queue))
        {
            Balance(queue, queue.HasWork ? Kind.Busy : Kind.Idle, now);
            queue.LastBalance = tick;
        }
    }

    /// <summary>get_sd_balance_interval, in ticks.</summary>
    private ulong IntervalOf(RunQueue queue)
    {
        var milliseconds = queue.BalanceInterval * (queue.HasWork ? BusyFactor : 1);
        var ticks = ((milliseconds + MillisecondsPerTick - 1) / MillisecondsPerTick) - (queue.HasWork ? 1UL : 0);
        return Math.Clamp(ticks, 1, Math.Max(1, SimTime.TicksPerSecond * (ulong)queues.Length / 10));
    }

    /// <summary>sched_balance_rq.</summary>
    private void Balance(RunQueue queue, Kind kind, SimTime now)
    {
        if (FindBusiest(queue, kind, now, out var imbalance) is not { } busiest)
        {
            if (kind != Kind.NewlyIdle)
            {
                queue.FailedBalances = 0;
                queue.BalanceInterval = Math.Min(2 * queue.BalanceInterval, 2 * LeastInterval(queues.Length));
            }

            return;
        }

        var moved = kind == Kind.Busy ? MoveLoad(busiest, queue, imbalance, now) : MoveTasks(busiest, queue, kind, now);
        queue.FailedBalances = moved > 0 ? 0 : queue.FailedBalances + (kind == Kind.NewlyIdle ? 0 : 1);
        queue.BalanceInterval = LeastInterval(queues.Length);
    }

    /// <summary>The CPU to take from, null where loads are balanced.</summary>
    private RunQueue? FindBusiest(RunQueue queue, Kind kind, SimTime now, out ulong imbalance)
    {
        imbalance = 0;
        RunQueue? busiest = null;
        var total = 0UL;
        foreach (var other in queues)
        {
            other.UpdateLoad(now);
            total += other.Load.Value;
            if (other != queue && other.Runnable > 1 && (busiest is null || IsBusier(other, busiest)))
            {
                busiest = other;
            }
        }

        if (busiest is null || kind != Kind.Busy)
        {
            return busiest;
        }

        var (load, average) = (queue.Load.Value, total / (ulong)queues.Length);
        var isBalanced = queue.IsOverloaded
            ? 100 * busiest.Load.Value <= ImbalancePercent * load
            : queue.HasSpareTime;
        if (isBalanced || !busiest.IsOverloaded || load >= busiest.Load.Value || load >= average)
        {
            return null;
        }

        imbalance = Math.Min(busiest.Load.Value - average, average - load);
        return busiest;
    }

    private static bool IsBusier(RunQueue queue, RunQueue than) => queue.IsOverloaded != than.IsOverloaded
        ? queue.IsOverloaded
        : queue.IsOverloaded ? queue.Load.Value > than.Load.Value : queue.Runnable > than.Runnable;

    /// <summary>For an idle CPU: half of the tasks that the other has; one, when it has only just become idle.</summary>
    private int MoveTasks(RunQueue from, RunQueue to, Kind kind, SimTime now)
    {
        var most = kind == Kind.NewlyIdle ? 1 : Math.Max(1, (from.Runnable - to.Runnable) / 2);
        var moved = 0;
        while (moved < most && from.Runnable > 1 && FindMovable(from, to, ulong.MaxValue, now) is { } task)
        {
            scheduler.Move(task, from, to, now);
            moved++;
        }

        return moved;
    }

    /// <summary>For a busy CPU: tasks of this much load together. What failed before makes a task count for less.</summary>
    private int MoveLoad(RunQueue from, RunQueue to, ulong load, SimTime now)
    {
        var moved = 0;
        while (load > 0 && FindMovable(from, to, load, now) is { } task)
        {
            scheduler.Move(task, from, to, now);
            load -= Math.Min(load, Math.Max(1, task.Load.Value));
            moved++;
        }

        return moved;
    }

    /// <summary>The task that has waited longest of those that may move.</summary>
    private Process? FindMovable(RunQueue from, RunQueue to, ulong mostLoad, SimTime now)
    {
        Process? found = null;
        for (var i = 0; i < from.QueuedCount; i++)
        {
            var task = from.QueuedAt(i);
            task.Load.Advance(now, Weights.Of(task.Nice));
            if (task.Affinity.Allows(cpus, to.Cpu)
                && Math.Max(1, task.Load.Value) >> Math.Min(to.FailedBalances, 63) <= mostLoad
                && (to.FailedBalances > TriesForCache || task.LastRan.Nanoseconds + MigrationCostNanoseconds <= now.Nanoseconds)
                && (found is null || task.QueuedSince < found.QueuedSince))
            {
                found = task;
            }
        }

        return found;
    }
}
