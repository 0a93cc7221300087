// An arena other than the main one: heaps of 64 MiB of reserved address space, made accessible from below as chunks are cut.
//
//   first use: 128 MiB mapped without rights --> what is not aligned to 64 MiB unmapped --> first 132 KiB made accessible
//   top too small --> accessible part grows by whole pages --heap full--> another heap, where top goes on
//   top above the trim threshold --> its pages are given back (MADV_DONTNEED), address space and rights stay
//
// Units    bytes.
// Models   glibc 2.36 to 2.41 malloc/arena.c: new_heap, grow_heap, shrink_heap, heap_trim, _int_new_arena; sysmalloc (facts: virtual
//          memory, 2).
// Departs  a heap that has become empty is kept; no heap is first looked for right behind the last one.

using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Workloads.Malloc;

internal sealed class ThreadArena : IArena
{
    public const ulong HeapBytes = 64 << 20;

    private const ulong PageBytes = GlibcHeap.PageBytes;

    /// <summary>heap_info, and the malloc_state behind it in an arena's first heap, with what aligning takes.</summary>
    private const ulong HeapHeader = 48;
    private const ulong ArenaHeader = 2200;

    /// <summary>Where the first chunk's header lies in a first heap, and in others.</summary>
    private const ulong FirstChunk = 0x8d8;
    private const ulong FirstChunkOfMore = 0x38;

    /// <summary>A free piece from this on makes free look at the top (FASTBIN_CONSOLIDATION_THRESHOLD).</summary>
    private const ulong LookAtTop = 64 << 10;

    private readonly MappedChunks _mapped;
    private readonly ChunkSpace _chunks;
    private ulong _heap;
    private ulong _reservation;
    private ulong _accessibleEnd;
    private ulong _wanted;
    private Call _call;

    public ThreadArena(MappedChunks mapped)
        : this(mapped, new ChunkSpace())
    {
    }

    private ThreadArena(MappedChunks mapped, ChunkSpace chunks)
    {
        _mapped = mapped;
        _chunks = chunks;
    }

    private enum Call : byte
    {
        None,
        Reserve,
        CutHead,
        CutTail,
        Open,
        TouchHeader,
        Grow,
        Map,
        Unmap,
        GiveBack,
    }

    public HeapStep Allocate(ulong bytes)
    {
        Invariant.Holds(_call == Call.None);
        _wanted = ChunkSpace.ChunkBytes(bytes);
        return _heap == 0 ? ReserveHeap() : Take();
    }

    public HeapStep Free(ulong address)
    {
        Invariant.Holds(_call == Call.None);
        if (_mapped.TryRemove(address, out var length))
        {
            return Ask(Call.Unmap, MappedChunks.UnmapRequest(address, length));
        }

        return _chunks.Release(address) >= LookAtTop ? Trim() : default;
    }

    public bool Holds(ulong address) => _chunks.Holds(address);

    public HeapStep Resume(in Reply reply)
    {
        var call = _call;
        _call = Call.None;
        if (reply.IsError)
        {
            return default;   // refused: malloc answers NULL
        }

        switch (call)
        {
            case Call.Reserve:
                _reservation = (ulong)reply.Value;
                var head = Aligned - _reservation;
                return head > 0 ? Ask(Call.CutHead, new Request(RequestKind.Munmap, _reservation, head)) : CutTail();
            case Call.CutHead:
                return CutTail();
            case Call.CutTail:
                return Ask(Call.Open, new Request(RequestKind.Mprotect, Aligned, OpenBytes, (ulong)MapFlags.ReadWrite));
            case Call.Open:
                UseHeap();
                return Ask(Call.TouchHeader, new Request(RequestKind.Touch, _heap, PageBytes, (ulong)TouchKind.Write));
            case Call.TouchHeader:
                return Take();
            case Call.Grow:
                _chunks.End = _accessibleEnd = GrownEnd;
                return new HeapStep(_chunks.FromTop(_wanted), default);
            case Call.Map:
                return new HeapStep(_mapped.Add((ulong)reply.Value, _wanted), default);
            default:
                return default;
        }
    }

    public ThreadArena Clone(MappedChunks mapped) => new(mapped, _chunks.Clone())
    {
        _heap = _heap,
        _reservation = _reservation,
        _accessibleEnd = _accessibleEnd,
        _wanted = _wanted,
        _call = _call,
    };

    public void HashInto(StateHash hash)
    {
        ReadOnlySpan<ulong> words = [_heap, _reservation, _accessibleEnd, _wanted, (ulong)_call];
        hash.Add(words);
        _chunks.HashInto(hash);
    }

    private ulong Aligned => ChunkSpace.AlignUp(_reservation, HeapBytes);

    /// <summary>What is made accessible of a new heap.</summary>
    private ulong OpenBytes
    {
        get
        {
            var used = _heap == 0 ? HeapHeader + ArenaHeader + ChunkSpace.Alignment : _wanted + ChunkSpace.SmallestChunk + HeapHeader;
            return Math.Min(HeapBytes, ChunkSpace.AlignUp(used + GlibcHeap.TopPad, PageBytes));
        }
    }

    /// <summary>The end at which top is large enough for what is wanted.</summary>
    private ulong GrownEnd =>
        _chunks.End + ChunkSpace.AlignUp(ChunkSpace.SmallestChunk + _wanted - (_chunks.End - _chunks.Top), PageBytes);

    private HeapStep Ask(Call call, Request request)
    {
        _call = call;
        return new HeapStep(0, request);
    }

    private HeapStep ReserveHeap() => Ask(
        Call.Reserve, new Request(RequestKind.Mmap, 2 * HeapBytes, (ulong)(MapFlags.Anonymous | MapFlags.NoReserve)));

    private HeapStep CutTail() => Ask(
        Call.CutTail, new Request(RequestKind.Munmap, Aligned + HeapBytes, _reservation + HeapBytes - Aligned));

    private void UseHeap()
    {
        var (start, bytes) = (Aligned, OpenBytes);
        var top = start + (_heap == 0 ? FirstChunk : FirstChunkOfMore);
        _heap = start;
        _accessibleEnd = start + bytes;
        _chunks.MoveTop(top, _accessibleEnd);
    }

    private HeapStep Take()
    {
        if (_chunks.TryTakeFree(_wanted, out var address) || _chunks.TryTakeTop(_wanted, out address))
        {
            return new HeapStep(address, default);
        }

        if (_mapped.IsFor(_wanted))
        {
            return Ask(Call.Map, MappedChunks.MapRequest(_wanted));
        }

        var end = GrownEnd;
        if (end > _heap + HeapBytes)
        {
            return ReserveHeap();
        }

        if (end <= _accessibleEnd)
        {
            _chunks.End = end;   // it was accessible before it was given back
            return new HeapStep(_chunks.FromTop(_wanted), default);
        }

        return Ask(Call.Grow, new Request(RequestKind.Mprotect, _accessibleEnd, end - _accessibleEnd, (ulong)MapFlags.ReadWrite));
    }

    private HeapStep Trim()
    {
        var top = _chunks.End - _chunks.Top;
        if (top < _mapped.TrimThreshold || top - ChunkSpace.SmallestChunk - 1 <= GlibcHeap.TopPad)
        {
            return default;
        }

        var extra = (top - ChunkSpace.SmallestChunk - 1 - GlibcHeap.TopPad) & ~(PageBytes - 1);
        if (extra == 0)
        {
            return default;
        }

        _chunks.End -= extra;
        return Ask(Call.GiveBack, new Request(RequestKind.Madvise, _chunks.End, extra, (ulong)Advice.DontNeed));
    }
}
