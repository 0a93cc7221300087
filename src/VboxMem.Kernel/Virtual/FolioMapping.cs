// The counts that follow a page into page tables and out of them: how often it is mapped, and the statistics that say so.
//
// Who changes an entry keeps three things right: the entry itself, the descriptor's RSS (AddRss), and, here, the folio's counts. A
// mapping holds one reference to its folio; the functions here neither take nor drop it, so that a reference can be handed over.
//
//   new page      allocated (1 reference) -> AddNewAnon -> Lru.Add -> entry
//   fork          Lru.Get -> Share -> entry of the child
//   zap           entry cleared -> Remove -> Lru.Put
//
// Invariants
//   F1  MapCount of a page of order 0, or of each page of a huge folio, is the number of PTEs that map it.
//   F2  nr_anon_pages counts anonymous pages that are mapped, nr_mapped file and shmem pages that are, each once.
//   F3  A huge anonymous folio of which only a part is still mapped is on the deferred split list of its node.
//
// Units    pages.
// Models   Linux 6.12 mm/rmap.c: folio_add_new_anon_rmap, folio_add_anon_rmap_ptes, folio_add_file_rmap_ptes, folio_remove_rmap_*;
//          mm/internal.h: mlock_vma_folio.
// Departs  file and shmem folios are never huge.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

internal static class FolioMapping
{
    private const VmaFlags Special = VmaFlags.Io | VmaFlags.DontExpand | VmaFlags.PfnMap;

    /// <summary>First frame of the folio that holds a page.</summary>
    public static Pfn HeadOf(PageFrames frames, Pfn page) =>
        frames[page].Owner != FrameOwner.None ? page : page.AlignDown(HugeCounts.Order);

    /// <summary>True while some entry maps the folio or a page of it (folio_mapped).</summary>
    public static bool IsMapped(PageFrames frames, Pfn folio) =>
        frames[folio].Order == HugeCounts.Order ? HugeCounts.MappedPages(frames, folio) > 0 : frames[folio].MapCount > 0;

    /// <summary>Entries that map a page, whole huge mappings included: what smaps divides by.</summary>
    public static uint MapCountOf(PageFrames frames, Pfn page)
    {
        var head = HeadOf(frames, page);
        var whole = frames[head].Order == HugeCounts.Order ? HugeCounts.WholeMappings(frames, head) : 0;
        return frames[page].MapCount + whole;
    }

    /// <summary>Moves the RSS class that pages of an owner belong to.</summary>
    public static void AddRss(MemoryDescriptor mm, FrameOwner owner, long pages)
    {
        switch (owner)
        {
            case FrameOwner.Anonymous:
                mm.RssAnonPages += (ulong)pages;
                break;
            case FrameOwner.Shmem:
                mm.RssShmemPages += (ulong)pages;
                break;
            default:
                mm.RssFilePages += (ulong)pages;
                break;
        }
    }

    /// <summary>First mapping of an anonymous page that nobody else has seen (folio_add_new_anon_rmap). Lru.Add is the caller's.</summary>
    public static void AddNewAnon(Machine machine, Pfn folio, Vma area, ulong page)
    {
        ref var frame = ref machine.Frames[folio];
        Invariant.Holds(frame.IsAnonymous && frame.Order == 0 && frame.MapCount == 0);
        SetAnon(ref frame, area, page);
        frame.Set(PageFlags.SwapBacked | PageFlags.AnonExclusive);
        frame.MapCount = 1;
        StatsOf(machine, folio).Add((int)NodeStatItem.AnonPages, 1);
    }

    /// <summary>The same for a huge folio, mapped whole. <paramref name="page"/> is its first.</summary>
    public static void AddNewAnonHuge(Machine machine, Pfn head, Vma area, ulong page)
    {
        ref var frame = ref machine.Frames[head];
        Invariant.Holds(frame.IsAnonymous && frame.Order == HugeCounts.Order);
        SetAnon(ref frame, area, page);
        frame.Set(PageFlags.SwapBacked | PageFlags.AnonExclusive);
        CountWhole(machine, head, 1);
        machine.ThpSettings.Count(ThpCount.NrAnon, 1);
    }

    /// <summary>Names the anon_vma of the area and the place in it as the folio's own (__folio_set_anon, folio_move_anon_rmap).</summary>
    public static void SetAnon(ref PageFrame frame, Vma area, ulong page)
    {
        frame.OwnerId = (uint)area.AnonVmas[^1];
        frame.Index = (uint)area.IndexOf(page);
    }

    /// <summary>One more PTE maps a page that may be mapped already, of any kind. In a locked area it is locked.</summary>
    public static void Add(Machine machine, Pfn page, Vma area)
    {
        ref var frame = ref machine.Frames[page];
        if (frame.Owner == FrameOwner.None || frame.Order != 0)
        {
            AddPageOfHuge(machine, page);
            return;
        }

        if (frame.MapCount++ == 0)
        {
            StatsOf(machine, page).Add((int)(frame.IsAnonymous ? NodeStatItem.AnonPages : NodeStatItem.Mapped), 1);
        }

        if (LocksPages(area))
        {
            machine.Lru.Lock(page);
        }
    }

    /// <summary>One more PMD entry maps a huge anonymous folio whole.</summary>
    public static void AddHuge(Machine machine, Pfn head, Vma area)
    {
        CountWhole(machine, head, 1);
        if (LocksPages(area))
        {
            machine.Lru.Lock(head);
        }
    }

    /// <summary>A child of a fork maps an anonymous page too: it is no one's alone any more (folio_try_dup_anon_rmap_pte).</summary>
    public static void ShareAnon(Machine machine, Pfn page, Vma childArea)
    {
        machine.Frames[page].Clear(PageFlags.AnonExclusive);
        Add(machine, page, childArea);
    }

    /// <summary>The same for a huge folio mapped whole (folio_try_dup_anon_rmap_pmd).</summary>
    public static void ShareAnonHuge(Machine machine, Pfn head, Vma childArea)
    {
        machine.Frames[head].Clear(PageFlags.AnonExclusive);
        AddHuge(machine, head, childArea);
    }

    /// <summary>A PTE does not map the page any more (folio_remove_rmap_pte).</summary>
    public static void Remove(Machine machine, Pfn page, Vma area)
    {
        ref var frame = ref machine.Frames[page];
        if (frame.Owner == FrameOwner.None || frame.Order != 0)
        {
            RemovePageOfHuge(machine, page);
            return;
        }

        Invariant.Holds(frame.MapCount > 0);
        if (--frame.MapCount == 0)
        {
            StatsOf(machine, page).Add((int)(frame.IsAnonymous ? NodeStatItem.AnonPages : NodeStatItem.Mapped), -1);
        }

        if (area.Has(VmaFlags.Locked))
        {
            machine.Lru.Unlock(page);
        }
    }

    /// <summary>A PMD entry does not map the huge folio any more (folio_remove_rmap_pmd).</summary>
    public static void RemoveHuge(Machine machine, Pfn head, Vma area)
    {
        CountWhole(machine, head, -1);
        if (HugeCounts.MappedPages(machine.Frames, head) is > 0 and < HugeCounts.Pages)
        {
            machine.HugeFolios.DeferSplit(head, isPartlyMapped: true);
        }

        if (area.Has(VmaFlags.Locked))
        {
            machine.Lru.Unlock(head);
        }
    }

    internal static PerCpuCounters StatsOf(Machine machine, Pfn page) =>
        machine.Allocator.Nodes[machine.Allocator.ZoneOf(page).Node].Stats;

    /// <summary>Pages mapped in an area are locked (mlock_vma_folio): huge folios only where they are mapped whole.</summary>
    internal static bool LocksPages(Vma area) => (area.Flags & (VmaFlags.Locked | Special)) == VmaFlags.Locked;

    private static void CountWhole(Machine machine, Pfn head, int change)
    {
        ref var whole = ref HugeCounts.WholeMappings(machine.Frames, head);
        var before = whole;
        whole = (uint)(before + change);
        Invariant.Holds((int)whole >= 0);
        if (before == 0 || whole == 0)
        {
            var stats = StatsOf(machine, head);
            stats.Add((int)NodeStatItem.AnonPages, HugeCounts.UpdateMappedPages(machine.Frames, head));
            stats.Add((int)NodeStatItem.AnonTransparentHugepages, change * (long)HugeCounts.Pages);
        }
    }

    private static void AddPageOfHuge(Machine machine, Pfn page)
    {
        var frames = machine.Frames;
        var head = page.AlignDown(HugeCounts.Order);
        Invariant.Holds(frames[head].IsAnonymous && frames[head].Order == HugeCounts.Order);
        if (frames[page].MapCount++ == 0)
        {
            HugeCounts.PagesMappedByPte(frames, head)++;
            StatsOf(machine, head).Add((int)NodeStatItem.AnonPages, HugeCounts.UpdateMappedPages(frames, head));
        }
    }

    private static void RemovePageOfHuge(Machine machine, Pfn page)
    {
        var frames = machine.Frames;
        var head = page.AlignDown(HugeCounts.Order);
        Invariant.Holds(frames[page].MapCount > 0);
        if (--frames[page].MapCount > 0)
        {
            return;
        }

        HugeCounts.PagesMappedByPte(frames, head)--;
        var change = HugeCounts.UpdateMappedPages(frames, head);
        StatsOf(machine, head).Add((int)NodeStatItem.AnonPages, change);
        if (change < 0 && HugeCounts.MappedPages(frames, head) > 0)
        {
            machine.HugeFolios.DeferSplit(head, isPartlyMapped: true);
        }
    }
}
