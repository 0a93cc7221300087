// vm.zone_reclaim_mode: before a request leaves a node whose zone is below its low mark, page cache of that node that nobody maps is
// given up, so that memory stays near its users.
//
//   zone below low, node near --worth it?--> priority 4 down to 0, until the block's pages are freed --> the walk is made again
//
// A walk tries each zone once. What "worth it" means: more unmapped page cache than vm.min_unmapped_ratio, or more reclaimable slab
// than vm.min_slab_ratio, per cent of the node's zones.
//
// Units    pages.
// Models   Linux 6.12 mm/vmscan.c: node_reclaim, __node_reclaim, node_pagecache_reclaimable; mm/page_alloc.c: zone_allows_reclaim
//          (facts: physical memory, 8; reclaim, 3.7).
// Departs  tried by the first walk of a request alone, against the low marks; on Linux the walks of the slow path against the min marks
//          try again. The walk begins anew behind it, so a zone in front that has passed its mark meanwhile serves.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Reclaim;

/// <summary>One task's reclaim of nodes, for one request. Plain data.</summary>
internal sealed class NodeReclaim
{
    private const int FirstPriority = 4;          // NODE_RECLAIM_PRIORITY
    private const int FarthestDistance = 30;      // node_reclaim_distance
    private const int MayWriteBit = 2;
    private const int MayUnmapBit = 4;
    private const ulong WholePercent = 100;

    private readonly ReclaimRun _run;
    private int _node;
    private ulong _wantedPages;

    /// <summary>Zones that the walk has tried, by their number.</summary>
    private UInt128 _tried;

    public NodeReclaim() => _run = new ReclaimRun();

    private NodeReclaim(NodeReclaim other) =>
        (_run, _node, _wantedPages, _tried) = (other._run.Clone(), other._node, other._wantedPages, other._tried);

    public NodeReclaim Clone() => new(this);

    public void HashInto(StateHash hash)
    {
        _run.HashInto(hash);
        hash.Add((long)_node);
        hash.Add(_wantedPages);
        hash.Add((ulong)_tried);
        hash.Add((ulong)(_tried >> 64));
    }

    /// <summary>A request begins its walk: no zone has been tried.</summary>
    public void Restart() => _tried = 0;

    /// <summary>Whether reclaiming the zone's node is allowed now, and has not been tried for this zone.</summary>
    public bool MayTry(Machine machine, in AllocationRequest request, Zone preferred, Zone zone) =>
        zone.Extent.Index < 128 && (_tried & (UInt128.One << zone.Extent.Index)) == 0
        && IsWorthIt(machine, request, preferred, zone);

    public static bool IsWorthIt(Machine machine, in AllocationRequest request, Zone preferred, Zone zone)
    {
        if (machine.Layout.DistancesFrom(preferred.Node)[zone.Node] > FarthestDistance)
        {
            return false;
        }

        var isOthers = zone.Node != machine.Cpus.CurrentNode && machine.Layout.NodeOfCpu.Contains((byte)zone.Node);
        return !isOthers && !machine.Lru.PressureOf(zone.Node).IsNodeReclaimed && HasMuch(machine, machine.Nodes[zone.Node]);
    }

    public void Begin(Machine machine, in AllocationRequest request, Zone zone)
    {
        Invariant.Holds(!_run.IsActive);
        var mode = machine.Tunables.ZoneReclaimMode;
        _tried |= UInt128.One << zone.Extent.Index;
        _node = zone.Node;
        _wantedPages = 1UL << request.Order;
        machine.Lru.PressureOf(_node).IsNodeReclaimed = true;
        _run.Control = new ScanControl
        {
            Gfp = request.Gfp,
            Flags = ScanFlags.MaySwap | ((mode & MayWriteBit) != 0 ? ScanFlags.MayWrite : 0) | ((mode & MayUnmapBit) != 0 ? ScanFlags.MayUnmap : 0),
            Order = request.Order,
            Priority = FirstPriority,
            HighestZone = request.Gfp.HighestZone(),
            WantedPages = Math.Max(_wantedPages, ScanControl.ClusterPages),
        };
        _run.Begin(_node);
    }

    /// <summary>Goes on.</summary>
    public StepResult Step(Machine machine, Process task)
    {
        var result = _run.Step(machine, task);
        if (result != StepResult.Done)
        {
            return result;
        }

        var isEnough = _run.Control.ReclaimedPages >= _wantedPages;
        if (!isEnough && --_run.Control.Priority >= 0)
        {
            _run.Begin(_node);
            return StepResult.Continue;
        }

        machine.Events.Count(isEnough ? VmEvent.ZoneReclaimSuccess : VmEvent.ZoneReclaimFailed);
        machine.Lru.PressureOf(_node).IsNodeReclaimed = false;
        return StepResult.Done;
    }

    private static bool HasMuch(Machine machine, Node node)
    {
        var (leastUnmapped, leastSlab) = (0UL, 0UL);
        foreach (var zone in node.Zones)
        {
            leastUnmapped += zone.ManagedPages * machine.Tunables.MinUnmappedRatio / WholePercent;
            leastSlab += zone.ManagedPages * machine.Tunables.MinSlabRatio / WholePercent;
        }

        return ReclaimablePageCache(node, machine.Tunables.ZoneReclaimMode) > (long)leastUnmapped
            || node.Read(NodeStatItem.SlabReclaimable) > (long)leastSlab;
    }

    /// <summary>Page cache that the mode allows to give up: without writing, unless it may write; without unmapping, unless it may unmap.</summary>
    private static long ReclaimablePageCache(Node node, int mode)
    {
        var listed = node.Read(NodeStatItem.InactiveFile) + node.Read(NodeStatItem.ActiveFile);
        var pages = (mode & MayUnmapBit) != 0
            ? node.Read(NodeStatItem.FilePages)
            : Math.Max(0, listed - node.Read(NodeStatItem.Mapped));
        var dirty = (mode & MayWriteBit) != 0 ? 0 : node.Read(NodeStatItem.Dirty);
        return Math.Max(0, pages - dirty);
    }
}
