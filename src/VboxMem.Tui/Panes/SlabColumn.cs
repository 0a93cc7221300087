using VboxMem.Tools.Parsing;
using VboxMem.Tools.Slabtop;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Panes;

/// <summary>A column of the slabtop pane: slabtop's own ones and those of its sort criteria that it shows nowhere.</summary>
/// <param name="Key">What a click on its heading sorts by.</param>
/// <param name="Criterion">As the menu names it, behind slabtop's letter.</param>
/// <param name="Heading">slabtop's.</param>
/// <param name="Width">Cells.</param>
/// <param name="Rank">Those with the highest go first where there is no room.</param>
/// <param name="Text">Its cell.</param>
internal sealed record SlabColumn(SlabSortKey Key, string Criterion, string Heading, int Width, int Rank, Func<SlabCache, string> Text)
{
    public static IReadOnlyList<SlabColumn> All { get; } =
    [
        new(SlabSortKey.Objects, "o  objects", "OBJS", 7, 0, static cache => Figure.Of(cache.TotalObjects)),
        new(SlabSortKey.ActiveObjects, "a  active objects", "ACTIVE", 7, 2, static cache => Figure.Of(cache.ActiveObjects)),
        new(SlabSortKey.Use, "u  use", "USE", 4, 0, static cache => Figure.Of(SlabReport.UsePercent(cache)) + "%"),
        new(SlabSortKey.ObjectSize, "s  object size", "OBJ SIZE", 8, 3, static cache => Kibibytes(cache.ObjectBytes)),
        new(SlabSortKey.Slabs, "l  slabs", "SLABS", 7, 6, static cache => Figure.Of(cache.TotalSlabs)),
        new(SlabSortKey.ObjectsPerSlab, "b  objects per slab", "OBJ/SLAB", 8, 5, static cache => Figure.Of(cache.ObjectsPerSlab)),
        new(SlabSortKey.ActiveSlabs, "v  active slabs", "ACT SLABS", 9, 7, static cache => Figure.Of(cache.ActiveSlabs)),
        new(SlabSortKey.PagesPerSlab, "p  pages per slab", "PAGES/SLAB", 10, 8, static cache => Figure.Of(cache.PagesPerSlab)),
        new(SlabSortKey.CacheSize, "c  cache size", "CACHE SIZE", 10, 0, static cache => Figure.Of(SlabReport.CacheBytes(cache) / 1024) + "K"),
    ];

    /// <summary>As slabtop writes sizes: kB with two decimals.</summary>
    public static string Kibibytes(ulong bytes) => FormattableString.Invariant($"{bytes / 1024.0:0.00}K");
}
