// glibc's malloc as a program sees it from below: which calls to the kernel an allocation costs, and which pages it may dirty.
//
//   request --small or fits--> free chunk or top of the heap --top too small--> brk by request + 128 KiB
//           --at or above the mmap threshold, and no free chunk fits--> a mapping of its own
//   free    --mapping--> munmap, and the threshold grows to its size; --top above the trim threshold--> brk down
//
// A call that needs the kernel answers with a request; the program issues it and hands the answer to Resume. Chunks lie in memory as
// glibc lays them out: 8 bytes in front of what the program gets, sizes in steps of 16, neighbours that are free merged.
//
// Invariants
//   G1  Chunks in use, free chunks and top tile the heap from its start to its end without gaps.
//   G2  No two free chunks touch each other, and none touches top.
//
// Units    bytes.
// Models   glibc 2.36 to 2.41, main arena, with its default tunables (facts: virtual memory, 2).
// Departs  no per-thread caches and fast bins: a small chunk that is freed is merged at once. One arena: there are no threads.

using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Workloads.Malloc;

/// <summary>How far a call to the heap has come.</summary>
/// <param name="Address">What the program gets, when no request is needed; 0: nothing, or no memory.</param>
/// <param name="Request">What the program must ask of the kernel first; Kind None: nothing.</param>
public readonly record struct HeapStep(ulong Address, Request Request)
{
    public bool IsDone => Request.Kind == RequestKind.None;
}

public sealed class GlibcHeap
{
    private const ulong Header = 8;
    private const ulong Alignment = 16;
    private const ulong SmallestChunk = 32;
    private const ulong PageBytes = 4096;
    private const ulong TopPad = 128 << 10;
    private const ulong LargestDynamicThreshold = 32 << 20;
    private const int MostMappings = 65536;

    private readonly SortedDictionary<ulong, ulong> _used = [];
    private readonly SortedDictionary<ulong, ulong> _free = [];
    private readonly SortedDictionary<ulong, ulong> _mapped = [];
    private ulong _mmapThreshold = 128 << 10;
    private ulong _trimThreshold = 128 << 10;
    private ulong _start;
    private ulong _top;
    private ulong _end;
    private Call _call;
    private ulong _wanted;

    private enum Call : byte
    {
        None,
        FindStart,
        Grow,
        Map,
        Shrink,
        Unmap,
    }

    /// <summary>Bytes from the heap's start to its end.</summary>
    public ulong HeapBytes => _end > _start ? _end - _start : 0;

    /// <summary>Requests of this size and above get a mapping of their own, unless a free chunk fits.</summary>
    public ulong MmapThreshold => _mmapThreshold;

    /// <summary>malloc.</summary>
    public HeapStep Allocate(ulong bytes)
    {
        Invariant.Holds(_call == Call.None);
        _wanted = Math.Max(AlignUp(bytes + Header, Alignment), SmallestChunk);
        if (_start == 0)
        {
            _call = Call.FindStart;
            return Needs(new Request(RequestKind.Brk));
        }

        return Take();
    }

    /// <summary>free. The address must be one that the heap gave.</summary>
    public HeapStep Free(ulong address)
    {
        Invariant.Holds(_call == Call.None);
        if (_mapped.Remove(address, out var length))
        {
            if (length > _mmapThreshold && length <= LargestDynamicThreshold)
            {
                _mmapThreshold = length;
                _trimThreshold = 2 * length;
            }

            _call = Call.Unmap;
            return Needs(new Request(RequestKind.Munmap, address & ~(PageBytes - 1), length));
        }

        Invariant.Holds(_used.Remove(address - Header, out var size));
        Release(address - Header, size);
        return _end - _top > _trimThreshold ? Trim(TopPad) : default;
    }

    /// <summary>malloc_trim(0): gives back the end of the heap. Whole free pages inside it are for <see cref="TryNextHole"/>.</summary>
    public HeapStep TrimEnd() => Trim(0);

    /// <summary>The next run of whole pages inside a free chunk, behind an address: what malloc_trim gives back by MADV_DONTNEED.</summary>
    public bool TryNextHole(ulong from, out ulong start, out ulong length)
    {
        foreach (var (address, size) in _free)
        {
            // glibc keeps the chunk's own fields, the first bytes behind its header.
            start = AlignUp(Math.Max(address + SmallestChunk + Header, from), PageBytes);
            var end = (address + size) & ~(PageBytes - 1);
            if (end > start)
            {
                length = end - start;
                return true;
            }
        }

        (start, length) = (0, 0);
        return false;
    }

    /// <summary>Goes on after the kernel's answer.</summary>
    public HeapStep Resume(in Reply reply)
    {
        var call = _call;
        _call = Call.None;
        switch (call)
        {
            case Call.FindStart:
                // The first chunk is laid out so that what the program gets is aligned.
                _end = (ulong)reply.Value;
                _start = _top = AlignUp(_end, Alignment) + Header;
                return Take();
            case Call.Grow when (ulong)reply.Value > _end:
                _end = (ulong)reply.Value;
                return new HeapStep(FromTop(), default);
            case Call.Map when !reply.IsError:
                var address = (ulong)reply.Value + (2 * Header);
                _mapped.Add(address, MappingBytes());
                return new HeapStep(address, default);
            case Call.Shrink when !reply.IsError:
                _end = (ulong)reply.Value;
                return default;
            default:
                return default;   // refused: malloc answers NULL
        }
    }

    public GlibcHeap Clone()
    {
        var copy = new GlibcHeap
        {
            _mmapThreshold = _mmapThreshold,
            _trimThreshold = _trimThreshold,
            _start = _start,
            _top = _top,
            _end = _end,
            _call = _call,
            _wanted = _wanted,
        };
        Copy(_used, copy._used);
        Copy(_free, copy._free);
        Copy(_mapped, copy._mapped);
        return copy;
    }

    public void HashInto(StateHash hash)
    {
        ReadOnlySpan<ulong> words = [_mmapThreshold, _trimThreshold, _start, _top, _end, (ulong)_call, _wanted];
        hash.Add(words);
        foreach (var chunks in (ReadOnlySpan<SortedDictionary<ulong, ulong>>)[_used, _free, _mapped])
        {
            foreach (var (address, size) in chunks)
            {
                hash.Add(address);
                hash.Add(size);
            }
        }
    }

    private static HeapStep Needs(Request request) => new(0, request);

    private static ulong AlignUp(ulong value, ulong step) => (value + step - 1) / step * step;

    private static void Copy(SortedDictionary<ulong, ulong> from, SortedDictionary<ulong, ulong> to)
    {
        foreach (var (key, value) in from)
        {
            to.Add(key, value);
        }
    }

    private ulong MappingBytes() => AlignUp(_wanted + Header, PageBytes);

    private HeapStep Take()
    {
        if (TryTakeFree(out var address))
        {
            return new HeapStep(address, default);
        }

        if (_end >= _top + _wanted + SmallestChunk)
        {
            return new HeapStep(FromTop(), default);
        }

        if (_wanted >= _mmapThreshold && _mapped.Count < MostMappings)
        {
            _call = Call.Map;
            return Needs(new Request(RequestKind.Mmap, MappingBytes(), (ulong)(MapFlags.ReadWrite | MapFlags.Anonymous)));
        }

        _call = Call.Grow;
        return Needs(new Request(RequestKind.Brk, AlignUp(_top + _wanted + TopPad + SmallestChunk, PageBytes)));
    }

    /// <summary>The smallest free chunk that is large enough; the lowest of equal ones. What is left of it stays free.</summary>
    private bool TryTakeFree(out ulong address)
    {
        var (best, bestSize) = (0UL, ulong.MaxValue);
        foreach (var (at, size) in _free)
        {
            if (size >= _wanted && size < bestSize)
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
        if (bestSize - _wanted >= SmallestChunk)
        {
            _free.Add(best + _wanted, bestSize - _wanted);
            bestSize = _wanted;
        }

        _used.Add(best, bestSize);
        return true;
    }

    private ulong FromTop()
    {
        var chunk = _top;
        _top += _wanted;
        Invariant.Holds(_top <= _end);
        _used.Add(chunk, _wanted);
        return chunk + Header;
    }

    private void Release(ulong chunk, ulong size)
    {
        if (_free.Remove(chunk + size, out var next))
        {
            size += next;
        }

        if (TryFindFreeBefore(chunk, out var before, out var beforeSize))
        {
            _free.Remove(before);
            (chunk, size) = (before, beforeSize + size);
        }

        if (chunk + size == _top)
        {
            _top = chunk;
        }
        else
        {
            _free.Add(chunk, size);
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

    private HeapStep Trim(ulong pad)
    {
        // Whole pages above top, but for the pad and the smallest chunk that top must keep.
        var keep = AlignUp(_top + pad + SmallestChunk, PageBytes);
        if (keep >= _end)
        {
            return default;
        }

        _call = Call.Shrink;
        return Needs(new Request(RequestKind.Brk, keep));
    }
}
