using VboxMem.Kernel;
using VboxMem.Kernel.Physical;

namespace VboxMem.Procfs.Proc;

/// <summary>Renders <c>/proc/pagetypeinfo</c>: free blocks by type and order, and pageblocks by type; the whole for each node with memory.</summary>
/// <remarks>mm/vmstat.c: pagetypeinfo_show (facts: physical memory, 9.2).</remarks>
public static class Pagetypeinfo
{
    /// <summary>Linux stops counting a list here, because it holds the zone's lock meanwhile.</summary>
    private const uint LongestCountedList = 100_000;

    public static void Render(Machine machine, ProcText text)
    {
        foreach (var node in machine.Nodes)
        {
            if (node.PresentPages == 0)
            {
                continue;
            }

            text.Literal("Page block order: "u8).Number((long)PageGeometry.PageblockOrder).NewLine();
            text.Literal("Pages per block:  "u8).Number((ulong)PageGeometry.PageblockPages).NewLine().NewLine();
            RenderFreeCounts(node, text);
            text.NewLine();
            RenderBlockCounts(machine, node, text);
        }
    }

    private static void RenderFreeCounts(Node node, ProcText text)
    {
        text.TextLeft("Free pages count per migrate type at order", 43).Literal(" "u8);
        for (var order = 0; order < PageGeometry.OrderCount; order++)
        {
            text.Number((long)order, 6).Literal(" "u8);
        }

        text.NewLine();
        foreach (var zone in node.Zones)
        {
            for (var type = 0; zone.IsPopulated && type < MigrateTypes.Count; type++)
            {
                RenderFreeRow(zone, (MigrateType)type, text);
            }
        }
    }

    private static void RenderFreeRow(Zone zone, MigrateType type, ProcText text)
    {
        text.Literal("Node "u8).Number((long)zone.Node, 4).Literal(", zone "u8).TextRight(zone.Extent.Name, 8);
        text.Literal(", type "u8).TextRight(MigrateTypes.Names[(int)type], 12).Literal(" "u8);
        for (var order = 0; order < PageGeometry.OrderCount; order++)
        {
            var blocks = zone.Buddy.FreeBlocks(order, type);
            if (blocks >= LongestCountedList)
            {
                text.Literal(">"u8);
            }

            text.Number((ulong)Math.Min(blocks, LongestCountedList), 6).Literal(" "u8);
        }

        text.NewLine();
    }

    private static void RenderBlockCounts(Machine machine, Node node, ProcText text)
    {
        text.TextLeft("Number of blocks type", 23);
        foreach (var name in MigrateTypes.Names)
        {
            text.TextRight(name, 12).Literal(" "u8);
        }

        text.NewLine();
        Span<uint> counts = stackalloc uint[MigrateTypes.Count];
        foreach (var zone in node.Zones)
        {
            if (!zone.IsPopulated)
            {
                continue;
            }

            PageblockCensus.Count(zone, machine.Frames, machine.Layout.Memory, counts);
            text.Literal("Node "u8).Number((long)zone.Node).Literal(", zone "u8).TextRight(zone.Extent.Name, 8).Literal(" "u8);
            foreach (var count in counts)
            {
                text.Number((ulong)count, 12).Literal(" "u8);
            }

            text.NewLine();
        }
    }
}
