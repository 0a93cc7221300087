// How many dirty pages the machine puts up with: above the background limit the flushers write, above the other writers wait.
//
// Both are shares of the memory that could be dirtied, counted in 1/4096 of it, or given in bytes. The limits follow free and
// file pages as they change, so vmstat's nr_dirty_threshold is what they come to at the moment of reading.
//
// Invariants
//   D1  The background limit is below the limit, or half of it, unless both are 0.
//   D2  Both fit in 32 bits.
//
// Units    pages of 4096 bytes; ratios in percent.
// Models   Linux 6.12 mm/page-writeback.c: global_dirtyable_memory, node_dirtyable_memory, domain_dirty_limits, node_dirty_limit
//          (facts: reclaim, 7.1; physical memory, 9.4).

namespace VboxMem.Kernel.Writeback;

/// <summary>The four files of <c>/proc/sys/vm</c> that set the limits. A byte figure that is not 0 wins over its ratio.</summary>
/// <param name="DirtyRatio">vm.dirty_ratio, percent.</param>
/// <param name="BackgroundRatio">vm.dirty_background_ratio, percent.</param>
/// <param name="DirtyBytes">vm.dirty_bytes.</param>
/// <param name="BackgroundBytes">vm.dirty_background_bytes.</param>
public readonly record struct DirtySettings(int DirtyRatio, int BackgroundRatio, long DirtyBytes, long BackgroundBytes)
{
    /// <summary>What a box boots with: 20 and 10 percent.</summary>
    public static DirtySettings Default => new(20, 10, 0, 0);
}

/// <summary>The limits at one moment, in pages.</summary>
/// <param name="Threshold">Writers of dirty pages are slowed down towards this, and stopped at it.</param>
/// <param name="Background">Flushers start above this.</param>
public readonly record struct DirtyLimits(long Threshold, long Background)
{
    private const int PageBytes = 4096;

    /// <summary>Pages that could be dirty at most: free beyond the reserves, and the file pages.</summary>
    /// <param name="freePages">nr_free_pages.</param>
    /// <param name="totalReservePages">Reserves of all zones.</param>
    /// <param name="filePages">Active and inactive file pages.</param>
    /// <returns>At least 1, so that it can be divided by.</returns>
    public static long DirtyablePages(long freePages, long totalReservePages, long filePages) =>
        NodeDirtyablePages(freePages, totalReservePages, filePages) + 1;

    /// <summary>The same for one node, from the node's own figures; 0 when it has nothing to dirty.</summary>
    public static long NodeDirtyablePages(long freePages, long nodeReservePages, long filePages) =>
        freePages - Math.Min(freePages, nodeReservePages) + filePages;

    /// <summary>The limits for an ordinary task and for the machine as a whole.</summary>
    public static DirtyLimits For(in DirtySettings settings, long dirtyablePages) =>
        Bounded(ThresholdOf(settings, dirtyablePages), BackgroundOf(settings, dirtyablePages));

    /// <summary>The limits for a realtime or deadline task, which may go a quarter and a little further.</summary>
    /// <param name="settings">The sysctls.</param>
    /// <param name="dirtyablePages">See <see cref="DirtyablePages"/>.</param>
    /// <param name="smoothedLimitPages">The machine's dirty limit as it slides towards its target (dirty_limit).</param>
    public static DirtyLimits ForRealTime(in DirtySettings settings, long dirtyablePages, long smoothedLimitPages)
    {
        var threshold = ThresholdOf(settings, dirtyablePages);
        var background = BackgroundOf(settings, dirtyablePages);
        return Bounded(
            threshold + threshold / 4 + smoothedLimitPages / 32,
            background + background / 4 + smoothedLimitPages / 32);
    }

    /// <summary>Dirty pages one node may hold before allocations for writing go to another.</summary>
    /// <param name="settings">The sysctls.</param>
    /// <param name="nodeDirtyablePages">See <see cref="NodeDirtyablePages"/>.</param>
    /// <param name="dirtyablePages">The machine's, at least 1; shares vm.dirty_bytes out among the nodes.</param>
    /// <param name="isRealTime">A realtime or deadline task asks.</param>
    public static long NodeLimitPages(in DirtySettings settings, long nodeDirtyablePages, long dirtyablePages, bool isRealTime)
    {
        var limit = settings.DirtyBytes > 0
            ? PagesOf(settings.DirtyBytes) * nodeDirtyablePages / dirtyablePages
            : settings.DirtyRatio * nodeDirtyablePages / 100;
        if (isRealTime) limit += limit / 4;
        return Math.Min(limit, uint.MaxValue);
    }

    private static long ThresholdOf(in DirtySettings settings, long dirtyablePages) =>
        settings.DirtyBytes > 0 ? PagesOf(settings.DirtyBytes) : Share(settings.DirtyRatio, dirtyablePages);

    private static long BackgroundOf(in DirtySettings settings, long dirtyablePages) =>
        settings.BackgroundBytes > 0 ? PagesOf(settings.BackgroundBytes) : Share(settings.BackgroundRatio, dirtyablePages);

    private static DirtyLimits Bounded(long threshold, long background)
    {
        threshold = Math.Min(threshold, uint.MaxValue);
        return new DirtyLimits(threshold, background >= threshold ? threshold / 2 : background);
    }

    // The ratio is rounded to 1/4096 first: 20 % is 819/4096.
    private static long Share(int percent, long pages) => percent * PageBytes / 100 * pages / PageBytes;

    private static long PagesOf(long bytes) => (bytes + PageBytes - 1) / PageBytes;
}
