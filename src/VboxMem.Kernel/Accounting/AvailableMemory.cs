// MemAvailable: how much memory a new workload could have without swapping, as the kernel estimates it.
//
// Free pages beyond the reserves count in full. Of the page cache and of reclaimable kernel memory, half or the sum of the low
// watermarks, whichever is less, is taken to be in use and kept.
//
// Units    pages.
// Models   Linux 6.12 mm/show_mem.c: si_mem_available (facts: physical memory, 9.3).

namespace VboxMem.Kernel.Accounting;

/// <summary>The estimate behind <c>MemAvailable</c> of meminfo.</summary>
public static class AvailableMemory
{
    /// <summary>Estimates it, in pages; never below 0.</summary>
    /// <param name="freePages">Free pages of the buddy allocator (nr_free_pages).</param>
    /// <param name="totalReservePages">Pages user space cannot have: the sum over zones of min(managed, largest reserve + high watermark).</param>
    /// <param name="filePages">Active and inactive file pages of all nodes.</param>
    /// <param name="reclaimableKernelPages">Reclaimable slab and other reclaimable kernel pages (KReclaimable).</param>
    /// <param name="lowWatermarkPages">The sum of the low watermarks of all zones, the 32 pages of an empty Movable zone included.</param>
    public static long Pages(
        long freePages, long totalReservePages, long filePages, long reclaimableKernelPages, long lowWatermarkPages)
    {
        var available = freePages - totalReservePages
            + Reclaimable(filePages, lowWatermarkPages)
            + Reclaimable(reclaimableKernelPages, lowWatermarkPages);
        return Math.Max(available, 0);
    }

    private static long Reclaimable(long pages, long lowWatermarkPages) => pages - Math.Min(pages / 2, lowWatermarkPages);
}
