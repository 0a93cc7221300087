// The end of the slow path: nothing could be reclaimed. Somebody is killed, or the request fails and says so in the log.
//
// Models   Linux 6.12 mm/page_alloc.c: __alloc_pages_may_oom, the nopage part of __alloc_pages_slowpath, warn_alloc (facts: reclaim, 3.6).

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Log;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Reclaim;

internal sealed partial class AllocationSlowPath
{
    /// <summary>Until when the OOM killer is at work for someone (oom_lock).</summary>
    private SimTime _oomBusyUntil;

    private StepResult CallOomKiller(Process task, SlowPathState state, in AllocationRequest request)
    {
        var now = machine.Cpus.Now;
        if (now < _oomBusyUntil)
        {
            // Someone is killing already: that counts as progress.
            state.NoProgressLoops = 0;
            state.Phase = SlowPathPhase.Retry;
            machine.Scheduler.Sleep(task, new Wait(WaitKind.Timer, 0), now.Plus(SimTime.FromTicks(1)));
            return StepResult.Wait;
        }

        // Against the high marks, to notice that someone has just been killed.
        if (TryGrant(task, request, WatermarkLevel.High, ReserveFlags.None))
        {
            machine.Paths.Count(ReachedPath.SlowPathLastAttemptServed);
            return StepResult.Continue;
        }

        var isExcluded = request.Order > PageGeometry.CostlyOrder
            || (request.Gfp & (GfpFlags.RetryMayFail | GfpFlags.ThisNode)) != 0
            || request.Gfp.HighestZone() < ZoneType.Normal;
        if (isExcluded)
        {
            state.Phase = SlowPathPhase.NoPage;
            return StepResult.Continue;
        }

        machine.Paths.Count(ReachedPath.SlowPathOomKill);
        var reserves = RetryReserves(request, task);   // this round's: who becomes a victim now may draw on more in the next
        var isWorthIt = machine.Oom.TryKill(task, request);
        if (machine.HasPanicked)
        {
            return StepResult.Continue;   // nobody gets any further
        }

        _oomBusyUntil = machine.Cpus.Now;
        if (isWorthIt && (request.Gfp & GfpFlags.NoFail) != 0 && TryGrant(task, request, WatermarkLevel.Min, ReserveFlags.NoWatermarks))
        {
            return StepResult.Continue;
        }

        var isVictim = task.Group.IsOomVictim
            && ((reserves & ReserveFlags.Oom) != 0 || (request.Gfp & GfpFlags.NoMemAlloc) != 0);
        if (isVictim)
        {
            machine.Paths.Count(ReachedPath.SlowPathVictimGivesUp);
        }

        state.NoProgressLoops = isWorthIt ? 0 : state.NoProgressLoops;
        state.Phase = isWorthIt && !isVictim ? SlowPathPhase.Retry : SlowPathPhase.NoPage;
        return StepResult.Continue;
    }

    private void NoPage(Process task, SlowPathState state, in AllocationRequest request)
    {
        if ((request.Gfp & GfpFlags.NoFail) == 0)
        {
            machine.Paths.Count(ReachedPath.SlowPathRefused);
            Report(task, request);
            task.Allocation.Refuse();
            state.Phase = SlowPathPhase.Start;
            return;
        }

        if (!TryGrant(task, request, WatermarkLevel.Min, ReserveFlags.MinReserve))
        {
            state.Phase = SlowPathPhase.Retry;
        }
    }

    private void Report(Process task, in AllocationRequest request)
    {
        if ((request.Gfp & GfpFlags.NoWarn) != 0)
        {
            return;
        }

        var clock = new LogClock((long)machine.Cpus.Now.Nanoseconds);
        AllocationFailureReport.Print(machine.Log, clock, ref machine.LogLimits.AllocationFailure, new AllocationFailureFacts
        {
            Gfp = request.Gfp,
            Order = request.Order,
            Task = new RunningTask(
                machine.Cpus.Current, task.Uid, task.Pid, task.Name, HardwareName.Of(machine.Configuration.Kind)),
            Origin = task.OriginOf(request.Gfp),
            AllowedNodes = [.. Enumerable.Range(0, machine.Nodes.Length)],
            IgnoresNodes = task.HasFatalSignal || task.Group.IsOomVictim,
            Memory = MemoryReportGather.Of(machine),
        });
    }
}
