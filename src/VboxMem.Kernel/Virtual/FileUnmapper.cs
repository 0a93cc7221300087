// Taking pages of a file out of the page tables of all who map it: the file has become shorter, or its pages are to be replaced.
//
// Models   Linux 6.12 mm/memory.c: unmap_mapping_range, zap_present_ptes with its even_cows.

using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

internal sealed class FileUnmapper(Machine machine)
{
    private readonly PageFrames _frames = machine.Frames;

    public void Unmap(FileAreas areas, ulong firstIndex, ulong endIndex, bool evenCopies)
    {
        for (var at = 0; at < areas.Count; at++)
        {
            var (memory, area) = areas[at];
            var first = Math.Max(firstIndex, area.FirstIndex);
            var end = Math.Min(endIndex, area.FirstIndex + area.Pages);
            if (first < end)
            {
                Unmap(memory, area, area.StartPage + (first - area.FirstIndex), area.StartPage + (end - area.FirstIndex), evenCopies);
            }
        }
    }

    private void Unmap(MemoryDescriptor mm, Vma area, ulong page, ulong end, bool evenCopies)
    {
        var tables = machine.Memory.Tables;
        mm.NoteHighWater();
        while (page < end)
        {
            var next = Math.Min(end, (page | (PageTables.PagesPerPteTable - 1)) + 1);
            var table = tables.FindPteTable(mm, page);
            if (table != Pfn.None)
            {
                var entries = tables.Entries(table).Slice(PageTables.IndexOf(page, PageTables.PteShift), (int)(next - page));
                foreach (ref var entry in entries)
                {
                    Unmap(mm, area, ref entry, evenCopies);
                }
            }

            page = next;
        }
    }

    private void Unmap(MemoryDescriptor mm, Vma area, ref PageTableEntry entry, bool evenCopies)
    {
        if (entry.IsSwap)
        {
            if (evenCopies)
            {
                machine.Swap.Free(entry.Swap);
                mm.SwapEntryPages--;
                entry = PageTableEntry.None;
            }

            return;
        }

        if (entry.IsNone || (_frames[entry.Pfn].IsAnonymous && !evenCopies))
        {
            return;
        }

        var folio = entry.Pfn;
        ref var frame = ref _frames[folio];
        if (!frame.IsAnonymous)
        {
            MarkAsUsed(folio, entry, area);
        }

        entry = PageTableEntry.None;
        FolioMapping.AddRss(mm, frame.Owner, -1);
        FolioMapping.Remove(machine, folio, area);
        machine.Lru.Put(folio);
    }

    private void MarkAsUsed(Pfn folio, PageTableEntry entry, Vma area)
    {
        if (entry.Has(EntryBits.Dirty))
        {
            machine.Dirty.MarkDirty(folio);
        }

        if (entry.Has(EntryBits.Accessed) && (area.Flags & (VmaFlags.SequentialRead | VmaFlags.RandomRead)) == 0)
        {
            machine.Lru.MarkAccessed(folio);
        }
    }
}
