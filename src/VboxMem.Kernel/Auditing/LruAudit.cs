using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Reclaim;

namespace VboxMem.Kernel.Auditing;

/// <summary>
/// Every folio with PG_lru is on the one list its flags name, sizes and counters are what the lists add up to, batches hold the
/// references they claim, and what is locked counts as locked.
/// </summary>
internal sealed class LruAudit
{
    private const PageFlags ListFlags = PageFlags.Lru | PageFlags.Active | PageFlags.Unevictable;

    private readonly Machine _machine;

    /// <summary>References that batches hold, by folio.</summary>
    private readonly Dictionary<Pfn, uint> _batched = [];

    /// <summary>Folios met on lists.</summary>
    private readonly SortedSet<Pfn> _listed = [];

    private LruAudit(Machine machine) => _machine = machine;

    /// <summary>Claims the blocks that the slow path has granted and that no one has taken yet.</summary>
    public static void AddClaims(Machine machine, OwnerClaims claims)
    {
        foreach (var task in machine.Processes.Tasks)
        {
            foreach (var block in task.Allocation.Held)
            {
                claims.Claim(block, FrameOwner.Kernel);
            }
        }
    }

    public static void Check(Machine machine, FrameCensus census)
    {
        var audit = new LruAudit(machine);
        foreach (var vector in machine.Lru.Vectors)
        {
            audit.WalkLists(vector);
        }

        audit.CheckBatches();
        audit.CheckFolios(census);
        audit.CheckSizes(census);
    }

    private void WalkLists(Lruvec vector)
    {
        for (var list = LruList.InactiveAnon; list < LruList.Unevictable; list++)
        {
            var ends = vector.ListOf(list);
            var (folios, previous) = (0U, Pfn.None);
            for (var folio = ends.Head; folio != Pfn.None; folio = _machine.Frames[folio].Next)
            {
                ref var frame = ref _machine.Frames[folio];
                folios++;
                Audit.Require(frame.Previous == previous, $"{folio} on list {list} does not lead back to {previous}");
                Audit.Require(frame.Has(PageFlags.Lru), $"{folio} is on list {list} without PG_lru");
                Audit.Require(LruLists.Of(frame) == list, $"{folio} is on list {list}, its flags name {LruLists.Of(frame)}");
                Audit.Require(_machine.Lru.VectorOf(folio) == vector, $"{folio} is on a list of node {vector.Node}");
                Audit.Require(_listed.Add(folio), $"{folio} is on two lists");
                previous = folio;
            }

            Audit.Require(ends.Tail == previous, $"list {list} of node {vector.Node} does not end at its tail");
            Audit.Same($"folios on list {list} of node {vector.Node}", ends.Count, folios);
        }
    }

    private void CheckBatches()
    {
        var batches = _machine.Lru.Batches;
        for (var cpu = 0; cpu < batches.Cpus; cpu++)
        {
            for (var kind = LruBatchKind.Add; kind <= LruBatchKind.Lock; kind++)
            {
                foreach (var folio in batches.FoliosOf(cpu, kind))
                {
                    _batched[folio] = _batched.GetValueOrDefault(folio) + 1;
                    Audit.Require(
                        kind != LruBatchKind.Add || !_machine.Frames[folio].Has(PageFlags.Lru), $"{folio} is to be added and on a list");
                }
            }
        }

        foreach (var (folio, references) in _batched)
        {
            ref var frame = ref _machine.Frames[folio];
            Audit.Require(IsFolio(frame.Owner), $"{folio} waits in a batch as {frame.Owner}");
            Audit.Require(frame.ReferenceCount >= references, $"{folio} has fewer references than the batches it waits in");
        }
    }

    private void CheckFolios(FrameCensus census)
    {
        foreach (var (block, owner, _, _) in census.Blocks)
        {
            ref var frame = ref _machine.Frames[block];
            if (!IsFolio(owner))
            {
                var isTagged = owner is not (FrameOwner.Free or FrameOwner.Slab) && frame.HasAny(ListFlags);
                Audit.Require(!isTagged, $"{block} is tagged {owner} and has flags of the lists");
                continue;
            }

            Audit.Require(frame.ReferenceCount > 0, $"{block} is a folio without references");
            Audit.Require(
                !frame.Has(PageFlags.Lru) || frame.Has(PageFlags.Unevictable) || _listed.Contains(block), $"{block} has PG_lru and is on no list");
            Audit.Require(
                !frame.Has(PageFlags.Lru | PageFlags.Mlocked) || frame.Has(PageFlags.Unevictable) || _batched.ContainsKey(block),
                $"{block} is locked in memory and on a list that reclaim takes from");
        }
    }

    private void CheckSizes(FrameCensus census)
    {
        const int zones = Zone.TypesPerNode;
        var pages = new ulong[_machine.Nodes.Length * zones * LruLists.Count];
        var locked = new ulong[_machine.Nodes.Length * zones];
        var unevictable = new uint[_machine.Nodes.Length];
        foreach (var (block, owner, order, zone) in census.Blocks)
        {
            ref var frame = ref _machine.Frames[block];
            if (!IsFolio(owner))
            {
                continue;
            }

            locked[zone] += frame.Has(PageFlags.Mlocked) ? 1UL << order : 0;
            if (frame.Has(PageFlags.Lru))
            {
                pages[(zone * LruLists.Count) + (int)LruLists.Of(frame)] += 1UL << order;
                unevictable[zone / zones] += frame.Has(PageFlags.Unevictable) ? 1U : 0;
            }
        }

        foreach (var node in _machine.Nodes)
        {
            var vector = _machine.Lru.Vectors[node.Id];
            Audit.Same($"unevictable folios of node {node.Id}", vector.ListOf(LruList.Unevictable).Count, unevictable[node.Id]);
            for (var list = LruList.InactiveAnon; list <= LruList.Unevictable; list++)
            {
                CheckList(node, vector, list, pages);
            }

            foreach (var zone in node.Zones)
            {
                var kept = (ulong)zone.Stats.ReadExact((int)ZoneStatItem.Mlock);
                Audit.Same($"nr_mlock of node {node.Id} zone {zone.Extent.Name}", kept, locked[zone.Extent.Index]);
            }
        }
    }

    private static void CheckList(Node node, Lruvec vector, LruList list, ulong[] pages)
    {
        var total = 0UL;
        foreach (var zone in node.Zones)
        {
            var counted = pages[(zone.Extent.Index * LruLists.Count) + (int)list];
            var kept = (ulong)zone.Stats.ReadExact((int)ZoneStatItem.ZoneInactiveAnon + (int)list);
            Audit.Same($"list {list} of node {node.Id} zone {zone.Extent.Name}", vector.SizeIn(list, zone.Type), counted);
            Audit.Same($"counter of list {list} of node {node.Id} zone {zone.Extent.Name}", kept, counted);
            total += counted;
        }

        Audit.Same($"list {list} of node {node.Id}", vector.SizePages(list), total);
        Audit.Same($"counter of list {list} of node {node.Id}", (ulong)node.Stats.ReadExact((int)NodeStatItem.InactiveAnon + (int)list), total);
    }

    private static bool IsFolio(FrameOwner owner) => owner is FrameOwner.Anonymous or FrameOwner.File or FrameOwner.Shmem;
}
