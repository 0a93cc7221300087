// Giving back what a slab cache holds without need: a write to /sys/kernel/slab/CACHE/shrink.
//
//   each CPU's active slab and partial chain -> the nodes' partial lists -> empty slabs to the page allocator, the others fullest first
//
// Models   Linux 6.12 mm/slub.c: flush_all, deactivate_slab, __kmem_cache_do_shrink.
// Departs  takes no time, as nobody on the box asks for it.

using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Slab;

public sealed partial class SlabCache
{
    /// <summary>Slabs with more free objects than this stay behind the others in the order they have (SHRINK_PROMOTE_MAX).</summary>
    private const int MostFreeSorted = 32;

    /// <summary>Empties the CPUs' private slabs, frees empty ones and puts the fullest first on the nodes' lists.</summary>
    public void Shrink()
    {
        foreach (ref var cpu in _cpuSlabs.AsSpan())
        {
            Deactivate(ref cpu);
            MovePartialToNodes(ref cpu);
        }

        foreach (ref var node in _nodes.AsSpan())
        {
            ShrinkNode(ref node);
        }
    }

    /// <summary>Takes a CPU's active slab from it. One that others have freed objects to goes to the tail of its node's list.</summary>
    private void Deactivate(ref CpuSlab cpu)
    {
        var slab = cpu.Active;
        if (slab == Pfn.None)
        {
            return;
        }

        ref var frame = ref _frames[slab];
        var othersFreed = FreeObjects(frame) > 0;
        frame.ReferenceCount -= cpu.FreeObjects;
        (cpu.Active, cpu.FreeObjects) = (Pfn.None, 0);
        SetState(ref frame, SlabState.Loose);
        ref var node = ref _nodes[NodeOf(slab)];
        if (frame.ReferenceCount == 0 && node.Partial.Count >= (uint)Geometry.MinPartial)
        {
            Discard(slab);
        }
        else if (othersFreed)
        {
            AddToNode(slab);
        }
        else if (FreeObjects(frame) > 0)
        {
            _frames.AddHead(ref node.Partial, slab);
            SetState(ref frame, SlabState.NodePartial);
        }
    }

    private void ShrinkNode(ref NodeSlabs node)
    {
        Span<PageList> byFree = stackalloc PageList[MostFreeSorted + 1];
        byFree.Clear();
        var slab = node.Partial.Head;
        while (slab != Pfn.None)
        {
            var next = _frames[slab].Next;
            var free = FreeObjects(_frames[slab]);
            if (_frames[slab].ReferenceCount == 0)
            {
                RemoveFromNode(ref node, slab);
                Discard(slab);
            }
            else if (free <= MostFreeSorted)
            {
                _frames.Remove(ref node.Partial, slab);
                _frames.AddHead(ref byFree[(int)free], slab);
            }

            slab = next;
        }

        for (var free = MostFreeSorted; free > 0; free--)
        {
            while (byFree[free].Tail is var last && last != Pfn.None)
            {
                _frames.Remove(ref byFree[free], last);
                _frames.AddHead(ref node.Partial, last);
            }
        }
    }
}
