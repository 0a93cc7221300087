// Folios of 512 pages: the list of those that had better be split, and the service around them (HugeMapping maps them, FolioSplit
// splits them).
//
// A huge folio of which a part is unmapped keeps all its memory. It is put on its node's deferred split list, and under memory
// pressure a shrinker splits it: what nobody maps is free then. With shrink_underused set, every huge page is put there when it
// is made, so that pages that are mostly zeros could be split too.
//
// Invariants
//   D1  A folio is on the list at most once, and leaves it when it is split or freed.
//   D2  A folio with PartiallyMapped is on the list.
//
// Units    folios on the list.
// Models   Linux 6.12 mm/huge_memory.c: deferred_split_folio, __folio_unqueue_deferred_split, deferred_split_scan.
// Departs  no page is found underused, as with khugepaged/max_ptes_none at its default of 511.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

/// <summary>Folios of 512 pages: their counts, and how they are split.</summary>
internal sealed class HugeFolio
{
    private readonly Machine _machine;
    private readonly PageFrames _frames;
    private readonly PageList[] _queues;
    private readonly FolioSplit _splitter;
    private readonly HugeZeroShrinker _zeroShrinker;
    private readonly DeferredSplitShrinker _splitShrinker;

    internal HugeFolio(Machine machine)
        : this(
            machine, new PageList[machine.Nodes.Length], new HugeZeroPage(machine), new HugeZeroShrinker(machine),
            new DeferredSplitShrinker(machine))
    {
    }

    private HugeFolio(
        Machine machine, PageList[] queues, HugeZeroPage zeroPage, HugeZeroShrinker zeroShrinker, DeferredSplitShrinker splitShrinker)
    {
        _machine = machine;
        _zeroShrinker = zeroShrinker;
        _splitShrinker = splitShrinker;
        machine.Shrinkers.Add(zeroShrinker);
        machine.Shrinkers.Add(splitShrinker);
        _frames = machine.Frames;
        _queues = queues;
        _splitter = new FolioSplit(machine);
        ZeroPage = zeroPage;
        Mappings = new HugeMapping(machine);
    }

    public HugeZeroPage ZeroPage { get; }

    public HugeMapping Mappings { get; }

    internal HugeFolio Clone(Machine machine) => new(
        machine, (PageList[])_queues.Clone(), ZeroPage.Clone(machine), new HugeZeroShrinker(_zeroShrinker, machine),
        new DeferredSplitShrinker(_splitShrinker, machine));

    internal void HashInto(StateHash hash)
    {
        hash.Add<PageList>(_queues);
        ZeroPage.HashInto(hash);
    }

    /// <summary>Folios on a node's deferred split list.</summary>
    public uint QueuedOf(int node) => _queues[node].Count;

    /// <summary>Folios on a node's deferred split list, from its head.</summary>
    public PageList QueueOf(int node) => _queues[node];

    /// <summary>Puts a folio on its node's list (deferred_split_folio).</summary>
    /// <param name="isPartlyMapped">Not all of it is mapped any more. Otherwise it is new, and listed if shrink_underused is set.</param>
    public void DeferSplit(Pfn head, bool isPartlyMapped)
    {
        ref var frame = ref _frames[head];
        if (isPartlyMapped)
        {
            if (frame.Has(PageFlags.PartiallyMapped))
            {
                return;
            }

            frame.Set(PageFlags.PartiallyMapped);
            _machine.Events.Count(VmEvent.ThpDeferredSplitPage);
            _machine.ThpSettings.Count(ThpCount.SplitDeferred, 1);
            _machine.ThpSettings.Count(ThpCount.NrAnonPartiallyMapped, 1);
        }
        else if (!_machine.ThpSettings.QueuesAll)
        {
            return;
        }

        ref var isQueued = ref HugeCounts.IsQueued(_frames, head);
        if (isQueued == 0)
        {
            isQueued = 1;
            _frames.AddTail(ref QueueOf(head), HugeCounts.QueueLink(head));
        }
    }

    /// <summary>The last reference to a huge anonymous folio is gone: call before it is freed.</summary>
    public void Release(Pfn head)
    {
        Unqueue(head);
        if (_frames[head].IsAnonymous)
        {
            _machine.ThpSettings.Count(ThpCount.NrAnon, -1);
        }
    }

    /// <summary>Takes a folio off its list if it is on it.</summary>
    public void Unqueue(Pfn head)
    {
        if (_frames[head].TestClear(PageFlags.PartiallyMapped))
        {
            _machine.ThpSettings.Count(ThpCount.NrAnonPartiallyMapped, -1);
        }

        ref var isQueued = ref HugeCounts.IsQueued(_frames, head);
        if (isQueued != 0)
        {
            isQueued = 0;
            _frames.Remove(ref QueueOf(head), HugeCounts.QueueLink(head));
        }
    }

    /// <summary>
    /// Splits a huge folio into single pages (split_huge_page): it must be locked by the caller and have no references but its
    /// mappings, its LRU isolation and its cache. The pages go on as order-0 folios with the flags they inherit; on the list they
    /// come from behind the first one, or to <paramref name="isolated"/> when the folio is isolated. Counts thp_split_page.
    /// </summary>
    /// <remarks>The caller's own reference stays with the first page. Pages that nothing maps or caches are freed.</remarks>
    public bool TrySplit(Pfn folio, List<Pfn>? isolated) => _splitter.TrySplit(folio, isolated);

    /// <summary>Looks at the oldest folios of a node's list and splits those that are mapped in part (deferred_split_scan).</summary>
    /// <returns>Folios split.</returns>
    public ulong ScanDeferred(int node, ulong folios)
    {
        var split = 0UL;
        var count = Math.Min(folios, _queues[node].Count);
        for (var i = 0UL; i < count; i++)
        {
            var link = _queues[node].Head;
            var head = HugeCounts.HeadOfLink(link);
            if (!_frames[head].Has(PageFlags.PartiallyMapped))
            {
                Unqueue(head);   // not underused: it need not be looked at again
                continue;
            }

            if (TrySplitUnlocked(head))
            {
                split++;
            }
            else
            {
                _frames.Remove(ref _queues[node], link);
                _frames.AddTail(ref _queues[node], link);
            }
        }

        return split;
    }

    private bool TrySplitUnlocked(Pfn head)
    {
        ref var frame = ref _frames[head];
        if (frame.Has(PageFlags.Locked))
        {
            return false;
        }

        frame.ReferenceCount++;
        frame.Set(PageFlags.Locked);
        var isSplit = TrySplit(head, null);
        _machine.Lru.UnlockPage(head);
        _machine.Lru.Put(head);
        return isSplit;
    }

    private ref PageList QueueOf(Pfn head) => ref _queues[_machine.Allocator.ZoneOf(head).Node];
}
