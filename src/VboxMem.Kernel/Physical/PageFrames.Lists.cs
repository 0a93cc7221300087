// Lists of blocks, linked through the descriptors of their first frames: free lists, per-CPU lists and LRU lists are all made of them.
//
// hot path: one page at a time or whole runs, without going through a list twice.

using System.Runtime.CompilerServices;

namespace VboxMem.Kernel.Physical;

public sealed unsafe partial class PageFrames
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddHead(ref PageList list, Pfn pfn)
    {
        ref var frame = ref this[pfn];
        frame.Previous = Pfn.None;
        frame.Next = list.Head;
        if (list.Head != Pfn.None)
        {
            this[list.Head].Previous = pfn;
        }
        else
        {
            list.Tail = pfn;
        }

        list.Head = pfn;
        list.Count++;
    }

    public void AddTail(ref PageList list, Pfn pfn)
    {
        ref var frame = ref this[pfn];
        frame.Previous = list.Tail;
        frame.Next = Pfn.None;
        if (list.Tail != Pfn.None)
        {
            this[list.Tail].Next = pfn;
        }
        else
        {
            list.Head = pfn;
        }

        list.Tail = pfn;
        list.Count++;
    }

    /// <summary>Makes heads of blocks that lie one behind the other, and puts them at a list's tail, the lowest first.</summary>
    /// <param name="list">The list.</param>
    /// <param name="first">First frame of the first block.</param>
    /// <param name="count">How many blocks.</param>
    /// <param name="owner">Whose they are from now on.</param>
    /// <param name="order">Order of each.</param>
    public void AddTailRun(ref PageList list, Pfn first, int count, FrameOwner owner, int order)
    {
        var (previous, block) = (list.Tail, first);
        if (previous != Pfn.None)
        {
            this[previous].Next = first;
        }
        else
        {
            list.Head = first;
        }

        for (var left = count; left > 0; left--)
        {
            ref var frame = ref this[block];
            var next = block.Plus(1u << order);
            frame.SetHead(owner, order);
            frame.Previous = previous;
            frame.Next = left > 1 ? next : Pfn.None;
            (previous, block) = (block, next);
        }

        list.Tail = previous;
        list.Count += (uint)count;
    }

    /// <summary>Turns a list so that an entry comes first: those before it come last, in their order.</summary>
    internal void TurnTo(ref PageList list, Pfn first)
    {
        if (first == list.Head)
        {
            return;
        }

        var last = this[first].Previous;
        this[list.Tail].Next = list.Head;
        this[list.Head].Previous = list.Tail;
        this[last].Next = Pfn.None;
        this[first].Previous = Pfn.None;
        (list.Head, list.Tail) = (first, last);
    }

    /// <summary>Takes the first block off a list that has one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Pfn RemoveHead(ref PageList list)
    {
        var removed = list.Head;
        ref var frame = ref this[removed];
        list.Head = frame.Next;
        if (list.Head != Pfn.None)
        {
            this[list.Head].Previous = Pfn.None;
        }
        else
        {
            list.Tail = Pfn.None;
        }

        frame.Next = Pfn.None;
        list.Count--;
        return removed;
    }

    /// <summary>Takes the last block off a list that has one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Pfn RemoveTail(ref PageList list)
    {
        var removed = list.Tail;
        ref var frame = ref this[removed];
        list.Tail = frame.Previous;
        if (list.Tail != Pfn.None)
        {
            this[list.Tail].Next = Pfn.None;
        }
        else
        {
            list.Head = Pfn.None;
        }

        frame.Previous = Pfn.None;
        list.Count--;
        return removed;
    }

    /// <summary>
    /// Frames at the tail of a list of single pages that together make an aligned block, each one page above, or each one page below,
    /// the one behind it.
    /// </summary>
    /// <param name="list">The list; not empty.</param>
    /// <param name="most">Pages at most.</param>
    /// <param name="order">The block's order, below the pageblock's; 0 where the last two frames are no such pair.</param>
    /// <returns>The block's first frame.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Pfn TailRun(in PageList list, int most, out int order)
    {
        order = 0;
        var tail = list.Tail;
        var next = this[tail].Previous;
        if (most < 2 || next != tail.Buddy(0))
        {
            return tail;
        }

        return LongTailRun(tail, most, out order);
    }

    private Pfn LongTailRun(Pfn tail, int most, out int order)
    {
        // From the buddy's side: up from the tail if the tail is the lower one, else down.
        var step = tail.Buddy(0).Index - tail.Index;
        var (last, length) = (tail, 1u);
        order = 0;
        while (order < PageGeometry.PageblockOrder - 1 && length << 1 <= most && IsEndOfBlock(tail, order + 1, isFirst: step == 1))
        {
            for (var left = length; left > 0; left--)
            {
                var next = this[last].Previous;
                if (next != last.Plus(step))
                {
                    return tail.AlignDown(order);
                }

                last = next;
            }

            length <<= 1;
            order++;
        }

        return tail.AlignDown(order);
    }

    /// <summary>A frame is the first, or the last, one of an aligned block.</summary>
    private static bool IsEndOfBlock(Pfn pfn, int order, bool isFirst) => (isFirst ? pfn : new Pfn(~pfn.Index)).IsAlignedTo(order);

    /// <summary>Takes the frames of <see cref="TailRun"/> off a list and clears them.</summary>
    public void RemoveTailRun(ref PageList list, Pfn first, int order)
    {
        var pages = 1u << order;
        var last = list.Tail == first ? first.Plus(pages - 1) : first;
        var behind = this[last].Previous;
        Invariant.Holds(first.Index + pages <= _count);
        new Span<PageFrame>(_frames + first.Index, (int)pages).Clear();
        list.Tail = behind;
        if (behind != Pfn.None)
        {
            this[behind].Next = Pfn.None;
        }
        else
        {
            list.Head = Pfn.None;
        }

        list.Count -= pages;
    }

    public void Remove(ref PageList list, Pfn pfn)
    {
        ref var frame = ref this[pfn];
        if (frame.Previous != Pfn.None)
        {
            this[frame.Previous].Next = frame.Next;
        }
        else
        {
            list.Head = frame.Next;
        }

        if (frame.Next != Pfn.None)
        {
            this[frame.Next].Previous = frame.Previous;
        }
        else
        {
            list.Tail = frame.Previous;
        }

        frame.Previous = Pfn.None;
        frame.Next = Pfn.None;
        list.Count--;
    }

    private void LinkNeighbours(ref PageList list, Pfn block, uint index)
    {
        if (_previousFreeBlock[index] != Pfn.None)
        {
            _nextFreeBlock[_previousFreeBlock[index].Index >> PageGeometry.MaxOrder] = block;
        }
        else
        {
            list.Head = block;
        }

        if (_nextFreeBlock[index] != Pfn.None)
        {
            _previousFreeBlock[_nextFreeBlock[index].Index >> PageGeometry.MaxOrder] = block;
        }
        else
        {
            list.Tail = block;
        }
    }
}
