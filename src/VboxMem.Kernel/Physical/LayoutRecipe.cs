// A machine's memory from RAM size, machine kind, CPUs and nodes alone.
//
// Top-down, as memblock does it, boot takes: initial RAM disk at the top of low RAM, kernel image, bounce buffers (swiotlb)
// below the disk, and on each node page descriptors, node data, per-CPU areas; hash tables on one-node boxes.
//
// Units    pages.
// Models   facts: physical memory, 1.1 to 1.3. The captured machines win where they differ: 66 early pages a CPU, not 68, and
//          early page tables on the last node. Each zone's managed pages are within 3 of every captured machine's.
// Departs  no machine with five levels of page tables was captured: what these take is computed.

namespace VboxMem.Kernel.Physical;

internal static class LayoutRecipe
{
    /// <summary>Frames 0x9f to 0xff: EBDA, video memory, ROMs.</summary>
    public static readonly Pfn LowHoleStart = new(0x9f);
    public static readonly Pfn LowHoleEnd = new(0x100);

    private const uint GibibytePages = 1u << 18;
    private const uint SwiotlbPages = 16384;
    private const uint DescriptorPagesPerSection = 512;
    private const uint NodeDataPages = 43;

    // Early page tables lie at the top of memory, a few other early pages on node 0.
    private const uint EarlyPagesOnFirstNode = 3;
    private const uint EarlyPagesOnLastNode = 9;
    private const uint EarlyPagesAbove4Gib = 196;

    // The table of memory sections covers 52 bits of physical addresses, not 46: 256 pages instead of 4. One more table maps the
    // page descriptors.
    private const uint EarlyPagesOfFiveLevels = 252 + 1;

    /// <summary>Fills in RAM and everything boot takes of it.</summary>
    /// <returns>The kernel image's first frame.</returns>
    public static Pfn Follow(MachineConfiguration configuration, IReadOnlyList<byte> nodeOfCpu, Memblock memblock)
    {
        var nodes = Math.Max(1, configuration.Nodes.Count);
        AddRam(configuration, nodes, memblock);
        memblock.Reserve(new PfnRange(new Pfn(1), LowHoleStart), BootPurpose.LowMegabyte);
        var initrdPages = (configuration.InitrdBytes + PageGeometry.PageBytes - 1) / PageGeometry.PageBytes;
        memblock.TakeFromTop((uint)initrdPages, memblock.LowEnd, node: -1, BootPurpose.Initrd);
        var imageStart = KernelImage.Place(memblock, configuration);

        var hasHighRam = memblock.End.Index > PageGeometry.Dma32EndPfn;
        if (hasHighRam)
        {
            memblock.TakeFromTop(SwiotlbPages, memblock.LowEnd, node: -1, BootPurpose.Swiotlb);
        }

        for (var node = 0; node < nodes; node++)
        {
            var early = NodeDataPages + (node == 0 ? EarlyPagesOnFirstNode : 0);
            early += node == nodes - 1 ? EarlyPagesOnLastNode + (hasHighRam ? EarlyPagesAbove4Gib : 0) : 0;
            early += node == nodes - 1 && configuration.PageTableLevels == 5 ? EarlyPagesOfFiveLevels : 0;
            var cpus = (uint)nodeOfCpu.Count(owner => owner == node);
            memblock.TakeFromTop(memblock.SectionsOf(node) * DescriptorPagesPerSection, memblock.End, node, BootPurpose.PageDescriptors);
            memblock.TakeFromTop(early, memblock.End, node, BootPurpose.EarlyKernel);
            memblock.TakeFromTop(cpus * MachineLayout.PerCpuFirstChunkPages, memblock.End, node, BootPurpose.PerCpuFirstChunk);
        }

        if (nodes == 1)
        {
            memblock.TakeFromTop(HashTableSizes.For(memblock).Pages, memblock.End, node: 0, BootPurpose.HashTables);
        }

        return imageStart;
    }

    private static void AddRam(MachineConfiguration configuration, int nodes, Memblock memblock)
    {
        var ramPages = configuration.RamBytes / PageGeometry.PageBytes;
        var (mostAllLow, topLow) = configuration.Kind switch
        {
            MachineKind.Pc => ((7 * GibibytePages / 2) - 1, 3 * GibibytePages),
            MachineKind.Q35 => ((11 * GibibytePages / 4) - 1, 2 * GibibytePages),
            _ => (3 * GibibytePages, 3 * GibibytePages),
        };
        var lowPages = ramPages <= mostAllLow ? (uint)ramPages : topLow;
        var placed = 0UL;
        for (var node = 0; node < nodes; node++)
        {
            var pages = configuration.Nodes.Count == 0 ? ramPages : configuration.Nodes[node].RamBytes / PageGeometry.PageBytes;
            AddNode(node, placed, pages, lowPages, AcpiPages(configuration.Kind), memblock);
            placed += pages;
        }

        if (placed != ramPages)
        {
            throw new MachineLayoutException("the nodes' RAM does not add up to the machine's RAM");
        }
    }

    /// <summary>ACPI tables at the top of low RAM.</summary>
    public static uint AcpiPages(MachineKind kind) => kind switch
    {
        MachineKind.Pc => 0x20,
        MachineKind.Q35 => 0x21,
        _ => 0,
    };

    /// <summary>Adds RAM [offset, offset + pages) of a node: its part below the hole, then its part above 4 GiB.</summary>
    private static void AddNode(int node, ulong offset, ulong pages, uint lowPages, uint acpiPages, Memblock memblock)
    {
        var end = offset + pages;
        if (offset < lowPages)
        {
            if (offset == 0)
            {
                memblock.AddMemory(new PfnRange(new Pfn(1), LowHoleStart), node);
            }

            var lowStart = offset == 0 ? LowHoleEnd : new Pfn((uint)offset);
            var lowEnd = end >= lowPages ? lowPages - acpiPages : (uint)end;
            memblock.AddMemory(new PfnRange(lowStart, new Pfn(lowEnd)), node);
        }

        if (end > lowPages)
        {
            var highStart = Math.Max(offset, lowPages) - lowPages + PageGeometry.Dma32EndPfn;
            var highEnd = end - lowPages + PageGeometry.Dma32EndPfn;
            memblock.AddMemory(new PfnRange(new Pfn((uint)highStart), new Pfn((uint)highEnd)), node);
        }
    }
}
