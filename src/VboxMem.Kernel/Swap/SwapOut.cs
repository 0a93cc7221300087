// A swap-cache folio's way to the disk.
//
// Models   Linux 6.12 mm/page_io.c: swap_writepage, swap_writepage_bdev_async, end_swap_bio_write (facts: reclaim, 6.2, 7.2).
// Departs  each folio is a request of its own; the disk merges none, but neighbours cost no seek.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Swap;

internal sealed class SwapOut(Machine machine, SwapSlots slots, SwapCache cache)
{
    /// <summary>Begins writing a folio; one of zeros is only noted.</summary>
    /// <param name="folio">In the swap cache, locked, unmapped.</param>
    /// <param name="due">When a write that was started will be complete.</param>
    public PageOutResult Write(Pfn folio, out SimTime due)
    {
        due = default;
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
        due = machine.Disks.Submit(
            DiskRequestKind.SwapWrite, area.Disk, entry.Offset * (ulong)PageGeometry.PageBytes, area.Index, entry.Offset, pages);
        return PageOutResult.Started;
    }

    /// <summary>The disk has written a folio.</summary>
    public void WriteDone(in DiskRequest request)
    {
        var folio = cache.Find(new SwapEntry(request.Id, (uint)request.Index));
        Invariant.Holds(folio != Pfn.None && machine.Frames[folio].Has(PageFlags.Writeback) && machine.Frames[folio].Pages == request.Pages);
        Account(folio, -(long)request.Pages);
        machine.Nodes[machine.Allocator.ZoneOf(folio).Node].Stats.Add((int)NodeStatItem.Written, request.Pages);
        machine.Lru.EndWriteback(folio);
        machine.Lru.Put(folio);
    }

    private void Account(Pfn folio, long pages)
    {
        var zone = machine.Allocator.ZoneOf(folio);
        machine.Nodes[zone.Node].Stats.Add((int)NodeStatItem.Writeback, pages);
        zone.Stats.Add((int)ZoneStatItem.ZoneWritePending, pages);
    }
}
