// Swap recounted: every slot from who names it, every folio of the swap cache from its slot.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Swap;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Auditing;

internal static class SwapAudit
{
    /// <summary>Claims the kernel memory of swap areas.</summary>
    public static void AddClaims(Machine machine, OwnerClaims claims)
    {
        foreach (var memory in machine.Swap.Activation.Memory)
        {
            foreach (var used in memory.Objects)
            {
                claims.ClaimObjects(used.Slab, 1);
            }

            foreach (var block in memory.LargeBlocks)
            {
                claims.Claim(block, FrameOwner.LargeKmalloc);
            }

            foreach (var page in memory.Pages)
            {
                claims.Claim(page, FrameOwner.Kernel);
            }
        }
    }

    public static void Check(Machine machine, FrameCensus census)
    {
        var entries = new Dictionary<SwapEntry, int>();
        CountPageTableEntries(machine, entries);
        CountFileEntries(machine, entries);
        var parked = ParkedSlots(machine);
        var (total, used) = (0L, 0L);
        foreach (var area in machine.Swap.Areas)
        {
            if (area is not null)
            {
                CheckSlots(machine, area, entries, parked);
                area.Clusters?.Audit(area);
                total += area.IsWritable ? area.UsablePages : 0;
                used += area.UsedSlots;
            }
        }

        Audit.Require(entries.Count == 0, $"{entries.Count} swap entries name slots that no area has");
        Audit.Require(machine.Swap.Slots.TotalPages == total, $"swap pages: kept {machine.Swap.Slots.TotalPages}, counted {total}");
        Audit.Require(machine.Swap.Slots.FreePages == total - used, $"free swap pages: kept {machine.Swap.Slots.FreePages}, counted {total - used}");
        CheckFolios(machine, census);
    }

    private static void CountPageTableEntries(Machine machine, Dictionary<SwapEntry, int> entries)
    {
        foreach (var mm in machine.Memory.All)
        {
            foreach (var area in mm.Areas)
            {
                for (var page = area.StartPage; page < area.EndPage;)
                {
                    var end = Math.Min(area.EndPage, (page | (PageTables.PagesPerPteTable - 1)) + 1);
                    var table = machine.Memory.Tables.FindPteTable(mm, page);
                    for (; table != Pfn.None && page < end; page++)
                    {
                        var entry = machine.Memory.Tables.Entries(table)[PageTables.IndexOf(page, PageTables.PteShift)];
                        if (entry.IsSwap)
                        {
                            entries[entry.Swap] = entries.GetValueOrDefault(entry.Swap) + 1;
                        }
                    }

                    page = end;
                }
            }
        }
    }

    private static void CountFileEntries(Machine machine, Dictionary<SwapEntry, int> entries)
    {
        var inodes = machine.FileSystems.Inodes;
        for (var inode = 1; inode < inodes.End; inode++)
        {
            if (inodes[inode] is not { Kind: InodeKind.Shmem, InCore: true, Tree: var tree })
            {
                continue;
            }

            for (var at = 0UL; machine.PageCache.Trees.TryNext(tree, at, ulong.MaxValue, out var index, out var entry); at = index + 1)
            {
                if (entry.IsValue)
                {
                    entries[entry.SwapEntry] = entries.GetValueOrDefault(entry.SwapEntry) + 1;
                }
            }
        }
    }

    private static SortedSet<uint> ParkedSlots(Machine machine)
    {
        var parked = new SortedSet<uint>();
        foreach (var cache in machine.Swap.Slots.Caches)
        {
            foreach (var entry in cache.Stock)
            {
                Audit.Require(parked.Add(entry.Packed), $"slot {entry} is in stock twice");
            }

            foreach (var entry in cache.Returned)
            {
                Audit.Require(parked.Add(entry.Packed), $"slot {entry} is in stock twice");
            }
        }

        return parked;
    }

    private static void CheckSlots(Machine machine, SwapArea area, Dictionary<SwapEntry, int> entries, SortedSet<uint> parked)
    {
        var used = 0u;
        for (var slot = 1u; slot < area.Slots; slot++)
        {
            var entry = new SwapEntry(area.Index, slot);
            entries.Remove(entry, out var named);
            var at = machine.Swap.Cache.At(entry);
            var isParked = parked.Contains(entry.Packed);
            Audit.Require(area.EntriesOf(slot) == named, $"{entry}: {area.EntriesOf(slot)} entries kept, {named} counted");
            Audit.Require(area.IsInCache(slot) == (at.IsFolio || isParked), $"{entry}: its cache bit is {area.IsInCache(slot)}");
            Audit.Require(!isParked || (named == 0 && !at.IsFolio), $"{entry} is in stock and in use");
            Audit.Require(!area.IsFree(slot) || (at.IsNone && !area.IsZero(slot)), $"{entry} is free and remembers a page");
            Audit.Require(!area.IsFree(slot) || (slot >= area.LowestFree && slot <= area.HighestFree), $"{entry} is free outside of the bounds");
            CheckFolioAt(machine, entry, at.Folio);
            used += area.IsFree(slot) ? 0u : 1;
        }

        Audit.Same($"used slots of {area.Name}", area.UsedSlots, used);
    }

    private static void CheckFolioAt(Machine machine, SwapEntry entry, Pfn folio)
    {
        if (folio == Pfn.None)
        {
            return;
        }

        ref var frame = ref machine.Frames[folio];
        var first = SwapEntry.Unpack(frame.Private);
        Audit.Require(
            frame.Has(PageFlags.SwapCache) && first.Area == entry.Area && entry.Offset - first.Offset < frame.Pages,
            $"{folio} is in the swap cache at {entry}, and its first slot is {first}");
    }

    /// <summary>C1: every folio that says so is in the cache; nr_swapcached counts these.</summary>
    private static void CheckFolios(Machine machine, FrameCensus census)
    {
        var cached = new long[machine.Nodes.Length];
        foreach (var (block, owner, order, zone) in census.Blocks)
        {
            if (owner is FrameOwner.Anonymous or FrameOwner.Shmem && machine.Frames[block].Has(PageFlags.SwapCache))
            {
                var entry = SwapEntry.Unpack(machine.Frames[block].Private);
                Audit.Require(machine.Swap.FindInCache(entry) == block, $"{block} is not in the swap cache at {entry}");
                cached[zone / Zone.TypesPerNode] += 1L << order;
            }
        }

        foreach (var node in machine.Nodes)
        {
            Audit.Same($"nr_swapcached of node {node.Id}", (ulong)node.Stats.ReadExact((int)NodeStatItem.Swapcached), (ulong)cached[node.Id]);
        }
    }
}
