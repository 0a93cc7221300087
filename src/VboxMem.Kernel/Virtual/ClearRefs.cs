// Clearing what page tables remember of an address space's use, so that what follows can be watched.
//
// Models   Linux 6.12 fs/proc/task_mmu.c: clear_refs_write, clear_refs_test_walk, clear_refs_pte_range, clear_soft_dirty(_pmd).
// Departs  whoever asks is outside the box: it takes no time, and does not wait for a call that changes the memory at that moment
//          (bits of entries may change under it, areas do not).

namespace VboxMem.Kernel.Virtual;

/// <summary>What is to be cleared, by the number written to /proc/PID/clear_refs.</summary>
public enum ClearRefsKind
{
    /// <summary>Accessed and referenced marks of all pages.</summary>
    All = 1,

    /// <summary>Of private anonymous areas.</summary>
    Anonymous = 2,

    /// <summary>Of areas that map a file, shared anonymous memory among them.</summary>
    Mapped = 3,

    /// <summary>Soft-dirty marks.</summary>
    SoftDirty = 4,

    /// <summary>The peak of RSS begins anew.</summary>
    PeakRss = 5,
}

public static class ClearRefs
{
    public static void Apply(Machine machine, MemoryDescriptor mm, ClearRefsKind kind)
    {
        if (kind == ClearRefsKind.PeakRss)
        {
            mm.HighWaterRssPages = mm.RssPages;
            return;
        }

        foreach (var area in mm.Areas)
        {
            if (kind == ClearRefsKind.SoftDirty)
            {
                area.Flags &= ~VmaFlags.SoftDirty;
            }

            if (!area.Has(VmaFlags.PfnMap) && IsMeant(area, kind))
            {
                ClearArea(machine, mm, area, kind);
            }
        }
    }

    private static bool IsMeant(Vma area, ClearRefsKind kind) => kind switch
    {
        ClearRefsKind.Anonymous => area.Inode == 0,
        ClearRefsKind.Mapped => area.Inode != 0,
        _ => true,
    };

    private static void ClearArea(Machine machine, MemoryDescriptor mm, Vma area, ClearRefsKind kind)
    {
        for (var page = area.StartPage; page < area.EndPage;)
        {
            var part = PageWalk.Next(machine, mm, area, page, area.EndPage);
            if (part.IsHuge)
            {
                ClearEntry(machine, ref part.Huge, kind);
            }

            foreach (ref var entry in part.Entries)
            {
                ClearEntry(machine, ref entry, kind);
            }

            page = part.EndPage;
        }
    }

    private static void ClearEntry(Machine machine, ref PageTableEntry entry, ClearRefsKind kind)
    {
        if (kind == ClearRefsKind.SoftDirty)
        {
            entry = entry.IsMapped ? entry.Without(EntryBits.Writable | EntryBits.SoftDirty)
                : entry.IsSwap ? entry.Without(SoftDirty.OfSwapEntry)
                : entry;
        }
        else if (entry.IsMapped && (!entry.Has(EntryBits.Special) || HugeMapping.IsZero(entry)))
        {
            entry = entry.Without(EntryBits.Accessed);
            if (!entry.Has(EntryBits.Special))
            {
                machine.Frames[FolioMapping.HeadOf(machine.Frames, entry.Pfn)].Clear(Physical.PageFlags.Referenced);
            }
        }
    }
}
