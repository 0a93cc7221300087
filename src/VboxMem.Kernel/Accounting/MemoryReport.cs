// The memory report in the log: what stands under `Mem-Info:` after an OOM kill, a failed allocation or SysRq-m.
//
// Everything is at level warning, the level of a message that names none. The first eight lines are one message.
//
// Units    pages under `Mem-Info:` and in lowmem_reserve; kB in the lines of nodes, zones and free lists; pages at the end.
// Models   Linux 6.12 mm/show_mem.c: __show_mem, show_free_areas; hugetlb_show_meminfo_node, show_swap_cache_info
//          (facts: reclaim, 9.4, lines 7 to 14).
// Departs  no page is ever poisoned, and there is no high memory: both lines say 0.

using System.Text;
using VboxMem.Kernel.Log;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Accounting;

/// <summary>Writes memory reports.</summary>
public static class MemoryReport
{
    private const int PageKilobytes = 4;

    // By value of MigrateType.
    private const string TypeLetters = "UMEHI";

    public static void Print(KernelLog log, LogClock clock, MemoryReportFacts facts, MemoryReportScope scope)
    {
        Warn(log, clock, "Mem-Info:");
        PrintTotals(log, clock, facts, scope);
        foreach (var node in facts.Nodes)
        {
            if (scope.Lists(node.Node) && HasUsableMemory(facts, node.Node, scope)) PrintNode(log, clock, node);
        }

        foreach (var zone in facts.Zones)
        {
            if (scope.Lists(zone)) PrintZone(log, clock, zone);
        }

        foreach (var zone in facts.Zones)
        {
            if (scope.Lists(zone)) PrintFreeBlocks(log, clock, zone);
        }

        foreach (var node in facts.Nodes)
        {
            if (scope.Lists(node.Node)) PrintHugePools(log, clock, node);
        }

        PrintCacheAndSwap(log, clock, facts.Totals);
    }

    private static void PrintTotals(KernelLog log, LogClock clock, MemoryReportFacts facts, MemoryReportScope scope)
    {
        var totals = facts.Totals;
        var perCpu = 0UL;
        foreach (var zone in facts.Zones)
        {
            if (scope.Lists(zone)) perCpu += zone.PerCpu;
        }

        log.Print(
            clock.Next(), LogLevel.Warning,
            $"""
            active_anon:{totals.ActiveAnon} inactive_anon:{totals.InactiveAnon} isolated_anon:{totals.IsolatedAnon}
             active_file:{totals.ActiveFile} inactive_file:{totals.InactiveFile} isolated_file:{totals.IsolatedFile}
             unevictable:{totals.Unevictable} dirty:{totals.Dirty} writeback:{totals.Writeback}
             slab_reclaimable:{totals.SlabReclaimable} slab_unreclaimable:{totals.SlabUnreclaimable}
             mapped:{totals.Mapped} shmem:{totals.Shmem} pagetables:{totals.PageTables}
             sec_pagetables:{totals.SecondaryPageTables} bounce:{totals.Bounce}
             kernel_misc_reclaimable:{totals.KernelMiscReclaimable}
             free:{totals.Free} free_pcp:{perCpu} free_cma:{totals.FreeCma}
            """);
    }

    // A node without a page in the zones of the request has no line of its own.
    private static bool HasUsableMemory(MemoryReportFacts facts, int node, MemoryReportScope scope)
    {
        foreach (var zone in facts.Zones)
        {
            if (zone.Node == node && zone.Zone <= scope.HighestZone && zone.Managed > 0) return true;
        }

        return false;
    }

    private static void PrintNode(KernelLog log, LogClock clock, NodeReport node)
    {
        var line = new StringBuilder($"Node {node.Node}");
        Append(line, "active_anon", node.ActiveAnon);
        Append(line, "inactive_anon", node.InactiveAnon);
        Append(line, "active_file", node.ActiveFile);
        Append(line, "inactive_file", node.InactiveFile);
        Append(line, "unevictable", node.Unevictable);
        Append(line, "isolated(anon)", node.IsolatedAnon);
        Append(line, "isolated(file)", node.IsolatedFile);
        Append(line, "mapped", node.Mapped);
        Append(line, "dirty", node.Dirty);
        Append(line, "writeback", node.Writeback);
        Append(line, "shmem", node.Shmem);
        Append(line, "shmem_thp", node.ShmemHuge);
        Append(line, "shmem_pmdmapped", node.ShmemPmdMapped);
        Append(line, "anon_thp", node.AnonHuge);
        Append(line, "writeback_tmp", node.WritebackTemporary);
        line.Append($" kernel_stack:{node.KernelStackKilobytes}kB");
        Append(line, "pagetables", node.PageTables);
        Append(line, "sec_pagetables", node.SecondaryPageTables);
        line.Append($" all_unreclaimable? {(node.AllUnreclaimable ? "yes" : "no")}");
        Warn(log, clock, line.ToString());
    }

    private static void PrintZone(KernelLog log, LogClock clock, ZoneReport zone)
    {
        var line = new StringBuilder($"Node {zone.Node} {zone.Zone.Name()}");
        Append(line, "free", zone.Free);
        Append(line, "boost", zone.Boost);
        Append(line, "min", zone.Min);
        Append(line, "low", zone.Low);
        Append(line, "high", zone.High);
        line.Append($" reserved_highatomic:{zone.ReservedHighAtomic * PageKilobytes}KB");   // a capital K, on Linux too
        Append(line, "active_anon", zone.ActiveAnon);
        Append(line, "inactive_anon", zone.InactiveAnon);
        Append(line, "active_file", zone.ActiveFile);
        Append(line, "inactive_file", zone.InactiveFile);
        Append(line, "unevictable", zone.Unevictable);
        Append(line, "writepending", zone.WritePending);
        Append(line, "present", zone.Present);
        Append(line, "managed", zone.Managed);
        Append(line, "mlocked", zone.Mlocked);
        Append(line, "bounce", zone.Bounce);
        Append(line, "free_pcp", zone.PerCpu);
        Append(line, "local_pcp", zone.LocalPerCpu);
        Append(line, "free_cma", zone.FreeCma);
        Warn(log, clock, line.ToString());

        line.Clear().Append("lowmem_reserve[]:");
        foreach (var pages in zone.LowmemReserve) line.Append($" {pages}");
        Warn(log, clock, line.ToString());
    }

    private static void PrintFreeBlocks(KernelLog log, LogClock clock, ZoneReport zone)
    {
        var line = new StringBuilder($"Node {zone.Node} {zone.Zone.Name()}: ");
        var pages = 0UL;
        for (var order = 0; order < zone.FreeBlocks.Count; order++)
        {
            var (count, types) = zone.FreeBlocks[order];
            pages += count << order;
            line.Append($"{count}*{PageKilobytes << order}kB ");
            if (count > 0) AppendTypes(line, types);
        }

        Warn(log, clock, line.Append($"= {pages * PageKilobytes}kB").ToString());
    }

    private static void AppendTypes(StringBuilder line, uint types)
    {
        line.Append('(');
        for (var type = 0; type < TypeLetters.Length; type++)
        {
            if ((types >> type & 1) != 0) line.Append(TypeLetters[type]);
        }

        line.Append(") ");
    }

    private static void PrintHugePools(KernelLog log, LogClock clock, NodeReport node)
    {
        foreach (var pool in node.HugePools)
        {
            log.Print(
                clock.Next(), LogLevel.Warning,
                $"Node {node.Node} hugepages_total={pool.Total} hugepages_free={pool.Free} hugepages_surp={pool.Surplus} hugepages_size={pool.PageKilobytes}kB");
        }
    }

    private static void PrintCacheAndSwap(KernelLog log, LogClock clock, MemoryTotals totals)
    {
        log.Print(clock.Next(), LogLevel.Warning, $"{totals.FilePages} total pagecache pages");
        log.Print(clock.Next(), LogLevel.Warning, $"{totals.SwapCache} pages in swap cache");
        log.Print(clock.Next(), LogLevel.Warning, $"Free swap  = {totals.FreeSwap * PageKilobytes}kB");
        log.Print(clock.Next(), LogLevel.Warning, $"Total swap = {totals.TotalSwap * PageKilobytes}kB");
        log.Print(clock.Next(), LogLevel.Warning, $"{totals.Present} pages RAM");
        log.Print(clock.Next(), LogLevel.Warning, $"0 pages HighMem/MovableOnly");
        log.Print(clock.Next(), LogLevel.Warning, $"{totals.Reserved} pages reserved");
        log.Print(clock.Next(), LogLevel.Warning, $"0 pages hwpoisoned");
    }

    private static void Append(StringBuilder line, string name, ulong pages) => line.Append($" {name}:{pages * PageKilobytes}kB");

    private static void Warn(KernelLog log, LogClock clock, string text) => log.Print(clock.Next(), LogLevel.Warning, text);
}
