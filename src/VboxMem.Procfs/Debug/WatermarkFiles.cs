using VboxMem.Kernel;
using VboxMem.Kernel.Physical;

namespace VboxMem.Procfs.Debug;

/// <summary>
/// Renders <c>/sys/kernel/debug/vbox/watermarks</c>, what each zone's marks are made of, and <c>lowmem_reserve</c>, what it keeps from
/// requests that could use higher zones. Pages.
/// </summary>
internal static class WatermarkFiles
{
    private const int Width = 9;

    private static readonly Column[] _markColumns =
    [
        ("node", 4), ("zone", 7), ("free", Width), ("managed", Width), ("min_free", Width), ("lowmem", Width), ("share", Width),
        ("quarter", Width), ("scaled", Width), ("gap", Width), ("min", Width), ("low", Width), ("high", Width), ("promo", Width),
        ("boost", Width), ("highatomic", 10), ("cma", Width),
    ];

    public static void RenderMarks(Machine machine, ProcText text)
    {
        var table = new Table(text, _markColumns);
        foreach (var node in machine.Nodes)
        {
            foreach (var zone in node.Zones)
            {
                if (zone.IsPopulated)
                {
                    RenderZone(zone, WatermarkTerms.Of(machine, zone), table);
                }
            }
        }
    }

    public static void RenderReserves(Machine machine, ProcText text)
    {
        var table = new Table(text, ("node", 4), ("zone", 7), ("request", 7), ("above", Width), ("ratio", 6), ("reserve", Width));
        foreach (var node in machine.Nodes)
        {
            foreach (var zone in node.Zones)
            {
                var above = 0UL;
                for (var request = zone.Type + 1; zone.IsPopulated && request < (ZoneType)Zone.TypesPerNode; request++)
                {
                    above += node[request].ManagedPages;
                    table.Cell((ulong)node.Id).Cell(zone.Extent.Name).Cell(request.Name()).Cell(above);
                    table.Cell((long)machine.Tunables.LowmemReserveRatio[(int)zone.Type]).Cell(zone.LowmemReservePages[(int)request]);
                }
            }
        }
    }

    private static void RenderZone(Zone zone, in WatermarkTerms terms, Table table)
    {
        table.Cell((ulong)zone.Node).Cell(zone.Extent.Name).Cell(zone.FreePages).Cell(zone.ManagedPages);
        table.Cell(terms.MinFreePages).Cell(terms.LowmemPages).Cell(terms.SharePages).Cell(terms.QuarterPages).Cell(terms.ScaledPages);
        table.Cell(terms.GapPages).Cell(zone.Marks.MinPages).Cell(zone.Marks.LowPages).Cell(zone.Marks.HighPages).Cell(zone.Marks.PromoPages);
        table.Cell(zone.BoostPages).Cell(zone.ReservedHighAtomicPages).Cell(0UL);   // Debian's cloud kernel is built without CMA
    }
}
