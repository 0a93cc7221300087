namespace VboxMem.Kernel.Physical;

/// <summary>What a zone's marks are made of. Units: pages.</summary>
/// <param name="MinFreePages">vm.min_free_kbytes.</param>
/// <param name="LowmemPages">Managed pages of all zones but Movable, among which it is divided.</param>
/// <param name="SharePages">The zone's share of it: its min mark, unless it is Movable.</param>
/// <param name="QuarterPages">A quarter of the share: the least distance between two marks.</param>
/// <param name="ScaledPages">The distance that vm.watermark_scale_factor asks for.</param>
/// <remarks>
/// Models Linux 6.12 mm/page_alloc.c: __setup_per_zone_wmarks. Marks are made of what was managed when they were set: at boot, and whenever
/// a tunable or a huge-page setting moves them. Terms of now may differ a little from those of the marks in force.
/// </remarks>
public readonly record struct WatermarkTerms(
    ulong MinFreePages, ulong LowmemPages, ulong SharePages, ulong QuarterPages, ulong ScaledPages)
{
    private const int KilobytesPerPageShift = 2;

    /// <summary>The distance from one mark to the next.</summary>
    public ulong GapPages => Math.Max(QuarterPages, ScaledPages);

    /// <summary>The terms of a zone as they are now.</summary>
    public static WatermarkTerms Of(Machine machine, Zone zone) =>
        Of(machine.Tunables.MinFreeKilobytes, machine.Tunables.WatermarkScaleFactor, zone.ManagedPages, LowmemPagesOf(machine.Nodes));

    /// <inheritdoc cref="Watermarks.ForZone" path="/param"/>
    public static WatermarkTerms Of(ulong minFreeKilobytes, uint scaleFactor, ulong managedPages, ulong lowmemPages)
    {
        var minFreePages = minFreeKilobytes >> KilobytesPerPageShift;
        var share = lowmemPages == 0 ? 0 : (ulong)((UInt128)minFreePages * managedPages / lowmemPages);
        return new WatermarkTerms(minFreePages, lowmemPages, share, share >> 2, managedPages * scaleFactor / 10000);
    }

    /// <summary>Managed pages of all zones but Movable.</summary>
    public static ulong LowmemPagesOf(ReadOnlySpan<Node> nodes)
    {
        var lowmem = 0UL;
        foreach (var node in nodes)
        {
            foreach (var zone in node.Zones)
            {
                lowmem += zone.Type == ZoneType.Movable ? 0 : zone.ManagedPages;
            }
        }

        return lowmem;
    }
}
