using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

/// <summary>What of an area is in memory, and on which node: the figures of numa_maps, counted from the page tables.</summary>
/// <remarks>
/// Models Linux 6.12 fs/proc/task_mmu.c: gather_stats, gather_pte_stats, can_gather_numa_stats. Zero pages and the kernel's own frames
/// are in none of the figures. Units: pages.
/// </remarks>
public sealed class NodeUsage
{
    private readonly Machine _machine;
    private readonly ulong[] _nodePages;

    private NodeUsage(Machine machine)
    {
        _machine = machine;
        _nodePages = new ulong[machine.Nodes.Length];
    }

    /// <summary>Mapped by the area.</summary>
    public ulong Pages { get; private set; }

    public ulong AnonPages { get; private set; }

    public ulong DirtyPages { get; private set; }

    /// <summary>On an active list, or unevictable.</summary>
    public ulong ActivePages { get; private set; }

    public ulong WritebackPages { get; private set; }

    public ulong SwapCachePages { get; private set; }

    /// <summary>Most entries, of all page tables, that map one of the pages.</summary>
    public ulong MostMappings { get; private set; }

    public ReadOnlySpan<ulong> NodePages => _nodePages;

    /// <summary>One area. Looks at every page-table entry.</summary>
    public static NodeUsage Of(Machine machine, MemoryDescriptor mm, Vma area)
    {
        var usage = new NodeUsage(machine);
        for (var page = area.StartPage; page < area.EndPage;)
        {
            var part = TablePart.Next(machine.Memory.Tables, mm, page, area.EndPage);
            if (part.IsHuge && !HugeMapping.IsZero(part.Huge))
            {
                usage.Add(part.Huge, HugeCounts.Pages);
            }

            foreach (var entry in part.Entries)
            {
                if (entry.IsMapped && !entry.Has(EntryBits.Special))
                {
                    usage.Add(entry, 1);
                }
            }

            page = part.EndPage;
        }

        return usage;
    }

    private void Add(PageTableEntry entry, ulong pages)
    {
        var frames = _machine.Frames;
        var head = FolioMapping.HeadOf(frames, entry.Pfn);
        ref var folio = ref frames[head];
        Pages += pages;
        AnonPages += folio.IsAnonymous ? pages : 0;
        DirtyPages += entry.Has(EntryBits.Dirty) || folio.Has(PageFlags.Dirty) ? pages : 0;
        ActivePages += folio.HasAny(PageFlags.Active | PageFlags.Unevictable) ? pages : 0;
        WritebackPages += folio.Has(PageFlags.Writeback) ? pages : 0;
        SwapCachePages += folio.Has(PageFlags.SwapCache) ? pages : 0;
        MostMappings = Math.Max(MostMappings, FolioMapping.MapCountOf(frames, entry.Pfn));
        _nodePages[frames.ZoneOf(head) / Zone.TypesPerNode] += pages;
    }
}
