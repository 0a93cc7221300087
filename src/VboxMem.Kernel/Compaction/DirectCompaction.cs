// A task compacts for its own request: the zones of its zonelist one after the other, until one has the block.
//
//   zone deferred? --> run --+-- Success: a block was captured, or lies on a list --> taken from there
//                            +-- in vain, not impatient: the zone is deferred --> next zone
//
// Units    pages; orders.
// Models   Linux 6.12 mm/page_alloc.c: __alloc_pages_direct_compact, should_compact_retry; mm/compaction.c: try_to_compact_pages,
//          compact_zone_order (facts: physical memory, 4.4, 5).
// Departs  no cpusets, no memory policies: a zonelist is that of the request's node.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Compaction;

internal sealed class DirectCompaction
{
    /// <summary>MAX_COMPACT_RETRIES; a quarter of them for costly blocks.</summary>
    private const int MostRetries = 16;

    private readonly CompactionRun _run;
    private AllocationRequest _request;
    private ReserveFlags _reserves;
    private int _position;
    private bool _takesNoTime;
    private int _retries;

    public DirectCompaction() => _run = new CompactionRun();

    private DirectCompaction(DirectCompaction other)
    {
        _run = other._run.Clone();
        (_request, _reserves, _position, _takesNoTime) = (other._request, other._reserves, other._position, other._takesNoTime);
        (_retries, Priority, Result) = (other._retries, other.Priority, other.Result);
    }

    /// <summary>How hard it is to try; a request begins patiently, unless the impatient try came first and it may not retry.</summary>
    public CompactionPriority Priority { get; set; }

    /// <summary>How the zones' runs ended: the best of them.</summary>
    public CompactionResult Result { get; private set; }

    public CompactionRun Run => _run;

    public DirectCompaction Clone() => new(this);

    public void HashInto(StateHash hash)
    {
        _run.HashInto(hash);
        hash.Add(((ulong)_request.Gfp << 32) | ((ulong)(uint)_request.Order << 24) | ((ulong)(uint)_request.Node << 8) | (ulong)_request.Requester);
        hash.Add(((ulong)_reserves << 32) | (uint)_position);
        hash.Add(((ulong)(uint)_retries << 24) | ((ulong)Priority << 16) | ((ulong)Result << 8) | (_takesNoTime ? 1UL : 0));
    }

    /// <summary>A new request: nothing has been tried yet.</summary>
    public void Restart() => (Priority, _retries, Result) = (CompactionPriority.SyncLight, 0, CompactionResult.Skipped);

    /// <summary>Begins with the first zone.</summary>
    /// <param name="request">What is wanted.</param>
    /// <param name="priority">How hard to try.</param>
    /// <param name="reserves">What the request may draw on.</param>
    /// <param name="takesNoTime">It is asked for between two moments.</param>
    public void Begin(in AllocationRequest request, CompactionPriority priority, ReserveFlags reserves, bool takesNoTime = false)
    {
        Invariant.Holds(!_run.IsActive);
        (_request, Priority, _reserves, _takesNoTime) = (request, priority, reserves, takesNoTime);
        _position = -1;
        Result = CompactionResult.Skipped;
    }

    /// <summary>Goes on.</summary>
    /// <returns>Done: <see cref="Result"/> and <see cref="TryFinish"/> tell.</returns>
    public StepResult Step(Machine machine, Process? task)
    {
        if (_run.IsActive)
        {
            var result = _run.Step(machine, task);
            return result != StepResult.Done ? result : EndZone(machine, task);
        }

        if ((_request.Gfp & GfpFlags.Io) == 0)
        {
            return StepResult.Done;
        }

        if (!TryBeginZone(machine, out var hasBegun))
        {
            return StepResult.Done;
        }

        return hasBegun ? StepResult.Continue : EndZone(machine, task);
    }

    /// <summary>All zones are through: takes the block there is, and counts what came of it.</summary>
    public bool TryFinish(Machine machine, out Pfn block)
    {
        block = Pfn.None;
        if (Result == CompactionResult.Skipped)
        {
            machine.Paths.Count(ReachedPath.CompactionSkipped);
            return false;
        }

        machine.Events.Count(VmEvent.CompactStall);
        block = _run.TakeCaptured();
        if (block == Pfn.None)
        {
            machine.Allocator.TryWalkZonelist(_request, WatermarkLevel.Min, _reserves, out block);
        }

        if (block == Pfn.None)
        {
            machine.Paths.Count(ReachedPath.CompactionFails);
            machine.Events.Count(VmEvent.CompactFail);
            return false;
        }

        var hints = machine.CompactionHints[machine.Frames.ZoneOf(block)];
        hints.MustFlush = false;
        hints.Deferral.Reset(_request.Order, isServed: true);
        machine.Paths.Count(ReachedPath.CompactionServes);
        machine.Events.Count(VmEvent.CompactSuccess);
        return true;
    }

    /// <summary>Reclaim has made progress and compaction none: is there a point in both once more? Perhaps it must try harder.</summary>
    public bool IsWorthAnotherRound(Machine machine, Process task, in AllocationRequest request)
    {
        if (request.Order == 0 || task.HasFatalSignal)
        {
            return false;
        }

        if (Result == CompactionResult.Skipped)
        {
            return CompactionSuitability.CouldBecomeSuitable(machine, request);
        }

        var isCostly = request.Order > PageGeometry.CostlyOrder;
        if (Result == CompactionResult.Success && ++_retries <= (isCostly ? MostRetries / 4 : MostRetries))
        {
            return true;   // another was quicker
        }

        if (Priority <= (isCostly ? CompactionPriority.SyncLight : CompactionPriority.Full))
        {
            return false;
        }

        machine.Paths.Count(ReachedPath.CompactionTriesHarder);
        Priority--;
        _retries = 0;
        return true;
    }

    /// <summary>The next zone that the request may use and that is not deferred.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="hasBegun">Its run goes on; otherwise it was over at once.</param>
    /// <returns>False: there is no zone left.</returns>
    private bool TryBeginZone(Machine machine, out bool hasBegun)
    {
        var zones = machine.Allocator.ZonelistOf(_request.Node);
        var highest = _request.Gfp.HighestZone();
        hasBegun = false;
        while (++_position < zones.Length)
        {
            var zone = zones[_position];
            if (zone.Type > highest || (zone.Node != _request.Node && (_request.Gfp & GfpFlags.ThisNode) != 0))
            {
                continue;
            }

            if (Priority > CompactionPriority.Full && machine.CompactionHints[zone.Extent.Index].Deferral.Defers(_request.Order))
            {
                machine.Paths.Count(ReachedPath.CompactionDeferred);
                Result = Best(CompactionResult.Deferred);
                continue;
            }

            _run.Begin(machine, zone, new CompactionControl
            {
                Order = _request.Order,
                Gfp = _request.Gfp,
                Mode = Priority == CompactionPriority.Async ? CompactionMode.Async : CompactionMode.SyncLight,
                HighestZone = highest,
                Reserves = _reserves,
                IsDirect = true,
                IsWholeZone = Priority == CompactionPriority.Full,
                IgnoresHints = Priority == CompactionPriority.Full,
                IgnoresBlockTypes = Priority == CompactionPriority.Full,
                TakesNoTime = _takesNoTime,
            });
            hasBegun = _run.IsActive;
            return true;
        }

        return false;
    }

    private StepResult EndZone(Machine machine, Process? task)
    {
        var result = _run.Result;
        Result = Best(result);
        ref var deferral = ref machine.CompactionHints[machine.Allocator.ZonelistOf(_request.Node)[_position].Extent.Index].Deferral;
        if (result == CompactionResult.Success)
        {
            deferral.Reset(_request.Order, isServed: false);
            return StepResult.Done;
        }

        if (Priority != CompactionPriority.Async && (result is CompactionResult.Complete or CompactionResult.PartialSkipped))
        {
            deferral.Extend(_request.Order);
        }

        return task is { HasFatalSignal: true } ? StepResult.Done : StepResult.Continue;
    }

    private CompactionResult Best(CompactionResult other) => other > Result ? other : Result;
}
