// Chooses a process to kill when memory is really gone, reports, and kills it.
//
//   called by the slow path -> the caller is dying anyway? -> panic? -> kill the caller? -> the worst process -> report, SIGKILL
//
// Invariants
//   O1  While a victim still has memory that the reaper has not taken, nobody else is killed.
//   O2  Init, kernel threads and processes at -1000 are never chosen; when nobody else is left the box panics.
//
// Models   Linux 6.12 mm/oom_kill.c: out_of_memory, select_bad_process, oom_kill_process (facts: reclaim, 9.1 to 9.3).
// Departs  no cpusets and memory policies: every shortage is the whole machine's. No notifiers (balloons). Memory is shared by the
//          threads of one process and by nobody else, so killing that process is enough.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Log;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Oom;

internal sealed class OomKiller(Machine machine)
{
    private const int PanicOnShortage = 1;

    /// <summary>Kills, or finds that someone is dying already.</summary>
    /// <param name="task">Who asks for memory.</param>
    /// <param name="request">What it asks for.</param>
    /// <returns>True when the allocation is worth another try; false when the box has panicked.</returns>
    public bool TryKill(Process task, in AllocationRequest request)
    {
        if (WillFreeMemory(task))
        {
            machine.Paths.Count(ReachedPath.OomCallerDying);
            MarkVictim(task);
            return true;
        }

        if ((request.Gfp & GfpFlags.Fs) == 0)
        {
            machine.Paths.Count(ReachedPath.OomNotForFileSystems);
            return true;   // who may not wait for file systems says nothing about memory as a whole
        }

        if (machine.Tunables.PanicOnOom != 0)
        {
            machine.Paths.Count(ReachedPath.OomPanicOnOom);
            Panic(task, request, machine.Tunables.PanicOnOom);
            return false;
        }

        machine.Cpus.SpendInKernel(machine.Costs.OomKill);
        if (machine.Tunables.OomKillAllocatingTask && IsEligible(task))
        {
            machine.Paths.Count(ReachedPath.OomKillsAllocatingTask);
            Kill(task, request, task, OomKillReason.AllocatingTask);
            return true;
        }

        if (!TrySelect(out var victim))
        {
            machine.Paths.Count(ReachedPath.OomVictimStillDying);
            return true;   // wait for that
        }

        if (victim is null)
        {
            machine.Paths.Count(ReachedPath.OomNobodyToKill);
            var clock = new LogClock((long)machine.Cpus.Now.Nanoseconds);
            OomReport.PrintWithoutVictim(machine.Log, clock, Gather(task, request, victim: null));
            OomMessages.PrintNobodyToKill(machine.Log, clock);
            OomMessages.PrintDeadlocked(machine.Log, clock);
            machine.StopForPanic();
            return false;
        }

        machine.Paths.Count(ReachedPath.OomKillsWorst);
        Kill(task, request, victim, OomKillReason.Badness);
        return true;
    }

    /// <summary>
    /// Kills the worst process because an operator wants it (SysRq-f): never panics, and takes a victim that has not died yet for a candidate
    /// like any other.
    /// </summary>
    /// <param name="worker">The kernel thread that does it.</param>
    /// <returns>False when nobody may be killed.</returns>
    public bool KillOnOrder(Process worker)
    {
        machine.Cpus.SwitchTo(worker.Cpu);
        var request = new AllocationRequest(GfpFlags.Kernel, OomReportFacts.SysRqOrder, Node: 0);
        _ = TrySelect(out var victim, passesVictims: true);
        if (victim is null)
        {
            var clock = new LogClock((long)machine.Cpus.Now.Nanoseconds);
            OomReport.PrintWithoutVictim(machine.Log, clock, Gather(worker, request, victim: null));
            OomMessages.PrintNobodyToKill(machine.Log, clock);
            return false;
        }

        Kill(worker, request, victim, OomKillReason.Badness);
        return true;
    }

    /// <summary>Memory and swap that a shortage of the whole machine is about.</summary>
    private ulong TotalPages => (ulong)MemoryInfo.Of(machine).TotalPages + (ulong)machine.Swap.TotalPages;

    /// <summary>It has memory, which its process is about to leave by itself (task_will_free_mem).</summary>
    private bool WillFreeMemory(Process task)
    {
        var isDying = task.Group.IsExiting || (task.Group.Threads.Count == 1 && task.Has(ProcessFlags.Exiting));
        return isDying && task.MemoryId != 0 && !machine.Memory[task.MemoryId].IsOomSkipped;
    }

    /// <summary>Init and kernel threads cannot be killed, nor what is still being made.</summary>
    private static bool IsKillable(Process task) =>
        !task.IsKernelThread && task.ThreadGroupId != Scheduler.InitPid && !task.Has(ProcessFlags.New);

    private static bool IsEligible(Process task) => IsKillable(task) && task.MemoryId != 0 && task.OomScoreAdj != OomScore.MinAdj;

    /// <summary>The process with the most points, the youngest of equals; one without memory is not worth it.</summary>
    /// <param name="victim">Its leader; null when nobody may be killed.</param>
    /// <param name="passesVictims">A victim that is dying already is a candidate too.</param>
    /// <returns>False when a victim is dying already.</returns>
    private bool TrySelect(out Process? victim, bool passesVictims = false)
    {
        victim = null;
        var most = long.MinValue;
        foreach (var task in machine.Processes.Tasks)
        {
            if (!task.IsLeader || !IsKillable(task) || task.Group.FindTaskWithMemory() is not { } owner)
            {
                continue;
            }

            var mm = machine.Memory[owner.MemoryId];
            if (task.Group.IsOomVictim && !passesVictims)
            {
                if (mm.IsOomSkipped)
                {
                    continue;
                }

                victim = null;
                return false;
            }

            var candidate = new OomCandidate
            {
                ResidentPages = mm.RssPages,
                SwapEntries = mm.SwapEntryPages,
                PageTableBytes = mm.PageTableBytes,
                OomScoreAdj = task.OomScoreAdj,
                IsReaped = mm.IsOomSkipped,
            };
            if (!OomScore.TryBadness(candidate, TotalPages, out var points))
            {
                continue;
            }

            points = task.Group.IsOomOrigin ? long.MaxValue : points;
            if (points >= most)
            {
                (victim, most) = (task, points);
            }
        }

        return true;
    }

    private void Kill(Process invoker, in AllocationRequest request, Process victim, OomKillReason reason)
    {
        if (WillFreeMemory(victim))
        {
            machine.Paths.Count(ReachedPath.OomVictimWasDyingAlready);
            MarkVictim(victim);
            return;
        }

        var clock = new LogClock((long)machine.Cpus.Now.Nanoseconds);
        OomReport.Print(machine.Log, clock, ref machine.LogLimits.OomReport, Gather(invoker, request, victim));
        victim = victim.Group.FindTaskWithMemory()!;   // from here on the thread that has memory stands for its process
        machine.Events.Count(VmEvent.OomKill);
        SignalDelivery.Send(machine.Scheduler, victim, Signal.Kill);
        MarkVictim(victim);
        OomMessages.PrintKilled(machine.Log, clock, reason, Row(victim));
    }

    private void Panic(Process task, in AllocationRequest request, int panicOnOom)
    {
        var clock = new LogClock((long)machine.Cpus.Now.Nanoseconds);
        OomReport.PrintWithoutVictim(machine.Log, clock, Gather(task, request, victim: null));
        OomMessages.PrintPanicOnOom(machine.Log, clock, Math.Max(panicOnOom, PanicOnShortage));
        machine.StopForPanic();
    }

    /// <summary>The process may use reserves from now on, and its memory is taken if it does not die by itself (mark_oom_victim).</summary>
    private void MarkVictim(Process victim)
    {
        if (!victim.Group.IsOomVictim)
        {
            victim.Group.IsOomVictim = true;
            victim.Group.OomVictimPid = victim.Pid;
            victim.Group.OomVictimName = victim.Name;
        }

        machine.Timeline.Post(machine.Cpus.Now.Plus(OomReaper.Delay), EventKind.OomReap, (uint)victim.ThreadGroupId);
    }

    private OomReportFacts Gather(Process invoker, in AllocationRequest request, Process? victim) => new()
    {
        Gfp = request.Gfp,
        Order = request.Order,
        Invoker = new RunningTask(
            machine.Cpus.Current, invoker.Uid, invoker.Pid, invoker.Comm, HardwareName.Of(machine.Configuration.Kind),
            request.Order == OomReportFacts.SysRqOrder ? "events moom_callback" : null),
        InvokerOomScoreAdj = invoker.OomScoreAdj,
        Origin = request.Order == OomReportFacts.SysRqOrder ? AllocationOrigin.SysRq : invoker.OriginOf(request.Gfp),
        AllowedNodes = [.. Enumerable.Range(0, machine.Nodes.Length)],
        Memory = MemoryReportGather.Of(machine),
        UnreclaimableSlabs = UnreclaimableSlabs(),
        Tasks = machine.Tunables.OomDumpTasks ? Rows() : null,
        Victim = victim is null ? null : new OomVictim(Row(victim), victim.Cgroup),
    };

    /// <summary>One row a process, by a thread of it that has memory.</summary>
    private List<OomTask> Rows()
    {
        var rows = new List<OomTask>();
        foreach (var task in machine.Processes.Tasks)
        {
            if (task.IsLeader && IsKillable(task) && task.Group.FindTaskWithMemory() is { } owner)
            {
                rows.Add(Row(owner));
            }
        }

        return rows;
    }

    private OomTask Row(Process task)
    {
        var mm = machine.Memory[task.Group.FindTaskWithMemory()!.MemoryId];
        return new OomTask
        {
            Pid = task.Pid,
            ThreadGroup = task.ThreadGroupId,
            Uid = task.Uid,
            Comm = task.Name,
            TotalVirtual = mm.TotalPages,
            Anon = mm.RssAnonPages,
            File = mm.RssFilePages,
            Shmem = mm.RssShmemPages,
            PageTableBytes = mm.PageTableBytes,
            SwapEntries = mm.SwapEntryPages,
            OomScoreAdj = task.OomScoreAdj,
        };
    }

    private List<OomSlab> UnreclaimableSlabs()
    {
        var slabs = new List<OomSlab>();
        foreach (var cache in machine.Slabs.Caches)
        {
            var total = cache.ObjectCount;
            if ((cache.Description.Flags & Slab.SlabFlags.ReclaimAccount) == 0 && total > 0)
            {
                var size = (ulong)cache.Geometry.Size;
                slabs.Add(new OomSlab(cache.Description.Name, (total - cache.FreeOnNodeLists()) * size, total * size));
            }
        }

        return slabs;
    }
}
