// The buddy allocator: the free pages of one zone, kept as power-of-two blocks on lists by order and migrate type.
//
// A block of order n is 2^n contiguous frames whose first pfn is a multiple of 2^n. Its buddy differs in bit n of the pfn
// and nowhere else, so splitting and merging are one XOR. A block is on the list of its (first) pageblock's type.
//
// Invariants
//   B1  A frame lies in at most one free block; only the block's first frame records owner and order (order 10: the side table).
//   B2  No free block smaller than a pageblock has a free buddy of its own order. Two free pageblocks may lie side by side
//       unmerged: their types may forbid it, and giving a pageblock another type does not merge it.
//   B3  The zone's free-page count is the sum over orders and types of blocks << order, Isolate left out.
//   B4  FreeHighAtomicPages is the same sum over the HighAtomic lists.
//
// Units    pages; orders are 0..10.
// Models   Linux 6.12 mm/page_alloc.c: __free_one_page, __rmqueue_smallest, expand (facts: physical memory, 4.1).
//          Fallback to other types is in PageblockFallback.cs.
// Departs  free lists are not shuffled (SHUFFLE_PAGE_ALLOCATOR is off by default too).

using System.Numerics;
using VboxMem.Kernel.Accounting;

namespace VboxMem.Kernel.Physical;

public sealed class BuddyAllocator
{
    private readonly Zone _zone;
    private readonly PageFrames _frames;
    private readonly PageList[] _lists;

    public BuddyAllocator(Zone zone, PageFrames frames)
    {
        _zone = zone;
        _frames = frames;
        _lists = new PageList[PageGeometry.OrderCount * MigrateTypes.Count];
    }

    private BuddyAllocator(BuddyAllocator other, Zone zone, PageFrames frames)
    {
        _zone = zone;
        _frames = frames;
        _lists = (PageList[])other._lists.Clone();
    }

    /// <summary>Who waits for a block in this moment, while he himself frees pages; never set between two steps.</summary>
    internal BlockCapture? Capture { get; set; }

    public BuddyAllocator Clone(Zone zone, PageFrames frames) => new(this, zone, frames);

    /// <summary>Free blocks of an order, all types: the figure of /proc/buddyinfo.</summary>
    public uint FreeBlocks(int order)
    {
        var blocks = 0u;
        for (var type = 0; type < MigrateTypes.Count; type++)
        {
            blocks += _lists[ListIndex(order, (MigrateType)type)].Count;
        }

        return blocks;
    }

    /// <summary>Free blocks of an order and type: the figure of /proc/pagetypeinfo.</summary>
    public uint FreeBlocks(int order, MigrateType type) => _lists[ListIndex(order, type)].Count;

    public bool IsEmpty(int order, MigrateType type) => _lists[ListIndex(order, type)].IsEmpty;

    /// <summary>First block of a list, or none.</summary>
    public Pfn First(int order, MigrateType type) => _lists[ListIndex(order, type)].Head;

    /// <summary>Last block of a list, or none.</summary>
    public Pfn Last(int order, MigrateType type) => _lists[ListIndex(order, type)].Tail;

    /// <summary>The block in front of another one on its list.</summary>
    public Pfn Preceding(Pfn block, int order) =>
        order == PageGeometry.MaxOrder ? _frames.PreviousLargestBlock(block) : _frames[block].Previous;

    /// <summary>The block behind another one on its list.</summary>
    public Pfn Following(Pfn block, int order) =>
        order == PageGeometry.MaxOrder ? _frames.NextLargestBlock(block) : _frames[block].Next;

    /// <summary>Gives the allocator a block it never had (boot), at the tail of its list and without merging.</summary>
    public void AddAtBoot(Pfn block, int order)
    {
        if (order < PageGeometry.MaxOrder)
        {
            _frames.Touch(block);
        }

        Link(block, order, _frames.PageblockType(block), toTail: true);
        Account(_frames.PageblockType(block), 1L << order);
    }

    /// <summary>Takes the smallest free block of at least <paramref name="order"/> of one type, splitting a larger one.</summary>
    /// <returns>False, with nothing changed, when that type has no block that large.</returns>
    /// <remarks>The frames' tag is left to the caller; the block belongs to nobody for that moment.</remarks>
    public bool TryTake(int order, MigrateType type, out Pfn block)
    {
        for (var found = order; found <= PageGeometry.MaxOrder; found++)
        {
            block = _lists[ListIndex(found, type)].Head;
            if (block == Pfn.None)
            {
                continue;
            }

            TakeFrom(block, found, order, type, type);
            return true;
        }

        block = Pfn.None;
        return false;
    }

    /// <summary>Takes several blocks at once that <see cref="TryTake"/> would take one after the other, as long as they adjoin.</summary>
    /// <param name="order">Order of each.</param>
    /// <param name="type">Their type.</param>
    /// <param name="most">How many at most; at least 1.</param>
    /// <param name="first">The first one; the others follow it in memory.</param>
    /// <param name="count">How many were taken.</param>
    /// <returns>False, with nothing changed, when that type has no block that large.</returns>
    /// <remarks>
    /// The smallest block that will do is the only one below its order, so that taking pages singly would use it up, from its
    /// first page to its last, before it touched another.
    /// </remarks>
    public bool TryTakeRun(int order, MigrateType type, int most, out Pfn first, out int count)
    {
        for (var found = order; found <= PageGeometry.MaxOrder; found++)
        {
            first = _lists[ListIndex(found, type)].Head;
            if (first == Pfn.None)
            {
                continue;
            }

            var taken = Math.Min(found, order + BitOperations.Log2((uint)most));
            count = 1 << (taken - order);
            Split(first, found, taken, type, type);
            AccountTimes(type, -(1L << order), count);
            return true;
        }

        (first, count) = (Pfn.None, 0);
        return false;
    }

    /// <summary>
    /// Takes the first 2^<paramref name="order"/> pages of a given free block; the rest goes to the heads of the lists of
    /// <paramref name="restType"/>.
    /// </summary>
    public void TakeFrom(Pfn block, int blockOrder, int order, MigrateType listType, MigrateType restType)
    {
        Split(block, blockOrder, order, listType, restType);
        var rest = (1L << blockOrder) - (1L << order);
        if (listType == restType)
        {
            Account(listType, -(1L << order));
        }
        else
        {
            Account(listType, -(1L << blockOrder));
            Account(restType, rest);
        }
    }

    /// <summary>Returns a block, merging it with its buddies as far as Linux does.</summary>
    /// <param name="block">First frame; its own tag is cleared here.</param>
    /// <param name="order">Order of the block.</param>
    /// <param name="type">Type of its pageblock.</param>
    /// <param name="toTail">Put it behind its equals (isolated pages coming back).</param>
    public void Free(Pfn block, int order, MigrateType type, bool toTail = false)
    {
        Invariant.Holds(block.IsAlignedTo(order));
        _frames[block] = default;
        Account(type, 1L << order);
        Merge(block, order, type, toTail);
    }

    /// <summary>The same as freeing each of 2^order adjoining single pages, from the first to the last.</summary>
    /// <param name="first">First frame, aligned to the order; all frames have been cleared.</param>
    /// <param name="order">Below the pageblock's, so that all are of one type.</param>
    /// <param name="type">Type of their pageblock.</param>
    /// <remarks>They would merge with each other before they could merge with anything else.</remarks>
    public void FreeRun(Pfn first, int order, MigrateType type)
    {
        Invariant.Holds(first.IsAlignedTo(order));
        if (Capture is not null)
        {
            for (var page = first; page < first.Plus(1u << order); page = page.Plus(1))
            {
                Free(page, 0, type);
            }

            return;
        }

        AccountTimes(type, 1, 1 << order);
        Merge(first, order, type, toTail: false);
    }

    /// <summary>Turns a free list so that a block of it comes first: those before it come last.</summary>
    internal void MakeFirst(Pfn block, int order, MigrateType type)
    {
        if (order < PageGeometry.MaxOrder)
        {
            _frames.TurnTo(ref _lists[ListIndex(order, type)], block);
        }
    }

    /// <summary>Turns a free list so that a block of it comes last.</summary>
    internal void MakeLast(Pfn block, int order, MigrateType type)
    {
        if (order < PageGeometry.MaxOrder && _frames[block].Next != Pfn.None)
        {
            _frames.TurnTo(ref _lists[ListIndex(order, type)], _frames[block].Next);
        }
    }

    private void Merge(Pfn block, int order, MigrateType type, bool toTail)
    {
        while (order < PageGeometry.MaxOrder)
        {
            if (Capture is { } capture && capture.TryTake(block, order, type))
            {
                Account(type, -(1L << order));
                return;
            }

            var buddy = block.Buddy(order);
            if (!IsFreeBuddy(buddy, order))
            {
                break;
            }

            var buddyType = type;
            if (order >= PageGeometry.PageblockOrder)
            {
                buddyType = _frames.PageblockType(buddy);
                if (buddyType != type && !(type.IsMergeable() && buddyType.IsMergeable()))
                {
                    break;
                }
            }

            Unlink(buddy, order, buddyType);
            if (buddyType != type)
            {
                _frames.SetPageblockType(buddy, type);
            }

            block = block.AlignDown(order + 1);
            order++;
        }

        Link(block, order, type, toTail || WillMergeSoon(block, order));
    }

    /// <summary>Moves every free block of one pageblock to another type's lists, at their tails.</summary>
    /// <returns>Pages moved.</returns>
    public uint MovePageblock(Pfn pageblock, MigrateType from, MigrateType to)
    {
        var moved = 0u;
        var end = pageblock.Plus(PageGeometry.PageblockPages);
        for (var pfn = pageblock; pfn < end;)
        {
            ref var frame = ref _frames[pfn];
            if (frame.Owner != FrameOwner.Free)
            {
                pfn = pfn.Plus(1u << frame.Order);
                continue;
            }

            var order = frame.Order;
            Unlink(pfn, order, from);
            Link(pfn, order, to, toTail: true);
            moved += 1u << order;
            pfn = pfn.Plus(1u << order);
        }

        Account(from, -moved);
        Account(to, moved);
        return moved;
    }

    /// <summary>Moves a free 4 MiB block, both of its pageblocks, to another type's list, at its tail.</summary>
    public void RetypeLargestBlock(Pfn block, MigrateType from, MigrateType to)
    {
        Unlink(block, PageGeometry.MaxOrder, from);
        Account(from, -PageGeometry.LargestBlockPages);
        _frames.SetPageblockType(block, to);
        _frames.SetPageblockType(block.Plus(PageGeometry.PageblockPages), to);
        Link(block, PageGeometry.MaxOrder, to, toTail: true);
        Account(to, PageGeometry.LargestBlockPages);
    }

    public void HashInto(StateHash hash) => hash.Add<PageList>(_lists);

    private static int ListIndex(int order, MigrateType type) => (order * MigrateTypes.Count) + (int)type;

    /// <summary>A further merge is likely when the next larger buddy is free already: such a block is handed out last.</summary>
    private bool WillMergeSoon(Pfn block, int order) =>
        order < PageGeometry.MaxOrder - 1 && IsFreeBuddy(block.AlignDown(order + 1).Buddy(order + 1), order + 1);

    // Below the largest order a buddy lies in the same 4 MiB block, hence in the same zone (P4).
    private bool IsFreeBuddy(Pfn buddy, int order) => _frames[buddy].IsFreeBlock(order);

    private void Link(Pfn block, int order, MigrateType type, bool toTail)
    {
        ref var list = ref _lists[ListIndex(order, type)];
        if (order == PageGeometry.MaxOrder)
        {
            _frames.AddLargestBlock(ref list, block, type, toTail);
            return;
        }

        _frames[block].SetHead(FrameOwner.Free, order);
        if (toTail)
        {
            _frames.AddTail(ref list, block);
        }
        else
        {
            _frames.AddHead(ref list, block);
        }
    }

    private void Unlink(Pfn block, int order, MigrateType type)
    {
        ref var list = ref _lists[ListIndex(order, type)];
        if (order == PageGeometry.MaxOrder)
        {
            _frames.RemoveLargestBlock(ref list, block);
            return;
        }

        Invariant.Holds(_frames[block].IsFreeBlock(order));
        _frames.Remove(ref list, block);
        _frames[block].Flags = 0;
    }

    /// <summary>Takes a free block off its list and gives what lies behind its first 2^order pages to the lists of a type.</summary>
    private void Split(Pfn block, int blockOrder, int order, MigrateType listType, MigrateType restType)
    {
        Unlink(block, blockOrder, listType);
        if (blockOrder == PageGeometry.MaxOrder)
        {
            _frames.Touch(block);
        }

        for (var half = blockOrder - 1; half >= order; half--)
        {
            Link(block.Plus(1u << half), half, restType, toTail: false);
        }

        Invariant.Holds(block.IsAlignedTo(order));
    }

    private void Account(MigrateType type, long pages)
    {
        if (type == MigrateType.Isolate)
        {
            return;
        }

        _zone.Stats.Add((int)ZoneStatItem.FreePages, pages);
        if (type == MigrateType.HighAtomic)
        {
            _zone.FreeHighAtomicPages += pages;
        }
    }

    /// <summary>As so many calls of <see cref="Account"/>.</summary>
    private void AccountTimes(MigrateType type, long pages, int times)
    {
        if (type == MigrateType.Isolate)
        {
            return;
        }

        _zone.Stats.AddTimes((int)ZoneStatItem.FreePages, pages, times);
        if (type == MigrateType.HighAtomic)
        {
            _zone.FreeHighAtomicPages += pages * times;
        }
    }
}
