using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Reclaim;

/// <summary>Reclaim on behalf of others than the allocator: MADV_PAGEOUT, drop_caches. Keeps what all reclaim works with.</summary>
/// <remarks>mm/vmscan.c: reclaim_pages, reclaim_folio_list, drop_slab.</remarks>
internal sealed class Reclaimer
{
    private readonly Machine _machine;
    private readonly FolioReclaim _folios;

    public Reclaimer(Machine machine)
    {
        _machine = machine;
        _folios = new FolioReclaim(machine);
        Lists = new ListScan(machine, _folios);
    }

    /// <summary>How lists are scanned, a batch at a time.</summary>
    public ListScan Lists { get; }

    /// <summary>Reclaims isolated folios (reclaim_pages); those that stay are put back.</summary>
    /// <returns>Pages reclaimed.</returns>
    public ulong ReclaimIsolated(List<Pfn> folios)
    {
        var reclaimed = 0UL;
        for (var first = 0; first < folios.Count;)
        {
            // Neighbours on one node go together.
            var node = _machine.Lru.VectorOf(folios[first]).Node;
            var next = first;
            Invariant.Holds(_folios.Isolated.Count == 0);
            while (next < folios.Count && _machine.Lru.VectorOf(folios[next]).Node == node)
            {
                _machine.Frames[folios[next]].Clear(PageFlags.Active);
                _folios.Isolated.Add(folios[next++]);
            }

            var control = new ScanControl
            {
                Gfp = GfpFlags.Kernel,
                Flags = ScanFlags.MayWrite | ScanFlags.MayUnmap | ScanFlags.MaySwap,
                HighestZone = ZoneType.Device,
            };
            reclaimed += _folios.Run(ref control, node, ignoresUse: true, out _);
            foreach (var folio in _folios.Isolated)
            {
                _machine.Lru.PutBack(folio);
            }

            _folios.Isolated.Clear();
            first = next;
        }

        folios.Clear();
        return reclaimed;
    }

    /// <summary>drop_caches 2: every shrinker of every node until little is left to free (drop_slab).</summary>
    public void DropSlab()
    {
        ulong freed;
        var shift = 0;
        do
        {
            freed = 0;
            foreach (var node in _machine.Nodes)
            {
                freed += ShrinkAll(node.Id);
            }
        }
        while (freed >> shift++ > 1);
    }

    /// <summary>One call of all shrinkers at priority 0 (drop_slab_node).</summary>
    /// <returns>Objects freed.</returns>
    private ulong ShrinkAll(int node)
    {
        var freed = 0UL;
        for (var i = 0; i < _machine.Shrinkers.Count; i++)
        {
            var shrinker = _machine.Shrinkers[i];
            ref var deferred = ref shrinker.Deferred[node];
            var scan = ShrinkerScan.Begin(shrinker.Count(node), priority: 0, shrinker.Seeks, deferred, shrinker.Batch);
            deferred = 0;
            while (scan.TryNextBatch(out var objects))
            {
                _machine.Shrinkers.Scan(shrinker, node, objects, out var freedObjects);
                freed += freedObjects;
            }

            shrinker.Deferred[node] += scan.End();
        }

        return freed;
    }
}
