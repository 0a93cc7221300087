// What an area, or all areas of an address space, have in memory and in swap: the figures of smaps and smaps_rollup.
//
// They are counted from the page tables and from the counts of the pages they lead to, each time anew; no counter is read.
// "Private" and "shared" go by the number of mappings, not of processes: a page that one process maps twice is shared.
//
// Invariants
//   U1  RssPages = SharedClean + SharedDirty + PrivateClean + PrivateDirty = Anon + File + Shmem pages.
//   U2  Pss = PssAnon + PssFile + PssShmem, to the last bit.
//   U3  The sum over all areas of AnonPages, FilePages, ShmemPages is what the descriptor's RSS counters say.
//
// Units    pages; shares in 1/4096 bytes (PageShare).
// Models   Linux 6.12 fs/proc/task_mmu.c: smaps_account, smaps_page_accumulate, smap_gather_stats (facts: virtual memory, 5).
// Departs  no KSM, no hugetlb areas, no huge pages of files and shmem: these rows of smaps are 0.

using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

public struct MemoryUsage
{
    /// <summary>Pages in memory.</summary>
    public readonly ulong RssPages => AnonPages + FilePages + ShmemPages;

    /// <summary>Of anonymous memory, copies of file pages among them (Anonymous).</summary>
    public ulong AnonPages { get; private set; }

    /// <summary>Of the page cache.</summary>
    public ulong FilePages { get; private set; }

    /// <summary>Of tmpfs and shared anonymous memory.</summary>
    public ulong ShmemPages { get; private set; }

    public ulong SharedCleanPages { get; private set; }

    public ulong SharedDirtyPages { get; private set; }

    public ulong PrivateCleanPages { get; private set; }

    public ulong PrivateDirtyPages { get; private set; }

    /// <summary>USS: what would be free if these mappings went.</summary>
    public readonly ulong UniquePages => PrivateCleanPages + PrivateDirtyPages;

    /// <summary>Accessed since the mark was last cleared, through this mapping or, as far as the page knows, any.</summary>
    public ulong ReferencedPages { get; private set; }

    /// <summary>Given up by MADV_FREE and not written since.</summary>
    public ulong LazyFreePages { get; private set; }

    /// <summary>In huge pages mapped whole (AnonHugePages).</summary>
    public ulong AnonHugePages { get; private set; }

    /// <summary>Entries that name a slot of swap, and pages of a shmem object in swap.</summary>
    public ulong SwapPages { get; private set; }

    public readonly PageShare Pss => PssAnon + PssFile + PssShmem;

    public PageShare PssDirty { get; private set; }

    public PageShare PssAnon { get; private set; }

    public PageShare PssFile { get; private set; }

    public PageShare PssShmem { get; private set; }

    /// <summary>Slots of swap, divided among the entries that name them; those of shmem objects are not in it.</summary>
    public PageShare SwapPss { get; private set; }

    /// <summary>Of Pss, what lies in locked areas (Locked).</summary>
    public PageShare LockedPss { get; private set; }

    /// <summary>One area: its part of smaps.</summary>
    /// <remarks>Looks at every page-table entry: for a reader of files, not for the machine itself.</remarks>
    public static MemoryUsage Of(Machine machine, MemoryDescriptor mm, Vma area)
    {
        var usage = default(MemoryUsage);
        new MemoryUsageWalk(machine, mm, area).AddTo(ref usage);
        return usage;
    }

    /// <summary>All areas of an address space: smaps_rollup.</summary>
    public static MemoryUsage Of(Machine machine, MemoryDescriptor mm)
    {
        var usage = default(MemoryUsage);
        foreach (var area in mm.Areas)
        {
            new MemoryUsageWalk(machine, mm, area).AddTo(ref usage);
        }

        return usage;
    }

    /// <summary>A page in memory.</summary>
    /// <param name="folio">First frame of the folio it belongs to.</param>
    /// <param name="mappings">Entries of all page tables that map this page.</param>
    /// <param name="marks">Accessed and Dirty bits of the entry.</param>
    /// <param name="isLocked">The area is locked.</param>
    internal void AddPage(in PageFrame folio, uint mappings, PageTableEntry marks, bool isLocked)
    {
        var share = PageShare.OfPage(mappings);
        var isDirty = marks.Has(EntryBits.Dirty) || folio.Has(PageFlags.Dirty);
        AddToKind(folio, share, isDirty);
        AddToSharing(isPrivate: mappings < 2, isDirty);
        ReferencedPages += marks.Has(EntryBits.Accessed) || folio.Has(PageFlags.Referenced) ? 1UL : 0;
        PssDirty += isDirty ? share : default;
        LockedPss += isLocked ? share : default;
    }

    internal void AddHugeMapping() => AnonHugePages += HugeCounts.Pages;

    /// <summary>An entry that names a slot of swap.</summary>
    /// <param name="entries">Entries of all page tables that name it.</param>
    internal void AddSwapEntry(uint entries)
    {
        SwapPages++;
        SwapPss += PageShare.OfPage(entries);
    }

    /// <summary>Pages of a shmem object that are in swap.</summary>
    internal void AddShmemSwap(ulong pages) => SwapPages += pages;

    private void AddToKind(in PageFrame folio, PageShare share, bool isDirty)
    {
        if (folio.IsAnonymous)
        {
            AnonPages++;
            PssAnon += share;
            LazyFreePages += !isDirty && !folio.Has(PageFlags.SwapBacked) ? 1UL : 0;
        }
        else if (folio.Has(PageFlags.SwapBacked))
        {
            ShmemPages++;
            PssShmem += share;
        }
        else
        {
            FilePages++;
            PssFile += share;
        }
    }

    private void AddToSharing(bool isPrivate, bool isDirty)
    {
        switch (isPrivate, isDirty)
        {
            case (true, true):
                PrivateDirtyPages++;
                break;
            case (true, false):
                PrivateCleanPages++;
                break;
            case (false, true):
                SharedDirtyPages++;
                break;
            default:
                SharedCleanPages++;
                break;
        }
    }
}
