using VboxMem.Kernel;
using VboxMem.Kernel.Physical;

namespace VboxMem.Procfs.Proc;

/// <summary>Renders <c>/proc/buddyinfo</c>: free blocks of each order, one line a populated zone.</summary>
/// <remarks>mm/vmstat.c: frag_show_print (facts: physical memory, 9.2). Every line ends in a blank.</remarks>
public static class Buddyinfo
{
    public static void Render(Machine machine, ProcText text)
    {
        foreach (var node in machine.Nodes)
        {
            foreach (var zone in node.Zones)
            {
                if (zone.IsPopulated)
                {
                    RenderZone(zone, text);
                }
            }
        }
    }

    private static void RenderZone(Zone zone, ProcText text)
    {
        text.Literal("Node "u8).Number((long)zone.Node).Literal(", zone "u8).TextRight(zone.Extent.Name, 8).Literal(" "u8);
        for (var order = 0; order < PageGeometry.OrderCount; order++)
        {
            text.Number((ulong)zone.Buddy.FreeBlocks(order), 6).Literal(" "u8);
        }

        text.NewLine();
    }
}
