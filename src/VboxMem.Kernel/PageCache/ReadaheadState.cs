// What an open file remembers of how it is read, and the window of pages that follows from it.
//
//      start                    start + size
//        |--- read ------|--- async ---|
//                        ^ mark: when the reader gets here, the next window is read while it goes on
//
// Units    pages and page indices in the file; the position in bytes.
// Models   Linux 6.12 struct file_ra_state (facts: reclaim, 7.6).

namespace VboxMem.Kernel.PageCache;

/// <summary>Pages of a file to read in one go.</summary>
/// <param name="Start">Index of the first.</param>
/// <param name="Pages">How many.</param>
/// <param name="AsyncPages">The last so many were not asked for; 0 leaves the window without a mark.</param>
public readonly record struct ReadaheadWindow(ulong Start, uint Pages, uint AsyncPages)
{
    /// <summary>One page of the window carries the mark (PG_readahead), unless it was in the cache already.</summary>
    public bool HasMark => AsyncPages != 0 && AsyncPages <= Pages;

    /// <summary>Index of the page with the mark.</summary>
    public ulong MarkIndex => Start + Pages - AsyncPages;

    /// <summary>The part of the window that the file reaches into. The mark stays as far from the end; it is lost when that is before the start.</summary>
    /// <param name="filePages">Size of the file, rounded up to pages.</param>
    public ReadaheadWindow ClippedTo(ulong filePages) =>
        this with { Pages = (uint)Math.Min(Pages, filePages - Math.Min(filePages, Start)) };
}

/// <summary>Readahead state of an open file. Plain data.</summary>
public struct ReadaheadState
{
    private const int PageShift = 12;
    private const uint MostMisses = 1000;

    /// <summary>The last window: its first page.</summary>
    public ulong Start;

    /// <summary>Its size.</summary>
    public uint SizePages;

    /// <summary>The part of it that was read ahead.</summary>
    public uint AsyncPages;

    /// <summary>Faults on a mapping of the file that found no page, less those that did.</summary>
    public uint MmapMisses;

    /// <summary>Where the last read ended, in bytes; all ones before the first.</summary>
    public ulong PreviousPosition;

    /// <summary>A file just opened.</summary>
    public static ReadaheadState Fresh => new() { PreviousPosition = ulong.MaxValue };

    /// <summary>The page in which the last read ended.</summary>
    public readonly ulong PreviousIndex => PreviousPosition >> PageShift;

    /// <summary>Pages of the file were found in the cache by a fault, or mapped around one.</summary>
    public void NoteMmapHits(uint pages) => MmapMisses -= Math.Min(MmapMisses, pages);

    /// <summary>A fault found no page.</summary>
    public void NoteMmapMiss() => MmapMisses = Math.Min(MmapMisses + 1, MostMisses);

    public readonly void HashInto(StateHash hash)
    {
        hash.Add(Start);
        hash.Add(SizePages | ((ulong)AsyncPages << 32));
        hash.Add((ulong)MmapMisses);
        hash.Add(PreviousPosition);
    }

    internal ReadaheadWindow Set(ulong start, uint sizePages, uint asyncPages)
    {
        Start = start;
        SizePages = sizePages;
        AsyncPages = asyncPages;
        return new ReadaheadWindow(start, sizePages, asyncPages);
    }
}
