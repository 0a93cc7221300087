using VboxMem.Kernel.Accounting;

namespace VboxMem.Kernel.Reclaim;

/// <summary>Drops nodes of index trees that hold nothing but shadows, when there are more than memory could ever make use of.</summary>
/// <remarks>mm/workingset.c: count_shadow_nodes, scan_shadow_nodes (facts: reclaim, 4). The root cgroup's pages decide.</remarks>
internal sealed class ShadowNodeShrinker : Shrinker
{
    private readonly Machine _machine;

    public ShadowNodeShrinker(Machine machine)
        : base(machine.Nodes.Length) => _machine = machine;

    public ShadowNodeShrinker(ShadowNodeShrinker other, Machine machine)
        : base(other) => _machine = machine;

    public override int Rank => 1;

    /// <summary>Making shadows again costs no I/O.</summary>
    public override int Seeks => 0;

    public override ulong Count(int node)
    {
        var stats = _machine.Nodes[node].Stats;
        var vector = _machine.Lru.Vectors[node];
        var slabs = stats.ReadExact((int)NodeStatItem.SlabReclaimable) + stats.ReadExact((int)NodeStatItem.SlabUnreclaimable);
        var pages = vector.EvictablePages + vector.SizePages(LruList.Unevictable) + (ulong)slabs;
        return Workingset.FreeableShadowNodes((ulong)stats.ReadExact((int)NodeStatItem.WorkingsetNodes), pages);
    }

    public override ulong Scan(int node, ulong objects)
    {
        var freed = 0UL;
        while (freed < objects && _machine.PageCache.TryDropShadows(node))
        {
            freed++;
        }

        return freed;
    }
}
