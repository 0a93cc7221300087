using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Slab;

namespace VboxMem.Kernel.Auditing;

/// <summary>The slab part of the audit: slabs, lists and objects of every cache.</summary>
internal static class SlabAudit
{
    public static void Check(Machine machine, FrameCensus census, OwnerClaims claims)
    {
        var caches = machine.Slabs.Caches;
        var slabs = new ulong[caches.Length, machine.Nodes.Length];
        var objects = new ulong[caches.Length, machine.Nodes.Length];
        var inUse = new ulong[caches.Length];
        foreach (var (block, owner, order, zone) in census.Blocks)
        {
            if (owner != FrameOwner.Slab)
            {
                continue;
            }

            ref var frame = ref machine.Frames[block];
            Audit.Require(frame.ReferenceCount <= frame.MapCount, $"slab at {block} has more objects in use than it has");
            var node = zone / Zone.TypesPerNode;
            slabs[frame.OwnerId, node]++;
            objects[frame.OwnerId, node] += frame.MapCount;
            inUse[frame.OwnerId] += frame.ReferenceCount;
        }

        foreach (var cache in caches)
        {
            for (var node = 0; node < machine.Nodes.Length; node++)
            {
                Audit.Same($"slabs of {cache.Description.Name} on node {node}", cache.Nodes[node].Slabs, slabs[cache.Id, node]);
                Audit.Same($"objects of {cache.Description.Name} on node {node}", cache.Nodes[node].Objects, objects[cache.Id, node]);
            }

            var alive = inUse[cache.Id] - CheckCpuSlabs(machine, cache);
            CheckPartialLists(machine, cache);
            Audit.Same($"live objects of {cache.Description.Name}", alive, claims.SlabObjects[cache.Id]);
        }

        CheckCounters(machine, census);
    }

    /// <summary>S1 and S3; returns the objects that lie free with CPUs though their slabs count them as used.</summary>
    private static ulong CheckCpuSlabs(Machine machine, SlabCache cache)
    {
        var freeWithCpus = 0UL;
        foreach (var cpu in cache.CpuSlabs)
        {
            freeWithCpus += cpu.FreeObjects;
            if (cpu.Active != Pfn.None)
            {
                Audit.Require(
                    machine.Frames[cpu.Active].Index == (uint)SlabState.Frozen, $"active slab {cpu.Active} of {cache.Description.Name} is not frozen");
            }

            var chain = 0U;
            for (var slab = cpu.Partial; slab != Pfn.None; slab = machine.Frames[slab].Next)
            {
                chain++;
                RequireFreeObject(machine.Frames[slab], SlabState.Loose, cache, slab);
            }

            Audit.Same($"partial slabs of a CPU in {cache.Description.Name}", cpu.PartialSlabs, chain);
        }

        return freeWithCpus;
    }

    private static void CheckPartialLists(Machine machine, SlabCache cache)
    {
        foreach (var node in cache.Nodes)
        {
            var length = 0U;
            for (var slab = node.Partial.Head; slab != Pfn.None; slab = machine.Frames[slab].Next)
            {
                length++;
                RequireFreeObject(machine.Frames[slab], SlabState.NodePartial, cache, slab);
            }

            Audit.Same($"partial list of {cache.Description.Name}", node.Partial.Count, length);
        }
    }

    private static void RequireFreeObject(in PageFrame slab, SlabState state, SlabCache cache, Pfn block)
    {
        Audit.Require(
            slab.Owner == FrameOwner.Slab && slab.OwnerId == (uint)cache.Id && slab.Index == (uint)state,
            $"{block} is on a partial list of {cache.Description.Name} without belonging there");
        Audit.Require(slab.ReferenceCount < slab.MapCount, $"partial slab {block} of {cache.Description.Name} is full");
    }

    private static void CheckCounters(Machine machine, FrameCensus census)
    {
        var reclaimable = new ulong[machine.Nodes.Length];
        var unreclaimable = new ulong[machine.Nodes.Length];
        foreach (var (block, owner, order, zone) in census.Blocks)
        {
            var node = zone / Zone.TypesPerNode;
            var isReclaimable = owner == FrameOwner.Slab
                && (machine.Slabs.Caches[(int)machine.Frames[block].OwnerId].Description.Flags & SlabFlags.ReclaimAccount) != 0;
            if (isReclaimable)
            {
                reclaimable[node] += 1UL << order;
            }
            else if (owner is FrameOwner.Slab or FrameOwner.LargeKmalloc)
            {
                unreclaimable[node] += 1UL << order;
            }
        }

        foreach (var node in machine.Nodes)
        {
            Audit.Same("nr_slab_reclaimable", (ulong)node.Stats.ReadExact((int)NodeStatItem.SlabReclaimable), reclaimable[node.Id]);
            Audit.Same("nr_slab_unreclaimable", (ulong)node.Stats.ReadExact((int)NodeStatItem.SlabUnreclaimable), unreclaimable[node.Id]);
        }
    }
}
