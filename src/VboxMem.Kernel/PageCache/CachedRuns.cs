namespace VboxMem.Kernel.PageCache;

/// <summary>How many pages next to one are cached: what readahead takes for the trace of a stream (page_cache_prev_miss, page_cache_next_miss).</summary>
internal static class CachedRuns
{
    /// <summary>Cached pages right before an index, at most so many.</summary>
    public static ulong Before(IndexTrees trees, int tree, ulong index, ulong most)
    {
        var run = 0UL;
        while (run < Math.Min(most, index) && trees.Find(tree, index - run - 1).IsFolio)
        {
            run++;
        }

        return run;
    }

    /// <summary>Cached pages right after an index, at most so many.</summary>
    public static ulong After(IndexTrees trees, int tree, ulong index, ulong most)
    {
        var run = 0UL;
        while (run < most && trees.Find(tree, index + run + 1).IsFolio)
        {
            run++;
        }

        return run;
    }
}
