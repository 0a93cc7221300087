using VboxMem.Kernel;
using VboxMem.Kernel.Physical;

namespace VboxMem.Procfs.Sys;

/// <summary>
/// <c>/sys/kernel/debug/extfrag</c>: why a request of each order would fail (near 0 for want of memory, near 1 for fragmentation, -1 it would
/// not), and the part of free memory that is of no use to it.
/// </summary>
/// <remarks>mm/vmstat.c: __fragmentation_index, unusable_free_index (facts: physical memory, 5; captured as extfrag_index, unusable_index).</remarks>
internal static class ExtfragFiles
{
    private const string Directory = "/sys/kernel/debug/extfrag/";
    private const long One = 1000;

    public static IEnumerable<ProcFile> Files()
    {
        yield return new(Directory + "extfrag_index", FileModes.ReadAll, static (machine, text) => Render(machine, text, static (free, order) => free.Index(order), 2));
        yield return new(Directory + "unusable_index", FileModes.ReadAll, static (machine, text) => Render(machine, text, static (free, order) => free.UnusableIndex(order), 1));
    }

    private static void Render(Machine machine, ProcText text, Func<Fragmentation, int, long> indexOf, int width)
    {
        foreach (var node in machine.Nodes)
        {
            foreach (var zone in node.Zones)
            {
                if (!zone.IsPopulated)
                {
                    continue;
                }

                text.Literal("Node "u8).Number((long)zone.Node).Literal(", zone "u8).TextRight(zone.Extent.Name, 8).Literal(" "u8);
                for (var order = 0; order < PageGeometry.OrderCount; order++)
                {
                    var index = indexOf(Fragmentation.Of(zone, order), order);
                    text.Number(index / One, width).Literal("."u8);
                    text.Number(index % One / 100).Number(index % 100 / 10).Number(index % 10).Literal(" "u8);
                }

                text.NewLine();
            }
        }
    }
}
