// What the allocator does when no zone passes its low mark: first the reserves that the request is entitled to, then what lies
// aside in per-CPU lists and in pageblocks kept for atomic requests.
//
// Models   Linux 6.12 __alloc_pages_slowpath, the steps that need no reclaim, and its early exits (facts: physical memory, 4.4).
// Departs  nothing is reclaimed, compacted or killed: a request that the reserves cannot serve fails. Per-CPU lists are drained
//          where Linux would have reclaimed first; failures are not reported in the log.

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

        if ((reserves & ReserveFlags.NoWatermarks) != 0
            && allocator.TryWalkZonelist(request, WatermarkLevel.Min, reserves, out block))
        {
            return true;
        }

        if (!MayTryHarder(request))
        {
            return false;
        }

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

    /// <summary>Neither a request that cannot wait, nor a reclaimer's own, nor one that would rather fail, nor a costly one goes on.</summary>
    private static bool MayTryHarder(in AllocationRequest request)
    {
        var isBlocking = (request.Gfp & GfpFlags.DirectReclaim) != 0 && (request.Requester & RequesterFlags.MemAlloc) == 0;
        var isCostly = request.Order > PageGeometry.CostlyOrder && (request.Gfp & GfpFlags.RetryMayFail) == 0;
        return isBlocking && (request.Gfp & GfpFlags.NoRetry) == 0 && !isCostly;
    }
}
