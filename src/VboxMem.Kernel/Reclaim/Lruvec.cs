// The pages of one node and one cgroup that reclaim may take, in the order in which it looks at them: the youngest at the head.
//
// Two lists for each type: what has been used once (inactive) and what has been used again (active). A fifth, the unevictable
// one, is counted only: nothing walks it, and a folio's links hold how many areas lock it instead.
//
// Invariants
//   V1  A folio with PG_lru is on the list its flags name (LruLists.Of), and on no other; one without is on none.
//   V2  SizePages(list) is the sum over zones, and what the folios on the list add up to.
//   V3  A list's node and zone counters move with it.
//
// Units    pages, except PageList.Count, which counts folios.
// Models   Linux 6.12 struct lruvec, lruvec_add_folio, lruvec_del_folio, update_lru_size (facts: reclaim, 1.1).
// Departs  the root cgroup alone exists.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Reclaim;

public sealed class Lruvec
{
    private readonly PageFrames _frames;
    private readonly Node _node;
    private readonly PageList[] _lists = new PageList[LruLists.Count];

    /// <summary>Pages of a list in a zone: list * zones + zone.</summary>
    private readonly ulong[] _zonePages = new ulong[LruLists.Count * Zone.TypesPerNode];
    private readonly ulong[] _pages = new ulong[LruLists.Count];

    /// <summary>Of anonymous pages, of those of files.</summary>
    private readonly LruFlows[] _flows = new LruFlows[2];

    internal Lruvec(PageFrames frames, Node node)
    {
        _frames = frames;
        _node = node;
    }

    private Lruvec(Lruvec other, PageFrames frames, Node node)
        : this(frames, node)
    {
        other._lists.CopyTo(_lists, 0);
        other._zonePages.CopyTo(_zonePages, 0);
        other._pages.CopyTo(_pages, 0);
        other._flows.CopyTo(_flows, 0);
        Cost = other.Cost;
        NonresidentAge = other.NonresidentAge;
        AnonActivations = other.AnonActivations;
        FileActivations = other.FileActivations;
        IsCongested = other.IsCongested;
        Stats = other.Stats;
    }

    public int Node => _node.Id;

    internal PerCpuCounters NodeStats => _node.Stats;

    /// <summary>What reclaim of either type has cost lately.</summary>
    public ReclaimCost Cost;

    /// <summary>The clock of refault detection: pages evicted and activated so far.</summary>
    public ulong NonresidentAge { get; private set; }

    /// <summary>workingset_activate of either type at the end of the last run of reclaim (snapshot_refaults).</summary>
    public ulong AnonActivations { get; set; }

    public ulong FileActivations { get; set; }

    /// <summary>Reclaim met dirty pages that are all queued already: direct reclaimers pause (LRUVEC_NODE_CONGESTED).</summary>
    public bool IsCongested { get; set; }

    /// <summary>What the cgroup's statistics say of the vector: as of up to two seconds ago.</summary>
    public LruvecStats Stats { get; private set; }

    /// <summary>What has happened on the lists of a type.</summary>
    public ref readonly LruFlows FlowsOf(bool isFile) => ref _flows[isFile ? 1 : 0];

    public LruSizes Sizes => new(_pages[0], _pages[1], _pages[2], _pages[3]);

    /// <summary>Pages on the four lists that reclaim takes from.</summary>
    public ulong EvictablePages => _pages[0] + _pages[1] + _pages[2] + _pages[3];

    public ulong SizePages(LruList list) => _pages[(int)list];

    /// <summary>The lists' pages in zones up to one.</summary>
    public LruSizes SizesUpTo(ZoneType highest)
    {
        if (highest >= ZoneType.Movable)
        {
            return Sizes;
        }

        return new LruSizes(
            SizeUpTo(LruList.InactiveAnon, highest), SizeUpTo(LruList.ActiveAnon, highest),
            SizeUpTo(LruList.InactiveFile, highest), SizeUpTo(LruList.ActiveFile, highest));
    }

    public ulong SizeIn(LruList list, ZoneType zone) => _zonePages[((int)list * Zone.TypesPerNode) + (int)zone];

    public ref readonly PageList ListOf(LruList list) => ref _lists[(int)list];

    public Pfn TailOf(LruList list) => _lists[(int)list].Tail;

    /// <summary>Puts a folio at the head of the list its flags name. PG_lru is the caller's to set.</summary>
    public void Add(Pfn folio, Zone zone)
    {
        ref var frame = ref _frames[folio];
        var list = LruLists.Of(frame);
        Resize(list, zone, frame.Pages);
        if (list == LruList.Unevictable)
        {
            _lists[(int)list].Count++;
        }
        else
        {
            _frames.AddHead(ref _lists[(int)list], folio);
        }
    }

    /// <summary>As <see cref="Add"/>, for single pages of one zone that all go to the same list, not the unevictable one; sets their PG_lru.</summary>
    internal void AddSinglePages(ReadOnlySpan<Pfn> folios, Zone zone)
    {
        var list = LruLists.Of(_frames[folios[0]]);
        ref var ends = ref _lists[(int)list];
        foreach (var folio in folios)
        {
            _frames.AddHead(ref ends, folio);
            _frames[folio].Set(PageFlags.Lru);
        }

        Resize(list, zone, 1, folios.Length);
    }

    /// <summary>Puts a folio at the tail of its list: the next to be looked at.</summary>
    public void AddTail(Pfn folio, Zone zone)
    {
        ref var frame = ref _frames[folio];
        var list = LruLists.Of(frame);
        Invariant.Holds(list != LruList.Unevictable);
        Resize(list, zone, frame.Pages);
        _frames.AddTail(ref _lists[(int)list], folio);
    }

    /// <summary>Takes a folio off the list its flags name.</summary>
    public void Remove(Pfn folio, Zone zone)
    {
        ref var frame = ref _frames[folio];
        var list = LruLists.Of(frame);
        Resize(list, zone, -(long)frame.Pages);
        if (list == LruList.Unevictable)
        {
            _lists[(int)list].Count--;
            frame.Next = Pfn.None;   // the count of locks
        }
        else
        {
            _frames.Remove(ref _lists[(int)list], folio);
        }
    }

    /// <summary>Takes the last folio off an evictable list; what it counts is left to <see cref="CountRemoved"/>.</summary>
    internal void UnlinkTail(LruList list) => _frames.RemoveTail(ref _lists[(int)list]);

    /// <summary>So many folios of so many pages each have been unlinked from a list.</summary>
    internal void CountRemoved(LruList list, Zone zone, uint pages, int folios) => Resize(list, zone, -(long)pages, folios);

    /// <summary>A huge folio on a list becomes single pages: those behind its first one, ascending, are put there after it.</summary>
    /// <param name="head">The first page, order 0 by now, still at the huge folio's place.</param>
    /// <param name="pages">Pages of the folio before; the counters do not change.</param>
    public void LinkSplitPages(Pfn head, uint pages)
    {
        var list = LruLists.Of(_frames[head]);
        ref var ends = ref _lists[(int)list];
        if (list == LruList.Unevictable)
        {
            ends.Count += pages - 1;
            return;
        }

        var next = _frames[head].Next;
        var last = head;
        for (var i = 1U; i < pages; i++)
        {
            var page = head.Plus(i);
            _frames[last].Next = page;
            _frames[page].Previous = last;
            last = page;
        }

        _frames[last].Next = next;
        if (next != Pfn.None)
        {
            _frames[next].Previous = last;
        }
        else
        {
            ends.Tail = last;
        }

        ends.Count += pages - 1;
    }

    /// <summary>Moves a folio that is looked at and not wanted to the head of its list.</summary>
    public void MoveToHead(Pfn folio, LruList list)
    {
        _frames.Remove(ref _lists[(int)list], folio);
        _frames.AddHead(ref _lists[(int)list], folio);
    }

    /// <summary>Where what happens to a folio on these lists is counted.</summary>
    internal ref LruFlows CountFor(in PageFrame folio) => ref CountFor(folio.IsFileLru);

    internal ref LruFlows CountFor(bool isFile) => ref _flows[isFile ? 1 : 0];

    /// <summary>Lets the clock of refault detection advance (workingset_age_nonresident).</summary>
    public void Age(ulong pages) => NonresidentAge += pages;

    /// <summary>lru_note_cost.</summary>
    public void NoteCost(bool isFile, ulong ioPages, ulong rotatedPages) => Cost.Note(isFile, ioPages, rotatedPages, Stats.EvictablePages);

    /// <summary>Brings the statistics up to date.</summary>
    public void GatherStats() => Stats = new LruvecStats(
        Sizes,
        (ulong)_node.Stats.ReadExact((int)NodeStatItem.WorkingsetActivateAnon),
        (ulong)_node.Stats.ReadExact((int)NodeStatItem.WorkingsetActivateFile));

    internal Lruvec Clone(PageFrames frames, Node node) => new(this, frames, node);

    internal void HashInto(StateHash hash)
    {
        hash.Add<PageList>(_lists);
        hash.Add<ulong>(_zonePages);
        Cost.HashInto(hash);
        hash.Add(NonresidentAge);
        hash.Add(AnonActivations);
        hash.Add(FileActivations);
        hash.Add(IsCongested);
        Stats.HashInto(hash);
        _flows[0].HashInto(hash);
        _flows[1].HashInto(hash);
    }

    private ulong SizeUpTo(LruList list, ZoneType highest)
    {
        var pages = 0UL;
        for (var zone = ZoneType.Dma; zone <= highest; zone++)
        {
            pages += SizeIn(list, zone);
        }

        return pages;
    }

    /// <summary>So many folios of so many pages each come or, below zero, go.</summary>
    private void Resize(LruList list, Zone zone, long pages, int folios = 1)
    {
        ref var size = ref _zonePages[((int)list * Zone.TypesPerNode) + (int)zone.Type];
        size = (ulong)((long)size + (pages * folios));
        _pages[(int)list] = (ulong)((long)_pages[(int)list] + (pages * folios));
        Invariant.Holds((long)size >= 0);
        _node.Stats.AddTimes((int)NodeStatItem.InactiveAnon + (int)list, pages, folios);
        zone.Stats.AddTimes((int)ZoneStatItem.ZoneInactiveAnon + (int)list, pages, folios);
    }
}
