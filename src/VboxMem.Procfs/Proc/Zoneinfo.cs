using VboxMem.Kernel;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;

namespace VboxMem.Procfs.Proc;

/// <summary>Renders <c>/proc/zoneinfo</c>: every zone slot of every node, populated or not; all figures in pages.</summary>
/// <remarks>mm/vmstat.c: zoneinfo_show_print (facts: physical memory, 9.1).</remarks>
public static class Zoneinfo
{
    private const int StatNameWidth = 12;

    public static void Render(Machine machine, ProcText text)
    {
        foreach (var node in machine.Nodes)
        {
            var nodeStatsDone = false;
            foreach (var zone in node.Zones)
            {
                text.Literal("Node "u8).Number((long)node.Id).Literal(", zone "u8).TextRight(zone.Extent.Name, 8);
                if (zone.IsPopulated && !nodeStatsDone)
                {
                    RenderNodeStats(MemoryInfo.OfNode(machine, node.Id), text);
                    nodeStatsDone = true;
                }

                RenderMarks(zone, text);
                if (zone.IsPopulated)
                {
                    RenderPopulated(zone, machine.Kswapds[node.Id].IsHopeless, text);
                }

                text.NewLine();
            }
        }
    }

    private static void RenderNodeStats(in MemoryInfo node, ProcText text)
    {
        text.Literal("\n  per-node stats"u8);
        for (var item = 0; item < NodeStatNames.All.Length; item++)
        {
            RenderStat(NodeStatNames.All[item], NodeStatNames.Printed((NodeStatItem)item, node[(NodeStatItem)item]), text);
        }
    }

    private static void RenderMarks(Zone zone, ProcText text)
    {
        text.Literal("\n  pages free     "u8).Number(zone.FreePages);
        text.Literal("\n        boost    "u8).Number(zone.BoostPages);
        text.Literal("\n        min      "u8).Number(zone.MarkPages(WatermarkLevel.Min));
        text.Literal("\n        low      "u8).Number(zone.MarkPages(WatermarkLevel.Low));
        text.Literal("\n        high     "u8).Number(zone.MarkPages(WatermarkLevel.High));
        text.Literal("\n        promo    "u8).Number(zone.MarkPages(WatermarkLevel.Promo));
        text.Literal("\n        spanned  "u8).Number((ulong)zone.Extent.SpannedPages);
        text.Literal("\n        present  "u8).Number((ulong)zone.Extent.PresentPages);
        text.Literal("\n        managed  "u8).Number(zone.ManagedPages);
        text.Literal("\n        cma      0"u8);   // Debian's cloud kernel is built without CMA
        text.Literal("\n        protection: ("u8);
        for (var type = 0; type < zone.LowmemReservePages.Length; type++)
        {
            text.Literal(type == 0 ? default : ", "u8).Number(zone.LowmemReservePages[type]);
        }

        text.Literal(")"u8);
    }

    private static void RenderPopulated(Zone zone, bool isNodeHopeless, ProcText text)
    {
        for (var item = 0; item < ZoneStatNames.All.Length; item++)
        {
            RenderStat(ZoneStatNames.All[item], zone.Stats.Read(item), text);
        }

        for (var kind = 0; kind < ZoneStatNames.Numa.Length; kind++)
        {
            RenderStat(ZoneStatNames.Numa[kind], (long)zone.NumaEvents((NumaEvent)kind), text);
        }

        text.Literal("\n  pagesets"u8);
        for (var cpu = 0; cpu < zone.PerCpu.Length; cpu++)
        {
            var pages = zone.PerCpu[cpu];
            text.Literal("\n    cpu: "u8).Number((long)cpu);
            text.Literal("\n              count: "u8).Number((long)pages.CountPages);
            text.Literal("\n              high:  "u8).Number((long)pages.HighPages);
            text.Literal("\n              batch: "u8).Number((long)pages.BatchPages);
            text.Literal("\n  vm stats threshold: "u8).Number((long)zone.Stats.Threshold);
        }

        text.Literal("\n  node_unreclaimable:  "u8).Number(isNodeHopeless ? 1L : 0L);
        text.Literal("\n  start_pfn:           "u8).Number((ulong)zone.Extent.Start.Index);
    }

    private static void RenderStat(string name, long value, ProcText text) =>
        text.Literal("\n      "u8).TextLeft(name, StatNameWidth).Literal(" "u8).Number(value);
}
