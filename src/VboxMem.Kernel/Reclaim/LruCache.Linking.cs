// How a folio comes onto a list: on the unevictable one if it may not be reclaimed, and with its neighbours of a batch at one go.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Reclaim;

public sealed partial class LruCache
{
    /// <summary>Puts a folio on its list at once, culling it if it may not be reclaimed (lru_add).</summary>
    internal void Link(Pfn folio)
    {
        PrepareToLink(folio);
        LinkPrepared(folio);
    }

    private void LinkPrepared(Pfn folio)
    {
        ref var frame = ref _frames[folio];
        var vector = VectorOf(folio);
        vector.Add(folio, _allocator.ZoneOf(folio));
        vector.CountFor(frame).Added += frame.Pages;
        frame.Set(PageFlags.Lru);
    }

    /// <summary>Links the folios of a batch. Single pages of one zone and kind that follow one another are counted together.</summary>
    private void LinkAll(ReadOnlySpan<Pfn> folios)
    {
        foreach (var folio in folios)
        {
            PrepareToLink(folio);
        }

        while (!folios.IsEmpty)
        {
            var alike = CountAlike(folios);
            if (alike == 1)
            {
                LinkPrepared(folios[0]);
            }
            else
            {
                var vector = VectorOf(folios[0]);
                vector.AddSinglePages(folios[..alike], _allocator.ZoneOf(folios[0]));
                vector.CountFor(_frames[folios[0]]).Added += (ulong)alike;
            }

            folios = folios[alike..];
        }
    }

    /// <summary>How many folios, from the first on, are single pages of its zone that go to its list. At least 1.</summary>
    private int CountAlike(ReadOnlySpan<Pfn> folios)
    {
        ref var first = ref _frames[folios[0]];
        var (zone, list) = (_frames.ZoneOf(folios[0]), LruLists.Of(first));
        var count = 1;
        if (first.Order != 0 || list == LruList.Unevictable)
        {
            return count;
        }

        while (count < folios.Length && _frames.ZoneOf(folios[count]) == zone
            && _frames[folios[count]] is { Order: 0 } frame && LruLists.Of(frame) == list)
        {
            count++;
        }

        return count;
    }

    /// <summary>Decides whether a folio about to be linked is evictable.</summary>
    private void PrepareToLink(Pfn folio)
    {
        ref var frame = ref _frames[folio];
        var pages = frame.Pages;
        var wasUnevictable = frame.TestClear(PageFlags.Unevictable);
        if (IsEvictable(folio))
        {
            if (wasUnevictable)
            {
                _machine.Events.Count(VmEvent.UnevictablePgSRescued, pages);
            }
        }
        else
        {
            frame.Clear(PageFlags.Active);
            frame.Set(PageFlags.Unevictable);
            frame.Next = new Pfn(frame.Has(PageFlags.Mlocked) ? 1U : 0);
            if (!wasUnevictable)
            {
                _machine.Events.Count(VmEvent.UnevictablePgSCulled, pages);
            }
        }
    }

    /// <summary>May be reclaimed: neither locked in memory nor in a file that is (folio_evictable).</summary>
    internal bool IsEvictable(Pfn folio) => !_frames[folio].Has(PageFlags.Mlocked);

    /// <summary>A huge folio on a list has become single pages: puts those behind the first one there after it (lru_add_split_folio).</summary>
    /// <param name="head">The first page; its flags, PG_lru among them, are those that the others have too.</param>
    /// <param name="pages">How many there are, the first one included.</param>
    public void LinkSplitPages(Pfn head, uint pages)
    {
        Invariant.Holds(_frames[head].Has(PageFlags.Lru) && _frames[head].Order == 0);
        VectorOf(head).LinkSplitPages(head, pages);
    }
}
