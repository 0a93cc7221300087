// Where a new mapping goes: the highest gap below mmap_base that holds it, else, or with the old layout, the lowest one above a third of the
// address space. Chance has moved both borders (AddressLayout).
// With five levels of page tables that is so as well; whoever wishes for an address above 47 bits has both limits raised by all
// that is above.
//
// Units    pages.
// Models   Linux 6.12 arch_get_unmapped_area_topdown, vm_unmapped_area, __thp_get_unmapped_area (facts: virtual memory, 1.3).
// Departs  addresses below 64 KiB are never given out, to root neither.

namespace VboxMem.Kernel.Virtual;

internal static class AddressSearch
{
    /// <summary>vm.mmap_min_addr.</summary>
    private const ulong LowestPage = 16;

    private const ulong HugePages = PageTables.PagesPerPteTable;

    /// <summary>Finds a place (get_unmapped_area without MAP_FIXED).</summary>
    /// <param name="mm">The descriptor.</param>
    /// <param name="pages">Length.</param>
    /// <param name="hint">Wanted first page; 0: none.</param>
    /// <param name="firstIndex">Linear index of the first page in its file: huge pages must be aligned in both; 0 for anonymous memory.</param>
    /// <param name="isAligned">Huge pages should fit: the place is aligned to 2 MiB if that can be.</param>
    /// <param name="start">The first page found.</param>
    /// <returns>False: no gap is large enough (ENOMEM).</returns>
    public static bool TryFind(MemoryDescriptor mm, ulong pages, ulong hint, ulong firstIndex, bool isAligned, out ulong start)
    {
        start = 0;
        if (pages > mm.EndPage)
        {
            return false;
        }

        if (hint >= LowestPage && hint <= mm.EndPage - pages && !CrossesWindow(hint, pages) && IsFree(mm, hint, pages))
        {
            start = hint;
            return true;
        }

        var more = hint > UserSpace.WindowEndPage ? mm.EndPage - UserSpace.WindowEndPage : 0;
        return (isAligned && TryFindAligned(mm, pages, more, firstIndex, out start)) || TryFindAnywhere(mm, pages, more, out start);
    }

    /// <summary>True when nothing lies in the range, guard gaps included.</summary>
    public static bool IsFree(MemoryDescriptor mm, ulong start, ulong pages) =>
        mm.FindAtOrAbove(start) is not { } next || start + pages <= GuardedStart(next);

    /// <summary>Programs get addresses above 47 bits only if they ask for them, so no mapping is to end there by chance.</summary>
    private static bool CrossesWindow(ulong hint, ulong pages) =>
        hint <= UserSpace.WindowEndPage && hint + pages > UserSpace.WindowEndPage;

    /// <param name="more">Pages beyond the window that are to be used, too: 0 or all.</param>
    private static bool TryFindAligned(MemoryDescriptor mm, ulong pages, ulong more, ulong firstIndex, out ulong start)
    {
        start = 0;
        var alignedIndex = (firstIndex + HugePages - 1) & ~(HugePages - 1);
        if (firstIndex + pages < alignedIndex + HugePages || !TryFindAnywhere(mm, pages + HugePages, more, out var padded))
        {
            return false;
        }

        var offset = (firstIndex - padded) & (HugePages - 1);
        start = padded + (offset == 0 && !mm.IsBottomUp ? HugePages : offset);
        return true;
    }

    private static bool TryFindAnywhere(MemoryDescriptor mm, ulong pages, ulong more, out ulong start) =>
        (!mm.IsBottomUp && TryFindTopDown(mm, pages, more, out start)) || TryFindBottomUp(mm, pages, more, out start);

    private static bool TryFindTopDown(MemoryDescriptor mm, ulong pages, ulong more, out ulong start)
    {
        var top = UserSpace.PageOf(mm.MmapBase) + more;
        for (var at = mm.IndexAtOrAbove(top - 1); ; at--)
        {
            var gapEnd = at < mm.AreaList.Count ? Math.Min(top, GuardedStart(mm.AreaList[at])) : top;
            var gapStart = at > 0 ? Math.Max(LowestPage, mm.AreaList[at - 1].EndPage) : LowestPage;
            if (gapEnd >= gapStart + pages)
            {
                start = gapEnd - pages;
                return true;
            }

            if (at == 0)
            {
                start = 0;
                return false;
            }
        }
    }

    private static bool TryFindBottomUp(MemoryDescriptor mm, ulong pages, ulong more, out ulong start)
    {
        start = UserSpace.PageOf(mm.LegacyBase);
        for (var at = mm.IndexAtOrAbove(start); at < mm.AreaList.Count; at++)
        {
            if (start + pages <= GuardedStart(mm.AreaList[at]))
            {
                return true;
            }

            start = mm.AreaList[at].EndPage;
        }

        return start + pages <= UserSpace.WindowEndPage + more;
    }

    /// <summary>vm_start_gap: an area that grows down keeps its guard gap free.</summary>
    private static ulong GuardedStart(Vma area)
    {
        if (!area.Has(VmaFlags.GrowsDown))
        {
            return area.StartPage;
        }

        return area.StartPage > UserSpace.GuardGapPages ? area.StartPage - UserSpace.GuardGapPages : 0;
    }
}
