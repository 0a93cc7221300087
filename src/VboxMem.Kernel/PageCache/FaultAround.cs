// The neighbours that a read fault on a file maps along, if they are cached: the 64 KiB around the page, within one page-table page,
// the area and the file.
//
// Invariants
//   F1  The page at fault lies in the window, unless it lies beyond the file.
//   F2  A window has at most 16 pages.
//
// Units    indices of page-table entries, 0 to 511; pages.
// Models   Linux 6.12 do_fault_around, filemap_map_pages (facts: virtual memory and tools, 3.2).

namespace VboxMem.Kernel.PageCache;

/// <summary>Entries of one page-table page, first and last of those to fill.</summary>
public readonly record struct FaultAround(int FirstEntry, int LastEntry)
{
    /// <summary>debugfs fault_around_bytes, 64 KiB.</summary>
    public const int DefaultPages = 16;

    private const int EntriesPerTable = 512;

    /// <summary>True when no entry is to be filled.</summary>
    public bool IsEmpty => LastEntry < FirstEntry;

    /// <summary>The window of a fault, before the file's end.</summary>
    /// <param name="entry">Entry at fault in its page-table page.</param>
    /// <param name="pageInArea">The page at fault, counted from the start of the area.</param>
    /// <param name="areaPages">Size of the area.</param>
    /// <param name="windowPages">A power of two; 1 maps the page alone.</param>
    public static FaultAround Of(int entry, ulong pageInArea, ulong areaPages, int windowPages = DefaultPages)
    {
        var first = Math.Max(entry & -windowPages, entry - (int)Math.Min((ulong)entry, pageInArea));
        var end = Math.Min(Math.Min(first + windowPages, EntriesPerTable), entry + (int)Math.Min(areaPages - pageInArea, EntriesPerTable));
        return new FaultAround(first, end - 1);
    }

    /// <summary>The part of the window that the file reaches into.</summary>
    /// <param name="entry">Entry at fault.</param>
    /// <param name="fileIndex">Index in the file of the page at fault.</param>
    /// <param name="filePages">Size of the file, rounded up to pages.</param>
    public FaultAround ClippedToFile(int entry, ulong fileIndex, ulong filePages)
    {
        var last = entry + Math.Clamp((long)filePages - 1 - (long)fileIndex, -EntriesPerTable, EntriesPerTable);
        return this with { LastEntry = (int)Math.Min(LastEntry, last) };
    }
}
