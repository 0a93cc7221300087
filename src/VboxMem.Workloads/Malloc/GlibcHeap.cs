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
// Departs  no per-thread caches and fast bins: a small chunk that is freed is merged at once. When brk is refused malloc gives up, where
//          glibc tries a mapping of 1 MiB or more for the heap to go on in, and when mmap is, where it tries brk. Other arenas: see ThreadArena.

using VboxMem.Kernel;
using VboxMem.Kernel.Sched;

namespace VboxMem.Workloads.Malloc;

/// <summary>How far a call to the heap has come.</summary>
/// <param name="Address">What the program gets, when no request is needed; 0: nothing, or no memory.</param>
/// <param name="Request">What the program must ask of the kernel first; Kind None: nothing.</param>
public readonly record struct HeapStep(ulong Address, Request Request)
{
    public bool IsDone => Request.Kind == RequestKind.None;
}

public sealed class GlibcHeap : IArena
{
    internal const ulong PageBytes = 4096;
    internal const ulong TopPad = 128 << 10;

    private readonly ChunkSpace _chunks;
    private ulong _start;
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

    public GlibcHeap()
        : this(new MappedChunks(), new ChunkSpace())
    {
    }

    /// <summary>A heap whose mappings, and what decides about them, are those of the whole process.</summary>
    internal GlibcHeap(MappedChunks mapped)
        : this(mapped, new ChunkSpace())
    {
    }

    private GlibcHeap(MappedChunks mapped, ChunkSpace chunks)
    {
        Mapped = mapped;
        _chunks = chunks;
    }

    internal MappedChunks Mapped { get; }

    /// <summary>Bytes from the heap's start to its end.</summary>
    public ulong HeapBytes => _chunks.End > _start ? _chunks.End - _start : 0;

    /// <summary>Requests of this size and above get a mapping of their own, unless a free chunk fits.</summary>
    public ulong MmapThreshold => Mapped.Threshold;

    /// <summary>malloc.</summary>
    public HeapStep Allocate(ulong bytes)
    {
        Invariant.Holds(_call == Call.None);
        _wanted = ChunkSpace.ChunkBytes(bytes);
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
        if (Mapped.TryRemove(address, out var length))
        {
            _call = Call.Unmap;
            return Needs(MappedChunks.UnmapRequest(address, length));
        }

        _chunks.Release(address);
        return _chunks.End - _chunks.Top > Mapped.TrimThreshold ? Trim(TopPad) : default;
    }

    internal bool Holds(ulong address) => _chunks.Holds(address);

    /// <summary>malloc_trim(0): gives back the end of the heap. Whole free pages inside it are for <see cref="TryNextHole"/>.</summary>
    public HeapStep TrimEnd() => Trim(0);

    /// <summary>The next run of whole pages inside a free chunk, behind an address: what malloc_trim gives back by MADV_DONTNEED.</summary>
    public bool TryNextHole(ulong from, out ulong start, out ulong length) => _chunks.TryNextHole(from, out start, out length);

    /// <summary>Goes on after the kernel's answer.</summary>
    public HeapStep Resume(in Reply reply)
    {
        var call = _call;
        _call = Call.None;
        switch (call)
        {
            case Call.FindStart:
                // The first chunk is laid out so that what the program gets is aligned.
                _chunks.End = (ulong)reply.Value;
                _start = _chunks.Top = ChunkSpace.AlignUp(_chunks.End, ChunkSpace.Alignment) + ChunkSpace.Header;
                return Take();
            case Call.Grow when (ulong)reply.Value > _chunks.End:
                _chunks.End = (ulong)reply.Value;
                return new HeapStep(_chunks.FromTop(_wanted), default);
            case Call.Map when !reply.IsError:
                return new HeapStep(Mapped.Add((ulong)reply.Value, _wanted), default);
            case Call.Shrink when !reply.IsError:
                _chunks.End = (ulong)reply.Value;
                return default;
            default:
                return default;   // refused: malloc answers NULL
        }
    }

    public GlibcHeap Clone() => Clone(Mapped.Clone());

    internal GlibcHeap Clone(MappedChunks mapped) =>
        new(mapped, _chunks.Clone()) { _start = _start, _call = _call, _wanted = _wanted };

    public void HashInto(StateHash hash)
    {
        Mapped.HashInto(hash);
        HashOwnInto(hash);
    }

    /// <summary>Without the mappings, which others may share.</summary>
    internal void HashOwnInto(StateHash hash)
    {
        ReadOnlySpan<ulong> words = [_start, (ulong)_call, _wanted];
        hash.Add(words);
        _chunks.HashInto(hash);
    }

    private static HeapStep Needs(Request request) => new(0, request);

    private HeapStep Take()
    {
        if (_chunks.TryTakeFree(_wanted, out var address) || _chunks.TryTakeTop(_wanted, out address))
        {
            return new HeapStep(address, default);
        }

        if (Mapped.IsFor(_wanted))
        {
            _call = Call.Map;
            return Needs(MappedChunks.MapRequest(_wanted));
        }

        _call = Call.Grow;
        var end = _chunks.Top + _wanted + TopPad + ChunkSpace.SmallestChunk;
        return Needs(new Request(RequestKind.Brk, ChunkSpace.AlignUp(end, PageBytes)));
    }

    private HeapStep Trim(ulong pad)
    {
        // Whole pages above top, but for the pad and the smallest chunk that top must keep.
        var keep = ChunkSpace.AlignUp(_chunks.Top + pad + ChunkSpace.SmallestChunk, PageBytes);
        if (keep >= _chunks.End)
        {
            return default;
        }

        _call = Call.Shrink;
        return Needs(new Request(RequestKind.Brk, keep));
    }
}
