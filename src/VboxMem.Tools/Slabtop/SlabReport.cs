// slabtop's model: the caches in the order asked for, and sums over all of them.
//
// Invariants
//   S1  Sizes are objects * object size, not pages: what stands unused at the end of a slab counts nowhere, and the
//       two sizes differ only by unused objects. A row's cache size alone counts whole slabs.
//   S2  A cache is active when it has objects at all. Minimum and maximum are taken over all caches, the empty ones too.
//   S3  "Use" of a cache is computed in float32.
//   S4  Caches with equal keys keep the file's order.
//
// Units   bytes and objects.
// Models  facts: virtual memory and tools, 7.3.

using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Slabtop;

/// <summary>What slabtop sorts by. Names ascend, everything else descends.</summary>
internal enum SlabSortKey
{
    Objects,
    ActiveObjects,
    CacheSize,
    Slabs,
    ActiveSlabs,
    PagesPerSlab,
    ObjectSize,
    ObjectsPerSlab,
    Use,
    Name,
}

/// <summary>Sums over all slab caches, and the caches themselves.</summary>
public sealed record SlabReport
{
    private const ulong PageBytes = 4096;

    public required IReadOnlyList<SlabCache> Caches { get; init; }

    public ulong ActiveObjects { get; private init; }

    public ulong TotalObjects { get; private init; }

    public ulong ActiveSlabs { get; private init; }

    public ulong TotalSlabs { get; private init; }

    public ulong ActiveCaches { get; private init; }

    public ulong ActiveBytes { get; private init; }

    public ulong TotalBytes { get; private init; }

    /// <summary>Bytes; 2^31 - 1 where there is no cache at all, as procps has it.</summary>
    public ulong SmallestObject { get; private init; } = int.MaxValue;

    public ulong LargestObject { get; private init; }

    /// <summary>TotalBytes / TotalObjects, truncated; 0 without objects.</summary>
    public ulong AverageObject => TotalObjects == 0 ? 0 : TotalBytes / TotalObjects;

    /// <summary>Used part of a cache's objects in per cent, truncated. In float32, as procps has it: 53 of 100 give 52.</summary>
    internal static ulong UsePercent(SlabCache cache) =>
        cache.TotalObjects == 0 ? 0 : (ulong)(100f * ((float)cache.ActiveObjects / cache.TotalObjects));

    /// <summary>All slabs of a cache, in bytes.</summary>
    internal static ulong CacheBytes(SlabCache cache) => unchecked(cache.TotalSlabs * cache.PagesPerSlab * PageBytes);

    internal static SlabReport From(SlabInfo slabInfo, SlabSortKey key)
    {
        var report = new SlabReport { Caches = Sorted(slabInfo.Caches, key) };
        foreach (var cache in slabInfo.Caches)
        {
            unchecked
            {
                report = report with
                {
                    ActiveObjects = report.ActiveObjects + cache.ActiveObjects,
                    TotalObjects = report.TotalObjects + cache.TotalObjects,
                    ActiveSlabs = report.ActiveSlabs + cache.ActiveSlabs,
                    TotalSlabs = report.TotalSlabs + cache.TotalSlabs,
                    ActiveCaches = report.ActiveCaches + (cache.TotalObjects > 0 ? 1UL : 0),
                    ActiveBytes = report.ActiveBytes + cache.ActiveObjects * cache.ObjectBytes,
                    TotalBytes = report.TotalBytes + cache.TotalObjects * cache.ObjectBytes,
                    SmallestObject = Math.Min(report.SmallestObject, cache.ObjectBytes),
                    LargestObject = Math.Max(report.LargestObject, cache.ObjectBytes),
                };
            }
        }

        return report;
    }

    private static SlabCache[] Sorted(IReadOnlyList<SlabCache> caches, SlabSortKey key)
    {
        var order = new int[caches.Count];
        for (var i = 0; i < order.Length; i++) order[i] = i;
        Array.Sort(order, (left, right) =>
        {
            var byKey = key == SlabSortKey.Name
                ? string.CompareOrdinal(caches[left].Name, caches[right].Name)
                : Key(caches[right], key).CompareTo(Key(caches[left], key));
            return byKey != 0 ? byKey : left.CompareTo(right);
        });
        return Array.ConvertAll(order, index => caches[index]);
    }

    private static ulong Key(SlabCache cache, SlabSortKey key) => key switch
    {
        SlabSortKey.ActiveObjects => cache.ActiveObjects,
        SlabSortKey.CacheSize => CacheBytes(cache),
        SlabSortKey.Slabs => cache.TotalSlabs,
        SlabSortKey.ActiveSlabs => cache.ActiveSlabs,
        SlabSortKey.PagesPerSlab => cache.PagesPerSlab,
        SlabSortKey.ObjectSize => cache.ObjectBytes,
        SlabSortKey.ObjectsPerSlab => cache.ObjectsPerSlab,
        SlabSortKey.Use => UsePercent(cache),
        _ => cache.TotalObjects,
    };
}
