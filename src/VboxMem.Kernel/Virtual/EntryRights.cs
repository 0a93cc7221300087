// Giving the entries of a range the rights of their area.
//
// An entry that may be written to without a copy and without telling anyone becomes writable at once; others do so by a fault.
//
// Models   Linux 6.12 mm/mprotect.c: change_pte_range, can_change_private_pte_writable; mm/huge_memory.c: change_huge_pmd.
// Departs  the walk costs what copying an entry at fork costs.

using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

internal sealed class EntryRights(Machine machine)
{
    /// <summary>Changes the entries of an area's pages until the turn is over.</summary>
    /// <returns>The page to go on at.</returns>
    public ulong Change(MemoryDescriptor mm, Vma area, ulong page, ulong end)
    {
        while (page < end)
        {
            var part = PageWalk.Next(machine, mm, area, page, end);
            if (part.IsHuge)
            {
                part.Huge = WithRights(area, part.Huge);
                Account(1);
            }
            else
            {
                ChangeEntries(area, part.Entries);
            }

            page = part.EndPage;
            if (machine.Cpus.IsTurnOver)
            {
                break;
            }
        }

        return page;
    }

    private void ChangeEntries(Vma area, Span<PageTableEntry> entries)
    {
        var changed = 0;
        foreach (ref var entry in entries)
        {
            if (entry.IsMapped)
            {
                entry = WithRights(area, entry);
                changed++;
            }
        }

        Account(changed);
    }

    private void Account(int entries)
    {
        machine.Cpus.SpendInKernel((ulong)entries * machine.Costs.ForkPage);
        machine.Cpus.CountPages(entries);
    }

    private PageTableEntry WithRights(Vma area, PageTableEntry entry)
    {
        const EntryBits rights = EntryBits.Present | EntryBits.Global | EntryBits.Writable | EntryBits.NoExecute;
        var bits = (area.Flags & AreaRights.Access) == 0 ? EntryBits.Global : EntryBits.Present;
        bits |= area.Has(VmaFlags.Execute) ? 0 : EntryBits.NoExecute;
        bits |= area.Has(VmaFlags.Write) && MayWriteAtOnce(area, entry) ? EntryBits.Writable : 0;
        return entry.Without(rights).With(bits);
    }

    private bool MayWriteAtOnce(Vma area, PageTableEntry entry)
    {
        if (entry.Has(EntryBits.Special) || SoftDirty.NeedsFault(area, entry.Has(EntryBits.SoftDirty)))
        {
            return false;
        }

        if (area.Has(VmaFlags.Shared))
        {
            return entry.Has(EntryBits.Dirty);
        }

        var folio = FolioMapping.HeadOf(machine.Frames, entry.Pfn);
        return machine.Frames[folio].IsAnonymous && machine.Frames[entry.Pfn].Has(PageFlags.AnonExclusive);
    }
}
