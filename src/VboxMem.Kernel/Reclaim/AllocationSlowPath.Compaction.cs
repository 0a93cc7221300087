// The slow path where a block is wanted rather than a page: moves used pages together until there is one.
//
// A block that is costly, or that no pageblock of movable pages may give, is first compacted for, impatiently, as there may be enough free
// memory in pieces; the others once reclaim has made some free. DirectCompaction does the work.
//
// Models   Linux 6.12 mm/page_alloc.c: __alloc_pages_direct_compact and its two places in __alloc_pages_slowpath (facts: physical memory, 4.4).

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Compaction;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Reclaim;

internal sealed partial class AllocationSlowPath
{
    /// <summary>Compaction that takes no time; idle at every moment.</summary>
    private DirectCompaction _atOnce = new();

    /// <summary>Compacts between two moments: impatiently, then patiently.</summary>
    private bool TryCompactAtOnce(in AllocationRequest request, ReserveFlags reserves, out Pfn block)
    {
        block = Pfn.None;
        var compaction = _atOnce;
        for (var priority = CompactionPriority.Async; request.Order > 0 && priority >= CompactionPriority.SyncLight; priority--)
        {
            compaction.Begin(request, priority, reserves, takesNoTime: true);
            while (compaction.Step(machine, task: null) != StepResult.Done)
            {
            }

            if (compaction.TryFinish(machine, out block))
            {
                return true;
            }
        }

        return false;
    }

    private void BeginCompaction(
        Process task, SlowPathState state, in AllocationRequest request, CompactionPriority priority, ReserveFlags reserves)
    {
        if (state.Compaction is null)
        {
            (state.Compaction = new DirectCompaction()).Restart();
        }

        state.Compaction.Begin(request, priority, reserves);
        state.WasStalled = machine.Scheduler.SetMemoryStall(task, isStalled: true);
    }

    /// <summary>Compacts, as a task that may use all reserves meanwhile.</summary>
    private StepResult Compact(Process task, SlowPathState state, in AllocationRequest request)
    {
        task.Flags |= ProcessFlags.MemAlloc;
        var result = state.Compaction!.Step(machine, task);
        task.Flags &= ~ProcessFlags.MemAlloc;
        if (result != StepResult.Done)
        {
            return result;
        }

        machine.Scheduler.SetMemoryStall(task, state.WasStalled);
        if (state.Compaction.TryFinish(machine, out var block))
        {
            Grant(task, request, block);
        }
        else
        {
            state.Phase = state.Phase == SlowPathPhase.Compact ? SlowPathPhase.DecideAgain : AfterFirstCompaction(state.Compaction, request);
        }

        return StepResult.Continue;
    }

    /// <summary>
    /// A costly request that would rather fail does so if there is no point in trying, or if it is meant for this node alone: that it
    /// should not put under pressure while others have memory. What goes on remains impatient.
    /// </summary>
    private SlowPathPhase AfterFirstCompaction(DirectCompaction compaction, in AllocationRequest request)
    {
        if (request.Order > PageGeometry.CostlyOrder && (request.Gfp & GfpFlags.NoRetry) != 0)
        {
            if (compaction.Result <= CompactionResult.Deferred || (request.Gfp & GfpFlags.ThisNode) != 0)
            {
                machine.Paths.Count(ReachedPath.SlowPathNotWorthReclaim);
                return SlowPathPhase.NoPage;
            }
        }
        else
        {
            compaction.Priority = CompactionPriority.SyncLight;
        }

        return SlowPathPhase.Retry;
    }
}
