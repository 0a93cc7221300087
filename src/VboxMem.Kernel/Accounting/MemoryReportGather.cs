// Gathers the figures of a memory report from the machine, at the moment it is written.
//
// Models   Linux 6.12 mm/show_mem.c: show_free_areas (facts: reclaim, 9.4). Counters are the shared values, without what CPUs hold
//          back, as Linux reads them.

using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Accounting;

internal static class MemoryReportGather
{
    private const int HopelessRuns = 16;

    public static MemoryReportFacts Of(Machine machine)
    {
        var nodes = new List<NodeReport>();
        var zones = new List<ZoneReport>();
        foreach (var node in machine.Nodes)
        {
            nodes.Add(Node(machine, node));
            foreach (var zone in node.Zones)
            {
                if (zone.IsPopulated)
                {
                    zones.Add(Zone(machine, zone));
                }
            }
        }

        return new MemoryReportFacts { Totals = Totals(machine), Nodes = nodes, Zones = zones };
    }

    private static MemoryTotals Totals(Machine machine)
    {
        var memory = MemoryInfo.Of(machine);
        var (present, managed) = (0UL, 0UL);
        foreach (var node in machine.Nodes)
        {
            present += node.PresentPages;
            managed += node.ManagedPages;
        }

        return new MemoryTotals
        {
            ActiveAnon = (ulong)memory[NodeStatItem.ActiveAnon],
            InactiveAnon = (ulong)memory[NodeStatItem.InactiveAnon],
            IsolatedAnon = (ulong)memory[NodeStatItem.IsolatedAnon],
            ActiveFile = (ulong)memory[NodeStatItem.ActiveFile],
            InactiveFile = (ulong)memory[NodeStatItem.InactiveFile],
            IsolatedFile = (ulong)memory[NodeStatItem.IsolatedFile],
            Unevictable = (ulong)memory[NodeStatItem.Unevictable],
            Dirty = (ulong)memory[NodeStatItem.Dirty],
            Writeback = (ulong)memory[NodeStatItem.Writeback],
            SlabReclaimable = (ulong)memory[NodeStatItem.SlabReclaimable],
            SlabUnreclaimable = (ulong)memory[NodeStatItem.SlabUnreclaimable],
            Mapped = (ulong)memory[NodeStatItem.Mapped],
            Shmem = (ulong)memory[NodeStatItem.Shmem],
            PageTables = (ulong)memory[NodeStatItem.PageTablePages],
            SecondaryPageTables = (ulong)memory[NodeStatItem.SecPageTablePages],
            Bounce = (ulong)memory[ZoneStatItem.Bounce],
            KernelMiscReclaimable = (ulong)memory[NodeStatItem.KernelMiscReclaimable],
            Free = (ulong)memory[ZoneStatItem.FreePages],
            FreeCma = (ulong)memory[ZoneStatItem.FreeCma],
            FilePages = (ulong)memory[NodeStatItem.FilePages],
            SwapCache = (ulong)memory[NodeStatItem.Swapcached],
            FreeSwap = (ulong)machine.Swap.FreePages,
            TotalSwap = (ulong)machine.Swap.TotalPages,
            Present = present,
            Reserved = present - managed,
        };
    }

    private static NodeReport Node(Machine machine, Node node)
    {
        var memory = MemoryInfo.OfNode(machine, node.Id);
        var pool = machine.HugePages.PoolOf(node.Id);
        return new NodeReport
        {
            Node = node.Id,
            ActiveAnon = (ulong)memory[NodeStatItem.ActiveAnon],
            InactiveAnon = (ulong)memory[NodeStatItem.InactiveAnon],
            ActiveFile = (ulong)memory[NodeStatItem.ActiveFile],
            InactiveFile = (ulong)memory[NodeStatItem.InactiveFile],
            Unevictable = (ulong)memory[NodeStatItem.Unevictable],
            IsolatedAnon = (ulong)memory[NodeStatItem.IsolatedAnon],
            IsolatedFile = (ulong)memory[NodeStatItem.IsolatedFile],
            Mapped = (ulong)memory[NodeStatItem.Mapped],
            Dirty = (ulong)memory[NodeStatItem.Dirty],
            Writeback = (ulong)memory[NodeStatItem.Writeback],
            Shmem = (ulong)memory[NodeStatItem.Shmem],
            ShmemHuge = (ulong)memory[NodeStatItem.ShmemHugepages],
            ShmemPmdMapped = (ulong)memory[NodeStatItem.ShmemPmdmapped],
            AnonHuge = (ulong)memory[NodeStatItem.AnonTransparentHugepages],
            WritebackTemporary = (ulong)memory[NodeStatItem.WritebackTemp],
            KernelStackKilobytes = (ulong)memory[NodeStatItem.KernelStack],
            PageTables = (ulong)memory[NodeStatItem.PageTablePages],
            SecondaryPageTables = (ulong)memory[NodeStatItem.SecPageTablePages],
            AllUnreclaimable = machine.Kswapds[node.Id].Failures >= HopelessRuns,
            HugePools = [new HugePoolReport((uint)pool.Count, (uint)pool.Count, 0, 2048)],
        };
    }

    private static ZoneReport Zone(Machine machine, Zone zone)
    {
        var (perCpu, local) = (0L, 0L);
        for (var cpu = 0; cpu < zone.PerCpu.Length; cpu++)
        {
            var pages = zone.PerCpu[cpu].CountPages;
            perCpu += pages;
            local += cpu == machine.Cpus.Current ? pages : 0;
        }

        return new ZoneReport
        {
            Node = zone.Node,
            Zone = zone.Type,
            Free = (ulong)zone.FreePages,
            Boost = zone.BoostPages,
            Min = zone.MarkPages(WatermarkLevel.Min),
            Low = zone.MarkPages(WatermarkLevel.Low),
            High = zone.MarkPages(WatermarkLevel.High),
            ReservedHighAtomic = zone.ReservedHighAtomicPages,
            ActiveAnon = Read(zone, ZoneStatItem.ZoneActiveAnon),
            InactiveAnon = Read(zone, ZoneStatItem.ZoneInactiveAnon),
            ActiveFile = Read(zone, ZoneStatItem.ZoneActiveFile),
            InactiveFile = Read(zone, ZoneStatItem.ZoneInactiveFile),
            Unevictable = Read(zone, ZoneStatItem.ZoneUnevictable),
            WritePending = Read(zone, ZoneStatItem.ZoneWritePending),
            Present = zone.Extent.PresentPages,
            Managed = zone.ManagedPages,
            Mlocked = Read(zone, ZoneStatItem.Mlock),
            Bounce = Read(zone, ZoneStatItem.Bounce),
            PerCpu = (ulong)perCpu,
            LocalPerCpu = (ulong)local,
            FreeCma = Read(zone, ZoneStatItem.FreeCma),
            LowmemReserve = [.. zone.LowmemReservePages.Select(static pages => (long)pages)],
            FreeBlocks = BlocksOf(zone),
        };
    }

    private static ulong Read(Zone zone, ZoneStatItem item) => (ulong)zone.Stats.Read((int)item);

    private static FreeBlocks[] BlocksOf(Zone zone)
    {
        var blocks = new FreeBlocks[PageGeometry.OrderCount];
        for (var order = 0; order < blocks.Length; order++)
        {
            var (count, types) = (0UL, 0u);
            for (var type = MigrateType.Unmovable; type <= MigrateType.Isolate; type++)
            {
                var free = zone.Buddy.FreeBlocks(order, type);
                count += free;
                types |= free > 0 ? 1u << (int)type : 0;
            }

            blocks[order] = new FreeBlocks(count, types);
        }

        return blocks;
    }
}
