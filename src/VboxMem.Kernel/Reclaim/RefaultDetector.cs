// Evicted pages that come back: what their eviction leaves in the index tree, and what their return tells about the lists.
//
// Models   Linux 6.12 mm/workingset.c: workingset_eviction, workingset_refault, lru_note_cost_refault (facts: reclaim, 4).

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Reclaim;

public sealed class RefaultDetector
{
    /// <summary>Id of the root cgroup in shadows; 0 is no cgroup.</summary>
    private const ushort RootCgroup = 1;

    private readonly Machine _machine;
    private readonly PageFrames _frames;
    private readonly int _bucketOrder;
    private readonly ShadowNodeShrinker _shrinker;

    internal RefaultDetector(Machine machine)
        : this(machine, new ShadowNodeShrinker(machine))
    {
    }

    private RefaultDetector(Machine machine, ShadowNodeShrinker shrinker)
    {
        _machine = machine;
        _shrinker = shrinker;
        machine.Shrinkers.Add(shrinker);
        _frames = machine.Frames;
        var pages = 0UL;
        foreach (var node in machine.Nodes)
        {
            pages += node.PresentPages;
        }

        _bucketOrder = Workingset.BucketOrder(pages);
    }

    internal RefaultDetector Clone(Machine machine) => new(machine, new ShadowNodeShrinker(_shrinker, machine));

    /// <summary>The word to leave in a folio's place as reclaim evicts it (bit 0 set); the clock advances.</summary>
    public ulong Evict(Pfn folio) => Evict(_frames[folio], _machine.Lru.VectorOf(folio));

    /// <summary>As <see cref="Evict(Pfn)"/>, for who knows the folio's vector.</summary>
    internal ulong Evict(in PageFrame frame, Lruvec vector)
    {
        var shadow = new EvictionShadow(vector.NonresidentAge, RootCgroup, (ushort)vector.Node, frame.Has(PageFlags.Workingset));
        vector.Age(frame.Pages);
        return Workingset.Pack(shadow, _bucketOrder);
    }

    /// <summary>
    /// A new folio takes the place of a shadow, before it goes to the lists: counts, and marks it Active and Workingset if it was
    /// evicted too early.
    /// </summary>
    /// <param name="folio">The folio; SwapBacked is set if it will be.</param>
    /// <param name="word">What the index tree held in its place.</param>
    public void Refault(Pfn folio, ulong word)
    {
        ref var frame = ref _frames[folio];
        var isFile = frame.IsFileLru;
        var vector = _machine.Lru.VectorOf(folio);
        Count(vector, NodeStatItem.WorkingsetRefaultAnon, isFile, frame.Pages);
        var shadow = Workingset.Unpack(word, _bucketOrder);
        if (!IsRecent(shadow, isFile))
        {
            _machine.Paths.Count(ReachedPath.RefaultTooFar);
            return;
        }

        _machine.Paths.Count(ReachedPath.RefaultActivated);
        frame.Set(PageFlags.Active);
        vector.Age(frame.Pages);
        Count(vector, NodeStatItem.WorkingsetActivateAnon, isFile, frame.Pages);
        if (shadow.IsWorkingset)
        {
            _machine.Paths.Count(ReachedPath.RefaultRestored);
            frame.Set(PageFlags.Workingset);
            vector.NoteCost(isFile, ioPages: frame.Pages, rotatedPages: 0);
            Count(vector, NodeStatItem.WorkingsetRestoreAnon, isFile, frame.Pages);
        }
    }

    /// <summary>Whether a page with this shadow would start active if it came back now (workingset_test_recent).</summary>
    public bool IsRecent(ulong word, bool isFile) => IsRecent(Workingset.Unpack(word, _bucketOrder), isFile);

    private bool IsRecent(in EvictionShadow shadow, bool isFile)
    {
        var evicted = _machine.Lru.Vectors[shadow.Node];
        var distance = Workingset.RefaultDistance(evicted.NonresidentAge, shadow.Clock);
        return Workingset.IsActivating(distance, evicted.Stats.Sizes, isFile, hasSwap: _machine.Swap.FreePages > 0);
    }

    private void Count(Lruvec vector, NodeStatItem anonItem, bool isFile, uint pages) =>
        _machine.Nodes[vector.Node].Stats.Add((int)anonItem + (isFile ? 1 : 0), pages);
}
