using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Reclaim;

/// <summary>All shrinkers of a machine, in the order in which reclaim calls them.</summary>
/// <remarks>
/// Who owns a cache adds its shrinker, on a copied machine a copy of it with the same debts. The order is that of
/// <see cref="Shrinker.Rank"/>, and of adding within a rank, so that a copy has the same one.
/// </remarks>
public sealed class ShrinkerTable
{
    private readonly Machine _machine;
    private readonly List<Shrinker> _shrinkers = [];

    internal ShrinkerTable(Machine machine) => _machine = machine;

    public int Count => _shrinkers.Count;

    public Shrinker this[int index] => _shrinkers[index];

    public void Add(Shrinker shrinker)
    {
        var at = _shrinkers.Count;
        while (at > 0 && _shrinkers[at - 1].Rank > shrinker.Rank)
        {
            at--;
        }

        _shrinkers.Insert(at, shrinker);
    }

    /// <summary>Lets a shrinker look at a batch of objects; they cost time and count as scanned.</summary>
    /// <returns>Pages of slabs that became free.</returns>
    internal ulong Scan(Shrinker shrinker, int node, ulong objects, out ulong freedObjects)
    {
        var before = SlabPages();
        freedObjects = shrinker.Scan(node, objects);
        _machine.Events.Count(VmEvent.SlabsScanned, objects);
        _machine.Cpus.SpendInKernel(_machine.Costs.ShrinkObject * objects);
        var after = SlabPages();
        return before - Math.Min(before, after);
    }

    internal void HashInto(StateHash hash)
    {
        foreach (var shrinker in _shrinkers)
        {
            hash.Add<ulong>(shrinker.Deferred);
        }
    }

    private ulong SlabPages()
    {
        var pages = 0L;
        foreach (var node in _machine.Nodes)
        {
            pages += node.Stats.ReadExact((int)NodeStatItem.SlabReclaimable) + node.Stats.ReadExact((int)NodeStatItem.SlabUnreclaimable);
        }

        return (ulong)pages;
    }
}
