using VboxMem.Kernel;
using VboxMem.Kernel.Accounting;

namespace VboxMem.Procfs.Sys;

/// <summary>Renders a node's <c>meminfo</c>: as /proc/meminfo, for one node and with its number in front of each line.</summary>
/// <remarks>drivers/base/node.c: node_read_meminfo (facts: physical memory, 9.5).</remarks>
internal static class NodeMeminfo
{
    public static void Render(Machine machine, int node, ProcText text)
    {
        var memory = MemoryInfo.OfNode(machine, node);
        var lines = new Lines(node, text);
        RenderUse(memory, lines);
        RenderKernel(memory, lines);
        lines.Count("HugePages_Total:"u8, memory.HugeTlbCount);
        lines.Count("HugePages_Free: "u8, memory.HugeTlbCount);   // nothing maps huge pages yet
        lines.Count("HugePages_Surp: "u8, 0);
    }

    private static void RenderUse(in MemoryInfo memory, Lines lines)
    {
        lines.Kilobytes("MemTotal:       "u8, memory.TotalPages);
        lines.Kilobytes("MemFree:        "u8, memory.FreePages);
        lines.Kilobytes("MemUsed:        "u8, memory.TotalPages - memory.FreePages);
        lines.Kilobytes("SwapCached:     "u8, memory[NodeStatItem.Swapcached]);
        lines.Kilobytes("Active:         "u8, memory[NodeStatItem.ActiveAnon] + memory[NodeStatItem.ActiveFile]);
        lines.Kilobytes("Inactive:       "u8, memory[NodeStatItem.InactiveAnon] + memory[NodeStatItem.InactiveFile]);
        lines.Kilobytes("Active(anon):   "u8, memory[NodeStatItem.ActiveAnon]);
        lines.Kilobytes("Inactive(anon): "u8, memory[NodeStatItem.InactiveAnon]);
        lines.Kilobytes("Active(file):   "u8, memory[NodeStatItem.ActiveFile]);
        lines.Kilobytes("Inactive(file): "u8, memory[NodeStatItem.InactiveFile]);
        lines.Kilobytes("Unevictable:    "u8, memory[NodeStatItem.Unevictable]);
        lines.Kilobytes("Mlocked:        "u8, memory[ZoneStatItem.Mlock]);
        lines.Kilobytes("Dirty:          "u8, memory[NodeStatItem.Dirty]);
        lines.Kilobytes("Writeback:      "u8, memory[NodeStatItem.Writeback]);
        lines.Kilobytes("FilePages:      "u8, memory[NodeStatItem.FilePages]);
        lines.Kilobytes("Mapped:         "u8, memory[NodeStatItem.Mapped]);
        lines.Kilobytes("AnonPages:      "u8, memory[NodeStatItem.AnonPages]);
        lines.Kilobytes("Shmem:          "u8, memory[NodeStatItem.Shmem]);
    }

    private static void RenderKernel(in MemoryInfo memory, Lines lines)
    {
        lines.AsIs("KernelStack:    "u8, memory[NodeStatItem.KernelStack]);   // counted in KiB
        lines.Kilobytes("PageTables:     "u8, memory[NodeStatItem.PageTablePages]);
        lines.Kilobytes("SecPageTables:  "u8, memory[NodeStatItem.SecPageTablePages]);
        lines.Kilobytes("NFS_Unstable:   "u8, 0);   // 0 on every kernel since 5.8
        lines.Kilobytes("Bounce:         "u8, memory[ZoneStatItem.Bounce]);
        lines.Kilobytes("WritebackTmp:   "u8, memory[NodeStatItem.WritebackTemp]);
        lines.Kilobytes("KReclaimable:   "u8, memory.ReclaimableKernelPages);
        lines.Kilobytes("Slab:           "u8, memory[NodeStatItem.SlabReclaimable] + memory[NodeStatItem.SlabUnreclaimable]);
        lines.Kilobytes("SReclaimable:   "u8, memory[NodeStatItem.SlabReclaimable]);
        lines.Kilobytes("SUnreclaim:     "u8, memory[NodeStatItem.SlabUnreclaimable]);
        lines.Kilobytes("AnonHugePages:  "u8, memory[NodeStatItem.AnonTransparentHugepages]);
        lines.Kilobytes("ShmemHugePages: "u8, memory[NodeStatItem.ShmemHugepages]);
        lines.Kilobytes("ShmemPmdMapped: "u8, memory[NodeStatItem.ShmemPmdmapped]);
        lines.Kilobytes("FileHugePages:  "u8, memory[NodeStatItem.FileHugepages]);
        lines.Kilobytes("FilePmdMapped:  "u8, memory[NodeStatItem.FilePmdmapped]);
        lines.Kilobytes("Unaccepted:     "u8, memory[ZoneStatItem.Unaccepted]);
    }

    /// <summary>Lines of one node.</summary>
    private readonly struct Lines(int node, ProcText text)
    {
        public void Kilobytes(ReadOnlySpan<byte> label, long pages) => Start().Kilobytes(label, pages);

        public void AsIs(ReadOnlySpan<byte> label, long kilobytes) =>
            Start().Literal(label).Number(kilobytes, 8).Literal(" kB\n"u8);

        public void Count(ReadOnlySpan<byte> label, long count) => Start().Literal(label).Literal(" "u8).Number(count, 5).NewLine();

        private ProcText Start() => text.Literal("Node "u8).Number((long)node).Literal(" "u8);
    }
}
