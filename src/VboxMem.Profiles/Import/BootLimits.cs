// What a booted machine's limits are, computed from what its zones manage, as ZoneLimits does it on the machine itself.
//
// Units    pages unless the name says kilobytes.
// Models   facts: physical memory, 2.1 to 2.3.

using VboxMem.Kernel;
using VboxMem.Kernel.Physical;

namespace VboxMem.Profiles.Import;

/// <summary>Limits of all zones, in their order.</summary>
internal static class BootLimits
{
    private const uint DefaultScale = 10;
    private static readonly ulong[] _defaultRatio = [256, 256, 32, 0, 0];

    public static IReadOnlyList<ulong> DefaultRatio => _defaultRatio;

    /// <summary>What the kernel makes min_free_kbytes by itself.</summary>
    /// <param name="zones">The zones.</param>
    /// <param name="managed">What each manages when this is computed.</param>
    /// <param name="hugePages">khugepaged runs.</param>
    public static ulong MinFreeKilobytes(IReadOnlyList<ImportedZone> zones, ulong[] managed, bool hugePages)
    {
        var lowmem = Sum(zones, managed);
        var kilobytes = Watermarks.ClampMinFreeKilobytes(Watermarks.RootMinFreeKilobytes(lowmem));
        if (!hugePages) return kilobytes;
        var (above, populated) = (0UL, 0);
        for (var zone = 0; zone < zones.Count; zone++)
        {
            if (zones[zone].Type > ZoneType.Normal) continue;
            var high = Watermarks.ForZone(kilobytes, DefaultScale, zones[zone].Type, managed[zone], lowmem).HighPages;
            above += managed[zone] > high ? managed[zone] - high : 0;
            populated++;
        }

        return Math.Max(kilobytes, Watermarks.KhugepagedMinFreeKilobytes(populated, above));
    }

    /// <summary>Whether the captured marks are those of these figures.</summary>
    public static bool AreMarks(IReadOnlyList<ImportedZone> zones, ulong[] managed, ulong minFreeKilobytes, uint scale)
    {
        var lowmem = Sum(zones, managed);
        for (var zone = 0; zone < zones.Count; zone++)
        {
            if (zones[zone].Marks is not { } seen) continue;
            var marks = Watermarks.ForZone(minFreeKilobytes, scale, zones[zone].Type, managed[zone], lowmem);
            if (marks with { PromoPages = 0 } != seen with { PromoPages = 0 }) return false;
            if (zones[zone].HasPromo && marks.PromoPages != seen.PromoPages) return false;
        }

        return true;
    }

    /// <summary>Whether the captured reserves are those of these figures.</summary>
    public static bool AreReserves(IReadOnlyList<ImportedZone> zones, ulong[] managed, IReadOnlyList<ulong> ratio)
    {
        for (var zone = 0; zone < zones.Count; zone++)
        {
            var seen = zones[zone].Protection;
            var above = 0UL;
            for (var type = (int)zones[zone].Type + 1; type < seen.Count; type++)
            {
                above += ManagedBy(zones, managed, zones[zone].Node, (ZoneType)type);
                var own = ratio[(int)zones[zone].Type];
                if (seen[type] != (own == 0 || managed[zone] == 0 ? 0 : above / own)) return false;
            }
        }

        return true;
    }

    /// <summary>Sum over all zones but Movable and Device.</summary>
    public static ulong Sum(IReadOnlyList<ImportedZone> zones, ulong[] managed)
    {
        var pages = 0UL;
        for (var zone = 0; zone < zones.Count; zone++) pages += zones[zone].Type <= ZoneType.Normal ? managed[zone] : 0;
        return pages;
    }

    public static ulong ManagedBy(IReadOnlyList<ImportedZone> zones, ulong[] managed, int node, ZoneType type)
    {
        for (var zone = 0; zone < zones.Count; zone++)
        {
            if (zones[zone].Node == node && zones[zone].Type == type) return managed[zone];
        }

        return 0;
    }
}
