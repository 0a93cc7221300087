// The marks below which a zone's free pages may not fall, and how they follow from a handful of tunables.
//
//   min_free_kbytes --share by size--> min --gap--> low --gap--> high --gap--> promo
//
// Units    pages, unless a name says kilobytes. All divisions truncate.
// Models   Linux 6.12 __setup_per_zone_wmarks, calculate_min_free_kbytes, set_recommended_min_free_kbytes,
//          setup_per_zone_lowmem_reserve, calculate_totalreserve_pages (facts: physical memory, 2.1 to 2.3).

namespace VboxMem.Kernel.Physical;

/// <summary>The four marks of one zone, without boost.</summary>
public readonly record struct Watermarks(ulong MinPages, ulong LowPages, ulong HighPages, ulong PromoPages)
{
    private const int KilobytesPerPageShift = 2;

    /// <summary>Smallest and largest value the kernel gives min_free_kbytes by itself.</summary>
    private const ulong SmallestBootKilobytes = 128;
    private const ulong LargestBootKilobytes = 262144;

    public ulong this[WatermarkLevel level] => level switch
    {
        WatermarkLevel.Min => MinPages,
        WatermarkLevel.Low => LowPages,
        WatermarkLevel.High => HighPages,
        _ => PromoPages,
    };

    /// <summary>The marks of one zone.</summary>
    /// <param name="minFreeKilobytes">vm.min_free_kbytes.</param>
    /// <param name="scaleFactor">vm.watermark_scale_factor, in 1/10000 of the zone.</param>
    /// <param name="zone">A Movable zone keeps a small fixed min instead of a share.</param>
    /// <param name="managedPages">The zone's managed pages.</param>
    /// <param name="lowmemPages">Sum of managed pages over all zones of all nodes but Movable.</param>
    public static Watermarks ForZone(
        ulong minFreeKilobytes, uint scaleFactor, ZoneType zone, ulong managedPages, ulong lowmemPages)
    {
        var terms = WatermarkTerms.Of(minFreeKilobytes, scaleFactor, managedPages, lowmemPages);
        var min = zone == ZoneType.Movable ? Math.Clamp(managedPages / 1024, 32, 128) : terms.SharePages;
        var gap = terms.GapPages;
        return new Watermarks(min, min + gap, min + (2 * gap), min + (3 * gap));
    }

    /// <summary>The square root of 16 x lowmem in kB: what min_free_kbytes grows with, before it is clamped.</summary>
    /// <param name="pagesAboveHigh">Sum over zones up to Normal of managed pages above the high mark.</param>
    public static ulong RootMinFreeKilobytes(ulong pagesAboveHigh) => IntegerSquareRoot((pagesAboveHigh << KilobytesPerPageShift) * 16);

    /// <summary>The least and most min_free_kbytes that the kernel gives itself.</summary>
    public static ulong ClampMinFreeKilobytes(ulong kilobytes) => Math.Clamp(kilobytes, SmallestBootKilobytes, LargestBootKilobytes);

    /// <summary>What khugepaged wants kept free so that huge pages can be had.</summary>
    /// <param name="populatedZones">Populated zones up to Normal, over all nodes.</param>
    /// <param name="pagesAboveHigh">As in <see cref="RootMinFreeKilobytes"/>, with the marks now in force.</param>
    public static ulong KhugepagedMinFreeKilobytes(int populatedZones, ulong pagesAboveHigh)
    {
        // Two pageblocks a zone, and nine for each pair of per-CPU migrate types that may mix.
        var recommended = (ulong)PageGeometry.PageblockPages * (ulong)populatedZones
            * (2 + (MigrateTypes.RequestableCount * MigrateTypes.RequestableCount));
        return Math.Min(recommended, pagesAboveHigh / 20) << KilobytesPerPageShift;
    }

    private static ulong IntegerSquareRoot(ulong value)
    {
        var root = (ulong)Math.Sqrt(value);   // exact to one step for values this small; mended below
        while (root * root > value)
        {
            root--;
        }

        while ((root + 1) * (root + 1) <= value)
        {
            root++;
        }

        return root;
    }
}
