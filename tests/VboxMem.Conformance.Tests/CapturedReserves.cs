// Figures of a captured machine that no file shows, summed up from its zones.

using VboxMem.Testing;

namespace VboxMem.Conformance.Tests;

internal static class CapturedReserves
{
    /// <summary>totalreserve: over all zones, the largest protection and the high watermark, at most what the zone has (facts: physical memory, 2.3).</summary>
    public static long TotalReservePages(this Capture capture) =>
        capture.Zones.Sum(zone => Math.Min(zone.ManagedPages, zone.Protection.Max() + zone.HighPages));

    /// <summary>The low watermarks of all zones, unpopulated ones included.</summary>
    public static long LowWatermarkPages(this Capture capture) => capture.Zones.Sum(zone => zone.LowPages);
}
