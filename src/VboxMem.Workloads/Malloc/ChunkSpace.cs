using VboxMem.Kernel;

namespace VboxMem.Workloads.Malloc;

/// <summary>
/// The chunks of an arena: in use, free, and the top that is still to be cut. A chunk is named by the address of its 8-byte header;
/// what the program gets lies behind that. Neighbours that are free are merged. Sizes and addresses in bytes.
/// </summary>
internal sealed class ChunkSpace
{
    public const ulong Header = 8;
    public const ulong Alignment = 16;
    public const ulong SmallestChunk = 32;

    // Size by address. Nearly all chunks are cut off top and go to the end of the list; a leak has tens of thousands, so that a copy of
    // it is made of two arrays and not of nodes.
    private readonly SortedList<ulong, ulong> _used;
    private readonly SortedList<ulong, ulong> _free;

    public ChunkSpace() => (_used, _free) = ([], []);

    private ChunkSpace(ChunkSpace other) => (_used, _free, Top, End) = (new(other._used), new(other._free), other.Top, other.End);

    /// <summary>Where the next chunk is cut, and the end of what may be cut.</summary>
    public ulong Top { get; set; }

    public ulong End { get; set; }

    public static ulong AlignUp(ulong value, ulong step) => (value + step - 1) / step * step;

    /// <summary>The chunk for what a program asks for.</summary>
    public static ulong ChunkBytes(ulong bytes) => Math.Max(AlignUp(bytes + Header, Alignment), SmallestChunk);

    /// <summary>The smallest free chunk that is large enough; the lowest of equal ones. What is left of it stays free.</summary>
    public bool TryTakeFree(ulong wanted, out ulong address)
    {
        var (best, bestSize) = (0UL, ulong.MaxValue);
        for (var i = 0; i < _free.Count; i++)
        {
            if (_free.GetValueAtIndex(i) is var size && size >= wanted && size < bestSize)
            {
                (best, bestSize) = (_free.GetKeyAtIndex(i), size);
            }
        }

        address = best + Header;
        if (best == 0)
        {
            return false;
        }

        _free.Remove(best);
        if (bestSize - wanted >= SmallestChunk)
        {
            _free.Add(best + wanted, bestSize - wanted);
            bestSize = wanted;
        }

        _used.Add(best, bestSize);
        return true;
    }

    /// <summary>Cuts the chunk off top if top stays large enough for a smallest one.</summary>
    public bool TryTakeTop(ulong wanted, out ulong address)
    {
        var fits = End >= Top + wanted + SmallestChunk;
        address = fits ? FromTop(wanted) : 0;
        return fits;
    }

    public ulong FromTop(ulong wanted)
    {
        var chunk = Top;
        Top += wanted;
        Invariant.Holds(Top <= End);
        _used.Add(chunk, wanted);
        return chunk + Header;
    }

    /// <summary>Top lies elsewhere from now on: what is left of the old one but a smallest chunk is free.</summary>
    public void MoveTop(ulong top, ulong end)
    {
        var left = End - Top;
        if (left >= 2 * SmallestChunk)
        {
            _free.Add(Top, (left - SmallestChunk) & ~(Alignment - 1));
        }

        (Top, End) = (top, end);
    }

    /// <summary>Frees what a program got.</summary>
    /// <returns>Bytes of the free piece it is part of now.</returns>
    public ulong Release(ulong address)
    {
        var chunk = address - Header;
        Invariant.Holds(TryRemove(_used, chunk, out var size));
        if (TryRemove(_free, chunk + size, out var next))
        {
            size += next;
        }

        if (TryFindFreeBefore(chunk, out var before, out var beforeSize))
        {
            _free.Remove(before);
            (chunk, size) = (before, beforeSize + size);
        }

        if (chunk + size == Top)
        {
            Top = chunk;
            return End - Top;
        }

        _free.Add(chunk, size);
        return size;
    }

    public bool Holds(ulong address) => _used.ContainsKey(address - Header);

    /// <summary>The next run of whole pages inside a free chunk, behind an address.</summary>
    public bool TryNextHole(ulong from, out ulong start, out ulong length)
    {
        for (var i = 0; i < _free.Count; i++)
        {
            var (address, size) = (_free.GetKeyAtIndex(i), _free.GetValueAtIndex(i));
            // glibc keeps the chunk's own fields, the first bytes behind its header.
            start = AlignUp(Math.Max(address + SmallestChunk + Header, from), GlibcHeap.PageBytes);
            var end = (address + size) & ~(GlibcHeap.PageBytes - 1);
            if (end > start)
            {
                length = end - start;
                return true;
            }
        }

        (start, length) = (0, 0);
        return false;
    }

    public ChunkSpace Clone() => new(this);

    public void HashInto(StateHash hash)
    {
        hash.Add(Top);
        hash.Add(End);
        foreach (var chunks in (ReadOnlySpan<SortedList<ulong, ulong>>)[_used, _free])
        {
            hash.Add((long)chunks.Count);
            for (var i = 0; i < chunks.Count; i++)
            {
                hash.Add(chunks.GetKeyAtIndex(i));
                hash.Add(chunks.GetValueAtIndex(i));
            }
        }
    }

    private static bool TryRemove(SortedList<ulong, ulong> chunks, ulong address, out ulong size)
    {
        var place = chunks.IndexOfKey(address);
        size = place < 0 ? 0 : chunks.GetValueAtIndex(place);
        if (place >= 0)
        {
            chunks.RemoveAt(place);
        }

        return place >= 0;
    }

    private bool TryFindFreeBefore(ulong chunk, out ulong before, out ulong size)
    {
        (before, size) = (0, 0);
        for (var i = 0; i < _free.Count && _free.GetKeyAtIndex(i) < chunk; i++)
        {
            (before, size) = (_free.GetKeyAtIndex(i), _free.GetValueAtIndex(i));
        }

        return before != 0 && before + size == chunk;
    }
}
