// An address space (mm_struct): its areas, its page tables, and what it has in memory.
//
// Invariants
//   M1  Areas are ascending and do not overlap.
//   M2  Each RSS counter is the number of present entries of its class; SwapEntryPages of swap entries of anonymous memory.
//   M3  TotalPages, DataPages, StackPages, ExecutablePages, LockedPages are sums over the areas.
//
// Units    pages.
// Models   Linux 6.12 include/linux/mm_types.h: mm_struct; mm/mmap.c: vm_stat_account (facts: virtual memory, 5).
// Departs  RSS counters are exact: Linux batches them per CPU.

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Slab;

namespace VboxMem.Kernel.Virtual;

public sealed class MemoryDescriptor
{
    private readonly List<Vma> _areas;

    public MemoryDescriptor(int id, Pfn topTable)
    {
        Id = id;
        TopTable = topTable;
        _areas = [];
    }

    private MemoryDescriptor(MemoryDescriptor other)
    {
        Id = other.Id;
        TopTable = other.TopTable;
        _areas = new List<Vma>(other._areas.Count);
        foreach (var area in other._areas)
        {
            _areas.Add(area.Clone());
        }

        EndPage = other.EndPage;
        OwnerPid = other.OwnerPid;
        Descriptor = other.Descriptor;
        RssFilePages = other.RssFilePages;
        RssAnonPages = other.RssAnonPages;
        RssShmemPages = other.RssShmemPages;
        SwapEntryPages = other.SwapEntryPages;
        PageTableBytes = other.PageTableBytes;
        TotalPages = other.TotalPages;
        DataPages = other.DataPages;
        StackPages = other.StackPages;
        ExecutablePages = other.ExecutablePages;
        LockedPages = other.LockedPages;
        HighWaterRssPages = other.HighWaterRssPages;
        PeakPages = other.PeakPages;
        StartCode = other.StartCode;
        EndCode = other.EndCode;
        LibraryCode = other.LibraryCode;
        StartData = other.StartData;
        EndData = other.EndData;
        StartBrk = other.StartBrk;
        Brk = other.Brk;
        StartStack = other.StartStack;
        ArgumentStart = other.ArgumentStart;
        ArgumentEnd = other.ArgumentEnd;
        MmapBase = other.MmapBase;
        LegacyBase = other.LegacyBase;
        IsBottomUp = other.IsBottomUp;
        DefaultFlags = other.DefaultFlags;
        IsOomSkipped = other.IsOomSkipped;
        HoldsHugeZeroPage = other.HoldsHugeZeroPage;
        NextAreaId = other.NextAreaId;
        Users = other.Users;
        LockHolderPid = other.LockHolderPid;
        LockStartPage = other.LockStartPage;
        LockEndPage = other.LockEndPage;
    }

    public int Id { get; }

    /// <summary>The PGD: a block of two pages.</summary>
    public Pfn TopTable { get; }

    /// <summary>The PMD table found last and which it is, so that few walks begin at the top. None: forgotten. No part of the state.</summary>
    internal Pfn LastPmdTable { get; set; }

    internal ulong LastPmdSpan { get; set; }

    /// <summary>The page past the last one that can be a program's (mm->task_size).</summary>
    public ulong EndPage { get; init; } = UserSpace.WindowEndPage;

    /// <summary>The end of all that can be a program's, in bytes (TASK_SIZE).</summary>
    public ulong End => UserSpace.AddressOf(EndPage);

    /// <summary>The process whose memory it is.</summary>
    public int OwnerPid { get; set; }

    /// <summary>Tasks that have it (mm_users): the threads of its process that have not left it.</summary>
    public int Users { get; internal set; } = 1;

    /// <summary>Who is in the middle of changing it, and which pages: see <see cref="MmapLock"/>; 0: nobody.</summary>
    internal int LockHolderPid { get; set; }

    internal ulong LockStartPage { get; set; }

    internal ulong LockEndPage { get; set; }

    /// <summary>All areas, ascending.</summary>
    public IReadOnlyList<Vma> Areas => _areas;

    internal List<Vma> AreaList => _areas;

    internal SlabObject Descriptor { get; set; }

    public ulong RssFilePages { get; set; }

    public ulong RssAnonPages { get; set; }

    public ulong RssShmemPages { get; set; }

    public ulong SwapEntryPages { get; set; }

    public ulong RssPages => RssFilePages + RssAnonPages + RssShmemPages;

    /// <summary>VmPTE, in bytes: PGD and P4D are not counted.</summary>
    public ulong PageTableBytes { get; set; }

    public ulong TotalPages { get; set; }

    public ulong DataPages { get; set; }

    public ulong StackPages { get; set; }

    public ulong ExecutablePages { get; set; }

    public ulong LockedPages { get; set; }

    /// <summary>VmHWM as stored: raised just before RSS falls; shown is the larger of it and RSS.</summary>
    public ulong HighWaterRssPages { get; set; }

    /// <summary>VmPeak as stored, likewise.</summary>
    public ulong PeakPages { get; set; }

    /// <summary>Addresses in bytes: code, data, heap, stack, arguments (fields of /proc/PID/stat).</summary>
    public ulong StartCode { get; set; }

    public ulong EndCode { get; set; }

    public ulong StartData { get; set; }

    /// <summary>Where the code of its last library, the C library, begins: what its own calls know; 0: it has none.</summary>
    internal ulong LibraryCode { get; set; }

    public ulong EndData { get; set; }

    public ulong StartBrk { get; set; }

    public ulong Brk { get; set; }

    public ulong StartStack { get; set; }

    /// <summary>Where exec has put the arguments. There is no environment: it would begin and end where they end.</summary>
    public ulong ArgumentStart { get; set; }

    public ulong ArgumentEnd { get; set; }

    public ulong MmapBase { get; set; }

    /// <summary>Where mappings go upwards that find no place below <see cref="MmapBase"/>.</summary>
    public ulong LegacyBase { get; set; } = UserSpace.BottomUpBase;

    /// <summary>All mappings go upwards, from <see cref="MmapBase"/>.</summary>
    public bool IsBottomUp { get; set; }

    /// <summary>The program's own code, as its addresses say, in pages that it begins or ends in.</summary>
    public ulong CodePages => UserSpace.PagesFor(EndCode) - UserSpace.PageOf(StartCode);

    /// <summary>VmExe: as much of it as executable areas may hold; the rest of them is VmLib.</summary>
    public ulong ProgramCodePages => Math.Min(CodePages, ExecutablePages);

    /// <summary>Flags that mlockall(MCL_FUTURE) gives to new areas.</summary>
    public VmaFlags DefaultFlags { get; set; }

    /// <summary>MMF_OOM_SKIP: the OOM killer need not wait for its memory any more.</summary>
    public bool IsOomSkipped { get; set; }

    /// <summary>MMF_HUGE_ZERO_PAGE: holds the huge zero page, until its memory is taken down.</summary>
    public bool HoldsHugeZeroPage { get; set; }

    /// <summary>Number the next area gets.</summary>
    internal uint NextAreaId { get; set; } = 1;

    /// <summary>The area that holds a page, or the first one above it; null when there is none.</summary>
    public Vma? FindAtOrAbove(ulong page)
    {
        var at = IndexAtOrAbove(page);
        return at < _areas.Count ? _areas[at] : null;
    }

    /// <summary>The area that holds a page, or null.</summary>
    public Vma? Find(ulong page)
    {
        var area = FindAtOrAbove(page);
        return area is not null && area.Contains(page) ? area : null;
    }

    /// <summary>The area of that number, or null when it is gone.</summary>
    public Vma? ById(uint id)
    {
        foreach (var area in _areas)
        {
            if (area.Id == id)
            {
                return area;
            }
        }

        return null;
    }

    /// <summary>Index of the first area that ends above a page.</summary>
    internal int IndexAtOrAbove(ulong page)
    {
        var (low, high) = (0, _areas.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_areas[middle].EndPage > page)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }

    /// <summary>Call before RSS falls.</summary>
    internal void NoteHighWater() => HighWaterRssPages = Math.Max(HighWaterRssPages, RssPages);

    public MemoryDescriptor Clone() => new(this);

    public void HashInto(StateHash hash)
    {
        hash.Add(((ulong)(uint)Id << 32) | TopTable.Index);
        hash.Add(((ulong)(uint)OwnerPid << 32) | (uint)Users);
        hash.Add(EndPage);
        hash.Add((ulong)Descriptor.Slab.Index);
        ReadOnlySpan<ulong> figures =
        [
            RssFilePages, RssAnonPages, RssShmemPages, SwapEntryPages, PageTableBytes, TotalPages, DataPages, StackPages,
            ExecutablePages, LockedPages, HighWaterRssPages, PeakPages, StartCode, EndCode, LibraryCode, StartData, EndData, StartBrk, Brk,
            StartStack, ArgumentStart, ArgumentEnd, MmapBase, LegacyBase, (ulong)DefaultFlags,
            (IsOomSkipped ? 1UL : 0) | (HoldsHugeZeroPage ? 2UL : 0) | (IsBottomUp ? 4UL : 0), NextAreaId,
            (ulong)LockHolderPid, LockStartPage, LockEndPage,
        ];
        hash.Add(figures);
        foreach (var area in _areas)
        {
            area.HashInto(hash);
        }
    }
}
