// Which pages to read when a file is read or mapped: more than were asked for, if the reader seems to go on.
//
// A window starts at two to four times the request, doubles or quadruples while the reader keeps hitting the mark, and stops at
// the file's limit. A reader that jumps gets what it asked for and leaves the state alone, unless the pages just before it are
// cached: then it is a stream that others have interleaved with.
//
// Where the answer depends on which pages are cached, it comes in two steps: the first tells that it does, the caller looks, the
// second takes what was found.
//
// Invariants
//   R1  A planned window is no larger than the limit, and not empty, but for one case: a reader that has not read yet takes a mark
//       on the first page for its own, and plans nothing.
//   R2  Pages of 4 KiB read in order are read 4, 8, 16, 32, 32, … at a limit of 32.
//
// Units    pages and page indices in the file.
// Models   Linux 6.12 mm/readahead.c: page_cache_sync_ra, page_cache_async_ra, force_page_cache_ra; mm/filemap.c:
//          do_sync_mmap_readahead, do_async_mmap_readahead (facts: reclaim, 7.6).
// Departs  a mapping advised for huge pages is not read by huge pages; windows are made of single pages, as ext4 does it.

using System.Numerics;

namespace VboxMem.Kernel.PageCache;

/// <summary>What a program has said of how it will read (fadvise for a file, madvise for a mapping).</summary>
public enum ReadaheadAdvice
{
    Normal,
    Sequential,
    Random,
}

public static class Readahead
{
    /// <summary>A file's limit on an ordinary device: 128 KiB.</summary>
    public const uint DefaultPages = 32;

    /// <summary>Net misses beyond which a mapping is no longer read around.</summary>
    private const uint ManyMisses = 100;

    /// <summary>Size of a stream's first window.</summary>
    public static uint InitialPages(uint requestPages, uint maxPages)
    {
        var pages = BitOperations.RoundUpToPowerOf2(requestPages);
        if (pages <= maxPages / 32)
        {
            return pages * 4;
        }

        return pages <= maxPages / 4 ? pages * 2 : maxPages;
    }

    /// <summary>Size of the window after one of this size.</summary>
    public static uint NextPages(uint currentPages, uint maxPages)
    {
        if (currentPages < maxPages / 16)
        {
            return currentPages * 4;
        }

        return currentPages <= maxPages / 2 ? currentPages * 2 : maxPages;
    }

    /// <summary>A file's limit (ra_pages): sequential advice doubles the device's.</summary>
    public static uint FilePages(uint devicePages, ReadaheadAdvice advice) =>
        advice == ReadaheadAdvice.Sequential ? devicePages * 2 : devicePages;

    /// <summary>The limit for one request: a larger one may go up to what the device takes in one transfer.</summary>
    /// <param name="filePages">See <see cref="FilePages"/>.</param>
    /// <param name="requestPages">Pages asked for.</param>
    /// <param name="transferPages">Largest transfer of the device (max_sectors).</param>
    public static uint MaxPages(uint filePages, uint requestPages, uint transferPages) =>
        requestPages > filePages && transferPages > filePages ? Math.Min(requestPages, transferPages) : filePages;

    /// <summary>A read finds no page: the window, if the state alone tells.</summary>
    /// <param name="state">The file's; changed when a window is returned.</param>
    /// <param name="index">The missing page.</param>
    /// <param name="requestPages">Pages the read still wants, from this one on.</param>
    /// <param name="maxPages">See <see cref="MaxPages"/>; not 0.</param>
    /// <param name="window">What to read.</param>
    /// <returns>False when the caller must count the cached pages before this one and call <see cref="PlanMissAfterLook"/>.</returns>
    public static bool TryPlanMiss(
        ref ReadaheadState state, ulong index, uint requestPages, uint maxPages, out ReadaheadWindow window)
    {
        // The distance is unsigned: a reader that went back is not in sequence.
        if (index != 0 && requestPages <= maxPages && index - state.PreviousIndex > 1)
        {
            window = default;
            return false;
        }

        var size = InitialPages(requestPages, maxPages);
        window = state.Set(index, size, size > requestPages ? size - requestPages : size / 2);
        return true;
    }

    /// <summary>The second step of <see cref="TryPlanMiss"/>.</summary>
    /// <param name="state">The file's.</param>
    /// <param name="index">The missing page.</param>
    /// <param name="requestPages">Pages the read still wants.</param>
    /// <param name="maxPages">As in the first step.</param>
    /// <param name="cachedRun">Cached pages right before the missing one; those beyond the limit make no difference.</param>
    public static ReadaheadWindow PlanMissAfterLook(
        ref ReadaheadState state, ulong index, uint requestPages, uint maxPages, ulong cachedRun)
    {
        // The search looks at as many pages as the limit, and takes the last of them for the gap.
        var run = Math.Min(cachedRun, maxPages - 1UL);
        if (run <= requestPages)
        {
            return new ReadaheadWindow(index, requestPages, 0);
        }

        if (run == index)
        {
            run *= 2;
        }

        return state.Set(index, (uint)Math.Min(run + requestPages, maxPages), 1);
    }

    /// <summary>A reader reaches a page with the mark: the next window, if the page is where the state has the mark.</summary>
    /// <returns>False when the caller must count the cached pages after this one and call <see cref="TryPlanMarkAfterLook"/>.</returns>
    /// <inheritdoc cref="TryPlanMiss" path="/param"/>
    public static bool TryPlanMark(ref ReadaheadState state, ulong index, uint maxPages, out ReadaheadWindow window)
    {
        if (index != state.Start + state.SizePages - state.AsyncPages)
        {
            window = default;
            return false;
        }

        var size = Math.Max(state.SizePages, NextPages(state.SizePages, maxPages));
        window = state.Set(state.Start + state.SizePages, size, size);
        return true;
    }

    /// <summary>The second step of <see cref="TryPlanMark"/>: the mark is another stream's, so its window is guessed from the cache.</summary>
    /// <param name="state">The file's; changed when a window is returned.</param>
    /// <param name="index">The marked page.</param>
    /// <param name="requestPages">Pages the read still wants, from the marked one on.</param>
    /// <param name="maxPages">See <see cref="MaxPages"/>.</param>
    /// <param name="cachedRun">Cached pages right after the marked one.</param>
    /// <param name="window">What to read.</param>
    /// <returns>False when enough is cached ahead already: nothing is read.</returns>
    public static bool TryPlanMarkAfterLook(
        ref ReadaheadState state, ulong index, uint requestPages, uint maxPages, ulong cachedRun, out ReadaheadWindow window)
    {
        if (cachedRun >= maxPages)
        {
            window = default;
            return false;
        }

        var size = NextPages((uint)cachedRun + 1 + requestPages, maxPages);
        window = state.Set(index + cachedRun + 1, size, size);
        return true;
    }

    /// <summary>A read of a file advised random, or whose readahead is off: what was asked for, and no mark.</summary>
    public static ReadaheadWindow PlanRandom(ulong index, uint requestPages, uint filePages, uint transferPages) =>
        new(index, filePages == 0 ? 1 : Math.Min(requestPages, Math.Max(filePages, transferPages)), 0);

    /// <summary>A fault on a mapping finds no page: what to read around it or ahead of it.</summary>
    /// <param name="state">The file's; counts the miss.</param>
    /// <param name="index">The missing page.</param>
    /// <param name="advice">Of the mapping.</param>
    /// <param name="filePages">See <see cref="FilePages"/>.</param>
    /// <param name="window">What to read; the missing page is part of it.</param>
    /// <returns>False when the page alone is to be read.</returns>
    public static bool TryPlanFault(
        ref ReadaheadState state, ulong index, ReadaheadAdvice advice, uint filePages, out ReadaheadWindow window)
    {
        window = default;
        if (advice == ReadaheadAdvice.Random || filePages == 0)
        {
            return false;
        }

        if (advice == ReadaheadAdvice.Sequential)
        {
            // A request as large as the limit: whatever is cached before the page cannot be a longer run.
            if (!TryPlanMiss(ref state, index, filePages, filePages, out window))
            {
                window = new ReadaheadWindow(index, filePages, 0);
            }

            return true;
        }

        state.NoteMmapMiss();
        if (state.MmapMisses > ManyMisses)
        {
            return false;
        }

        window = state.Set(index - Math.Min(index, filePages / 2), filePages, filePages / 4);
        return true;
    }
}
