// One run of compaction over a zone: moves used pages to its end, so that what is free at its beginning grows together.
//
//   zone start [ migrate scanner -->  isolates used pages that can be moved ............ finds free ones  <-- free scanner ] zone end
//
//   Look: reached, or met? --> Isolate: up to 32 pages of a pageblock --> Move --+-- some could not: the rest of the pageblock
//     ^------------- the per-CPU list is drained where a whole block was passed <-+
//
// Invariants
//   R1  Between two steps, what is isolated is off all lists with one reference for the run, and counts in nr_isolated_*.
//   R2  Between two runs it holds nothing but the block captured, until that is taken.
//
// Units    pages; orders.
// Models   Linux 6.12 mm/compaction.c: compact_zone (facts: physical memory, 5).
// Departs  see MigrateScanner, PageMover; an impatient run does not stop because another task would like the CPU.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Reclaim;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Compaction;

internal sealed class CompactionRun
{
    private enum Phase : byte
    {
        Over,
        Look,
        Isolate,
        Move,
    }

    private readonly CompactionWork _work;
    private readonly BlockCapture _capture;
    private Phase _phase;
    private byte _zone;

    /// <summary>Pageblock that pages were last moved out of; none, since the per-CPU list was drained.</summary>
    private Pfn _lastMoved;

    /// <summary>Impatient and patient runs have come equally far: what is passed in vain, is passed for both.</summary>
    private bool _movesBothHints;

    public CompactionRun() => (_work, _capture) = (new CompactionWork(), new BlockCapture());

    private CompactionRun(CompactionRun other)
    {
        _work = other._work.Clone();
        _capture = other._capture.Clone();
        (_phase, _zone, _lastMoved, _movesBothHints) = (other._phase, other._zone, other._lastMoved, other._movesBothHints);
        Result = other.Result;
    }

    /// <summary>How it ended.</summary>
    public CompactionResult Result { get; private set; }

    public bool IsActive => _phase != Phase.Over;

    /// <summary>Pages scanned by the migrate scanner, and by the free one.</summary>
    public ulong MigrateScanned => _work.MigrateScanned;

    public ulong FreeScanned => _work.FreeScanned;

    /// <summary>What it holds between two steps: pages off their lists, free blocks, and the block it was for.</summary>
    public ReadOnlySpan<Pfn> Isolated => _work.Isolated;

    public ReadOnlySpan<PageList> Targets => _work.Targets;

    public Pfn Captured => _capture.Block;

    public CompactionRun Clone() => new(this);

    public void HashInto(StateHash hash)
    {
        hash.Add(((ulong)_phase << 16) | ((ulong)_zone << 8) | (ulong)Result);
        hash.Add(((ulong)_lastMoved.Index << 1) | (_movesBothHints ? 1UL : 0));
        _work.HashInto(hash);
        _capture.HashInto(hash);
    }

    /// <summary>Begins a run, unless there is nothing to do or no point in it: then it is over, with its result.</summary>
    public void Begin(Machine machine, Zone zone, in CompactionControl control)
    {
        Invariant.Holds(!IsActive && Captured == Pfn.None);
        _work.Restart(control);
        _zone = zone.Extent.Index;
        if (control.Order != CompactionControl.NoOrder)
        {
            Result = CompactionSuitability.Judge(machine, zone, control.Order, control.HighestZone, control.Reserves);
            if (Result != CompactionResult.Continue)
            {
                return;
            }
        }

        var hints = machine.CompactionHints[_zone];
        if (control.Order != CompactionControl.NoOrder && hints.Deferral.IsRestarting(control.Order))
        {
            hints.Flush(machine, zone);
        }

        hints.Place(zone, _work);
        if (control.IsDirect)
        {
            _capture.Want(control.Order, control.Type == MigrateType.Movable);
        }

        _lastMoved = Pfn.None;
        _movesBothHints = control.Mode == CompactionMode.Async && hints.AsyncMigrate == hints.SyncMigrate;
        Result = CompactionResult.Continue;
        machine.Lru.Drain();
        _phase = Phase.Look;
    }

    /// <summary>Goes on.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="task">Who compacts; null where that takes no time.</param>
    /// <returns>Done: <see cref="Result"/> tells.</returns>
    public StepResult Step(Machine machine, Process? task)
    {
        if (!IsActive)
        {
            return StepResult.Done;
        }

        var zone = machine.Allocator.ZoneAt(_zone);
        var hadBlock = Captured != Pfn.None;
        zone.Buddy.Capture = _capture.IsWanted ? _capture : null;
        var result = _phase switch
        {
            Phase.Look => Look(machine, zone, task),
            Phase.Isolate => Isolate(machine, zone, task),
            _ => Move(machine, zone),
        };
        zone.Buddy.Capture = null;
        if (!hadBlock && Captured != Pfn.None)
        {
            KeepCaptured(machine);
        }

        if (!_work.Control.TakesNoTime)
        {
            machine.Cpus.SpendInKernel(_work.Looks * machine.Costs.CompactScanPage);
        }

        _work.Looks = 0;
        return result;
    }

    /// <summary>The block captured, if there is one, is the caller's now.</summary>
    public Pfn TakeCaptured() => _capture.End();

    /// <summary>The block belongs to the run: it comes from no allocation that an event counts.</summary>
    private void KeepCaptured(Machine machine)
    {
        ref var frame = ref machine.Frames[Captured];
        frame = default;
        frame.SetHead(FrameOwner.Kernel, _work.Control.Order);
        frame.ReferenceCount = 1;
        machine.Allocator.UncountedPages += 1UL << _work.Control.Order;
    }

    private StepResult Look(Machine machine, Zone zone, Process? task)
    {
        _work.IsContended |= task is { HasFatalSignal: true };
        var result = CompactionGoal.Judge(machine, zone, _work);
        if (result != CompactionResult.Continue)
        {
            return End(machine, result);
        }

        _work.FinishesBlock = _lastMoved.AlignDown(PageGeometry.PageblockOrder) == _work.MigratePosition.AlignDown(PageGeometry.PageblockOrder);
        _phase = Phase.Isolate;
        return StepResult.Continue;
    }

    private StepResult Isolate(Machine machine, Zone zone, Process? task)
    {
        switch (MigrateScanner.Isolate(machine, zone, _work))
        {
            case IsolateOutcome.GoOn:
                return StepResult.Continue;
            case IsolateOutcome.TooMany:
                return WaitForOthers(machine, zone, task);
            case IsolateOutcome.Some:
                _movesBothHints = false;
                _lastMoved = new Pfn(Math.Max(
                    zone.Extent.Start.Index, new Pfn(_work.MigratePosition.Index - 1).AlignDown(PageGeometry.PageblockOrder).Index));
                (_work.HasFailed, _work.IsOutOfTargets) = (false, false);
                _phase = Phase.Move;
                return StepResult.Continue;
            default:
                if (_movesBothHints)
                {
                    machine.CompactionHints[_zone].SyncMigrate = machine.CompactionHints[_zone].AsyncMigrate;
                }

                return EndRound(machine, zone);
        }
    }

    /// <summary>An impatient run ends here; kernel threads only give the others the CPU.</summary>
    private StepResult WaitForOthers(Machine machine, Zone zone, Process? task)
    {
        if (_work.Control.Mode == CompactionMode.Async || task is null)
        {
            return End(machine, CompactionResult.Contended);
        }

        if (ReclaimThrottling.TryPause(machine, task, zone.Node, ReclaimThrottle.Isolated, isKswapd: false))
        {
            return StepResult.Wait;
        }

        machine.Cpus.CountPages(CpuContext.MostPagesInTurn);
        return StepResult.Continue;
    }

    private StepResult Move(Machine machine, Zone zone)
    {
        if (!PageMover.Move(machine, zone, _work))
        {
            return StepResult.Continue;
        }

        if (_work.IsOutOfTargets && !_work.HaveScannersMet)
        {
            machine.Paths.Count(ReachedPath.CompactionOutOfTargets);
            return End(machine, CompactionResult.Contended);
        }

        ref var control = ref _work.Control;
        if (_work.HasFailed && !_work.MigratePosition.IsAlignedTo(PageGeometry.PageblockOrder)
            && !control.IgnoresHints && !_work.FinishesBlock && control.Mode != CompactionMode.Sync)
        {
            machine.Paths.Count(ReachedPath.CompactionFinishesBlock);
            _work.FinishesBlock = true;
            _lastMoved = control.Order == PageGeometry.PageblockOrder ? Pfn.None : _lastMoved;
            _phase = Phase.Isolate;
            return StepResult.Continue;
        }

        return Captured != Pfn.None ? End(machine, CompactionResult.Success) : EndRound(machine, zone);
    }

    /// <summary>Where the scanner has left a block of the size wanted, what was freed in it must not be hidden in a per-CPU list.</summary>
    private StepResult EndRound(Machine machine, Zone zone)
    {
        if (_work.Control.Order > 0 && _lastMoved != Pfn.None && _lastMoved < _work.MigratePosition.AlignDown(_work.Control.Order))
        {
            machine.Lru.Drain();
            zone.PerCpu[machine.Cpus.Current].Drain();
            _lastMoved = Pfn.None;
        }

        if (Captured != Pfn.None)
        {
            return End(machine, CompactionResult.Success);
        }

        _phase = Phase.Look;
        return StepResult.Continue;
    }

    private StepResult End(Machine machine, CompactionResult result)
    {
        Invariant.Holds(_work.Isolated.IsEmpty);
        if (_work.TargetPages > 0)
        {
            var highest = FreeScanner.Release(machine, _work);
            var hints = machine.CompactionHints[_zone];
            hints.Free = Math.Max(hints.Free, highest.AlignDown(PageGeometry.PageblockOrder).Index);
        }

        machine.Events.Count(VmEvent.CompactMigrateScanned, _work.MigrateScanned);
        machine.Events.Count(VmEvent.CompactFreeScanned, _work.FreeScanned);
        if (Captured != Pfn.None)
        {
            machine.Paths.Count(ReachedPath.CompactionCaptures);
            result = CompactionResult.Success;
        }

        if (Captured == Pfn.None)
        {
            _capture.End();
        }

        Result = result;
        _phase = Phase.Over;
        return StepResult.Done;
    }
}
