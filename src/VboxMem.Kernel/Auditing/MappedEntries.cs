using System.Runtime.InteropServices;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Auditing;

/// <summary>All that page tables map, found by walking them: for the audit. It holds RSS and swap entries against them on the way.</summary>
internal sealed class MappedEntries
{
    /// <summary>PTEs by frame.</summary>
    public Dictionary<Pfn, uint> Pages { get; } = [];

    /// <summary>Huge entries by the folio's head.</summary>
    public Dictionary<Pfn, uint> Wholes { get; } = [];

    public static MappedEntries Collect(Machine machine)
    {
        var entries = new MappedEntries();
        foreach (var mm in machine.Memory.All)
        {
            var found = default(Rss);
            foreach (var area in mm.Areas)
            {
                entries.Visit(machine, mm, area, ref found);
            }

            Audit.Same($"anonymous RSS of memory {mm.Id}", mm.RssAnonPages, found.Anonymous);
            Audit.Same($"file RSS of memory {mm.Id}", mm.RssFilePages, found.File);
            Audit.Same($"shmem RSS of memory {mm.Id}", mm.RssShmemPages, found.Shmem);
            Audit.Same($"swap entries of memory {mm.Id}", mm.SwapEntryPages, found.Swap);
        }

        return entries;
    }

    private void Visit(Machine machine, MemoryDescriptor mm, Vma area, ref Rss found)
    {
        for (var page = area.StartPage; page < area.EndPage;)
        {
            var end = Math.Min(area.EndPage, (page | (PageTables.PagesPerPteTable - 1)) + 1);
            var pmdTable = machine.Memory.Tables.FindPmdTable(mm, page);
            if (pmdTable != Pfn.None)
            {
                var pmd = machine.Memory.Tables.Entries(pmdTable)[PageTables.IndexOf(page, PageTables.PmdShift)];
                VisitTable(machine, area, pmd, PageTables.IndexOf(page, PageTables.PteShift), (int)(end - page), ref found);
            }

            page = end;
        }
    }

    private void VisitTable(Machine machine, Vma area, PageTableEntry pmd, int index, int count, ref Rss found)
    {
        if (HugeMapping.IsHuge(pmd))
        {
            Audit.Require(count == PageTables.EntriesPerTable, $"a huge entry sticks out of area {area.Id}");
            if (!HugeMapping.IsZero(pmd))
            {
                CollectionsMarshal.GetValueRefOrAddDefault(Wholes, pmd.Pfn, out _)++;
                found.Anonymous += HugeCounts.Pages;
            }

            return;
        }

        var table = PageTables.Next(pmd);
        if (table == Pfn.None)
        {
            return;
        }

        foreach (var entry in machine.Memory.Tables.Entries(table).Slice(index, count))
        {
            if (entry.IsSwap)
            {
                found.Swap++;
            }
            else if (!entry.IsNone && !entry.Has(EntryBits.Special))
            {
                CollectionsMarshal.GetValueRefOrAddDefault(Pages, entry.Pfn, out _)++;
                found.Count(machine.Frames[FolioMapping.HeadOf(machine.Frames, entry.Pfn)].Owner);
            }
        }
    }

    private record struct Rss(ulong Anonymous, ulong File, ulong Shmem, ulong Swap)
    {
        public void Count(FrameOwner owner)
        {
            Anonymous += owner == FrameOwner.Anonymous ? 1UL : 0;
            Shmem += owner == FrameOwner.Shmem ? 1UL : 0;
            File += owner is FrameOwner.Anonymous or FrameOwner.Shmem ? 0 : 1UL;
        }
    }
}
