// The swap cache: folios that have a slot, found by it; and what is known of those that were there (shadows).
//
// An area has one index tree for each 16384 slots. A huge folio stands in all of its 512 slots.
//
// Invariants
//   C1  A folio with the flag SwapCache is in the cache exactly at its slots, the first of which is its Private; and no other is.
//   C2  A slot with a folio has its InCache bit. A shadow lies only at a slot that is in use and has no folio.
//
// Units    slots; folios count nr_file_pages and nr_swapcached with all their pages.
// Models   Linux 6.12 mm/swap_state.c: add_to_swap_cache, __delete_from_swap_cache, clear_shadow_from_swap_cache.
// Departs  the cache's reference to a huge folio is one, not one for each page.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Swap;

internal sealed class SwapCache
{
    /// <summary>Slots of one tree: 64 MiB (SWAP_ADDRESS_SPACE_PAGES).</summary>
    public const int SlotsPerTree = 1 << 14;

    private readonly Machine _machine;
    private readonly int[]?[] _trees = new int[SwapSlots.MostAreas][];

    public SwapCache(Machine machine) => _machine = machine;

    private IndexTrees Trees => _machine.PageCache.Trees;

    public SwapCache Clone(Machine machine)
    {
        var copy = new SwapCache(machine);
        for (var area = 0; area < _trees.Length; area++)
        {
            copy._trees[area] = (int[]?)_trees[area]?.Clone();
        }

        return copy;
    }

    public void HashInto(StateHash hash)
    {
        foreach (var trees in _trees)
        {
            hash.Add<int>(trees);
        }
    }

    /// <summary>Makes the trees of a new area.</summary>
    public void AddArea(SwapArea area)
    {
        var trees = new int[(area.Slots + SlotsPerTree - 1) / SlotsPerTree];
        for (var i = 0; i < trees.Length; i++)
        {
            trees[i] = Trees.Make(owner: -1 - area.Index, keepsShadows: true);
        }

        _trees[area.Index] = trees;
    }

    /// <summary>Gives up the trees of an area without used slots.</summary>
    public void RemoveArea(SwapArea area)
    {
        foreach (var tree in _trees[area.Index]!)
        {
            Trees.Drop(tree);
        }

        _trees[area.Index] = null;
    }

    public Pfn Find(SwapEntry entry) => Trees.Find(TreeOf(entry), IndexOf(entry)).Folio;

    /// <summary>Puts a folio over its slots, whose cache bits are set. Its reference is the caller's to count.</summary>
    /// <param name="folio">A folio that is in no cache.</param>
    /// <param name="first">Its first slot.</param>
    /// <param name="gfp">For the tree's nodes.</param>
    /// <param name="shadow">What was left of the page that was here before; 0: nothing.</param>
    /// <returns>False: no memory; nothing has changed.</returns>
    public bool TryInsert(Pfn folio, SwapEntry first, GfpFlags gfp, out ulong shadow)
    {
        ref var frame = ref _machine.Frames[folio];
        Invariant.Holds(!frame.Has(PageFlags.SwapCache));
        shadow = 0;
        var pages = frame.Pages;
        for (var i = 0u; i < pages; i++)
        {
            var entry = first.Plus(i);
            var old = Trees.Find(TreeOf(entry), IndexOf(entry));
            Invariant.Holds(!old.IsFolio);
            shadow = old.IsValue ? old.Word : shadow;
            if (!Trees.TryStore(TreeOf(entry), IndexOf(entry), IndexEntry.OfFolio(folio), gfp))
            {
                // Only a huge folio gets further than its first page, and the slots of one are new: they had no shadows.
                while (i-- > 0)
                {
                    Trees.Erase(TreeOf(first.Plus(i)), IndexOf(first.Plus(i)));
                }

                return false;
            }
        }

        frame.Set(PageFlags.SwapCache);
        frame.Private = first.Packed;
        Count(folio, pages);
        return true;
    }

    /// <summary>Takes a folio out, leaving a shadow in its slots; 0: none. Slots and reference are the caller's.</summary>
    public void Remove(Pfn folio, ulong shadow)
    {
        ref var frame = ref _machine.Frames[folio];
        Invariant.Holds(frame.Has(PageFlags.SwapCache) && !frame.Has(PageFlags.Writeback));
        var first = SwapEntry.Unpack(frame.Private);
        for (var i = 0u; i < frame.Pages; i++)
        {
            var entry = first.Plus(i);
            if (shadow == 0)
            {
                Trees.Erase(TreeOf(entry), IndexOf(entry));
            }
            else
            {
                Trees.Replace(TreeOf(entry), IndexOf(entry), IndexEntry.OfValue(shadow));
            }
        }

        frame.Clear(PageFlags.SwapCache);
        frame.Private = 0;
        Count(folio, -(long)frame.Pages);
    }

    /// <summary>A huge folio has been split, and its pages are marked as in the cache: each stands in its own slot now.</summary>
    public void Split(Pfn head, uint pages)
    {
        var first = SwapEntry.Unpack(_machine.Frames[head].Private);
        for (var i = 1u; i < pages; i++)
        {
            var (page, entry) = (head.Plus(i), first.Plus(i));
            Invariant.Holds(_machine.Frames[page].Has(PageFlags.SwapCache) && _machine.Frames[page].Private == entry.Packed);
            Trees.Replace(TreeOf(entry), IndexOf(entry), IndexEntry.OfFolio(page));
        }
    }

    /// <summary>What is in a single page goes to another frame: its slot names that from now on. Flags and references are the caller's.</summary>
    public void Move(Pfn from, Pfn to)
    {
        var entry = SwapEntry.Unpack(_machine.Frames[from].Private);
        Invariant.Holds(_machine.Frames[from] is { Order: 0 } frame && frame.Has(PageFlags.SwapCache));
        Trees.Exchange(TreeOf(entry), IndexOf(entry), IndexEntry.OfFolio(from), IndexEntry.OfFolio(to));
    }

    /// <summary>Slots have become free: nothing is remembered of what was there.</summary>
    public void Forget(SwapEntry first, uint count)
    {
        for (var i = 0u; i < count; i++)
        {
            var entry = first.Plus(i);
            var (tree, index) = (TreeOf(entry), IndexOf(entry));
            var old = Trees.Find(tree, index);
            if (!old.IsNone)
            {
                Invariant.Holds(old.IsValue);
                Trees.Erase(tree, index);
            }
        }
    }

    /// <summary>What stands at a slot, for the audit.</summary>
    public IndexEntry At(SwapEntry entry) => Trees.Find(TreeOf(entry), IndexOf(entry));

    private static ulong IndexOf(SwapEntry entry) => entry.Offset % SlotsPerTree;

    private int TreeOf(SwapEntry entry) => _trees[entry.Area]![entry.Offset / SlotsPerTree];

    private void Count(Pfn folio, long pages)
    {
        var stats = _machine.Nodes[_machine.Allocator.ZoneOf(folio).Node].Stats;
        stats.Add((int)NodeStatItem.FilePages, pages);
        stats.Add((int)NodeStatItem.Swapcached, pages);
    }
}
