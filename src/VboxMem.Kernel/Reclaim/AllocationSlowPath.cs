// What the allocator does when no zone passes its low mark: first the reserves that the request is entitled to.
//
// Models   Linux 6.12 __alloc_pages_slowpath, the steps that need no reclaim (facts: physical memory, 4.4).
// Departs  nothing is reclaimed, compacted or killed: a request that the reserves cannot serve fails.

using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Reclaim;

public sealed class AllocationSlowPath : ISlowPath
{
    public bool TryAllocate(PageAllocator allocator, in AllocationRequest request, out Pfn block)
    {
        var reserves = Reserves.For(request.Gfp, request.Order, request.Requester);
        if (allocator.TryWalkZonelist(request, WatermarkLevel.Min, reserves & ~ReserveFlags.NoWatermarks, out block))
        {
            return true;
        }

        if ((reserves & (ReserveFlags.NoWatermarks | ReserveFlags.Oom)) != 0
            && allocator.TryWalkZonelist(request, WatermarkLevel.Min, reserves, out block))
        {
            return true;
        }

        if ((request.Gfp & GfpFlags.DirectReclaim) == 0)
        {
            return false;
        }

        // Free pages may hide on per-CPU lists and in pageblocks kept for atomic requests.
        allocator.DrainAllPerCpuPages();
        while (true)
        {
            if (allocator.TryWalkZonelist(request, WatermarkLevel.Min, reserves, out block))
            {
                return true;
            }

            if (!allocator.ShrinkHighAtomic(request, force: true))
            {
                return false;
            }
        }
    }
}
