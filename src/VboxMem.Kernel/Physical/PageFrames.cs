// All page frames of the machine: one descriptor a frame, and the side tables that make untouched memory free of charge.
//
// Memory is cut into blocks of the largest order (4 MiB). A free block of that order is known to the side tables alone, so
// booting writes no descriptor of unused memory, and a copy of the machine copies only the blocks that were ever used.
//
// Invariants
//   P1  Zeroed memory is a valid descriptor, and Pfn 0 is "none": page 0 is reserved on every PC.
//   P2  A descriptor differs from zero only in a block marked as touched.
//   P3  The tag and order of a block stand in its first frame; every other frame of it has owner None.
//   P4  A zone begins and ends on the border of a 4 MiB block, or where there is no memory at all (pfn 1).
//
// Units    pages; a "block" here is 1024 frames, a pageblock 512.
// Departs  the zone of a frame stands in a table by block, not in its flags, so that zero stays valid.

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace VboxMem.Kernel.Physical;

public sealed unsafe partial class PageFrames : IDisposable
{
    /// <summary>In <see cref="ZoneOf"/>: no zone has memory there.</summary>
    public const byte NoZone = byte.MaxValue;

    private readonly HostMemory _memory;
    private readonly PageFrame* _frames;
    private readonly uint _count;
    private readonly byte[] _zoneOfBlock;
    private readonly byte[] _typeOfPageblock;
    private readonly ulong[] _touchedBlocks;

    /// <summary>State of each 4 MiB block that is free as a whole: one more than its list's migrate type; 0 is "not free".</summary>
    private readonly byte[] _freeBlockType;
    private readonly Pfn[] _nextFreeBlock;
    private readonly Pfn[] _previousFreeBlock;

    /// <param name="endPfn">One past the last frame that exists.</param>
    public PageFrames(Pfn endPfn)
    {
        var blocks = checked((int)((endPfn.Index + PageGeometry.LargestBlockPages - 1) >> PageGeometry.MaxOrder));
        _count = (uint)blocks << PageGeometry.MaxOrder;
        _memory = new HostMemory((nuint)_count * (nuint)sizeof(PageFrame));
        _frames = (PageFrame*)_memory.Address;
        _zoneOfBlock = new byte[blocks];
        _zoneOfBlock.AsSpan().Fill(NoZone);
        _typeOfPageblock = new byte[blocks * 2];
        _typeOfPageblock.AsSpan().Fill((byte)MigrateType.Movable);
        _touchedBlocks = new ulong[(blocks + 63) / 64];
        _freeBlockType = new byte[blocks];
        _nextFreeBlock = new Pfn[blocks];
        _previousFreeBlock = new Pfn[blocks];
    }

    private PageFrames(PageFrames other)
    {
        _count = other._count;
        _memory = new HostMemory((nuint)_count * (nuint)sizeof(PageFrame));
        _frames = (PageFrame*)_memory.Address;
        _zoneOfBlock = (byte[])other._zoneOfBlock.Clone();
        _typeOfPageblock = (byte[])other._typeOfPageblock.Clone();
        _touchedBlocks = (ulong[])other._touchedBlocks.Clone();
        _freeBlockType = (byte[])other._freeBlockType.Clone();
        _nextFreeBlock = (Pfn[])other._nextFreeBlock.Clone();
        _previousFreeBlock = (Pfn[])other._previousFreeBlock.Clone();
        for (var block = 0; block < _zoneOfBlock.Length;)
        {
            var end = block;
            while (end < _zoneOfBlock.Length && other.IsTouched(end))
            {
                end++;
            }

            CopyBlocks(other, block, end - block);
            block = end + 1;
        }
    }

    /// <summary>Frames the tables cover: the end of memory rounded up to a block.</summary>
    public uint Count => _count;

    public int BlockCount => _zoneOfBlock.Length;

    public ref PageFrame this[Pfn pfn]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            Invariant.Holds(pfn.Index < _count);
            return ref _frames[pfn.Index];
        }
    }

    /// <summary>Has the host fetch a descriptor that will be asked for soon: to wait for memory is most of what a scan costs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Prefetch(Pfn pfn)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(_frames + pfn.Index);
        }
    }

    public PageFrames Clone() => new(this);

    public void Dispose() => _memory.Dispose();

    /// <summary>Index of the zone that holds the frame, or <see cref="NoZone"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte ZoneOf(Pfn pfn) => _zoneOfBlock[pfn.Index >> PageGeometry.MaxOrder];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public MigrateType PageblockType(Pfn pfn) => (MigrateType)_typeOfPageblock[pfn.Index >> PageGeometry.PageblockOrder];

    public void SetPageblockType(Pfn pfn, MigrateType type) =>
        _typeOfPageblock[pfn.Index >> PageGeometry.PageblockOrder] = (byte)type;

    /// <summary>Gives the blocks of a zone's span to it.</summary>
    public void AssignZone(Pfn start, Pfn end, byte zone)
    {
        var firstBlock = (int)(start.Index >> PageGeometry.MaxOrder);
        var endBlock = (int)((end.Index + PageGeometry.LargestBlockPages - 1) >> PageGeometry.MaxOrder);
        for (var block = firstBlock; block < endBlock; block++)
        {
            Invariant.Holds(_zoneOfBlock[block] == NoZone);
            _zoneOfBlock[block] = zone;
        }
    }

    /// <summary>Must precede the first write to a descriptor of the 4 MiB block that holds the frame.</summary>
    public void Touch(Pfn pfn)
    {
        var block = pfn.Index >> PageGeometry.MaxOrder;
        _touchedBlocks[block >> 6] |= 1UL << (int)(block & 63);
    }

    /// <summary>Bytes of descriptors in all blocks that were ever touched: what a copy copies.</summary>
    internal long TouchedBytes
    {
        get
        {
            var blocks = 0L;
            foreach (var word in _touchedBlocks)
            {
                blocks += BitOperations.PopCount(word);
            }

            return blocks * PageGeometry.LargestBlockPages * sizeof(PageFrame);
        }
    }

    public bool IsTouched(int block) => (_touchedBlocks[block >> 6] & (1UL << (block & 63))) != 0;

    /// <summary>True when the 4 MiB block that starts at this frame is free as a whole; then also which list it is on.</summary>
    public bool IsFreeLargestBlock(Pfn block, out MigrateType type)
    {
        var state = _freeBlockType[block.Index >> PageGeometry.MaxOrder];
        type = (MigrateType)(state - 1);
        return state != 0;
    }

    /// <summary>
    /// First frame of the block that holds <paramref name="pfn"/> and the block's owner and order. A frame that boot never
    /// gave to the allocator has owner None and order 0: BootMemory knows it.
    /// </summary>
    public Pfn BlockOf(Pfn pfn, out FrameOwner owner, out int order)
    {
        var largest = pfn.AlignDown(PageGeometry.MaxOrder);
        if (IsFreeLargestBlock(largest, out _))
        {
            owner = FrameOwner.Free;
            order = PageGeometry.MaxOrder;
            return largest;
        }

        for (var candidate = 0; candidate <= PageGeometry.MaxOrder; candidate++)
        {
            var head = pfn.AlignDown(candidate);
            ref var frame = ref this[head];
            if (frame.Owner != FrameOwner.None)
            {
                owner = frame.Order >= candidate ? frame.Owner : FrameOwner.None;
                order = owner == FrameOwner.None ? 0 : frame.Order;
                return owner == FrameOwner.None ? pfn : head;
            }
        }

        owner = FrameOwner.None;
        order = 0;
        return pfn;
    }

    /// <summary>Puts a 4 MiB block on a free list through the side tables; no descriptor is written.</summary>
    public void AddLargestBlock(ref PageList list, Pfn block, MigrateType type, bool toTail)
    {
        var index = block.Index >> PageGeometry.MaxOrder;
        Invariant.Holds(block.IsAlignedTo(PageGeometry.MaxOrder) && _freeBlockType[index] == 0);
        _freeBlockType[index] = (byte)(type + 1);
        _previousFreeBlock[index] = toTail ? list.Tail : Pfn.None;
        _nextFreeBlock[index] = toTail ? Pfn.None : list.Head;
        LinkNeighbours(ref list, block, index);
        list.Count++;
    }

    /// <summary>Takes a 4 MiB block off its free list.</summary>
    public void RemoveLargestBlock(ref PageList list, Pfn block)
    {
        var index = block.Index >> PageGeometry.MaxOrder;
        Invariant.Holds(_freeBlockType[index] != 0);
        _freeBlockType[index] = 0;
        var (previous, next) = (_previousFreeBlock[index], _nextFreeBlock[index]);
        if (previous != Pfn.None)
        {
            _nextFreeBlock[previous.Index >> PageGeometry.MaxOrder] = next;
        }
        else
        {
            list.Head = next;
        }

        if (next != Pfn.None)
        {
            _previousFreeBlock[next.Index >> PageGeometry.MaxOrder] = previous;
        }
        else
        {
            list.Tail = previous;
        }

        list.Count--;
    }

    /// <summary>The block behind a free 4 MiB block on its list.</summary>
    public Pfn NextLargestBlock(Pfn block) => _nextFreeBlock[block.Index >> PageGeometry.MaxOrder];

    /// <summary>The block in front of a free 4 MiB block on its list.</summary>
    public Pfn PreviousLargestBlock(Pfn block) => _previousFreeBlock[block.Index >> PageGeometry.MaxOrder];

    /// <summary>True when no descriptor of a 4 MiB block differs from zero: P2 for a block that was never touched.</summary>
    public bool IsPristine(int block)
    {
        foreach (ref readonly var frame in Block(block))
        {
            if (frame.Flags != 0 || frame.ReferenceCount != 0 || frame.Next != Pfn.None || frame.Previous != Pfn.None || frame.OwnerId != 0)
            {
                return false;
            }
        }

        return true;
    }

    public void HashInto(StateHash hash)
    {
        hash.Add<byte>(_zoneOfBlock);
        hash.Add<byte>(_typeOfPageblock);
        hash.Add<byte>(_freeBlockType);
        for (var block = 0; block < _zoneOfBlock.Length; block++)
        {
            if (_freeBlockType[block] != 0)
            {
                hash.Add(((ulong)_nextFreeBlock[block].Index << 32) | _previousFreeBlock[block].Index);
            }

            if (IsTouched(block))
            {
                hash.Add((ulong)block);
                hash.Add<PageFrame>(Block(block));
            }
        }
    }

    /// <summary>Copies a run of blocks, all of which have been touched there.</summary>
    private void CopyBlocks(PageFrames other, int first, int count)
    {
        var blockBytes = (nuint)PageGeometry.LargestBlockPages * (nuint)sizeof(PageFrame);
        _memory.Populate((nuint)first * blockBytes, (nuint)count * blockBytes);
        for (var block = first; block < first + count; block++)
        {
            other.Block(block).CopyTo(Block(block));
        }
    }

    private Span<PageFrame> Block(int block) =>
        new(_frames + ((nuint)block << PageGeometry.MaxOrder), (int)PageGeometry.LargestBlockPages);
}
