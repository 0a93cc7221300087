// Page tables: for each memory descriptor a tree of tables of 512 entries, every one of which is a page of the machine's own memory.
//
//   virtual address            47..39   38..30   29..21   20..12   11..0
//   four levels                PGD      PUD      PMD      PTE      offset
//   five levels       56..48   47..39   38..30   29..21   20..12   11..0
//                     PGD      P4D      PUD      PMD      PTE      offset
//
// The content of a table lies in host memory of its own and is named by PageFrame.Private of the table's frame, so that a box
// pays 4 KiB of host memory for each table in use and nothing else.
//
// Invariants
//   T1  A present entry of an upper level, not Huge, holds the frame of a table of the next level, tagged PageTable, OwnerId = mm.
//   T2  A table's frame has in ReferenceCount 1; PageFrame.Private names content that is its alone.
//   T3  Tables put by for huge pages hang on their PMD table's frame by Next, one for each huge mapping in that table.
//   T4  A descriptor's PageTableBytes is 4096 times its PUD, PMD and PTE tables, deposited ones included; PGD and P4D are not
//       counted, neither here nor in nr_page_table_pages.
//
// Units    entries are 8 bytes; a "virtual page number" (vpn) is an address >> 12.
// Models   Linux 6.12 mm/memory.c: __pte_alloc, __pmd_alloc, free_pgtables; arch/x86/mm/pgtable.c (facts: virtual memory, 1.1, 3.4).
// Departs  the kernel's half of the top table, which all tables share, is not kept.

using System.Runtime.CompilerServices;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

public sealed unsafe class PageTables : IDisposable
{
    public const int EntriesPerTable = 512;
    public const int PteShift = 0;
    public const int PmdShift = 9;
    public const int PudShift = 18;

    /// <summary>Of P4D tables; with four levels of the top table itself.</summary>
    public const int P4dShift = 27;

    private const int FiveLevelTopShift = 36;

    /// <summary>Pages one PTE table covers.</summary>
    public const ulong PagesPerPteTable = 1UL << PmdShift;

    private const int PgdOrder = 1;
    private const GfpFlags Gfp = GfpFlags.KernelAccount | GfpFlags.Compound | GfpFlags.Zero;
    private const int TablesPerChunk = 64;
    private const EntryBits TableBits = EntryBits.Present | EntryBits.Writable | EntryBits.User | EntryBits.Accessed | EntryBits.Dirty;

    private readonly PageAllocator _allocator;
    private readonly PageFrames _frames;
    private readonly List<HostMemory> _chunks = [];

    /// <summary>Where each chunk begins: the way to an entry is the hottest of all, and this one is short.</summary>
    private nint[] _chunkStarts = new nint[16];
    private readonly List<uint> _unused = [];
    private uint _tables;

    /// <param name="allocator">Where tables come from.</param>
    /// <param name="levels">4 or 5.</param>
    public PageTables(PageAllocator allocator, int levels)
    {
        Invariant.Holds(levels is 4 or 5);
        _allocator = allocator;
        _frames = allocator.Frames;
        TopShift = levels == 5 ? FiveLevelTopShift : P4dShift;
    }

    private PageTables(PageTables other, PageAllocator allocator)
        : this(allocator, other.HasFiveLevels ? 5 : 4)
    {
        _unused.AddRange(other._unused);
        _tables = other._tables;
        foreach (var chunk in other._chunks)
        {
            var copy = new HostMemory(chunk.Bytes);
            copy.Populate(0, copy.Bytes);
            Buffer.MemoryCopy(chunk.Address, copy.Address, copy.Bytes, chunk.Bytes);
            AddChunk(copy);
        }
    }

    /// <summary>Entries of a top table cover 1 &lt;&lt; TopShift pages each.</summary>
    public int TopShift { get; }

    public bool HasFiveLevels => TopShift != P4dShift;

    /// <summary>Host memory outside the garbage collector.</summary>
    internal long UnmanagedBytes => _chunks.Count * (long)TablesPerChunk * PageGeometry.PageBytes;

    public PageTables Clone(PageAllocator allocator) => new(this, allocator);

    public void Dispose()
    {
        foreach (var chunk in _chunks)
        {
            chunk.Dispose();
        }

        _chunks.Clear();
    }

    /// <summary>Makes the top table of a new descriptor: a block of two pages, as with page-table isolation.</summary>
    /// <returns>False when there is no memory.</returns>
    public bool TryMakeTop(int mm, out Pfn top) => TryMake(mm, PgdOrder, out top);

    public void FreeTop(Pfn top) => Free(top);

    /// <summary>The entries of a table.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<PageTableEntry> Entries(Pfn table) => new(Address(_frames[table].Private), EntriesPerTable);

    /// <summary>The table of the next level that an entry leads to; None if there is none or the entry maps a huge page.</summary>
    public static Pfn Next(PageTableEntry entry) => entry.IsPresent && !entry.Has(EntryBits.Huge) ? entry.Pfn : Pfn.None;

    /// <summary>The PMD table that covers a page, or None.</summary>
    public Pfn FindPmdTable(MemoryDescriptor mm, ulong vpn)
    {
        if (mm.LastPmdTable != Pfn.None && mm.LastPmdSpan == vpn >> PudShift)
        {
            return mm.LastPmdTable;
        }

        var pud = FindPudTable(mm.TopTable, vpn);
        var pmd = pud == Pfn.None ? Pfn.None : Next(Entries(pud)[IndexOf(vpn, PudShift)]);
        if (pmd != Pfn.None)
        {
            (mm.LastPmdSpan, mm.LastPmdTable) = (vpn >> PudShift, pmd);
        }

        return pmd;
    }

    /// <summary>The page past what a missing table would cover.</summary>
    /// <param name="top">The top table.</param>
    /// <param name="vpn">A page that no PMD table covers.</param>
    public ulong PastHole(Pfn top, ulong vpn)
    {
        var shift = HasFiveLevels && Next(Entries(top)[IndexOf(vpn, TopShift)]) == Pfn.None ? TopShift
            : FindPudTable(top, vpn) == Pfn.None ? P4dShift
            : PudShift;
        return (vpn | ((1UL << shift) - 1)) + 1;
    }

    /// <summary>The PTE table that covers a page, or None (also where a huge page is mapped).</summary>
    public Pfn FindPteTable(MemoryDescriptor mm, ulong vpn)
    {
        var pmd = FindPmdTable(mm, vpn);
        return pmd == Pfn.None ? Pfn.None : Next(Entries(pmd)[IndexOf(vpn, PmdShift)]);
    }

    /// <summary>The PMD table that covers a page, made if need be.</summary>
    public bool TryMakePmdTable(MemoryDescriptor mm, ulong vpn, out Pfn pmd)
    {
        pmd = FindPmdTable(mm, vpn);
        if (pmd != Pfn.None)
        {
            return true;
        }

        return TryMakeP4dTable(mm, vpn, out var p4d)
            && TryDescend(mm, p4d, IndexOf(vpn, P4dShift), out var pud)
            && TryDescend(mm, pud, IndexOf(vpn, PudShift), out pmd);
    }

    /// <summary>The PTE table that covers a page, made if need be. The PMD entry must not map a huge page.</summary>
    public bool TryMakePteTable(MemoryDescriptor mm, ulong vpn, out Pfn table)
    {
        table = Pfn.None;
        return TryMakePmdTable(mm, vpn, out var pmd) && TryDescend(mm, pmd, IndexOf(vpn, PmdShift), out table);
    }

    /// <summary>A table that is not linked yet: a huge page deposits one, to be split into later.</summary>
    public bool TryMakeTable(MemoryDescriptor mm, out Pfn table)
    {
        if (!TryMake(mm.Id, 0, out table))
        {
            return false;
        }

        mm.PageTableBytes += PageGeometry.PageBytes;
        Account(table, 1);
        return true;
    }

    /// <summary>Puts a table by for a huge page that an entry of a PMD table maps (pgtable_trans_huge_deposit). One for each.</summary>
    public void Deposit(Pfn pmd, Pfn table)
    {
        _frames[table].Next = _frames[pmd].Next;
        _frames[pmd].Next = table;
    }

    /// <summary>Takes back a table put by with a PMD table (pgtable_trans_huge_withdraw): its entries are all none.</summary>
    public Pfn Withdraw(Pfn pmd)
    {
        var table = _frames[pmd].Next;
        Invariant.Holds(table != Pfn.None);
        _frames[pmd].Next = _frames[table].Next;
        _frames[table].Next = Pfn.None;
        return table;
    }

    /// <summary>The first table put by with a PMD table, or None; the others follow by PageFrame.Next.</summary>
    public Pfn FirstDeposit(Pfn pmd) => _frames[pmd].Next;

    /// <summary>Links a table, made before, under an entry of a table of the level above.</summary>
    public void Link(Pfn above, int index, Pfn table) => Entries(above)[index] = PageTableEntry.Of(table, TableBits);

    /// <summary>Frees a table that is linked nowhere any more.</summary>
    public void FreeTable(MemoryDescriptor mm, Pfn table)
    {
        mm.PageTableBytes -= PageGeometry.PageBytes;
        mm.LastPmdTable = Pfn.None;
        Account(table, -1);
        Free(table);
    }

    /// <summary>Frees a P4D table that is linked nowhere any more.</summary>
    public void FreeP4dTable(Pfn table) => Free(table);

    public static int IndexOf(ulong vpn, int shift) => (int)(vpn >> shift) & (EntriesPerTable - 1);

    public void HashInto(StateHash hash)
    {
        hash.Add((ulong)_tables);
        foreach (var table in _unused)
        {
            hash.Add((ulong)table);
        }

        for (var table = 0u; table < _tables; table++)
        {
            hash.Add(new ReadOnlySpan<ulong>(Address(table), EntriesPerTable));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Pfn FindPudTable(Pfn top, ulong vpn)
    {
        var p4d = HasFiveLevels ? Next(Entries(top)[IndexOf(vpn, TopShift)]) : top;
        return p4d == Pfn.None ? Pfn.None : Next(Entries(p4d)[IndexOf(vpn, P4dShift)]);
    }

    /// <summary>The P4D table that covers a page, made if need be; the top table where there are four levels.</summary>
    private bool TryMakeP4dTable(MemoryDescriptor mm, ulong vpn, out Pfn p4d)
    {
        p4d = mm.TopTable;
        if (!HasFiveLevels)
        {
            return true;
        }

        var index = IndexOf(vpn, TopShift);
        p4d = Next(Entries(mm.TopTable)[index]);
        if (p4d != Pfn.None)
        {
            return true;
        }

        if (!TryMake(mm.Id, 0, out p4d))
        {
            return false;
        }

        Link(mm.TopTable, index, p4d);
        return true;
    }

    private bool TryDescend(MemoryDescriptor mm, Pfn table, int index, out Pfn next)
    {
        var entry = Entries(table)[index];
        next = Next(entry);
        if (next != Pfn.None)
        {
            return true;
        }

        Invariant.Holds(entry.IsNone);
        if (!TryMakeTable(mm, out next))
        {
            return false;
        }

        Link(table, index, next);
        return true;
    }

    private bool TryMake(int mm, int order, out Pfn table)
    {
        if (!_allocator.TryAllocate(Gfp, order, FrameOwner.PageTable, out table))
        {
            return false;
        }

        ref var frame = ref _frames[table];
        frame.OwnerId = (uint)mm;
        frame.Private = TakeContent();
        return true;
    }

    private void Free(Pfn table)
    {
        ref var frame = ref _frames[table];
        Invariant.Holds(frame.Owner == FrameOwner.PageTable);
        _unused.Add(frame.Private);
        _allocator.Free(table);
    }

    private void Account(Pfn table, int pages) =>
        _allocator.Nodes[_allocator.ZoneOf(table).Node].Stats.Add((int)NodeStatItem.PageTablePages, pages);

    private uint TakeContent()
    {
        uint content;
        if (_unused.Count > 0)
        {
            content = _unused[^1];
            _unused.RemoveAt(_unused.Count - 1);
            new Span<PageTableEntry>(Address(content), EntriesPerTable).Clear();
            return content;
        }

        content = _tables++;
        if (content / TablesPerChunk == (uint)_chunks.Count)
        {
            AddChunk(new HostMemory(TablesPerChunk * (nuint)PageGeometry.PageBytes));
        }

        return content;
    }

    private void AddChunk(HostMemory chunk)
    {
        if (_chunks.Count == _chunkStarts.Length)
        {
            Array.Resize(ref _chunkStarts, _chunkStarts.Length * 2);
        }

        _chunkStarts[_chunks.Count] = (nint)chunk.Address;
        _chunks.Add(chunk);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private PageTableEntry* Address(uint content) =>
        (PageTableEntry*)_chunkStarts[content / TablesPerChunk] + ((content % TablesPerChunk) * EntriesPerTable);
}
