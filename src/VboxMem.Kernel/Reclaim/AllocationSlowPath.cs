// What the allocator does when no zone passes its low mark.
//
//   wake kswapds, min marks --+-- found
//                             +-- may not wait: reserves, or failure
//                             +-- Suspend; then, in steps of the task:
//        CompactFirst (blocks above order 3, or that cannot be moved)
//          |  +-- found, or not worth the trouble: NoPage
//        Retry --min marks, reserves--> Reclaim --> Decide --found
//          ^                                          +-- Compact --found
//          |                                               +-- NORETRY, costly: NoPage
//          +------ worth another round, or somebody killed +-- OOM killer --> NoPage
//
// Tasks that reclaim, and what runs outside of tasks, never reclaim here: they get reserves or nothing.
//
// Models   Linux 6.12 mm/page_alloc.c: __alloc_pages_slowpath, __alloc_pages_direct_reclaim, should_reclaim_retry,
//          __alloc_pages_may_oom, wake_all_kswapds (facts: reclaim, 3.1, 3.5, 3.6; physical memory, 4.4).
//          AllocationSlowPath.Compaction.cs and .LastResort.cs have those two parts of it.
// Departs  outside of tasks nothing is reclaimed, and compaction takes no time.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Compaction;
using VboxMem.Kernel.Log;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Reclaim;

internal sealed partial class AllocationSlowPath(Machine machine) : ISlowPath
{
    private const ReserveFlags Emergency = ReserveFlags.NoWatermarks | ReserveFlags.Oom;

    public AllocationSlowPath Clone(Machine copy) => new(copy) { _oomBusyUntil = _oomBusyUntil, _atOnce = _atOnce.Clone() };

    public void HashInto(StateHash hash)
    {
        hash.Add(_oomBusyUntil.Nanoseconds);
        _atOnce.HashInto(hash);
    }

    public bool TryAllocate(PageAllocator allocator, in AllocationRequest request, out Pfn block)
    {
        var task = machine.Scheduler.CurrentTask;
        if (task is not null && task.Allocation.TryTake(request, out block))
        {
            return true;
        }

        block = Pfn.None;
        // While a task reclaims for a pending request, what reclaim itself needs (nodes of the swap cache) is asked for beside it.
        var isReclaiming = task is not null && task.Has(ProcessFlags.MemAlloc);
        if (task is not null && !isReclaiming && (task.Allocation.IsPending || task.Allocation.IsRefused(request)))
        {
            return false;
        }

        WakeKswapds(request);
        var reserves = ReservesOf(request, task);
        if (allocator.TryWalkZonelist(request, WatermarkLevel.Min, reserves & ~Emergency, out block))
        {
            machine.Paths.Count(ReachedPath.SlowPathMinimumServed);
            return true;
        }

        if (task is not null && !task.Has(ProcessFlags.MemAlloc) && (request.Gfp & GfpFlags.DirectReclaim) != 0)
        {
            task.Allocation.Suspend(request, allocator);
            task.SlowPath ??= new SlowPathState();
            (task.SlowPath.Phase, task.SlowPath.Since) = (SlowPathPhase.Start, machine.Cpus.Now);
            return false;
        }

        return TryWithoutReclaim(allocator, request, reserves, task is null, out block);
    }

    public NodeAnswer BeforeLeaving(PageAllocator allocator, in AllocationRequest request, Zone preferred, Zone zone, out Pfn block)
    {
        block = Pfn.None;
        var task = machine.Scheduler.CurrentTask;
        if (task is null || task.Has(ProcessFlags.MemAlloc) || (request.Gfp & GfpFlags.DirectReclaim) == 0)
        {
            return NodeAnswer.GoOn;
        }

        var state = task.SlowPath ??= new SlowPathState();
        if (!task.Allocation.IsPending)
        {
            if (task.Allocation.TryTake(request, out block))
            {
                return NodeAnswer.Served;
            }

            if (task.Allocation.IsRefused(request) || !NodeReclaim.IsWorthIt(machine, request, preferred, zone))
            {
                return NodeAnswer.GoOn;
            }

            task.Allocation.Suspend(request, allocator);
            (state.Node ??= new NodeReclaim()).Restart();
            state.Since = machine.Cpus.Now;
            if (task.Allocation.Current != request)
            {
                state.Phase = SlowPathPhase.Walk;   // the ones before it come first
                return NodeAnswer.Suspended;
            }
        }
        else if (state.Phase == SlowPathPhase.NodeReclaim || task.Allocation.Current != request)
        {
            return NodeAnswer.Suspended;   // the operation has been stopped, and tries another way before it unwinds
        }
        else if (!(state.Node ??= new NodeReclaim()).MayTry(machine, request, preferred, zone))
        {
            return NodeAnswer.GoOn;
        }

        state.Node.Begin(machine, request, zone);
        state.WasStalled = machine.Scheduler.SetMemoryStall(task, isStalled: true);
        state.Phase = SlowPathPhase.NodeReclaim;
        return NodeAnswer.Suspended;
    }

    public void WakeForBoost(Zone zone)
    {
        if (!machine.Allocator.InterleavesNodes)   // while the kernel boots there is no kswapd yet
        {
            machine.Kswapds[zone.Node].Wake(GfpFlags.None, order: 0, zone.Type);
        }
    }

    /// <summary>Goes on with the slow path for the running task: reclaims, sleeps, and in the end grants or refuses.</summary>
    public StepResult Step(Process task)
    {
        var request = task.Allocation.Current;
        var state = task.SlowPath ??= new SlowPathState();
        switch (state.Phase)
        {
            case SlowPathPhase.Start:
                Start(task, state, request);
                return StepResult.Continue;
            case SlowPathPhase.Retry:
                Retry(task, state, request);
                return StepResult.Continue;
            case SlowPathPhase.Reclaim:
                return Reclaim(task, state);
            case SlowPathPhase.Decide:
                return Decide(task, state, request);
            case SlowPathPhase.CompactFirst or SlowPathPhase.Compact:
                return Compact(task, state, request);
            case SlowPathPhase.DecideAgain:
                return DecideAgain(task, state, request);
            case SlowPathPhase.NodeReclaim:
                return ReclaimNode(task, state);
            case SlowPathPhase.Walk:
                WalkAgain(task, state, request);
                return StepResult.Continue;
            default:
                NoPage(task, state, request);
                return StepResult.Continue;
        }
    }

    /// <summary>No one may wait here: reserves to the bottom, for who may have them. At boot, pages set aside as well.</summary>
    private bool TryWithoutReclaim(PageAllocator allocator, in AllocationRequest request, ReserveFlags reserves, bool isOutsideTask, out Pfn block)
    {
        if ((reserves & Emergency) != 0 && allocator.TryWalkZonelist(request, WatermarkLevel.Min, reserves & Emergency, out block))
        {
            machine.Paths.Count(ReachedPath.SlowPathReservesServed);
            return true;
        }

        block = Pfn.None;
        var mayWait = (request.Gfp & GfpFlags.DirectReclaim) != 0 && (request.Gfp & GfpFlags.NoRetry) == 0;
        if (!isOutsideTask || !mayWait || (request.Requester & RequesterFlags.MemAlloc) != 0
            || (request.Order > PageGeometry.CostlyOrder && (request.Gfp & GfpFlags.RetryMayFail) == 0))
        {
            machine.Paths.Count(ReachedPath.SlowPathNoReclaimAllowed);
            return false;
        }

        // Boot, or a tester: it could wait but there is no task to wait.
        machine.Paths.Count(ReachedPath.SlowPathOutsideTask);
        allocator.DrainAllPerCpuPages();
        while (!allocator.TryWalkZonelist(request, WatermarkLevel.Min, reserves, out block))
        {
            if (!allocator.ShrinkHighAtomic(request, force: true))
            {
                return !allocator.InterleavesNodes && TryCompactAtOnce(request, reserves, out block);
            }
        }

        return true;
    }

    private void Start(Process task, SlowPathState state, in AllocationRequest request)
    {
        state.NoProgressLoops = 0;
        state.Compaction?.Restart();
        WakeKswapds(request);
        if (TryGrant(task, request, WatermarkLevel.Min, ReservesOf(request, task) & ~Emergency))
        {
            machine.Paths.Count(ReachedPath.SlowPathMinimumServed);
            return;
        }

        var isForBlock = request.Order > PageGeometry.CostlyOrder || (request.Order > 0 && request.Gfp.MigrateType() != MigrateType.Movable);
        if (isForBlock && (request.Gfp & GfpFlags.Io) != 0 && (ReservesOf(request, task) & Emergency) == 0)
        {
            BeginCompaction(task, state, request, CompactionPriority.Async, ReservesOf(request, task));
            state.Phase = SlowPathPhase.CompactFirst;
        }
        else
        {
            state.Phase = SlowPathPhase.Retry;
        }
    }

    private void Retry(Process task, SlowPathState state, in AllocationRequest request)
    {
        WakeKswapds(request);
        if (TryGrant(task, request, WatermarkLevel.Min, RetryReserves(request, task)))
        {
            machine.Paths.Count(ReachedPath.SlowPathReservesServed);
            return;
        }

        state.Reclaim.Begin(request, mayWrite: !machine.Tunables.IsLaptopMode);
        state.WasStalled = machine.Scheduler.SetMemoryStall(task, isStalled: true);
        state.Phase = SlowPathPhase.Reclaim;
    }

    /// <summary>Reclaims one node, as a task that may use all reserves meanwhile.</summary>
    private StepResult ReclaimNode(Process task, SlowPathState state)
    {
        task.Flags |= ProcessFlags.MemAlloc;
        var result = state.Node!.Step(machine, task);
        task.Flags &= ~ProcessFlags.MemAlloc;
        if (result != StepResult.Done)
        {
            return result;
        }

        machine.Scheduler.SetMemoryStall(task, state.WasStalled);
        state.Phase = SlowPathPhase.Walk;
        return StepResult.Continue;
    }

    /// <summary>The first walk over the zones once more, which may come upon another node to reclaim; then the slow path begins.</summary>
    private void WalkAgain(Process task, SlowPathState state, in AllocationRequest request)
    {
        if (machine.Allocator.TryFastPath(request, out var block))
        {
            Grant(task, request, block);
        }
        else if (state.Phase == SlowPathPhase.Walk)
        {
            state.Phase = SlowPathPhase.Start;
        }
    }

    /// <summary>Reclaims, as a task that may use all reserves meanwhile.</summary>
    private StepResult Reclaim(Process task, SlowPathState state)
    {
        task.Flags |= ProcessFlags.MemAlloc;
        var result = state.Reclaim.Step(machine, task);
        task.Flags &= ~ProcessFlags.MemAlloc;
        if (result != StepResult.Done)
        {
            return result;
        }

        state.Phase = SlowPathPhase.Decide;
        return StepResult.Continue;
    }

    private StepResult Decide(Process task, SlowPathState state, in AllocationRequest request)
    {
        var hasProgress = state.Reclaim.Progress != 0;
        var isServed = hasProgress && TryAfterReclaim(task, request);
        machine.Scheduler.SetMemoryStall(task, state.WasStalled);
        if (isServed)
        {
            return StepResult.Continue;
        }

        if (request.Order == 0)
        {
            return DecideAgain(task, state, request);
        }

        BeginCompaction(task, state, request, state.Compaction?.Priority ?? CompactionPriority.SyncLight, RetryReserves(request, task));
        state.Phase = SlowPathPhase.Compact;
        return StepResult.Continue;
    }

    private StepResult DecideAgain(Process task, SlowPathState state, in AllocationRequest request)
    {
        var hasProgress = state.Reclaim.Progress != 0;
        var isCostly = request.Order > PageGeometry.CostlyOrder;
        if ((request.Gfp & GfpFlags.NoRetry) != 0
            || (isCostly && (request.Gfp & (GfpFlags.RetryMayFail | GfpFlags.Io)) != (GfpFlags.RetryMayFail | GfpFlags.Io)))
        {
            machine.Paths.Count(isCostly ? ReachedPath.SlowPathCostlyOrder : ReachedPath.SlowPathNoRetry);
            state.Phase = SlowPathPhase.NoPage;
            return StepResult.Continue;
        }

        if (IsWorthAnotherRound(task, state, request, hasProgress))
        {
            machine.Paths.Count(ReachedPath.SlowPathRetries);
            state.Phase = SlowPathPhase.Retry;
            return StepResult.Continue;
        }

        return CallOomKiller(task, state, request);
    }

    /// <summary>What was freed may lie in per-CPU lists, or in pageblocks kept for others.</summary>
    private bool TryAfterReclaim(Process task, in AllocationRequest request)
    {
        var reserves = RetryReserves(request, task);
        if (TryGrant(task, request, WatermarkLevel.Min, reserves))
        {
            machine.Paths.Count(ReachedPath.SlowPathServedAfterReclaim);
            return true;
        }

        if (machine.Allocator.ShrinkHighAtomic(request, force: false))
        {
            machine.Paths.Count(ReachedPath.SlowPathHighAtomicReleased);
        }

        machine.Allocator.DrainAllPerCpuPages();
        if (!TryGrant(task, request, WatermarkLevel.Min, reserves))
        {
            return false;
        }

        machine.Paths.Count(ReachedPath.SlowPathServedAfterDrain);
        return true;
    }

    /// <summary>should_reclaim_retry, should_compact_retry.</summary>
    private bool IsWorthAnotherRound(Process task, SlowPathState state, in AllocationRequest request, bool hasProgress)
    {
        state.NoProgressLoops = ReclaimRetry.NextLoops(state.NoProgressLoops, hasProgress, request.Order);
        var isExhausted = ReclaimRetry.IsExhausted(state.NoProgressLoops);
        if (!isExhausted && CouldEverBeServed(request, RetryReserves(request, task)))
        {
            return true;
        }

        if (isExhausted)
        {
            machine.Paths.Count(ReachedPath.SlowPathRetriesExhausted);
        }

        if (machine.Allocator.ShrinkHighAtomic(request, force: true))
        {
            machine.Paths.Count(ReachedPath.SlowPathHighAtomicReleased);
            return true;
        }

        return hasProgress && (request.Gfp & GfpFlags.Io) != 0 && state.Compaction is { } compaction
            && compaction.IsWorthAnotherRound(machine, task, request);
    }

    /// <summary>Some zone would pass its min mark if all were freed that can be.</summary>
    private bool CouldEverBeServed(in AllocationRequest request, ReserveFlags reserves)
    {
        var highest = request.Gfp.HighestZone();
        foreach (var node in machine.Nodes[request.Node].FallbackNodes)
        {
            foreach (var zone in machine.Nodes[node].Zones)
            {
                var isAllowed = zone.Type <= highest && zone.ManagedPages > 0
                    && (node == request.Node || (request.Gfp & GfpFlags.ThisNode) == 0);
                if (isAllowed && WatermarkCheck.IsMetWith(
                    zone, request.Order, zone.MarkPages(WatermarkLevel.Min), highest, reserves, (long)ZoneReclaim.AvailablePages(machine, zone)))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Looks for a block, and gives it to the task to be taken when it does its operation again.</summary>
    private bool TryGrant(Process task, in AllocationRequest request, WatermarkLevel level, ReserveFlags reserves)
    {
        if (!machine.Allocator.TryWalkZonelist(request, level, reserves, out var block))
        {
            return false;
        }

        Grant(task, request, block);
        return true;
    }

    private void Grant(Process task, in AllocationRequest request, Pfn block)
    {
        ref var frame = ref machine.Frames[block];
        frame = default;
        frame.SetHead(FrameOwner.Kernel, request.Order);
        frame.ReferenceCount = 1;
        task.Allocation.Grant(block);
        var state = task.SlowPath!;
        state.Phase = machine.Tunables.ZoneReclaimMode != 0 ? SlowPathPhase.Walk : SlowPathPhase.Start;   // of what else it asks for
        state.Node?.Restart();
    }

    private void WakeKswapds(in AllocationRequest request)
    {
        if ((request.Gfp & GfpFlags.KswapdReclaim) == 0)
        {
            return;
        }

        var highest = request.Gfp.HighestZone();
        foreach (var node in machine.Nodes[request.Node].FallbackNodes)
        {
            if ((node == request.Node || (request.Gfp & GfpFlags.ThisNode) == 0) && HasZone(machine.Nodes[node], highest))
            {
                machine.Kswapds[node].Wake(request.Gfp, request.Order, highest);
            }
        }
    }

    private static bool HasZone(Node node, ZoneType highest)
    {
        foreach (var zone in node.Zones)
        {
            if (zone.Type <= highest && zone.ManagedPages > 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Reserves of a round of retrying: an emergency's replace all others.</summary>
    private static ReserveFlags RetryReserves(in AllocationRequest request, Process task)
    {
        var reserves = ReservesOf(request, task);
        return (reserves & Emergency) != 0 ? reserves & Emergency : reserves;
    }

    private static ReserveFlags ReservesOf(in AllocationRequest request, Process? task)
    {
        var requester = request.Requester;
        if (task is not null)
        {
            requester |= task.Has(ProcessFlags.MemAlloc) ? RequesterFlags.MemAlloc : RequesterFlags.None;
            requester |= task.Group.IsOomVictim ? RequesterFlags.OomVictim : RequesterFlags.None;
        }

        return Reserves.For(request.Gfp, request.Order, requester);
    }
}
