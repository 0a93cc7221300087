// What user space may know of each page of an address space: the 64-bit words of /proc/PID/pagemap.
//
//   63       62       61            58..60   57       56              55          54..0
//   present  swapped  file or shmem 0        uffd-wp  mapped by one   soft-dirty  frame, or swap area (5 bits) and slot above it
//
// Units    pages; a word a page.
// Models   Linux 6.12 fs/proc/task_mmu.c: pagemap_pmd_range, pte_to_pagemap_entry, pagemap_pte_hole (facts: virtual memory, 6.5), for
//          a reader who may see frame numbers.
// Departs  the small zero page has no frame here: its number reads 0.

using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

/// <summary>Bits of a word of pagemap.</summary>
[Flags]
public enum PageMapBits : ulong
{
    None = 0,

    /// <summary>Written since clear_refs 4, or never asked.</summary>
    SoftDirty = 1UL << 55,

    /// <summary>No other page-table entry maps it.</summary>
    Exclusive = 1UL << 56,

    /// <summary>Of a file, of tmpfs, or shared anonymous.</summary>
    File = 1UL << 61,
    Swapped = 1UL << 62,
    Present = 1UL << 63,
}

public static class PageMap
{
    public const int WordBytes = sizeof(ulong);

    /// <summary>Bits of the area's number within what a swapped page's word says (MAX_SWAPFILES_SHIFT).</summary>
    public const int SwapTypeBits = 5;

    /// <summary>The frame number, or area and slot.</summary>
    public const ulong FrameMask = (1UL << 55) - 1;

    /// <summary>The words of pages in a row, mapped by an area or not.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="mm">The address space.</param>
    /// <param name="firstPage">The page of the first word.</param>
    /// <param name="words">One for each page; overwritten.</param>
    public static void Read(Machine machine, MemoryDescriptor mm, ulong firstPage, Span<ulong> words)
    {
        words.Clear();
        var end = firstPage + (ulong)words.Length;
        for (var at = mm.IndexAtOrAbove(firstPage); at < mm.Areas.Count && mm.Areas[at].StartPage < end; at++)
        {
            var area = mm.Areas[at];
            var start = Math.Max(area.StartPage, firstPage);
            var part = words[(int)(start - firstPage)..(int)(Math.Min(area.EndPage, end) - firstPage)];
            part.Fill(area.Has(VmaFlags.SoftDirty) ? (ulong)PageMapBits.SoftDirty : 0);
            AddEntries(machine, mm, start, part);
        }
    }

    private static void AddEntries(Machine machine, MemoryDescriptor mm, ulong start, Span<ulong> words)
    {
        var end = start + (ulong)words.Length;
        for (var page = start; page < end;)
        {
            var part = TablePart.Next(machine.Memory.Tables, mm, page, end);
            var to = words[(int)(page - start)..(int)(part.EndPage - start)];
            for (var i = 0; i < part.Entries.Length; i++)
            {
                to[i] |= WordOf(machine, part.Entries[i]);
            }

            for (var i = 0; part.IsHuge && i < to.Length; i++)
            {
                to[i] |= WordOfHuge(machine, part.Huge, (uint)(page - HugeMapping.FirstPageOf(page)) + (uint)i);
            }

            page = part.EndPage;
        }
    }

    private static ulong WordOf(Machine machine, PageTableEntry entry)
    {
        if (entry.IsSwap)
        {
            var slot = entry.Swap;
            return (ulong)(PageMapBits.Swapped | (entry.Has(EntryBits.Writable) ? PageMapBits.SoftDirty : 0))
                | (uint)slot.Area | ((ulong)slot.Offset << SwapTypeBits);
        }

        if (!entry.IsMapped)
        {
            return 0;
        }

        var bits = PageMapBits.Present | (entry.Has(EntryBits.SoftDirty) ? PageMapBits.SoftDirty : 0);
        bits |= entry.Has(EntryBits.Special) ? 0 : KindOf(machine, entry.Pfn);
        return (ulong)bits | entry.Pfn.Index;
    }

    /// <summary>The huge zero page passes for a page of a file: it is not anonymous, and nothing says that it is no page of anybody's.</summary>
    private static ulong WordOfHuge(Machine machine, PageTableEntry pmd, uint index)
    {
        var bits = PageMapBits.Present | (pmd.Has(EntryBits.SoftDirty) ? PageMapBits.SoftDirty : 0);
        var page = pmd.Pfn.Plus(index);
        bits |= HugeMapping.IsZero(pmd) ? PageMapBits.File : KindOf(machine, page);
        return (ulong)bits | page.Index;
    }

    private static PageMapBits KindOf(Machine machine, Pfn page)
    {
        var isAnonymous = machine.Frames[FolioMapping.HeadOf(machine.Frames, page)].IsAnonymous;
        return (isAnonymous ? 0 : PageMapBits.File) | (FolioMapping.MapCountOf(machine.Frames, page) == 1 ? PageMapBits.Exclusive : 0);
    }
}
