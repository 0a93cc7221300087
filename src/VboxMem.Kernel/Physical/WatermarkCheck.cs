// May a zone give pages to this request? The one test that decides between the fast path, kswapd and direct reclaim.
//
// Models   Linux 6.12 __zone_watermark_ok, zone_watermark_fast (facts: physical memory, 2.4 and 2.5).

using System.Runtime.CompilerServices;
using VboxMem.Kernel.Accounting;

namespace VboxMem.Kernel.Physical;

public static class WatermarkCheck
{
    /// <summary>True when the zone stays above a mark after handing out 2^order pages.</summary>
    /// <param name="zone">The zone asked.</param>
    /// <param name="order">Order of the request.</param>
    /// <param name="markPages">The mark, boost included.</param>
    /// <param name="highestZone">Highest zone the request may use: selects the lowmem reserve.</param>
    /// <param name="reserves">Which reserves the request may draw on.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsMet(Zone zone, int order, ulong markPages, ZoneType highestZone, ReserveFlags reserves) =>
        IsMet(zone, order, (long)markPages, highestZone, reserves, zone.FreePages);

    /// <summary>kswapd's variant: re-sums the per-CPU deltas where they could hide a breach.</summary>
    public static bool IsMetExactly(Zone zone, int order, ulong markPages, ZoneType highestZone)
    {
        var free = zone.FreePages;
        if (zone.DriftMarkPages != 0 && (ulong)free < zone.DriftMarkPages)
        {
            free = zone.Stats.ReadExact((int)ZoneStatItem.FreePages);
        }

        return IsMet(zone, order, (long)markPages, highestZone, ReserveFlags.None, free);
    }

    /// <summary>The allocator's variant: an urgent single page that may go down to min is rechecked against min without the boost.</summary>
    /// <param name="zone">The zone asked.</param>
    /// <param name="order">Order of the request.</param>
    /// <param name="level">The mark to hold the zone against.</param>
    /// <param name="allowed">The mark the request as a whole may go down to.</param>
    /// <param name="highestZone">Highest zone the request may use.</param>
    /// <param name="reserves">Which reserves it may draw on.</param>
    public static bool IsMetForAllocation(
        Zone zone, int order, WatermarkLevel level, WatermarkLevel allowed, ZoneType highestZone, ReserveFlags reserves)
    {
        if (IsMet(zone, order, zone.MarkPages(level), highestZone, reserves))
        {
            return true;
        }

        return order == 0 && (reserves & ReserveFlags.MinReserve) != 0 && zone.BoostPages != 0 && allowed == WatermarkLevel.Min
            && IsMet(zone, order, zone.Marks.MinPages, highestZone, reserves);
    }

    /// <summary>As if the zone had that many free pages: would it do if all were freed that can be? (__zone_watermark_ok)</summary>
    internal static bool IsMetWith(
        Zone zone, int order, ulong markPages, ZoneType highestZone, ReserveFlags reserves, long freePages) =>
        (reserves & ReserveFlags.NoWatermarks) != 0 || IsMet(zone, order, (long)markPages, highestZone, reserves, freePages);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsMet(
        Zone zone, int order, long mark, ZoneType highestZone, ReserveFlags reserves, long freePages)
    {
        var usable = freePages - ((1L << order) - 1);
        if ((reserves & ReserveFlags.AnyReserve) == 0)
        {
            usable -= zone.FreeHighAtomicPages;
        }
        else
        {
            mark = Lower(mark, reserves);
        }

        if (usable <= mark + (long)zone.LowmemReservePages[(int)highestZone])
        {
            return false;
        }

        return order == 0 || HasBlock(zone.Buddy, order, reserves);
    }

    private static long Lower(long mark, ReserveFlags reserves)
    {
        if ((reserves & ReserveFlags.MinReserve) != 0)
        {
            mark -= mark / 2;
            if ((reserves & ReserveFlags.NonBlock) != 0)
            {
                mark -= mark / 4;
            }
        }

        if ((reserves & ReserveFlags.Oom) != 0)
        {
            mark -= mark / 2;
        }

        return mark;
    }

    private static bool HasBlock(BuddyAllocator buddy, int order, ReserveFlags reserves)
    {
        for (var candidate = order; candidate <= PageGeometry.MaxOrder; candidate++)
        {
            for (var type = MigrateType.Unmovable; type <= MigrateType.Reclaimable; type++)
            {
                if (!buddy.IsEmpty(candidate, type))
                {
                    return true;
                }
            }

            if ((reserves & (ReserveFlags.HighAtomic | ReserveFlags.Oom)) != 0
                && !buddy.IsEmpty(candidate, MigrateType.HighAtomic))
            {
                return true;
            }
        }

        return false;
    }
}
