// PMD entries that map 2 MiB at once: made, copied by fork, split into a table of 512 PTEs, taken away.
//
//   PMD table --[Huge]--> folio            the table that the PMD will point to once it is split lies ready (deposited):
//        \--Next--> table --Next--> table  one for each huge entry of the PMD table
//
// Invariants
//   H1  A PMD table has as many deposited PTE tables as huge entries; they count in PageTableBytes.
//   H2  A huge entry with Special maps the huge zero page and is in no RSS.
//
// Models   Linux 6.12 mm/huge_memory.c: set_huge_zero_folio, copy_huge_pmd, __split_huge_pmd_locked, zap_huge_pmd;
//          mm/pgtable-generic.c: pgtable_trans_huge_deposit.
// Departs  huge pages are anonymous only: none of files and shmem.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

internal sealed class HugeMapping(Machine machine)
{
    private const EntryBits KeptBySplit =
        EntryBits.Present | EntryBits.User | EntryBits.Writable | EntryBits.Accessed | EntryBits.Dirty | EntryBits.SoftDirty
        | EntryBits.NoExecute | EntryBits.Global;

    private readonly PageFrames _frames = machine.Frames;

    private PageTables Tables => machine.Memory.Tables;

    /// <summary>A PMD entry maps a huge page, be it the zero page, or one that PROT_NONE hides.</summary>
    public static bool IsHuge(PageTableEntry entry) => entry.Has(EntryBits.Huge) && (entry.IsPresent || entry.Has(EntryBits.Global));

    public static bool IsZero(PageTableEntry entry) => IsHuge(entry) && entry.Has(EntryBits.Special);

    /// <summary>The first page of the 2 MiB that hold a page.</summary>
    public static ulong FirstPageOf(ulong page) => page & ~(ulong)(HugeCounts.Pages - 1);

    /// <summary>The next of the tables deposited with a PMD table, beginning with the PMD table itself; none at the end.</summary>
    public Pfn DepositedAfter(Pfn table) => _frames[table].Next;

    /// <summary>Lays a table ready for the split of a huge entry.</summary>
    public void Deposit(Pfn pmdTable, Pfn table)
    {
        _frames[table].Next = _frames[pmdTable].Next;
        _frames[pmdTable].Next = table;
    }

    /// <summary>Takes one of the tables that lie ready.</summary>
    public Pfn Withdraw(Pfn pmdTable)
    {
        var table = _frames[pmdTable].Next;
        Invariant.Holds(table != Pfn.None);
        _frames[pmdTable].Next = _frames[table].Next;
        _frames[table].Next = Pfn.None;
        return table;
    }

    /// <summary>
    /// Splits the huge entry of a PMD table into PTEs of the same rights and marks (__split_huge_pmd). The folio stays whole.
    /// </summary>
    /// <param name="mm">The address space.</param>
    /// <param name="area">The area that holds the 2 MiB, or did until it was cut.</param>
    /// <param name="pmdTable">The table.</param>
    /// <param name="page">Any page of the 2 MiB.</param>
    public void Split(MemoryDescriptor mm, Vma area, Pfn pmdTable, ulong page)
    {
        var index = PageTables.IndexOf(page, PageTables.PmdShift);
        var entry = Tables.Entries(pmdTable)[index];
        Invariant.Holds(IsHuge(entry));
        machine.Events.Count(VmEvent.ThpSplitPmd);
        machine.Paths.Count(ReachedPath.HugeMappingSplit);
        var table = Withdraw(pmdTable);
        var bits = (EntryBits)entry.Value & KeptBySplit;
        if (IsZero(entry))
        {
            Tables.Entries(table).Fill(PageTableEntry.Of(Pfn.None, (bits & ~EntryBits.Dirty) | EntryBits.Special));
            Tables.Link(pmdTable, index, table);
            return;
        }

        SplitFolio(area, entry, table, bits);
        Tables.Link(pmdTable, index, table);
    }

    /// <summary>Takes a huge entry away, with its table (zap_huge_pmd): RSS, counts, marks of the folio, its reference.</summary>
    public void Zap(MemoryDescriptor mm, Vma area, Pfn pmdTable, ulong page)
    {
        ref var slot = ref Tables.Entries(pmdTable)[PageTables.IndexOf(page, PageTables.PmdShift)];
        var entry = slot;
        Invariant.Holds(IsHuge(entry));
        slot = PageTableEntry.None;
        Tables.FreeTable(mm, Withdraw(pmdTable));
        if (IsZero(entry))
        {
            return;
        }

        mm.NoteHighWater();
        mm.RssAnonPages -= HugeCounts.Pages;
        FolioMapping.RemoveHuge(machine, entry.Pfn, area);
        machine.Lru.Put(entry.Pfn);
    }

    /// <summary>Lets a child of a fork map what its parent maps with a huge entry, read-only on both sides (copy_huge_pmd).</summary>
    /// <returns>False: no memory; nothing has changed.</returns>
    public bool TryCopy(MemoryDescriptor child, Vma childArea, Pfn childPmdTable, Pfn parentPmdTable, ulong page)
    {
        var index = PageTables.IndexOf(page, PageTables.PmdShift);
        var entry = Tables.Entries(parentPmdTable)[index];
        Invariant.Holds(IsHuge(entry));
        if (!Tables.TryMakeTable(child, out var table))
        {
            return false;
        }

        if (IsZero(entry))
        {
            var holds = machine.HugeFolios.ZeroPage.TryHold(child);
            Invariant.Holds(holds);   // the parent holds it, so it exists
        }
        else
        {
            machine.Lru.Get(entry.Pfn);
            FolioMapping.ShareAnonHuge(machine, entry.Pfn, childArea);
            child.RssAnonPages += HugeCounts.Pages;
            entry = entry.Without(EntryBits.Writable);
            Tables.Entries(parentPmdTable)[index] = entry;
        }

        Deposit(childPmdTable, table);
        Tables.Entries(childPmdTable)[index] = entry.Without(EntryBits.Accessed);
        return true;
    }

    private void SplitFolio(Vma area, PageTableEntry entry, Pfn table, EntryBits bits)
    {
        var head = entry.Pfn;
        ref var frame = ref _frames[head];
        var isExclusive = frame.Has(PageFlags.AnonExclusive);
        if (entry.Has(EntryBits.Dirty))
        {
            frame.Set(PageFlags.Dirty);
        }

        var entries = Tables.Entries(table);
        for (var i = 0u; i < HugeCounts.Pages; i++)
        {
            var page = head.Plus(i);
            ref var own = ref _frames[page];
            if (isExclusive)
            {
                own.Set(PageFlags.AnonExclusive);
            }

            entries[(int)i] = PageTableEntry.Of(page, bits | (own.Has(PageFlags.ZeroPart) ? EntryBits.MayHoldZeros : 0));
            FolioMapping.Add(machine, page, area);
        }

        frame.ReferenceCount += HugeCounts.Pages - 1;
        FolioMapping.RemoveHuge(machine, head, area);
    }
}
