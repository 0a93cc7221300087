using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Workloads.Malloc;

/// <summary>Chunks with a mapping of their own, and the thresholds that follow from them: one for all arenas of a process. Bytes.</summary>
internal sealed class MappedChunks
{
    private const ulong LargestDynamicThreshold = 32 << 20;
    private const int MostMappings = 65536;

    private readonly SortedDictionary<ulong, ulong> _mapped = [];

    /// <summary>Chunks of this size and above get a mapping of their own.</summary>
    public ulong Threshold { get; private set; } = 128 << 10;

    /// <summary>A top above this is given back.</summary>
    public ulong TrimThreshold { get; private set; } = 128 << 10;

    public bool IsFor(ulong chunk) => chunk >= Threshold && _mapped.Count < MostMappings;

    public static Request MapRequest(ulong chunk) =>
        new(RequestKind.Mmap, BytesFor(chunk), (ulong)(MapFlags.ReadWrite | MapFlags.Anonymous));

    public static Request UnmapRequest(ulong address, ulong length) =>
        new(RequestKind.Munmap, address & ~(GlibcHeap.PageBytes - 1), length);

    /// <summary>A mapping has been made: what the program gets.</summary>
    public ulong Add(ulong mapping, ulong chunk)
    {
        var address = mapping + (2 * ChunkSpace.Header);
        _mapped.Add(address, BytesFor(chunk));
        return address;
    }

    /// <summary>The program frees an address. If it is a mapping, the thresholds grow to it.</summary>
    public bool TryRemove(ulong address, out ulong length)
    {
        if (!_mapped.Remove(address, out length))
        {
            return false;
        }

        if (length > Threshold && length <= LargestDynamicThreshold)
        {
            Threshold = length;
            TrimThreshold = 2 * length;
        }

        return true;
    }

    public MappedChunks Clone()
    {
        var copy = new MappedChunks { Threshold = Threshold, TrimThreshold = TrimThreshold };
        foreach (var (address, length) in _mapped)
        {
            copy._mapped.Add(address, length);
        }

        return copy;
    }

    public void HashInto(StateHash hash)
    {
        hash.Add(Threshold);
        hash.Add(TrimThreshold);
        foreach (var (address, length) in _mapped)
        {
            hash.Add(address);
            hash.Add(length);
        }
    }

    private static ulong BytesFor(ulong chunk) => ChunkSpace.AlignUp(chunk + ChunkSpace.Header, GlibcHeap.PageBytes);
}
