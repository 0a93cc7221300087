using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

/// <summary>Goes through the page-table entries of one area and adds up what they map. Changes nothing.</summary>
/// <remarks>
/// Models Linux 6.12 fs/proc/task_mmu.c: smaps_pte_range, smaps_pte_entry, smaps_pmd_entry. Zero pages and the kernel's own
/// frames (Special) are in none of the figures.
/// </remarks>
internal readonly struct MemoryUsageWalk(Machine machine, MemoryDescriptor mm, Vma area)
{
    /// <summary>Entries ahead whose frames are fetched: to wait for them is most of what the walk costs.</summary>
    private const int FetchedAhead = 12;

    public void AddTo(ref MemoryUsage usage)
    {
        if (area.Inode != 0 && machine.FilePages.IsShmem(area.Inode))
        {
            usage.AddShmemSwap(CountSwappedOfObject());
        }

        for (var page = area.StartPage; page < area.EndPage;)
        {
            var end = Math.Min(area.EndPage, (page | (PageTables.PagesPerPteTable - 1)) + 1);
            var pmdTable = machine.Memory.Tables.FindPmdTable(mm, page);
            if (pmdTable == Pfn.None)
            {
                end = Math.Min(area.EndPage, machine.Memory.Tables.PastHole(mm.TopTable, page));
            }
            else
            {
                AddPmd(ref usage, pmdTable, page, end);
            }

            page = end;
        }
    }

    private void AddPmd(ref MemoryUsage usage, Pfn pmdTable, ulong page, ulong end)
    {
        var tables = machine.Memory.Tables;
        var pmd = tables.Entries(pmdTable)[PageTables.IndexOf(page, PageTables.PmdShift)];
        if (HugeMapping.IsHuge(pmd))
        {
            if (!HugeMapping.IsZero(pmd))
            {
                AddHuge(ref usage, pmd);
            }

            return;
        }

        var table = PageTables.Next(pmd);
        if (table == Pfn.None)
        {
            return;
        }

        AddEntries(ref usage, tables.Entries(table).Slice(PageTables.IndexOf(page, PageTables.PteShift), (int)(end - page)));
    }

    private void AddEntries(ref MemoryUsage usage, ReadOnlySpan<PageTableEntry> entries)
    {
        var frames = machine.Frames;
        for (var i = 0; i < entries.Length; i++)
        {
            var entry = entries[i];
            if (i + FetchedAhead < entries.Length)
            {
                frames.Prefetch(entries[i + FetchedAhead].Pfn);
            }

            if (entry.IsSwap)
            {
                usage.AddSwapEntry((uint)machine.Swap.CountOf(entry.Swap));
            }
            else if (entry.IsMapped && !entry.Has(EntryBits.Special))
            {
                ref var frame = ref frames[entry.Pfn];
                if (frame.Owner != FrameOwner.None && frame.Order == 0)
                {
                    usage.AddPage(frame, frame.MapCount, entry);
                }
                else
                {
                    usage.AddPage(frames[FolioMapping.HeadOf(frames, entry.Pfn)], FolioMapping.MapCountOf(frames, entry.Pfn), entry);
                }
            }
        }
    }

    /// <summary>A huge page never reaches beyond its area (V2 of Areas).</summary>
    private void AddHuge(ref MemoryUsage usage, PageTableEntry pmd)
    {
        usage.AddHugeMapping();
        ref var folio = ref machine.Frames[pmd.Pfn];
        for (var i = 0u; i < HugeCounts.Pages; i++)
        {
            usage.AddPage(folio, FolioMapping.MapCountOf(machine.Frames, pmd.Pfn.Plus(i)), pmd);
        }
    }

    /// <summary>
    /// Pages of the area's shmem object that are in swap (shmem_swap_usage). Where the area may have copies of its own, only those
    /// count that no entry stands for.
    /// </summary>
    private ulong CountSwappedOfObject()
    {
        var trees = machine.PageCache.Trees;
        ref var file = ref machine.FileSystems.Inodes[area.Inode];
        var mayHaveCopies = area.Has(VmaFlags.Write) && !area.Has(VmaFlags.Shared);
        if (!mayHaveCopies && area.FirstIndex == 0 && area.Pages >= file.SizePages)
        {
            return file.SwappedPages;   // the whole object: its own count says it
        }

        var pages = 0UL;
        var end = area.FirstIndex + area.Pages;
        for (var next = area.FirstIndex; file.SwappedPages > 0 && trees.TryNext(file.Tree, next, end, out var index, out var entry); next = index + 1)
        {
            if (entry.IsValue && !(mayHaveCopies && HasEntry(area.StartPage + (index - area.FirstIndex))))
            {
                pages++;
            }
        }

        return pages;
    }

    private bool HasEntry(ulong page)
    {
        var table = machine.Memory.Tables.FindPteTable(mm, page);
        return table != Pfn.None && !machine.Memory.Tables.Entries(table)[PageTables.IndexOf(page, PageTables.PteShift)].IsNone;
    }
}
