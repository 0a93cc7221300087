using VboxMem.Kernel;
using VboxMem.Kernel.Accounting;

namespace VboxMem.Procfs.Proc;

/// <summary>Renders <c>/proc/vmstat</c>: gauges of zones and nodes, then events since boot.</summary>
/// <remarks>mm/vmstat.c: vmstat_show (facts: physical memory, 9.4).</remarks>
public static class Vmstat
{
    public static void Render(Machine machine, ProcText text)
    {
        var memory = MemoryInfo.Of(machine);
        RenderGauges(memory, text);

        var limits = memory.DirtyLimits;
        text.NameValue("nr_dirty_threshold", limits.Threshold);
        text.NameValue("nr_dirty_background_threshold", limits.Background);
        text.NameValue("nr_memmap_pages", 0);   // descriptors made after boot: memory is not hot-plugged here
        text.NameValue("nr_memmap_boot_pages", memory.BootDescriptorPages);
        for (var kind = 0; kind < VmEventNames.Count; kind++)
        {
            text.Text(VmEventNames.All[kind]).Literal(" "u8).Number(machine.Events[(VmEvent)kind]).NewLine();
        }

        text.NameValue("nr_unstable", 0);   // 0 on every kernel since 5.8
    }

    /// <summary>The zone, placement and node figures: the whole of a node's own vmstat file.</summary>
    internal static void RenderGauges(in MemoryInfo memory, ProcText text)
    {
        for (var item = 0; item < ZoneStatNames.All.Length; item++)
        {
            text.NameValue(ZoneStatNames.All[item], memory[(ZoneStatItem)item]);
        }

        for (var kind = 0; kind < ZoneStatNames.Numa.Length; kind++)
        {
            text.NameValue(ZoneStatNames.Numa[kind], memory[(NumaEvent)kind]);
        }

        for (var item = 0; item < NodeStatNames.All.Length; item++)
        {
            text.NameValue(NodeStatNames.All[item], NodeStatNames.Printed((NodeStatItem)item, memory[(NodeStatItem)item]));
        }
    }
}
