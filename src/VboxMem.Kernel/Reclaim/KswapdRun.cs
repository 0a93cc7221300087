// One run of kswapd: from the first look at the node to the moment when it is balanced, or every priority has been tried.
//
// A zone whose pageblocks were mixed has its marks boosted. As long as the node is balanced apart from that, the run only trims
// what is free of charge: no swap, no writing, and it stops when nothing comes of it.
//
// Units    pages.
// Models   Linux 6.12 mm/vmscan.c: balance_pgdat, kswapd_shrink_node, kswapd_age_node (facts: reclaim, 3.3).

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Compaction;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Reclaim;

internal sealed class KswapdRun
{
    private readonly Machine _machine;
    private readonly int _node;
    private readonly ReclaimRun _reclaim;

    /// <summary>Boost of each zone when the run began, and what is left to reclaim for it.</summary>
    private readonly ulong[] _boosts = new ulong[Zone.TypesPerNode];
    private bool _isBoosted;
    private ulong _boostLeft;
    private ZoneType _highestZone;
    private bool _raisesPriority;
    private ulong _reclaimedBefore;

    /// <summary>Runs so far; of the last one, when it began and ended, and what it has scanned up to its last look.</summary>
    private ulong _runs;
    private SimTime _begin;
    private SimTime _end;
    private bool _isOver = true;
    private ulong _scannedPages;

    public KswapdRun(Machine machine, int node)
        : this(machine, node, new ReclaimRun())
    {
    }

    private KswapdRun(Machine machine, int node, ReclaimRun reclaim)
    {
        _machine = machine;
        _node = node;
        _reclaim = reclaim;
    }

    /// <summary>The order it reclaims for: 0 once twice the block asked for has been freed.</summary>
    public int Order => _reclaim.Control.Order;

    public KswapdRunFigures Figures => new(
        _runs, _begin, _reclaim.Control.Order, _reclaim.Control.Priority, _scannedPages + (_isOver ? 0 : _reclaim.Control.ScannedPages),
        _reclaim.Control.ReclaimedPages, _isOver ? _end : null);

    private Node Node => _machine.Nodes[_node];

    public KswapdRun Clone(Machine machine)
    {
        var copy = new KswapdRun(machine, _node, _reclaim.Clone())
        {
            _isBoosted = _isBoosted,
            _boostLeft = _boostLeft,
            _highestZone = _highestZone,
            _raisesPriority = _raisesPriority,
            _reclaimedBefore = _reclaimedBefore,
            _runs = _runs,
            _begin = _begin,
            _end = _end,
            _isOver = _isOver,
            _scannedPages = _scannedPages,
        };
        _boosts.CopyTo(copy._boosts, 0);
        return copy;
    }

    public void HashInto(StateHash hash)
    {
        hash.Add<ulong>(_boosts);
        hash.Add(_boostLeft);
        hash.Add(((ulong)_highestZone << 2) | (_isBoosted ? 2UL : 0) | (_raisesPriority ? 1UL : 0));
        hash.Add(_reclaimedBefore);
        hash.Add(_runs);
        hash.Add(_begin.Nanoseconds);
        hash.Add(_end.Nanoseconds);
        hash.Add(_isOver);
        hash.Add(_scannedPages);
        _reclaim.HashInto(hash);
    }

    /// <summary>Begins a run.</summary>
    public void Begin(int order, ZoneType highestZone)
    {
        _highestZone = highestZone;
        (_begin, _isOver, _scannedPages) = (_machine.Cpus.Now, false, 0);
        _runs++;
        _reclaim.Control = new ScanControl
        {
            Gfp = GfpFlags.Kernel,
            Flags = ScanFlags.IsKswapd | ScanFlags.MayUnmap | ScanFlags.FullWalk,
            Order = order,
            HighestZone = highestZone,
        };
        foreach (var zone in Node.Zones)
        {
            _boosts[(int)zone.Type] = zone.Type <= highestZone ? zone.BoostPages : 0;
        }

        _boostLeft = NodeBalance.BoostPages(Node, highestZone);
        _isBoosted = _boostLeft != 0;
        if (_isBoosted)
        {
            _machine.Paths.Count(ReachedPath.KswapdBoostedRun);
        }

        _machine.Events.Count(VmEvent.Pageoutrun);
        Restart();
    }

    /// <summary>Goes on with the run, inside a stall for memory.</summary>
    public StepResult Step(Process task)
    {
        _machine.Scheduler.SetMemoryStall(task, isStalled: true);
        if (!_reclaim.IsActive)
        {
            return TryBeginLook(task) ? StepResult.Continue : StepResult.Done;
        }

        var result = _reclaim.Step(_machine, task);
        if (result != StepResult.Done)
        {
            return result;
        }

        return EndLook(task) ? StepResult.Done : StepResult.Continue;
    }

    private void Restart()
    {
        NodeBalance.SetReclaimActive(Node, _highestZone, isActive: true);
        _reclaim.Control.Priority = ScanControl.DefaultPriority;
    }

    /// <summary>Looks at the node again, unless it is balanced.</summary>
    /// <returns>False: the run is over.</returns>
    private bool TryBeginLook(Process task)
    {
        ref var control = ref _reclaim.Control;
        var isBalanced = NodeBalance.IsBalanced(Node, control.Order, _highestZone);
        if (!isBalanced && _boostLeft != 0)
        {
            _machine.Paths.Count(ReachedPath.KswapdBoostDropped);
            _boostLeft = 0;
            Restart();
        }

        if (_boostLeft == 0 && isBalanced)
        {
            _machine.Paths.Count(ReachedPath.KswapdBalanced);
            End(task);
            return false;
        }

        _raisesPriority = _boostLeft == 0 || control.Priority != ScanControl.DefaultPriority - 2;
        control.Set(
            ScanFlags.MayWrite,
            (_boostLeft == 0 && !_machine.Tunables.IsLaptopMode) || control.Priority < ScanControl.DefaultPriority - 2);
        control.Set(ScanFlags.MaySwap, _boostLeft == 0);
        ReclaimRun.AgeAnonymous(_machine, _node, control);
        _scannedPages += control.ScannedPages;
        control.ScannedPages = 0;
        control.WantedPages = NodeBalance.GoalPages(Node, _highestZone);
        _reclaimedBefore = control.ReclaimedPages;
        _reclaim.Begin(_node);
        return true;
    }

    /// <summary>Judges a look at the node.</summary>
    /// <returns>True: the run is over.</returns>
    private bool EndLook(Process task)
    {
        ref var control = ref _reclaim.Control;
        if (control.Order > 0 && control.ReclaimedPages >= CompactionSuitability.GapPages(control.Order))
        {
            _machine.Paths.Count(ReachedPath.KswapdOrderDropped);
            control.Order = 0;
        }

        var reclaimed = control.ReclaimedPages - _reclaimedBefore;
        if (Math.Max(control.ScannedPages, reclaimed) >= control.WantedPages)
        {
            _raisesPriority = false;
        }

        if (_machine.Scheduler.HasWaiter(WaitKind.PfMemAlloc, (ulong)_node) && NodeBalance.AllowsDirectReclaim(_machine, _node))
        {
            _machine.Scheduler.WakeAll(WaitKind.PfMemAlloc, (ulong)_node);
        }

        _boostLeft -= Math.Min(_boostLeft, reclaimed);
        var isInVain = _boostLeft != 0 && reclaimed == 0;
        if (!isInVain && (_raisesPriority || reclaimed == 0))
        {
            control.Priority--;
        }

        if (!isInVain && control.Priority >= 1)
        {
            return false;
        }

        return !TryAgainWithoutCacheTrim(ref control) && Fail(task, control);
    }

    private bool TryAgainWithoutCacheTrim(ref ScanControl control)
    {
        var isWorthIt = control.ReclaimedPages == 0 && control.Priority < 1
            && control.Has(ScanFlags.CacheTrimModeFailed) && !control.Has(ScanFlags.NoCacheTrimMode);
        if (isWorthIt)
        {
            _machine.Paths.Count(ReachedPath.KswapdRetriesWithoutCacheTrim);
            control.Set(ScanFlags.NoCacheTrimMode, true);
            Restart();
        }

        return isWorthIt;
    }

    private bool Fail(Process task, in ScanControl control)
    {
        _machine.Paths.Count(ReachedPath.KswapdPriorityExhausted);
        if (control.ReclaimedPages == 0)
        {
            var kswapd = _machine.Kswapds[_node];
            kswapd.Failures++;
            _machine.Paths.Count(kswapd.IsHopeless ? ReachedPath.KswapdHopeless : ReachedPath.KswapdRunInVain);
        }

        End(task);
        return true;
    }

    private void End(Process task)
    {
        (_end, _isOver) = (_machine.Cpus.Now, true);
        _scannedPages += _reclaim.Control.ScannedPages;
        NodeBalance.SetReclaimActive(Node, _highestZone, isActive: false);
        if (_isBoosted)
        {
            foreach (var zone in Node.Zones)
            {
                zone.BoostPages -= Math.Min(zone.BoostPages, _boosts[(int)zone.Type]);
            }

            _machine.Kcompactds[_node].Wake(_machine, PageGeometry.PageblockOrder, _highestZone);
        }

        NodeBalance.SnapshotRefaults(_machine, _node);
        _machine.Scheduler.SetMemoryStall(task, isStalled: false);
    }
}
