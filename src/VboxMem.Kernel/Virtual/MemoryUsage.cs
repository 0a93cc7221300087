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

using System.Runtime.CompilerServices;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

public struct MemoryUsage
{
    // What a page is, as the number of the class that it is counted in. Flags are looked at once for each page, not once for each figure.
    private const int OfFile = 1;   // else anonymous
    private const int NoSwap = 2;   // not SwapBacked
    private const int Shared = 4;
    private const int Dirty = 8;
    private const int Classes = 16;

    private ByClass _pages;
    private ByClass _shares;

    /// <summary>Pages in memory.</summary>
    public readonly ulong RssPages => AnonPages + FilePages + ShmemPages;

    /// <summary>Of anonymous memory, copies of file pages among them (Anonymous).</summary>
    public readonly ulong AnonPages => _pages.Sum(OfFile, 0);

    /// <summary>Of the page cache.</summary>
    public readonly ulong FilePages => _pages.Sum(OfFile | NoSwap, OfFile | NoSwap);

    /// <summary>Of tmpfs and shared anonymous memory.</summary>
    public readonly ulong ShmemPages => _pages.Sum(OfFile | NoSwap, OfFile);

    public readonly ulong SharedCleanPages => _pages.Sum(Shared | Dirty, Shared);

    public readonly ulong SharedDirtyPages => _pages.Sum(Shared | Dirty, Shared | Dirty);

    public readonly ulong PrivateCleanPages => _pages.Sum(Shared | Dirty, 0);

    public readonly ulong PrivateDirtyPages => _pages.Sum(Shared | Dirty, Dirty);

    /// <summary>USS: what would be free if these mappings went.</summary>
    public readonly ulong UniquePages => PrivateCleanPages + PrivateDirtyPages;

    /// <summary>Accessed since the mark was last cleared, through this mapping or, as far as the page knows, any.</summary>
    public ulong ReferencedPages { get; private set; }

    /// <summary>Given up by MADV_FREE and not written since.</summary>
    public readonly ulong LazyFreePages => _pages.Sum(OfFile | NoSwap | Dirty, NoSwap);

    /// <summary>In huge pages mapped whole (AnonHugePages).</summary>
    public ulong AnonHugePages { get; private set; }

    /// <summary>Entries that name a slot of swap, and pages of a shmem object in swap.</summary>
    public ulong SwapPages { get; private set; }

    public readonly PageShare Pss => PssAnon + PssFile + PssShmem;

    public readonly PageShare PssDirty => new(_shares.Sum(Dirty, Dirty));

    public readonly PageShare PssAnon => new(_shares.Sum(OfFile, 0));

    public readonly PageShare PssFile => new(_shares.Sum(OfFile | NoSwap, OfFile | NoSwap));

    public readonly PageShare PssShmem => new(_shares.Sum(OfFile | NoSwap, OfFile));

    /// <summary>Slots of swap, divided among the entries that name them; those of shmem objects are not in it.</summary>
    public PageShare SwapPss { get; private set; }

    /// <summary>Of Pss, what lies in locked areas (Locked).</summary>
    public PageShare LockedPss { get; private set; }

    /// <summary>One area: its part of smaps.</summary>
    /// <remarks>Looks at every page-table entry: for a reader of files, not for the machine itself.</remarks>
    public static MemoryUsage Of(Machine machine, MemoryDescriptor mm, Vma area)
    {
        var usage = default(MemoryUsage);
        usage.Add(machine, mm, area);
        return usage;
    }

    /// <summary>All areas of an address space: smaps_rollup.</summary>
    public static MemoryUsage Of(Machine machine, MemoryDescriptor mm)
    {
        var usage = default(MemoryUsage);
        foreach (var area in mm.Areas)
        {
            usage.Add(machine, mm, area);
        }

        return usage;
    }

    /// <summary>A page in memory.</summary>
    /// <param name="folio">First frame of the folio it belongs to.</param>
    /// <param name="mappings">Entries of all page tables that map this page.</param>
    /// <param name="marks">Accessed and Dirty bits of the entry.</param>
    internal void AddPage(in PageFrame folio, uint mappings, PageTableEntry marks)
    {
        var isReferenced = marks.Has(EntryBits.Accessed) | folio.Has(PageFlags.Referenced);
        var isDirty = marks.Has(EntryBits.Dirty) | folio.Has(PageFlags.Dirty);
        var number = (folio.IsAnonymous ? 0 : OfFile) | (folio.Has(PageFlags.SwapBacked) ? 0 : NoSwap)
            | (mappings < 2 ? 0 : Shared) | (isDirty ? Dirty : 0);
        _pages[number]++;
        _shares[number] += PageShare.OfPage(mappings).Fixed;
        ReferencedPages += isReferenced ? 1UL : 0;
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

    private void Add(Machine machine, MemoryDescriptor mm, Vma area)
    {
        var before = Pss;
        new MemoryUsageWalk(machine, mm, area).AddTo(ref this);
        if (area.Has(VmaFlags.Locked))
        {
            LockedPss += new PageShare(Pss.Fixed - before.Fixed);
        }
    }

    [InlineArray(Classes)]
    private struct ByClass
    {
        private ulong _first;

        /// <summary>All classes whose number has these bits so.</summary>
        public readonly ulong Sum(int bits, int values)
        {
            var sum = 0UL;
            for (var number = 0; number < Classes; number++)
            {
                sum += (number & bits) == values ? this[number] : 0;
            }

            return sum;
        }
    }
}
