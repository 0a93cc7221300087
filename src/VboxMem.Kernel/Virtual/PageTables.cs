// Page tables: for each memory descriptor a tree of tables of 512 entries, every one of which is a page of the machine's own memory.
//
//   virtual address   47..39   38..30   29..21   20..12   11..0
//                     PGD      PUD      PMD      PTE      offset        (five levels: P4D folded in; see Departs)
//
// The content of a table lies in host memory of its own and is named by PageFrame.Private of the table's frame, so that a box
// pays 4 KiB of host memory for each table in use and nothing else.
//
// Invariants
//   T1  A present entry of an upper level, not Huge, holds the frame of a table of the next level, tagged PageTable, OwnerId = mm.
//   T2  A table's frame has in ReferenceCount 1; PageFrame.Private names content that is its alone.
//   T3  Tables put by for huge pages hang on their PMD table's frame by Next, one for each huge mapping in that table.
//   T4  A descriptor's PageTableBytes is 4096 times its PUD, PMD and PTE tables (PGD not counted), deposited ones included.
//
// Units    entries are 8 bytes; a "virtual page number" (vpn) is an address >> 12.
// Models   Linux 6.12 mm/memory.c: __pte_alloc, __pmd_alloc, free_pgtables; arch/x86/mm/pgtable.c (facts: virtual memory, 1.1, 3.4).
// Departs  four levels always.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

public sealed unsafe class PageTables : IDisposable
{
    public const int EntriesPerTable = 512;
    public const int PteShift = 0;
    public const int PmdShift = 9;
    public const int PudShift = 18;
    public const int PgdShift = 27;

    /// <summary>Pages one PTE table covers.</summary>
    public const ulong PagesPerPteTable = 1UL << PmdShift;

    private const int PgdOrder = 1;
    private const GfpFlags Gfp = GfpFlags.KernelAccount | GfpFlags.Compound | GfpFlags.Zero;
    private const int TablesPerChunk = 64;
    private const EntryBits TableBits = EntryBits.Present | EntryBits.Writable | EntryBits.User | EntryBits.Accessed | EntryBits.Dirty;

    private readonly PageAllocator _allocator;
    private readonly PageFrames _frames;
    private readonly List<HostMemory> _chunks = [];
    private readonly List<uint> _unused = [];
    private uint _tables;

    public PageTables(PageAllocator allocator)
    {
        _allocator = allocator;
        _frames = allocator.Frames;
    }

    private PageTables(PageTables other, PageAllocator allocator)
        : this(allocator)
    {
        _unused.AddRange(other._unused);
        _tables = other._tables;
        foreach (var chunk in other._chunks)
        {
            var copy = new HostMemory(chunk.Bytes);
            Buffer.MemoryCopy(chunk.Address, copy.Address, copy.Bytes, chunk.Bytes);
            _chunks.Add(copy);
        }
    }

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
    public Span<PageTableEntry> Entries(Pfn table) => new(Address(_frames[table].Private), EntriesPerTable);

    /// <summary>The table of the next level that an entry leads to; None if there is none or the entry maps a huge page.</summary>
    public static Pfn Next(PageTableEntry entry) => entry.IsPresent && !entry.Has(EntryBits.Huge) ? entry.Pfn : Pfn.None;

    /// <summary>The PMD table that covers a page, or None.</summary>
    public Pfn FindPmdTable(Pfn top, ulong vpn)
    {
        var pud = Next(Entries(top)[IndexOf(vpn, PgdShift)]);
        return pud == Pfn.None ? Pfn.None : Next(Entries(pud)[IndexOf(vpn, PudShift)]);
    }

    /// <summary>The PTE table that covers a page, or None (also where a huge page is mapped).</summary>
    public Pfn FindPteTable(Pfn top, ulong vpn)
    {
        var pmd = FindPmdTable(top, vpn);
        return pmd == Pfn.None ? Pfn.None : Next(Entries(pmd)[IndexOf(vpn, PmdShift)]);
    }

    /// <summary>The PMD table that covers a page, made if need be.</summary>
    public bool TryMakePmdTable(MemoryDescriptor mm, ulong vpn, out Pfn pmd)
    {
        pmd = Pfn.None;
        return TryDescend(mm, mm.TopTable, IndexOf(vpn, PgdShift), out var pud) && TryDescend(mm, pud, IndexOf(vpn, PudShift), out pmd);
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

    /// <summary>Links a table, made before, under an entry of a PMD table.</summary>
    public void Link(Pfn pmd, int index, Pfn table) => Entries(pmd)[index] = PageTableEntry.Of(table, TableBits);

    /// <summary>Frees a table that is linked nowhere any more.</summary>
    public void FreeTable(MemoryDescriptor mm, Pfn table)
    {
        mm.PageTableBytes -= PageGeometry.PageBytes;
        Free(table);
    }

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
        Account(table, 1);
        return true;
    }

    private void Free(Pfn table)
    {
        ref var frame = ref _frames[table];
        Invariant.Holds(frame.Owner == FrameOwner.PageTable);
        _unused.Add(frame.Private);
        Account(table, -1);
        _allocator.Free(table);
    }

    /// <summary>Linux counts all levels as page tables but the top one.</summary>
    private void Account(Pfn table, int pages)
    {
        if (_frames[table].Order != PgdOrder)
        {
            _allocator.Nodes[_allocator.ZoneOf(table).Node].Stats.Add((int)NodeStatItem.PageTablePages, pages);
        }
    }

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
            _chunks.Add(new HostMemory(TablesPerChunk * (nuint)PageGeometry.PageBytes));
        }

        return content;
    }

    private PageTableEntry* Address(uint content) =>
        (PageTableEntry*)_chunks[(int)(content / TablesPerChunk)].Address + ((content % TablesPerChunk) * EntriesPerTable);
}
