// One slab cache at run time: objects of one kind, cut out of slabs, each of which is one block of pages.
//
//   alloc   this CPU's free list <- objects others freed to its slab <- its partial slabs <- the node's <- other nodes' <- pages
//   free    to this CPU's list if the slab is its active one; else to the slab itself, which may change lists or go back
//
// An object is named by its slab alone: which of the slab's places it has shows nowhere.
//
// Invariants
//   S1  A slab is active on one CPU (frozen), on one CPU's partial chain, on its node's partial list, or full and on no list.
//   S2  In use <= objects. A slab on a partial list has a free object; one on no list and not active has none.
//   S3  A CPU's private free objects count as in use in their slab.
//
// Frame    OwnerId: cache; ReferenceCount: objects in use; MapCount: objects; Index: SlabState; Next: partial chain.
// Models   Linux 6.12 mm/slub.c: ___slab_alloc, get_partial_node, __slab_free, put_cpu_partial (facts: physical memory, 7.3).
// Departs  empty slabs of RCU-typesafe caches go back at once, not after a grace period; the 2 % of searches on other nodes
//          that Linux skips at random are made.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Slab;

/// <summary>Where a slab is.</summary>
public enum SlabState : uint
{
    /// <summary>Full, or on a CPU's partial chain.</summary>
    Loose,

    /// <summary>A CPU's active slab.</summary>
    Frozen,

    /// <summary>On its node's partial list.</summary>
    NodePartial,
}

/// <summary>What one CPU holds of a cache.</summary>
public struct CpuSlab
{
    /// <summary>The active slab, or none.</summary>
    public Pfn Active;

    /// <summary>Objects of the active slab that only this CPU hands out.</summary>
    public uint FreeObjects;

    /// <summary>First of the partial slabs, chained through Next.</summary>
    public Pfn Partial;
    public uint PartialSlabs;
}

/// <summary>What one node holds of a cache.</summary>
public struct NodeSlabs
{
    public PageList Partial;

    /// <summary>All slabs on the node's memory, and the objects they have room for.</summary>
    public ulong Slabs;
    public ulong Objects;
}

public sealed partial class SlabCache
{
    /// <summary>What of an object's request goes for the slab's pages too: how hard to try, not where from.</summary>
    private const GfpFlags InheritedFlags = GfpFlags.Reclaim | GfpFlags.Io | GfpFlags.Fs | GfpFlags.High | GfpFlags.NoWarn
        | GfpFlags.RetryMayFail | GfpFlags.NoFail | GfpFlags.NoRetry | GfpFlags.MemAlloc | GfpFlags.NoMemAlloc
        | GfpFlags.HardWall | GfpFlags.ThisNode;

    private readonly PageAllocator _allocator;
    private readonly PageFrames _frames;
    private readonly CpuContext _cpus;
    private readonly CpuSlab[] _cpuSlabs;
    private readonly NodeSlabs[] _nodes;

    public SlabCache(int id, SlabCacheDescription description, PageAllocator allocator, CpuContext cpus)
    {
        Id = id;
        Description = description;
        Geometry = description.Geometry(cpus.Count, cpus.Count);
        _allocator = allocator;
        _frames = allocator.Frames;
        _cpus = cpus;
        _cpuSlabs = new CpuSlab[cpus.Count];
        _nodes = new NodeSlabs[allocator.Nodes.Length];
    }

    private SlabCache(SlabCache other, PageAllocator allocator, CpuContext cpus)
    {
        Id = other.Id;
        Description = other.Description;
        Geometry = other.Geometry;
        _allocator = allocator;
        _frames = allocator.Frames;
        _cpus = cpus;
        _cpuSlabs = (CpuSlab[])other._cpuSlabs.Clone();
        _nodes = (NodeSlabs[])other._nodes.Clone();
    }

    /// <summary>Index of the cache in SlabCacheTable.</summary>
    public int Id { get; }

    public SlabCacheDescription Description { get; }

    public SlabGeometry Geometry { get; }

    public ReadOnlySpan<CpuSlab> CpuSlabs => _cpuSlabs;

    public ReadOnlySpan<NodeSlabs> Nodes => _nodes;

    public ulong SlabCount
    {
        get
        {
            var slabs = 0UL;
            foreach (ref readonly var node in _nodes.AsSpan())
            {
                slabs += node.Slabs;
            }

            return slabs;
        }
    }

    /// <summary>Objects the slabs have room for: num_objs of slabinfo.</summary>
    public ulong ObjectCount
    {
        get
        {
            var objects = 0UL;
            foreach (ref readonly var node in _nodes.AsSpan())
            {
                objects += node.Objects;
            }

            return objects;
        }
    }

    private bool IsReclaimable => (Description.Flags & SlabFlags.ReclaimAccount) != 0;

    public SlabCache Clone(PageAllocator allocator, CpuContext cpus) => new(this, allocator, cpus);

    /// <summary>Free objects on the nodes' partial lists: the only free ones that slabinfo knows of.</summary>
    public ulong FreeOnNodeLists()
    {
        var free = 0UL;
        foreach (ref readonly var node in _nodes.AsSpan())
        {
            for (var slab = node.Partial.Head; slab != Pfn.None; slab = _frames[slab].Next)
            {
                free += FreeObjects(_frames[slab]);
            }
        }

        return free;
    }

    /// <summary>Allocates one object near the current CPU.</summary>
    /// <returns>False when no slab can be had.</returns>
    public bool TryAllocate(GfpFlags gfp, out SlabObject made)
    {
        ref var cpu = ref _cpuSlabs[_cpus.Current];
        if (cpu.FreeObjects == 0 && !TryReload(ref cpu, gfp))
        {
            made = default;
            return false;
        }

        cpu.FreeObjects--;
        made = new SlabObject(cpu.Active);
        return true;
    }

    public void Free(SlabObject used)
    {
        ref var cpu = ref _cpuSlabs[_cpus.Current];
        if (used.Slab == cpu.Active)
        {
            cpu.FreeObjects++;
            Invariant.Holds(cpu.FreeObjects <= _frames[used.Slab].MapCount);
            return;
        }

        FreeToSlab(ref cpu, used.Slab);
    }

    public void HashInto(StateHash hash)
    {
        hash.Add<CpuSlab>(_cpuSlabs);
        foreach (ref readonly var node in _nodes.AsSpan())
        {
            hash.Add(((ulong)node.Partial.Head.Index << 32) | node.Partial.Tail.Index);
            hash.Add((ulong)node.Partial.Count);
            hash.Add(node.Slabs);
            hash.Add(node.Objects);
        }
    }

    private static uint FreeObjects(in PageFrame slab) => slab.MapCount - slab.ReferenceCount;

    private static void SetState(ref PageFrame slab, SlabState state) => slab.Index = (uint)state;

    private static bool IsIn(in PageFrame slab, SlabState state) => slab.Index == (uint)state;

    private int NodeOf(Pfn slab) => _allocator.ZoneOf(slab).Node;

    /// <summary>Gives the CPU an active slab with at least one free object of its own.</summary>
    private bool TryReload(ref CpuSlab cpu, GfpFlags gfp)
    {
        if (cpu.Active != Pfn.None)
        {
            ref var active = ref _frames[cpu.Active];
            if (FreeObjects(active) > 0)
            {
                Activate(ref cpu, cpu.Active);   // others have freed objects to it
                return true;
            }

            SetState(ref active, SlabState.Loose);
            cpu.Active = Pfn.None;
        }

        if (cpu.Partial != Pfn.None)
        {
            var slab = cpu.Partial;
            cpu.Partial = _frames[slab].Next;
            cpu.PartialSlabs--;
            _frames[slab].Next = Pfn.None;
            Activate(ref cpu, slab);
            return true;
        }

        if (TryTakeNodePartial(ref cpu, out var found) || TryMakeSlab(gfp, out found))
        {
            Activate(ref cpu, found);
            return true;
        }

        return false;
    }

    /// <summary>Makes a slab the CPU's active one; all its free objects become the CPU's own.</summary>
    private void Activate(ref CpuSlab cpu, Pfn slab)
    {
        ref var frame = ref _frames[slab];
        cpu.Active = slab;
        cpu.FreeObjects = FreeObjects(frame);
        Invariant.Holds(cpu.FreeObjects > 0);
        frame.ReferenceCount = frame.MapCount;
        SetState(ref frame, SlabState.Frozen);
    }

    private bool TryTakeNodePartial(ref CpuSlab cpu, out Pfn slab)
    {
        var local = _cpus.CurrentNode;
        foreach (var node in _allocator.Nodes[local].FallbackNodes)
        {
            // Other nodes only give what they have in excess.
            if ((node == local || _nodes[node].Partial.Count > (uint)Geometry.MinPartial)
                && TryTakeFromNode(ref cpu, ref _nodes[node], out slab))
            {
                return true;
            }
        }

        slab = Pfn.None;
        return false;
    }

    /// <summary>Takes the node's first partial slab, and some more for the CPU's partial chain.</summary>
    private bool TryTakeFromNode(ref CpuSlab cpu, ref NodeSlabs node, out Pfn slab)
    {
        slab = node.Partial.Head;
        if (slab == Pfn.None)
        {
            return false;
        }

        RemoveFromNode(ref node, slab);
        for (var more = 0; more <= Geometry.CpuPartialSlabs / 2 && !node.Partial.IsEmpty; more++)
        {
            var next = node.Partial.Head;
            RemoveFromNode(ref node, next);
            PushOnCpu(ref cpu, next);
        }

        return true;
    }

    private void RemoveFromNode(ref NodeSlabs node, Pfn slab)
    {
        _frames.Remove(ref node.Partial, slab);
        SetState(ref _frames[slab], SlabState.Loose);
    }

    private void AddToNode(Pfn slab)
    {
        _frames.AddTail(ref _nodes[NodeOf(slab)].Partial, slab);
        SetState(ref _frames[slab], SlabState.NodePartial);
    }

    private void PushOnCpu(ref CpuSlab cpu, Pfn slab)
    {
        _frames[slab].Next = cpu.Partial;
        cpu.Partial = slab;
        cpu.PartialSlabs++;
    }

    private void FreeToSlab(ref CpuSlab cpu, Pfn slab)
    {
        ref var frame = ref _frames[slab];
        Invariant.Holds(frame.Owner == FrameOwner.Slab && frame.OwnerId == (uint)Id && frame.ReferenceCount > 0);
        var wasFull = FreeObjects(frame) == 0;
        frame.ReferenceCount--;
        if (IsIn(frame, SlabState.Frozen))
        {
            return;   // another CPU's active slab: it finds the object when its own run out
        }

        if (wasFull)
        {
            if (cpu.PartialSlabs >= (uint)Geometry.CpuPartialSlabs)
            {
                MovePartialToNodes(ref cpu);
            }

            PushOnCpu(ref cpu, slab);
        }
        else if (frame.ReferenceCount == 0 && IsIn(frame, SlabState.NodePartial))
        {
            ref var node = ref _nodes[NodeOf(slab)];
            if (node.Partial.Count >= (uint)Geometry.MinPartial)
            {
                RemoveFromNode(ref node, slab);
                Discard(slab);
            }
        }
    }

    /// <summary>Empties a CPU's partial chain: to the nodes' lists, or back to the page allocator where those have enough.</summary>
    private void MovePartialToNodes(ref CpuSlab cpu)
    {
        while (cpu.Partial != Pfn.None)
        {
            var slab = cpu.Partial;
            ref var frame = ref _frames[slab];
            cpu.Partial = frame.Next;
            frame.Next = Pfn.None;
            if (frame.ReferenceCount == 0 && _nodes[NodeOf(slab)].Partial.Count >= (uint)Geometry.MinPartial)
            {
                Discard(slab);
            }
            else
            {
                AddToNode(slab);
            }
        }

        cpu.PartialSlabs = 0;
    }

    private bool TryMakeSlab(GfpFlags gfp, out Pfn slab)
    {
        gfp = (gfp & InheritedFlags) | GfpFlags.Compound
            | (IsReclaimable ? GfpFlags.Reclaimable : GfpFlags.None)
            | ((Description.Flags & SlabFlags.CacheDma) != 0 ? GfpFlags.Dma : GfpFlags.None);

        // The preferred order must come cheaply: no reclaim for it when a smaller one would do.
        var modest = (gfp | GfpFlags.NoWarn | GfpFlags.NoRetry) & ~GfpFlags.NoFail;
        if ((modest & GfpFlags.DirectReclaim) != 0 && Geometry.Order > Geometry.MinOrder)
        {
            modest = (modest | GfpFlags.NoMemAlloc) & ~GfpFlags.Reclaim;
        }

        var (order, objects) = (Geometry.Order, Geometry.ObjectsPerSlab);
        if (!_allocator.TryAllocate(modest, order, FrameOwner.Slab, out slab))
        {
            (order, objects) = (Geometry.MinOrder, Geometry.MinObjects);
            if (!_allocator.TryAllocate(gfp, order, FrameOwner.Slab, out slab))
            {
                return false;
            }
        }

        ref var frame = ref _frames[slab];
        frame.OwnerId = (uint)Id;
        frame.ReferenceCount = 0;
        frame.MapCount = (uint)objects;
        Account(slab, 1L << order, objects);
        return true;
    }

    private void Discard(Pfn slab)
    {
        ref var frame = ref _frames[slab];
        Account(slab, -(1L << frame.Order), -(int)frame.MapCount);
        _allocator.Free(slab);
    }

    private void Account(Pfn slab, long pages, int objects)
    {
        var nodeId = NodeOf(slab);
        ref var node = ref _nodes[nodeId];
        node.Slabs = objects > 0 ? node.Slabs + 1 : node.Slabs - 1;
        node.Objects += (ulong)objects;
        var item = IsReclaimable ? NodeStatItem.SlabReclaimable : NodeStatItem.SlabUnreclaimable;
        _allocator.Nodes[nodeId].Stats.Add((int)item, pages);
    }
}

/// <summary>An object of some slab cache, named by the slab it lies in.</summary>
public readonly record struct SlabObject(Pfn Slab);
