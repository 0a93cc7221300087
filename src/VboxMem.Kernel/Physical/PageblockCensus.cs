namespace VboxMem.Kernel.Physical;

/// <summary>Counts the pageblocks of a zone by type: the second table of /proc/pagetypeinfo.</summary>
/// <remarks>
/// Models Linux 6.12 pagetypeinfo_showblockcount_print: steps of 512 frames from the zone's first frame on; a block counts when
/// its section is present and its frames belong to the zone. O(pageblocks).
/// </remarks>
public static class PageblockCensus
{
    /// <param name="zone">A populated zone.</param>
    /// <param name="frames">The machine's frames.</param>
    /// <param name="memory">What is RAM.</param>
    /// <param name="counts">One count for each migrate type; overwritten.</param>
    public static void Count(Zone zone, PageFrames frames, BootMemory memory, Span<uint> counts)
    {
        counts.Clear();
        var section = uint.MaxValue;
        var isPresent = false;
        for (var pfn = zone.Extent.Start; pfn < zone.Extent.End; pfn = pfn.Plus(PageGeometry.PageblockPages))
        {
            if (pfn.Index / PageGeometry.SectionPages != section)
            {
                section = pfn.Index / PageGeometry.SectionPages;
                var start = new Pfn(section * PageGeometry.SectionPages);
                isPresent = memory.PresentPages(new PfnRange(start, start.Plus(PageGeometry.SectionPages))) > 0;
            }

            if (isPresent && frames.ZoneOf(pfn) == zone.Extent.Index)
            {
                counts[(int)frames.PageblockType(pfn)]++;
            }
        }
    }
}
