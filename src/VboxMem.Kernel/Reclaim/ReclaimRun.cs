// One look of reclaim at one node, in steps: what to scan, the lists by batches of 32 pages, the shrinkers, and what follows from it.
//
//   Prepare -> Scan (a batch a step) -> Age -> Slab (a batch of objects a step) -> Finish -> throttles -> again, or done
//
// All of it is data, so that a run can be stopped between any two steps, copied, and taken up again by its task. No folio is
// isolated between two steps.
//
// Units    pages.
// Models   Linux 6.12 mm/vmscan.c: shrink_node, prepare_scan_control, shrink_lruvec, should_continue_reclaim, shrink_slab,
//          do_shrink_slab (facts: reclaim, 1.7, 1.9, 2, 8).
// Departs  no cgroups but the root.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Compaction;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Sysctl;

namespace VboxMem.Kernel.Reclaim;

internal sealed class ReclaimRun
{
    private enum Phase : byte
    {
        Idle,
        Prepare,
        Scan,
        Slab,
        Finish,
        ThrottleCongested,
        Continue,
    }

    private static readonly int _swappiness = VmTunables.IndexOf("swappiness");

    /// <summary>The request and its totals; its owner sets it up and reads it.</summary>
    public ScanControl Control;

    private readonly ulong[] _targets = new ulong[ScanBalance.ListCount];
    private readonly ulong[] _left = new ulong[ScanBalance.ListCount];
    private Phase _phase;
    private int _node;
    private int _list;

    /// <summary>Has paused in the present phase.</summary>
    private bool _hasStalled;
    private bool _madeProgress;
    private ulong _reclaimedBefore;
    private ulong _reclaimedFromLists;
    private int _shrinker;
    private bool _isShrinking;
    private ShrinkerScan _objects;

    public ReclaimRun()
    {
    }

    private ReclaimRun(ReclaimRun other)
    {
        Control = other.Control;
        other._targets.CopyTo(_targets, 0);
        other._left.CopyTo(_left, 0);
        _phase = other._phase;
        _node = other._node;
        _list = other._list;
        _hasStalled = other._hasStalled;
        _madeProgress = other._madeProgress;
        _reclaimedBefore = other._reclaimedBefore;
        _reclaimedFromLists = other._reclaimedFromLists;
        _shrinker = other._shrinker;
        _isShrinking = other._isShrinking;
        _objects = other._objects;
    }

    /// <summary>True between <see cref="Begin"/> and the step that answers Done.</summary>
    public bool IsActive => _phase != Phase.Idle;

    public ReclaimRun Clone() => new(this);

    public void HashInto(StateHash hash)
    {
        Control.HashInto(hash);
        hash.Add<ulong>(_targets);
        hash.Add<ulong>(_left);
        hash.Add(((ulong)_phase << 48) | ((ulong)(uint)_node << 16) | (uint)_list);
        hash.Add((_hasStalled ? 1UL : 0) | (_madeProgress ? 2UL : 0) | (_isShrinking ? 4UL : 0));
        hash.Add(_reclaimedBefore);
        hash.Add(_reclaimedFromLists);
        hash.Add((long)_shrinker);
        _objects.HashInto(hash);
    }

    /// <summary>Begins a look at a node, with Control as it stands.</summary>
    public void Begin(int node)
    {
        Invariant.Holds(!IsActive);
        _node = node;
        _madeProgress = false;
        _phase = Phase.Prepare;
    }

    /// <summary>Goes on with it.</summary>
    /// <returns>Done when the node is through. Wait: the task sleeps.</returns>
    public StepResult Step(Machine machine, Process task)
    {
        switch (_phase)
        {
            case Phase.Prepare:
                Prepare(machine);
                return StepResult.Continue;
            case Phase.Scan:
                return Scan(machine, task);
            case Phase.Slab:
                ShrinkSlab(machine);
                return StepResult.Continue;
            case Phase.Finish:
                return Finish(machine, task);
            case Phase.ThrottleCongested:
                _phase = Phase.Continue;
                return ThrottleIfCongested(machine, task) ? StepResult.Wait : StepResult.Continue;
            default:
                return Continue(machine);
        }
    }

    private void Prepare(Machine machine)
    {
        machine.Cpus.SpendInKernel(machine.Costs.ScanNode);
        machine.Paths.Count(ReachedPath.ReclaimPriority12, ScanControl.DefaultPriority - Control.Priority);
        Control.ForgetMet();
        _reclaimedBefore = Control.ReclaimedPages;
        _reclaimedFromLists = 0;
        var vector = machine.Lru.Vectors[_node];
        var node = machine.Nodes[_node];
        Control.AnonCost = vector.Cost.AnonCost;
        Control.FileCost = vector.Cost.FileCost;
        ChooseDeactivation(vector);
        Control.Set(ScanFlags.CacheTrimMode, ScanBalance.CacheTrimMode(
            vector.Stats.Sizes.InactiveFilePages, Control.Priority, Control.Has(ScanFlags.MayDeactivateFile), Control.Has(ScanFlags.NoCacheTrimMode)));
        Control.Set(ScanFlags.FileIsTiny, IsFileTiny(node));
        ChooseTargets(machine, vector);
        (_list, _hasStalled) = (0, false);
        _phase = Phase.Scan;
        if (!HasTargetsLeft)
        {
            Array.Clear(_left);   // a target for active anonymous pages alone counts for nothing
        }
    }

    private void ChooseDeactivation(Lruvec vector)
    {
        var stats = vector.Stats;
        var sizes = stats.Sizes;
        var isForced = Control.Has(ScanFlags.ForceDeactivate);
        Control.Set(ScanFlags.MayDeactivateAnon, isForced || ScanBalance.MayDeactivate(
            stats.AnonActivations, vector.AnonActivations, sizes.InactiveAnonPages, sizes.ActiveAnonPages));
        Control.Set(ScanFlags.MayDeactivateFile, isForced || ScanBalance.MayDeactivate(
            stats.FileActivations, vector.FileActivations, sizes.InactiveFilePages, sizes.ActiveFilePages));
    }

    private bool IsFileTiny(Node node)
    {
        var (free, high) = (0UL, 0UL);
        foreach (var zone in node.Zones)
        {
            if (zone.ManagedPages > 0)
            {
                free += (ulong)zone.FreePages;
                high += zone.MarkPages(WatermarkLevel.High);
            }
        }

        var sizes = new LruSizes(
            (ulong)node.Read(NodeStatItem.InactiveAnon), (ulong)node.Read(NodeStatItem.ActiveAnon),
            (ulong)node.Read(NodeStatItem.InactiveFile), (ulong)node.Read(NodeStatItem.ActiveFile));
        return ScanBalance.FileIsTiny(sizes, free, high, Control.Priority, Control.Has(ScanFlags.MayDeactivateAnon));
    }

    private void ChooseTargets(Machine machine, Lruvec vector)
    {
        var mode = ScanBalance.Targets(
            new ScanRequest
            {
                Sizes = vector.SizesUpTo(Control.HighestZone),
                Priority = Control.Priority,
                Swappiness = (int)machine.Tunables[_swappiness],
                AnonCost = Control.AnonCost,
                FileCost = Control.FileCost,
                CanReclaimAnon = Control.Has(ScanFlags.MaySwap) && machine.Swap.FreePages > 0,
                IsCacheTrimMode = Control.Has(ScanFlags.CacheTrimMode),
                IsFileTiny = Control.Has(ScanFlags.FileIsTiny),
            },
            _targets);
        _targets.CopyTo(_left, 0);
        machine.Paths.Count(ReachedPath.ScanAnonOnly, (int)mode);
    }

    /// <summary>The next batch of a list that has pages left to look at; or the end of a round over the lists.</summary>
    private StepResult Scan(Machine machine, Process task)
    {
        while (_list < ScanBalance.ListCount && _left[_list] == 0)
        {
            _list++;
        }

        if (_list < ScanBalance.ListCount)
        {
            return ScanBatch(machine, task);
        }

        _list = 0;
        if (HasTargetsLeft && !MayStop(machine))
        {
            return StepResult.Continue;
        }

        EndScan(machine);
        return StepResult.Continue;
    }

    private bool HasTargetsLeft =>
        (_left[ScanBalance.InactiveAnon] | _left[ScanBalance.InactiveFile] | _left[ScanBalance.ActiveFile]) != 0;

    /// <summary>The goal is met: goes on only as far as proportion asks. A direct reclaimer's first touch never stops early.</summary>
    private bool MayStop(Machine machine)
    {
        var neverStops = !Control.IsKswapd && Control.Priority == ScanControl.DefaultPriority;
        if (_reclaimedFromLists < Control.WantedPages || neverStops)
        {
            return false;
        }

        var goesOn = ProportionalCut.TryApply(_left, _targets);
        machine.Paths.Count(goesOn ? ReachedPath.ReclaimProportionalCut : ReachedPath.ReclaimStopsAtGoal);
        return !goesOn || !HasTargetsLeft;
    }

    private StepResult ScanBatch(Machine machine, Process task)
    {
        var list = (LruList)_list;
        var pages = Math.Min(_left[_list], ScanControl.ClusterPages);
        var vector = machine.Lru.Vectors[_node];
        if (list.IsActive())
        {
            Advance(pages);
            if (Control.Has(list.IsFile() ? ScanFlags.MayDeactivateFile : ScanFlags.MayDeactivateAnon))
            {
                machine.Reclaimer.Lists.ShrinkActive(vector, list, pages, Control);
            }
            else
            {
                Control.Set(ScanFlags.SkippedDeactivate, true);
            }

            return StepResult.Continue;
        }

        if (ReclaimThrottling.TooManyIsolated(machine, _node, list.IsFile(), Control))
        {
            return WaitForIsolated(machine, task, pages);
        }

        if (!list.IsFile() && SwapBacklog.TryWait(machine, task))
        {
            return StepResult.Wait;
        }

        Advance(pages);
        _reclaimedFromLists += machine.Reclaimer.Lists.ShrinkInactive(vector, list, pages, ref Control);
        return StepResult.Continue;
    }

    private void Advance(ulong pages)
    {
        _left[_list++] -= pages;
        _hasStalled = false;
    }

    /// <summary>Sleeps once; if it is no better then, the batch is given up.</summary>
    private StepResult WaitForIsolated(Machine machine, Process task, ulong pages)
    {
        if (!_hasStalled && ReclaimThrottling.TryPause(machine, task, _node, ReclaimThrottle.Isolated, Control.IsKswapd))
        {
            _hasStalled = true;
            return StepResult.Wait;
        }

        _reclaimedFromLists += task.HasFatalSignal ? ScanControl.ClusterPages : 0;
        Advance(pages);
        return StepResult.Continue;
    }

    /// <summary>Keeps the two anonymous lists in balance even where nothing was asked of them.</summary>
    private void EndScan(Machine machine)
    {
        Control.ReclaimedPages += _reclaimedFromLists;
        AgeAnonymous(machine, _node, Control);
        (_shrinker, _isShrinking) = (0, false);
        _phase = Phase.Slab;
    }

    /// <summary>Where swap exists and too few anonymous pages are inactive, looks at 32 active ones.</summary>
    public static void AgeAnonymous(Machine machine, int node, in ScanControl control)
    {
        var vector = machine.Lru.Vectors[node];
        var sizes = vector.Stats.Sizes;
        if (machine.Swap.TotalPages > 0 && InactiveTarget.IsLow(sizes.InactiveAnonPages, sizes.ActiveAnonPages))
        {
            machine.Reclaimer.Lists.ShrinkActive(vector, LruList.ActiveAnon, ScanControl.ClusterPages, control);
        }
    }

    /// <summary>The next batch of objects of a shrinker.</summary>
    private void ShrinkSlab(Machine machine)
    {
        if (_shrinker == machine.Shrinkers.Count)
        {
            _phase = Phase.Finish;
            return;
        }

        var shrinker = machine.Shrinkers[_shrinker];
        if (!_isShrinking)
        {
            ref var deferred = ref shrinker.Deferred[_node];
            _objects = ShrinkerScan.Begin(shrinker.Count(_node), Control.Priority, shrinker.Seeks, deferred, shrinker.Batch);
            deferred = 0;
            _isShrinking = true;
            machine.Cpus.SpendInKernel(machine.Costs.ScanPage);
        }

        if (_objects.TryNextBatch(out var objects))
        {
            if (!shrinker.NeedsFileSystem || (Control.Gfp & GfpFlags.Fs) != 0)
            {
                Control.ReclaimedPages += machine.Shrinkers.Scan(shrinker, _node, objects, out _);
                return;
            }

            _objects.Stop(objects);
        }

        shrinker.Deferred[_node] += _objects.End();
        _isShrinking = false;
        _shrinker++;
    }

    /// <summary>Draws the conclusions about the node.</summary>
    private StepResult Finish(Machine machine, Process task)
    {
        _phase = Phase.ThrottleCongested;
        _madeProgress |= Control.ReclaimedPages != _reclaimedBefore;
        var pressure = machine.Lru.PressureOf(_node);
        var vector = machine.Lru.Vectors[_node];
        var mustWait = false;
        if (Control.IsKswapd)
        {
            if (Control.WritebackPages != 0 && Control.WritebackPages == Control.TakenPages)
            {
                machine.Paths.Count(ReachedPath.NodeFlaggedWriteback);
                pressure.HasManyWriteback = true;
            }

            if (Control.UnqueuedDirtyPages == Control.TakenFilePages)
            {
                machine.Paths.Count(ReachedPath.NodeFlaggedDirty);
                pressure.HasManyDirty = true;
            }

            mustWait = Control.ImmediatePages != 0;
        }

        if (Control.IsKswapd && Control.DirtyPages != 0 && Control.DirtyPages == Control.CongestedPages)
        {
            machine.Paths.Count(ReachedPath.NodeFlaggedCongested);
            vector.IsCongested = true;
        }

        _hasStalled = mustWait && ReclaimThrottling.TryPause(machine, task, _node, ReclaimThrottle.Writeback, Control.IsKswapd);
        return _hasStalled ? StepResult.Wait : StepResult.Continue;
    }

    private bool ThrottleIfCongested(Machine machine, Process task)
    {
        if (_hasStalled)
        {
            ReclaimThrottling.EndWritebackPause(machine, _node);
            _hasStalled = false;
        }

        return !Control.IsKswapd && machine.Lru.Vectors[_node].IsCongested
            && ReclaimThrottling.TryPause(machine, task, _node, ReclaimThrottle.Congested, isKswapd: false);
    }

    private StepResult Continue(Machine machine)
    {
        if (MustContinue(machine))
        {
            _phase = Phase.Prepare;
            return StepResult.Continue;
        }

        _phase = Phase.Idle;
        if (_madeProgress)
        {
            machine.Kswapds[_node].Failures = 0;
        }
        else if (Control.Has(ScanFlags.CacheTrimMode))
        {
            Control.Set(ScanFlags.CacheTrimModeFailed, true);
        }

        return StepResult.Done;
    }

    /// <summary>Reclaim for a block goes on until enough is free for compaction to make one, as long as it frees anything.</summary>
    private bool MustContinue(Machine machine)
    {
        var isForBlock = (Control.Gfp & GfpFlags.Io) != 0 && Control.Order > 0
            && (Control.Order > PageGeometry.CostlyOrder || Control.Priority < ScanControl.DefaultPriority - 2);
        if (!isForBlock || Control.ReclaimedPages == _reclaimedBefore)
        {
            return false;
        }

        var node = machine.Nodes[_node];
        foreach (var zone in node.Zones)
        {
            if (zone.Type <= Control.HighestZone && zone.ManagedPages > 0 && CompactionSuitability.IsCovered(machine, zone, Control.Order, Control.HighestZone))
            {
                return false;
            }
        }

        var inactive = (ulong)node.Read(NodeStatItem.InactiveFile);
        inactive += machine.Swap.FreePages > 0 ? (ulong)node.Read(NodeStatItem.InactiveAnon) : 0;
        return inactive > CompactionSuitability.GapPages(Control.Order);
    }
}
