// A machine's memory from figures given for each zone: what a captured /proc/zoneinfo says.
//
// The figures do not say where holes and reserved pages lie. The DMA zone has its hole below 1 MiB and its reserved pages at
// its start, as on every PC; any other zone has both at its top. Late-freed pages lie next to the reserved ones.

namespace VboxMem.Kernel.Physical;

internal static class ExplicitLayout
{
    /// <summary>Fills in RAM and reserved pages, and makes the zones.</summary>
    public static List<ZoneExtent> Follow(MachineConfiguration configuration, int nodes, Memblock memblock)
    {
        var zones = new List<ZoneExtent>();
        for (var node = 0; node < nodes; node++)
        {
            for (var type = ZoneType.Dma; type <= ZoneType.Device; type++)
            {
                var index = (byte)((node * Zone.TypesPerNode) + (int)type);
                var given = configuration.Zones.FirstOrDefault(zone => zone.Node == node && zone.Zone == type);
                if (given is null || given.PresentPages == 0)
                {
                    zones.Add(new ZoneExtent(index, node, type, Pfn.None, 0, 0));
                    continue;
                }

                Add(given, memblock);
                zones.Add(new ZoneExtent(index, node, type, new Pfn(given.StartPfn), given.SpannedPages, given.PresentPages));
            }
        }

        return zones;
    }

    private static void Add(ZoneConfiguration zone, Memblock memblock)
    {
        var isDma = zone.Zone == ZoneType.Dma;
        var start = new Pfn(zone.StartPfn);
        var ranges = RangesOf(zone, start, isDma);
        foreach (var range in ranges)
        {
            memblock.AddMemory(range, zone.Node);
        }

        if (!isDma)
        {
            ranges.Reverse();
        }

        Take(ranges, zone.PresentPages - zone.ManagedPages, BootPurpose.Unspecified, fromTop: !isDma, memblock);
        Take(ranges, zone.LateFreedPages, BootPurpose.UnspecifiedLate, fromTop: !isDma, memblock);
    }

    private static List<PfnRange> RangesOf(ZoneConfiguration zone, Pfn start, bool isDma)
    {
        var hole = zone.SpannedPages - zone.PresentPages;
        return isDma && hole > 0 && start < LayoutRecipe.LowHoleStart
            ? [new(start, LayoutRecipe.LowHoleStart), new(LayoutRecipe.LowHoleStart.Plus(hole), start.Plus(zone.SpannedPages))]
            : [new(start, start.Plus(zone.PresentPages))];
    }

    /// <summary>Reserves pages from the ranges in turn and leaves in them what is not taken.</summary>
    private static void Take(List<PfnRange> ranges, uint pages, BootPurpose purpose, bool fromTop, Memblock memblock)
    {
        for (var i = 0; i < ranges.Count && pages > 0; i++)
        {
            var range = ranges[i];
            var part = Math.Min(pages, range.Pages);
            if (part == 0)
            {
                continue;
            }

            var taken = fromTop
                ? new PfnRange(new Pfn(range.End.Index - part), range.End)
                : new PfnRange(range.Start, range.Start.Plus(part));
            memblock.Reserve(taken, purpose);
            ranges[i] = fromTop ? new PfnRange(range.Start, taken.Start) : new PfnRange(taken.End, range.End);
            pages -= part;
        }

        Invariant.Holds(pages == 0);
    }
}
