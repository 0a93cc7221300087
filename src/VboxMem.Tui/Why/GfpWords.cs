namespace VboxMem.Tui.Why;

/// <summary>What the names of a gfp mask say in words, and the highest zone that a request may use.</summary>
internal static class GfpWords
{
    private static readonly (string Name, string Meaning)[] _names =
    [
        ("GFP_HIGHUSER_MOVABLE", "memory of a program, from any zone, that can be moved later; may wait, reclaim, read and write"),
        ("GFP_HIGHUSER", "memory of a program, from any zone; may wait, reclaim, read and write"),
        ("GFP_USER", "the kernel's, on behalf of a program; may wait, reclaim, read and write"),
        ("GFP_KERNEL_ACCOUNT", "the kernel's own, on the account of a control group; may wait, reclaim, read and write"),
        ("GFP_KERNEL", "the kernel's own; may wait, reclaim, read and write"),
        ("GFP_NOFS", "the kernel's own, from inside a file system: reclaim must not enter file systems"),
        ("GFP_NOIO", "the kernel's own, from inside block I/O: reclaim must not start any"),
        ("GFP_ATOMIC", "urgent: may not wait, but may go into the reserve"),
        ("GFP_NOWAIT", "may not wait"),
        ("GFP_TRANSHUGE", "a huge page; reclaims and compacts for it"),
        ("GFP_TRANSHUGE_LIGHT", "a huge page, if one is to be had without effort"),
        ("GFP_DMA32", "from the first 4 GiB"),
        ("GFP_DMA", "from the first 16 MiB"),
        ("__GFP_ZERO", "zeroed"),
        ("__GFP_COMP", "managed as one unit if it is larger than a page"),
        ("__GFP_MOVABLE", "can be moved or reclaimed later"),
        ("__GFP_RECLAIMABLE", "of a slab that can be shrunk"),
        ("__GFP_HIGHMEM", "any zone will do"),
        ("__GFP_WRITE", "is about to be written to"),
        ("__GFP_NOWARN", "no warning in the log if it fails"),
        ("__GFP_NORETRY", "gives up early"),
        ("__GFP_RETRY_MAYFAIL", "tries hard, but may fail"),
        ("__GFP_NOFAIL", "must not fail: tries for ever"),
        ("__GFP_HIGH", "urgent: may use half of the min mark"),
        ("__GFP_MEMALLOC", "may use all of the reserve"),
        ("__GFP_NOMEMALLOC", "must not use the reserve"),
        ("__GFP_ACCOUNT", "on the account of a control group"),
        ("__GFP_HARDWALL", "only from nodes that the cpuset allows"),
        ("__GFP_THISNODE", "from this node only"),
        ("__GFP_SKIP_KASAN", "not checked by KASAN"),
        ("__GFP_DIRECT_RECLAIM", "may reclaim itself"),
        ("__GFP_KSWAPD_RECLAIM", "wakes kswapd"),
        ("__GFP_RECLAIM", "may reclaim itself, and wakes kswapd"),
        ("__GFP_IO", "may start I/O"),
        ("__GFP_FS", "may enter file systems"),
    ];

    /// <summary>The names in a printed mask, such as <c>0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP)</c>, with what they say.</summary>
    public static IEnumerable<(string Name, string Meaning)> Explain(string mask)
    {
        foreach (var name in NamesOf(mask))
        {
            var at = Array.FindIndex(_names, entry => entry.Name == name);
            yield return (name, at < 0 ? "(no words for this one here)" : _names[at].Meaning);
        }
    }

    /// <summary>The index, of DMA, DMA32, Normal, Movable, of the highest zone that a request with the mask may use.</summary>
    /// <remarks>include/linux/gfp.h: gfp_zone.</remarks>
    public static int HighestZone(string mask)
    {
        var names = NamesOf(mask);
        if (names.Any(static name => name is "GFP_HIGHUSER_MOVABLE" or "GFP_TRANSHUGE" or "GFP_TRANSHUGE_LIGHT")) return 3;
        if (names.Contains("__GFP_MOVABLE") && (names.Contains("__GFP_HIGHMEM") || names.Contains("GFP_HIGHUSER"))) return 3;
        return names.Contains("GFP_DMA") || names.Contains("__GFP_DMA") ? 0 : names.Contains("GFP_DMA32") || names.Contains("__GFP_DMA32") ? 1 : 2;
    }

    /// <summary>Index of a zone by its name; an unknown one counts as the highest.</summary>
    public static int ZoneIndex(string zone) => Array.IndexOf(ZoneNames, zone) is var at and >= 0 ? at : ZoneNames.Length - 1;

    public static string[] ZoneNames { get; } = ["DMA", "DMA32", "Normal", "Movable", "Device"];

    private static string[] NamesOf(string mask)
    {
        var open = mask.IndexOf('(', StringComparison.Ordinal);
        return open < 0 ? [] : mask[(open + 1)..].TrimEnd(')').Split('|');
    }
}
