// A swap-cache folio's way to the disk.
//
// Models   Linux 6.12 mm/page_io.c: swap_writepage, swap_writepage_bdev_async, end_swap_bio_write (facts: reclaim, 6.2, 7.2).

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Swap;

internal sealed class SwapOut(Machine machine, SwapSlots slots, SwapCache cache)
{
    /// <summary>What is being gathered for the disk.</summary>
    public SwapPlug Plug { get; } = new(machine.Disks);

    /// <summary>Begins writing a folio; one of zeros is only noted.</summary>
    /// <param name="folio">In the swap cache, locked, unmapped.</param>
    public PageOutResult Write(Pfn folio)
    {
        ref var frame = ref machine.Frames[folio];
        Invariant.Holds(frame.Has(PageFlags.SwapCache) && !frame.Has(PageFlags.Writeback));
        var entry = SwapEntry.Unpack(frame.Private);
        var area = slots.AreaOf(entry);
        var pages = frame.Pages;
        frame.Clear(PageFlags.Dirty);
        area.SetZeros(entry.Offset, pages, frame.Has(PageFlags.ZeroFilled));
        if (frame.Has(PageFlags.ZeroFilled))
        {
            machine.Events.Count(VmEvent.SwpoutZero, pages);
            return PageOutResult.Clean;
        }

        machine.Events.Count(VmEvent.PSwpOut, pages);
        if (pages > 1)
        {
            machine.Events.Count(VmEvent.ThpSwpout, 1);
        }

        frame.Set(PageFlags.Writeback | PageFlags.Reclaim);
        Account(folio, pages);
        machine.Lru.Get(folio);
        Plug.Add(area, entry.Offset, pages);
        return PageOutResult.Started;
    }

    /// <summary>The disk has written a run of folios.</summary>
    public void WriteDone(in DiskRequest request)
    {
        for (var slot = (uint)request.Index; slot < request.Index + request.Pages;)
        {
            var folio = cache.Find(new SwapEntry(request.Id, slot));
            Invariant.Holds(folio != Pfn.None && machine.Frames[folio].Has(PageFlags.Writeback));
            var pages = machine.Frames[folio].Pages;
            Account(folio, -(long)pages);
            machine.Nodes[machine.Allocator.ZoneOf(folio).Node].Stats.Add((int)NodeStatItem.Written, pages);
            machine.Lru.EndWriteback(folio);
            machine.Lru.Put(folio);
            slot += pages;
        }
    }

    private void Account(Pfn folio, long pages)
    {
        var zone = machine.Allocator.ZoneOf(folio);
        machine.Nodes[zone.Node].Stats.Add((int)NodeStatItem.Writeback, pages);
        zone.Stats.Add((int)ZoneStatItem.ZoneWritePending, pages);
    }
}
