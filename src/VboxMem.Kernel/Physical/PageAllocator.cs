// Where every page of the machine is asked for and given back.
//
//   TryAllocate --zonelist, low mark--> per-CPU list --empty--> buddy --own type empty--> fallback
//        |
//        +-- no zone passes --> ISlowPath (reserves, later reclaim, compaction, OOM)
//
// Models   Linux 6.12 get_page_from_freelist, rmqueue, free_unref_page, zone_statistics (facts: physical memory, 4.4, 8).

using System.Runtime.CompilerServices;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Sysctl;

namespace VboxMem.Kernel.Physical;

/// <summary>One request for 2^Order pages.</summary>
/// <param name="Gfp">What it asks for and allows.</param>
/// <param name="Order">0..10.</param>
/// <param name="Node">Node whose zonelist is walked.</param>
/// <param name="Requester">The asking task's standing.</param>
public readonly record struct AllocationRequest(GfpFlags Gfp, int Order, int Node, RequesterFlags Requester = RequesterFlags.None);

/// <summary>What happens when no zone passes its low mark. Filled in above Physical, so that the fast path knows no reclaim.</summary>
public interface ISlowPath
{
    /// <summary>Tries harder than the fast path may.</summary>
    bool TryAllocate(PageAllocator allocator, in AllocationRequest request, out Pfn block);

    /// <summary>
    /// The first walk of a request is about to pass over a zone below its mark, while vm.zone_reclaim_mode is on: the zone's node may be
    /// reclaimed first.
    /// </summary>
    /// <param name="allocator">Who walks.</param>
    /// <param name="request">For what.</param>
    /// <param name="preferred">The first zone of the walk.</param>
    /// <param name="zone">The one that is below its mark.</param>
    /// <param name="block">What the reclaim of an earlier walk has brought.</param>
    NodeAnswer BeforeLeaving(PageAllocator allocator, in AllocationRequest request, Zone preferred, Zone zone, out Pfn block);

    /// <summary>Pageblocks of a zone were mixed: its boosted marks are to be met in the background.</summary>
    void WakeForBoost(Zone zone);
}

/// <summary>What is to become of a walk that has met a zone below its mark.</summary>
public enum NodeAnswer
{
    /// <summary>It tries the next zone.</summary>
    GoOn,

    /// <summary>A block is there already.</summary>
    Served,

    /// <summary>It ends: the task reclaims first, and asks again.</summary>
    Suspended,
}

public sealed class PageAllocator
{
    private readonly PageFrames _frames;
    private readonly Node[] _nodes;
    private readonly Zone[] _zones;

    /// <summary>For each node, all populated zones in the order its requests try them.</summary>
    private readonly Zone[][] _zonelists;

    /// <summary>For each node and highest zone type, the first zone that a request tries.</summary>
    private readonly Zone?[] _preferred;
    private readonly CpuContext _cpus;
    private readonly VmEvents _events;
    private readonly VmTunables _tunables;
    private readonly ISlowPath _slowPath;
    private int _nextInterleavedNode;

    public PageAllocator(
        PageFrames frames, Node[] nodes, CpuContext cpus, VmEvents events, VmTunables tunables, ISlowPath slowPath)
    {
        _frames = frames;
        _nodes = nodes;
        _cpus = cpus;
        _events = events;
        _tunables = tunables;
        _slowPath = slowPath;
        _zones = new Zone[nodes.Length * Zone.TypesPerNode];
        foreach (var node in nodes)
        {
            foreach (var zone in node.Zones)
            {
                _zones[zone.Extent.Index] = zone;
            }
        }

        _zonelists = Zonelist.Build(nodes);
        _preferred = new Zone?[nodes.Length * Zone.TypesPerNode];
        for (var slot = 0; slot < _preferred.Length; slot++)
        {
            var highest = (ZoneType)(slot % Zone.TypesPerNode);
            _preferred[slot] = Array.Find(_zonelists[slot / Zone.TypesPerNode], zone => zone.Type <= highest);
        }
    }

    /// <summary>Makes chosen allocations fail, as Linux's fault injection does (fail_page_alloc).</summary>
    public FailPageAlloc FailInjection { get; set; }

    /// <summary>Pages that compaction took off the free lists: no pgalloc_* event counts them, while pgfree counts all that come back.</summary>
    public ulong UncountedPages { get; set; }

    public PageFrames Frames => _frames;

    public ReadOnlySpan<Node> Nodes => _nodes;

    /// <summary>All populated zones in the order that requests of a node try them.</summary>
    internal ReadOnlySpan<Zone> ZonelistOf(int node) => _zonelists[node];

    /// <summary>A zone by its index.</summary>
    internal Zone ZoneAt(byte index) => _zones[index];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Zone ZoneOf(Pfn pfn) => _zones[_frames.ZoneOf(pfn)];

    /// <summary>
    /// While it boots, the kernel spreads what it allocates over all nodes in turn (the boot task's MPOL_INTERLEAVE), so that no
    /// node is filled with what all use. Off once boot is over.
    /// </summary>
    public bool InterleavesNodes { get; set; }

    /// <summary>Allocates near the current CPU, or by turns while the kernel boots.</summary>
    public bool TryAllocate(GfpFlags gfp, int order, FrameOwner owner, out Pfn block)
    {
        if (!InterleavesNodes)
        {
            return TryAllocate(new AllocationRequest(gfp, order, _cpus.CurrentNode), owner, out block);
        }

        var node = _nextInterleavedNode;
        _nextInterleavedNode = (node + 1) % _nodes.Length;
        if (!TryAllocate(new AllocationRequest(gfp, order, node), owner, out block))
        {
            return false;
        }

        if (ZoneOf(block).Node == node && _tunables.NumaStat)
        {
            ZoneOf(block).CountNuma(NumaEvent.NumaInterleave);
        }

        return true;
    }

    /// <summary>Allocates 2^order contiguous pages and tags them.</summary>
    /// <returns>False when even the slow path has none.</returns>
    public bool TryAllocate(in AllocationRequest request, FrameOwner owner, out Pfn block)
    {
        Invariant.Holds((uint)request.Order <= PageGeometry.MaxOrder);
        if (FailInjection.IsArmed && MustFail(request.Gfp))
        {
            block = Pfn.None;
            return false;
        }

        if (!TryTakeFromStock(request, out block)
            && !TryFastPath(request, out block)
            && !_slowPath.TryAllocate(this, request, out block))
        {
            return false;
        }

        ref var frame = ref _frames[block];
        frame = default;
        frame.SetHead(owner, request.Order);
        frame.ReferenceCount = 1;
        return true;
    }

    /// <summary>Gives a block back. Its order stands in its first frame.</summary>
    public void Free(Pfn block)
    {
        ref var frame = ref _frames[block];
        Invariant.Holds(frame.Owner > FrameOwner.PerCpuList);
        var order = frame.Order;
        var zone = _zones[_frames.ZoneOf(block)];
        var type = _frames.PageblockType(block);
        _events.Count(VmEvent.PgFree, 1UL << order);
        if (!PerCpuPages.Holds(order) || type == MigrateType.Isolate)
        {
            zone.Buddy.Free(block, order, type);
            return;
        }

        zone.PerCpu[_cpus.Current].Put(block, order, type.IsMergeable() ? type : MigrateType.Movable);
    }

    /// <summary>One walk over the zones a request may use, as the slow path makes it: types may be mixed.</summary>
    public bool TryWalkZonelist(in AllocationRequest request, WatermarkLevel level, ReserveFlags reserves, out Pfn block) =>
        TryWalk(request, level, reserves, avoidMixing: false, out block) == NodeAnswer.Served;

    /// <summary>Gives all per-CPU stocks of all zones back to the buddy (drain_all_pages).</summary>
    public void DrainAllPerCpuPages()
    {
        foreach (var zone in _zones)
        {
            foreach (var pages in zone.PerCpu)
            {
                pages.Drain();
            }
        }
    }

    /// <summary>Gives HighAtomic pageblocks of the zones a request may use back to its type.</summary>
    public bool ShrinkHighAtomic(in AllocationRequest request, bool force)
    {
        foreach (var zone in _zonelists[request.Node])
        {
            var isAllowed = zone.Type <= request.Gfp.HighestZone()
                && (zone.Node == request.Node || (request.Gfp & GfpFlags.ThisNode) == 0);
            if (isAllowed && HighAtomicReserve.Shrink(zone, _frames, request.Gfp.MigrateType(), force))
            {
                return true;
            }
        }

        return false;
    }

    private bool MustFail(GfpFlags gfp)
    {
        var injection = FailInjection;
        var fails = injection.CountDown(gfp);
        FailInjection = injection;
        return fails;
    }

    /// <summary>
    /// What the fast path comes to nearly always: the first zone is above its mark, and this CPU has such a page in stock.
    /// </summary>
    /// <returns>False, with nothing changed, when it is not so simple.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryTakeFromStock(in AllocationRequest request, out Pfn block)
    {
        block = Pfn.None;
        var highest = request.Gfp.HighestZone();
        var zone = _preferred[(request.Node * Zone.TypesPerNode) + (int)highest];
        if (zone is null || request.Order != 0)
        {
            return false;
        }

        var mark = (zone.IsBelowHigh ? zone.Marks.LowPages : zone.Marks.HighPages) + zone.BoostPages;
        if (!WatermarkCheck.IsMet(zone, 0, mark, highest, ReserveFlags.None)
            || !zone.PerCpu[_cpus.Current].TryTakeStocked(request.Gfp.MigrateType(), out block))
        {
            return false;
        }

        _events.CountByZone(VmEvent.PgAllocDma, zone.Type);
        CountNuma(zone, zone);
        return true;
    }

    /// <summary>The walk against the low marks.</summary>
    /// <returns>False, too, when the task has been suspended to reclaim a node.</returns>
    internal bool TryFastPath(in AllocationRequest request, out Pfn block)
    {
        var avoidMixing = AvoidsMixing(request);
        var mayReclaim = _tunables.ZoneReclaimMode != 0;
        var answer = TryWalk(request, WatermarkLevel.Low, ReserveFlags.None, avoidMixing, out block, mayReclaim);
        if (answer == NodeAnswer.GoOn && avoidMixing)
        {
            // Rather mix types in a zone than fail.
            answer = TryWalk(request, WatermarkLevel.Low, ReserveFlags.None, avoidMixing: false, out block, mayReclaim);
        }

        return answer == NodeAnswer.Served;
    }

    /// <summary>Mixing is avoided in Normal as long as the node has a DMA32 zone to go to instead (alloc_flags_nofragment).</summary>
    private bool AvoidsMixing(in AllocationRequest request)
    {
        var node = _nodes[request.Node];
        var highest = request.Gfp.HighestZone();
        var prefersNormal = highest == ZoneType.Normal || (highest == ZoneType.Movable && !node[ZoneType.Movable].IsPopulated);
        return prefersNormal && node[ZoneType.Normal].IsPopulated
            && (_nodes.Length == 1 || node[ZoneType.Dma32].IsPopulated);
    }

    private NodeAnswer TryWalk(
        in AllocationRequest request, WatermarkLevel level, ReserveFlags reserves, bool avoidMixing, out Pfn block, bool mayReclaim = false)
    {
        var highest = request.Gfp.HighestZone();
        var staysOnNode = (request.Gfp & GfpFlags.ThisNode) != 0;
        Zone? preferred = null;
        foreach (var zone in _zonelists[request.Node])
        {
            if (zone.Type > highest)
            {
                continue;
            }

            preferred ??= zone;
            if (zone.Node != request.Node && (staysOnNode || (avoidMixing && zone.Node != preferred.Node)))
            {
                break;   // locality matters more than unmixed pageblocks: the caller walks again without the wish
            }

            if (MayTakeFrom(zone, request.Order, level, highest, reserves))
            {
                if (TryTake(preferred, zone, request, reserves, avoidMixing, out block))
                {
                    return NodeAnswer.Served;
                }
            }
            else if (mayReclaim && _slowPath.BeforeLeaving(this, request, preferred, zone, out block) is not NodeAnswer.GoOn and var answer)
            {
                return answer;
            }
        }

        block = Pfn.None;
        return NodeAnswer.GoOn;
    }

    private static bool MayTakeFrom(Zone zone, int order, WatermarkLevel level, ZoneType highest, ReserveFlags reserves)
    {
        if (!zone.IsBelowHigh)
        {
            if (WatermarkCheck.IsMetForAllocation(zone, order, WatermarkLevel.High, level, highest, reserves))
            {
                return true;
            }

            zone.IsBelowHigh = true;
        }

        return (reserves & ReserveFlags.NoWatermarks) != 0
            || WatermarkCheck.IsMetForAllocation(zone, order, level, level, highest, reserves);
    }

    private bool TryTake(
        Zone preferred, Zone zone, in AllocationRequest request, ReserveFlags reserves, bool avoidMixing, out Pfn block)
    {
        var type = request.Gfp.MigrateType();
        block = Pfn.None;
        var taken = PerCpuPages.Holds(request.Order)
            && zone.PerCpu[_cpus.Current].TryTake(request.Order, type, _tunables, avoidMixing, out block);
        if (!taken && !TryTakeFromBuddy(zone, request.Order, type, reserves, avoidMixing, out block))
        {
            return false;
        }

        if (zone.IsBoostNew && (request.Gfp & GfpFlags.KswapdReclaim) != 0)
        {
            zone.IsBoostNew = false;
            _slowPath.WakeForBoost(zone);
        }

        _events.CountByZone(VmEvent.PgAllocDma, zone.Type, 1UL << request.Order);
        CountNuma(preferred, zone);
        if ((reserves & ReserveFlags.HighAtomic) != 0)
        {
            HighAtomicReserve.Grow(zone, _frames, block, request.Order);
        }

        return true;
    }

    private bool TryTakeFromBuddy(
        Zone zone, int order, MigrateType type, ReserveFlags reserves, bool avoidMixing, out Pfn block)
    {
        if ((reserves & ReserveFlags.HighAtomic) != 0 && zone.Buddy.TryTake(order, MigrateType.HighAtomic, out block))
        {
            zone.Paths.Count(ReachedPath.HighAtomicServes);
            return true;
        }

        var mode = FallbackMode.Normal;
        if (PageblockFallback.TryTake(zone, _frames, _tunables, order, type, avoidMixing, ref mode, out block))
        {
            return true;
        }

        // Failing an urgent request now is worse than failing a high-order atomic one later.
        return (reserves & (ReserveFlags.Oom | ReserveFlags.NonBlock)) != 0
            && zone.Buddy.TryTake(order, MigrateType.HighAtomic, out block);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CountNuma(Zone preferred, Zone zone)
    {
        if (!_tunables.NumaStat)
        {
            return;
        }

        if (zone.Node == preferred.Node)
        {
            zone.CountNuma(NumaEvent.NumaHit);
        }
        else
        {
            zone.CountNuma(NumaEvent.NumaMiss);
            preferred.CountNuma(NumaEvent.NumaForeign);
        }

        zone.CountNuma(zone.Node == _cpus.CurrentNode ? NumaEvent.NumaLocal : NumaEvent.NumaOther);
    }
}

/// <summary>
/// Fault injection for page allocations: after a number of requests that may fail, one fails (Linux: fail_page_alloc).
/// </summary>
/// <param name="RequestsLeft">Requests that still succeed; the next one fails and disarms.</param>
/// <param name="IsArmed">False: nothing is made to fail.</param>
public record struct FailPageAlloc(ulong RequestsLeft, bool IsArmed)
{
    /// <summary>Counts one request down.</summary>
    /// <returns>True when this one must fail. Requests that may not fail are not counted.</returns>
    public bool CountDown(GfpFlags gfp)
    {
        if ((gfp & GfpFlags.NoFail) != 0)
        {
            return false;
        }

        if (RequestsLeft > 0)
        {
            RequestsLeft--;
            return false;
        }

        IsArmed = false;
        return true;
    }
}
