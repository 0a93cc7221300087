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

    private readonly SortedDictionary<ulong, ulong> _used = [];
    private readonly SortedDictionary<ulong, ulong> _free = [];

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
        foreach (var (at, size) in _free)
        {
            if (size >= wanted && size < bestSize)
            {
                (best, bestSize) = (at, size);
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
        Invariant.Holds(_used.Remove(chunk, out var size));
        if (_free.Remove(chunk + size, out var next))
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
        foreach (var (address, size) in _free)
        {
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

    public ChunkSpace Clone()
    {
        var copy = new ChunkSpace { Top = Top, End = End };
        foreach (var (address, size) in _used)
        {
            copy._used.Add(address, size);
        }

        foreach (var (address, size) in _free)
        {
            copy._free.Add(address, size);
        }

        return copy;
    }

    public void HashInto(StateHash hash)
    {
        hash.Add(Top);
        hash.Add(End);
        foreach (var chunks in (ReadOnlySpan<SortedDictionary<ulong, ulong>>)[_used, _free])
        {
            hash.Add((long)chunks.Count);
            foreach (var (address, size) in chunks)
            {
                hash.Add(address);
                hash.Add(size);
            }
        }
    }

    private bool TryFindFreeBefore(ulong chunk, out ulong before, out ulong size)
    {
        (before, size) = (0, 0);
        foreach (var (at, free) in _free)
        {
            if (at >= chunk)
            {
                break;
            }

            (before, size) = (at, free);
        }

        return before != 0 && before + size == chunk;
    }
}
