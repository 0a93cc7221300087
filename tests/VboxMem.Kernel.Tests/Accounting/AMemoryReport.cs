// Figures of a machine for reports: two nodes, the first with DMA, DMA32 and Normal, the second with Normal and Movable.

using VboxMem.Kernel.Accounting;

namespace VboxMem.Kernel.Tests.Accounting;

internal static class AMemoryReport
{
    public static MemoryReportFacts OfTwoNodes() => new()
    {
        Totals = Totals(),
        Nodes = [Node(0, [new HugePoolReport(2, 1, 0, 1 << 20), new HugePoolReport(10, 4, 3, 2048)]), Node(1, [new HugePoolReport(0, 0, 0, 2048)])],
        Zones = [Zone(0, ZoneType.Dma, 3), Zone(0, ZoneType.Dma32, 5), Zone(0, ZoneType.Normal, 7), Zone(1, ZoneType.Normal, 11), Zone(1, ZoneType.Movable, 13)],
    };

    public static MemoryTotals Totals() => new()
    {
        ActiveAnon = 1000,
        InactiveAnon = 2000,
        IsolatedAnon = 3,
        ActiveFile = 40,
        InactiveFile = 50,
        IsolatedFile = 6,
        Unevictable = 7,
        Dirty = 8,
        Writeback = 9,
        SlabReclaimable = 10,
        SlabUnreclaimable = 11,
        Mapped = 12,
        Shmem = 13,
        PageTables = 14,
        SecondaryPageTables = 15,
        Bounce = 16,
        KernelMiscReclaimable = 17,
        Free = 18,
        FreeCma = 19,
        FilePages = 20,
        SwapCache = 21,
        FreeSwap = 22,
        TotalSwap = 23,
        Present = 24,
        Reserved = 25,
    };

    private static NodeReport Node(int node, IReadOnlyList<HugePoolReport> pools) => new()
    {
        Node = node,
        ActiveAnon = 1,
        InactiveAnon = 2,
        ActiveFile = 3,
        InactiveFile = 4,
        Unevictable = 5,
        IsolatedAnon = 6,
        IsolatedFile = 7,
        Mapped = 8,
        Dirty = 9,
        Writeback = 10,
        Shmem = 11,
        ShmemHuge = 12,
        ShmemPmdMapped = 13,
        AnonHuge = 14,
        WritebackTemporary = 15,
        KernelStackKilobytes = 1616,
        PageTables = 17,
        SecondaryPageTables = 18,
        AllUnreclaimable = node == 1,
        HugePools = pools,
    };

    private static ZoneReport Zone(int node, ZoneType zone, ulong perCpu) => new()
    {
        Node = node,
        Zone = zone,
        Free = 1,
        Boost = 2,
        Min = 3,
        Low = 4,
        High = 5,
        ReservedHighAtomic = 6,
        ActiveAnon = 7,
        InactiveAnon = 8,
        ActiveFile = 9,
        InactiveFile = 10,
        Unevictable = 11,
        WritePending = 12,
        Present = 14,
        Managed = 13,
        Mlocked = 15,
        Bounce = 16,
        PerCpu = perCpu,
        LocalPerCpu = 1,
        FreeCma = 18,
        LowmemReserve = [0, 1, 2, 3, 4],
        FreeBlocks = [new FreeBlocks(3, 0b00111), new FreeBlocks(0, 0), new FreeBlocks(2, 0b11010)],
    };
}
