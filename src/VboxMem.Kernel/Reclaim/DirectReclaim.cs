// A task that reclaims for itself: all nodes of its zonelist, at priority 12 down to 0, until 32 pages are freed; and once or twice
// more from the start if nothing was.
//
// Units    pages.
// Models   Linux 6.12 mm/vmscan.c: try_to_free_pages, do_try_to_free_pages, shrink_zones, throttle_direct_reclaim (facts:
//          reclaim, 3.4).
// Departs  no cpusets, no memory policies: a zonelist is that of the request's node.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Compaction;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Reclaim;

internal sealed class DirectReclaim
{
    private enum Phase : byte
    {
        /// <summary>Waits until the emergency reserve allows it.</summary>
        Throttle,
        BeginPass,
        BeginNode,
        Node,
        EndNodes,
        EndPriority,
        EndPass,
    }

    private static readonly SimTime _longestThrottleWithoutFs = SimTime.FromSeconds(1);

    private readonly ReclaimRun _run;
    private Phase _phase;
    private int _homeNode;

    /// <summary>Position among the home node's fallback nodes.</summary>
    private int _position;

    /// <summary>When the wait for the reserve ends in any case; zero: it has not begun.</summary>
    private SimTime _throttledUntil;
    private bool _isThrottled;

    public DirectReclaim() => _run = new ReclaimRun();

    private DirectReclaim(DirectReclaim other)
    {
        _run = other._run.Clone();
        _phase = other._phase;
        _homeNode = other._homeNode;
        _position = other._position;
        _throttledUntil = other._throttledUntil;
        _isThrottled = other._isThrottled;
    }

    /// <summary>Pages freed in all; 1 too when it ended early for good reason. 0: no progress.</summary>
    public ulong Progress { get; private set; }

    public DirectReclaim Clone() => new(this) { Progress = Progress };

    public void HashInto(StateHash hash)
    {
        _run.HashInto(hash);
        hash.Add(((ulong)_phase << 48) | ((ulong)(uint)_homeNode << 16) | (uint)_position);
        hash.Add(_throttledUntil.Nanoseconds);
        hash.Add(_isThrottled);
        hash.Add(Progress);
    }

    /// <param name="request">What is short.</param>
    /// <param name="mayWrite">False: dirty pages are left alone until it gets difficult (laptop mode).</param>
    public void Begin(in AllocationRequest request, bool mayWrite)
    {
        Invariant.Holds(!_run.IsActive);
        _homeNode = request.Node;
        _phase = Phase.Throttle;
        _isThrottled = false;
        _throttledUntil = default;
        Progress = 0;
        _run.Control = new ScanControl
        {
            Gfp = request.Gfp,
            Flags = (mayWrite ? ScanFlags.MayWrite : ScanFlags.None) | ScanFlags.MayUnmap | ScanFlags.MaySwap,
            Order = request.Order,
            Priority = ScanControl.DefaultPriority,
            HighestZone = request.Gfp.HighestZone(),
            WantedPages = ScanControl.ClusterPages,
        };
    }

    /// <summary>Goes on.</summary>
    /// <returns>Done: <see cref="Progress"/> tells.</returns>
    public StepResult Step(Machine machine, Process task)
    {
        switch (_phase)
        {
            case Phase.Throttle:
                return Throttle(machine, task);
            case Phase.BeginPass:
                machine.Events.CountByZone(VmEvent.AllocstallDma, _run.Control.HighestZone);
                BeginPriority();
                return StepResult.Continue;
            case Phase.BeginNode:
                BeginNode(machine);
                return StepResult.Continue;
            case Phase.Node:
                var result = _run.Step(machine, task);
                if (result == StepResult.Done)
                {
                    _position++;
                    _phase = Phase.BeginNode;
                    return StepResult.Continue;
                }

                return result;
            case Phase.EndNodes:
                _phase = Phase.EndPriority;
                return ReclaimThrottling.ConsiderNoProgress(machine, task, _homeNode, _run.Control) ? StepResult.Wait : StepResult.Continue;
            case Phase.EndPriority:
                EndPriority();
                return StepResult.Continue;
            default:
                return EndPass(machine);
        }
    }

    private void BeginPriority()
    {
        _run.Control.ScannedPages = 0;
        _position = 0;
        _phase = Phase.BeginNode;
    }

    /// <summary>The next node that has a zone the request may use; when all are through, perhaps a pause.</summary>
    private void BeginNode(Machine machine)
    {
        var nodes = machine.Nodes[_homeNode].FallbackNodes;
        var count = (_run.Control.Gfp & GfpFlags.ThisNode) != 0 ? 1 : nodes.Length;
        for (; _position < count; _position++)
        {
            if (IsWorthReclaiming(machine, machine.Nodes[nodes[_position]]))
            {
                _phase = Phase.Node;
                _run.Begin(nodes[_position]);
                return;
            }
        }

        _phase = Phase.EndNodes;
    }

    /// <summary>It has an allowed zone that is not ready for compaction yet (asked for costly blocks alone).</summary>
    private bool IsWorthReclaiming(Machine machine, Node node)
    {
        var isWorthIt = false;
        foreach (var zone in node.Zones)
        {
            if (zone.Type > _run.Control.HighestZone || zone.ManagedPages == 0)
            {
                continue;
            }

            if (_run.Control.Order > PageGeometry.CostlyOrder && (_run.Control.Gfp & GfpFlags.Io) != 0
                && CompactionSuitability.IsReady(machine, zone, _run.Control.Order, _run.Control.HighestZone))
            {
                _run.Control.Set(ScanFlags.CompactionReady, true);
            }
            else
            {
                isWorthIt = true;
            }
        }

        return isWorthIt;
    }

    private void EndPriority()
    {
        ref var control = ref _run.Control;
        if (control.ReclaimedPages >= control.WantedPages || control.Has(ScanFlags.CompactionReady))
        {
            _phase = Phase.EndPass;
            return;
        }

        if (control.Priority < ScanControl.DefaultPriority - 2)
        {
            control.Set(ScanFlags.MayWrite, true);
        }

        if (--control.Priority < 0)
        {
            _phase = Phase.EndPass;
            return;
        }

        BeginPriority();
    }

    private StepResult EndPass(Machine machine)
    {
        ref var control = ref _run.Control;
        foreach (var node in machine.Nodes[_homeNode].FallbackNodes)
        {
            NodeBalance.SnapshotRefaults(machine, node);
        }

        Progress = control.ReclaimedPages != 0 ? control.ReclaimedPages : control.Has(ScanFlags.CompactionReady) ? 1UL : 0;
        if (Progress != 0)
        {
            machine.Paths.Count(ReachedPath.DirectReclaimGoalMet);
            return StepResult.Done;
        }

        if (!control.Has(ScanFlags.FullWalk))
        {
            machine.Paths.Count(ReachedPath.DirectReclaimFullWalk);
            control.Set(ScanFlags.FullWalk, true);
        }
        else if (control.Has(ScanFlags.SkippedDeactivate))
        {
            machine.Paths.Count(ReachedPath.DirectReclaimForceDeactivate);
            control.Set(ScanFlags.ForceDeactivate, true);
            control.Set(ScanFlags.SkippedDeactivate, false);
        }
        else
        {
            machine.Paths.Count(ReachedPath.DirectReclaimInVain);
            return StepResult.Done;
        }

        control.Priority = ScanControl.DefaultPriority;
        _phase = Phase.BeginPass;
        return StepResult.Continue;
    }

    /// <summary>While the emergency reserve is half empty, user tasks leave what is left to kswapd.</summary>
    private StepResult Throttle(Machine machine, Process task)
    {
        if (task.IsKernelThread || (!_isThrottled && task.HasFatalSignal) || !TryFindThrottlingNode(machine, out var node))
        {
            _phase = Phase.BeginPass;
            return StepResult.Continue;
        }

        if (task.HasFatalSignal)
        {
            Progress = 1;   // it dies: the OOM killer must not be called for it
            return StepResult.Done;
        }

        var now = machine.Cpus.Now;
        var mayWaitForEver = (_run.Control.Gfp & GfpFlags.Fs) != 0;
        if (!_isThrottled)
        {
            _isThrottled = true;
            _throttledUntil = mayWaitForEver ? default : now.Plus(_longestThrottleWithoutFs);
            machine.Events.Count(VmEvent.PgScanDirectThrottle);
            machine.Paths.Count(ReachedPath.ThrottlePfMemAlloc);
        }
        else if (!mayWaitForEver && now >= _throttledUntil)
        {
            _phase = Phase.BeginPass;
            return StepResult.Continue;
        }

        var depth = mayWaitForEver ? SleepDepth.Killable : SleepDepth.Interruptible;
        machine.Scheduler.Sleep(task, new Wait(WaitKind.PfMemAlloc, (ulong)node, depth), _throttledUntil);
        return StepResult.Wait;
    }

    /// <summary>The first node of the zonelist with an allowed zone up to Normal decides.</summary>
    private bool TryFindThrottlingNode(Machine machine, out int node)
    {
        foreach (var candidate in machine.Nodes[_homeNode].FallbackNodes)
        {
            foreach (var zone in machine.Nodes[candidate].Zones)
            {
                if (zone.Type <= ZoneType.Normal && zone.Type <= _run.Control.HighestZone && zone.ManagedPages > 0)
                {
                    node = candidate;
                    return !NodeBalance.AllowsDirectReclaim(machine, candidate);
                }
            }
        }

        node = 0;
        return false;
    }
}
