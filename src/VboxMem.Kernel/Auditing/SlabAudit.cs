using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Slab;

namespace VboxMem.Kernel.Auditing;

/// <summary>The slab part of the audit: where every slab is, and how many of its objects live.</summary>
internal sealed class SlabAudit
{
    private readonly Machine _machine;

    /// <summary>Slabs found on some list or at work, with the objects that lie free with the CPU working on them.</summary>
    private readonly Dictionary<Pfn, uint> _reachable = [];

    private SlabAudit(Machine machine) => _machine = machine;

    public static void Check(Machine machine, FrameCensus census, OwnerClaims claims)
    {
        var audit = new SlabAudit(machine);
        foreach (var cache in machine.Slabs.Caches)
        {
            audit.VisitCpus(cache);
            audit.VisitNodes(cache);
        }

        audit.CheckSlabs(census, claims);
        audit.CheckCounters(census);
    }

    private void VisitCpus(SlabCache cache)
    {
        foreach (var cpu in cache.CpuSlabs)
        {
            if (cpu.Active != Pfn.None)
            {
                Reach(cache, cpu.Active, SlabState.Frozen, cpu.FreeObjects);
            }

            var chain = 0U;
            for (var slab = cpu.Partial; slab != Pfn.None; slab = _machine.Frames[slab].Next)
            {
                chain++;
                Reach(cache, slab, SlabState.Loose, freeWithCpu: 0);
                RequireFreeObject(cache, slab);
            }

            Audit.Same($"partial slabs of a CPU in {cache.Description.Name}", cpu.PartialSlabs, chain);
        }
    }

    private void VisitNodes(SlabCache cache)
    {
        for (var node = 0; node < cache.Nodes.Length; node++)
        {
            var list = cache.Nodes[node].Partial;
            var (length, previous) = (0U, Pfn.None);
            for (var slab = list.Head; slab != Pfn.None; slab = _machine.Frames[slab].Next)
            {
                length++;
                Audit.Require(_machine.Frames[slab].Previous == previous, $"partial slab {slab} does not lead back to {previous}");
                Audit.Require(_machine.Allocator.ZoneOf(slab).Node == node, $"partial slab {slab} is on the list of node {node}");
                Reach(cache, slab, SlabState.NodePartial, freeWithCpu: 0);
                RequireFreeObject(cache, slab);
                previous = slab;
            }

            Audit.Require(list.Tail == previous, $"the partial list of {cache.Description.Name} does not end at its tail");
            Audit.Same($"partial list of {cache.Description.Name}", list.Count, length);
        }
    }

    /// <summary>S1: a slab is in one place, and its state says which.</summary>
    private void Reach(SlabCache cache, Pfn slab, SlabState state, uint freeWithCpu)
    {
        ref var frame = ref _machine.Frames[slab];
        Audit.Require(
            frame.Owner == FrameOwner.Slab && frame.OwnerId == (uint)cache.Id && frame.Index == (uint)state,
            $"{slab} is kept as {state} by {cache.Description.Name} without being so");
        Audit.Require(_reachable.TryAdd(slab, freeWithCpu), $"slab {slab} of {cache.Description.Name} is in two places");
    }

    private void RequireFreeObject(SlabCache cache, Pfn slab)
    {
        ref var frame = ref _machine.Frames[slab];
        Audit.Require(frame.ReferenceCount < frame.MapCount, $"partial slab {slab} of {cache.Description.Name} is full");
    }

    /// <summary>S2 and S3: objects of every slab against its owners, slabs of every cache against its counts.</summary>
    private void CheckSlabs(FrameCensus census, OwnerClaims claims)
    {
        var caches = _machine.Slabs.Caches;
        var slabs = new ulong[caches.Length, _machine.Nodes.Length];
        var objects = new ulong[caches.Length, _machine.Nodes.Length];
        foreach (var (slab, owner, _, zone) in census.Blocks)
        {
            if (owner != FrameOwner.Slab)
            {
                continue;
            }

            ref var frame = ref _machine.Frames[slab];
            var name = caches[(int)frame.OwnerId].Description.Name;
            var isReachable = _reachable.Remove(slab, out var freeWithCpu);
            Audit.Require(frame.ReferenceCount <= frame.MapCount, $"slab {slab} of {name} has more objects in use than it has");
            Audit.Require(
                isReachable || (frame.ReferenceCount == frame.MapCount && frame.Index == (uint)SlabState.Loose),
                $"slab {slab} of {name} has free objects that nobody can find");
            Audit.Same($"live objects in slab {slab} of {name}", frame.ReferenceCount - freeWithCpu, claims.ObjectsIn(slab));
            slabs[frame.OwnerId, zone / Zone.TypesPerNode]++;
            objects[frame.OwnerId, zone / Zone.TypesPerNode] += frame.MapCount;
        }

        Audit.Require(_reachable.Count == 0, $"{_reachable.Count} slabs are on lists without being slabs");
        foreach (var cache in caches)
        {
            for (var node = 0; node < _machine.Nodes.Length; node++)
            {
                Audit.Same($"slabs of {cache.Description.Name} on node {node}", cache.Nodes[node].Slabs, slabs[cache.Id, node]);
                Audit.Same($"objects of {cache.Description.Name} on node {node}", cache.Nodes[node].Objects, objects[cache.Id, node]);
            }
        }
    }

    private void CheckCounters(FrameCensus census)
    {
        var reclaimable = new ulong[_machine.Nodes.Length];
        var unreclaimable = new ulong[_machine.Nodes.Length];
        foreach (var (block, owner, order, zone) in census.Blocks)
        {
            var node = zone / Zone.TypesPerNode;
            var isReclaimable = owner == FrameOwner.Slab
                && (_machine.Slabs.Caches[(int)_machine.Frames[block].OwnerId].Description.Flags & SlabFlags.ReclaimAccount) != 0;
            if (isReclaimable)
            {
                reclaimable[node] += 1UL << order;
            }
            else if (owner is FrameOwner.Slab or FrameOwner.LargeKmalloc)
            {
                unreclaimable[node] += 1UL << order;
            }
        }

        foreach (var node in _machine.Nodes)
        {
            Audit.Same("nr_slab_reclaimable", (ulong)node.Stats.ReadExact((int)NodeStatItem.SlabReclaimable), reclaimable[node.Id]);
            Audit.Same("nr_slab_unreclaimable", (ulong)node.Stats.ReadExact((int)NodeStatItem.SlabUnreclaimable), unreclaimable[node.Id]);
            Audit.Require(node.Stats.LargestDelta <= ZoneLimits.LargestThreshold, $"a CPU holds back too much of node {node.Id}");
        }
    }
}
