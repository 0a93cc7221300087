// Gathers what a reclaimer writes to swap, page by page, into the requests that go to the disk.
//
//   page --slot behind the last one?--> request grows --full, or the next page does not follow--> disk
//
// So of a huge folio that is split and written the first half is on its way while the second is still looked at.
//
// Invariants
//   P1  Between the steps of a task it is empty.
//
// Units    pages.
// Models   Linux 6.12 block/blk-mq.c: blk_add_rq_to_plug, blk_attempt_plug_merge; blk-merge.c: ll_new_hw_segment. A bio of one page is
//          a segment of its own, and a virtio disk takes queue size - 2 of them. A plug holds back a request until the next one
//          begins, if the request has 128 KiB, or until the plug is finished.
// Departs  it is emptied after each batch of reclaim, Linux's after a round over all lists; requests of less than 128 KiB are not
//          held back for further ones, as their disk is the same.

using VboxMem.Kernel.Block;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Swap;

internal sealed class SwapPlug(DiskQueue disks)
{
    /// <summary>Segments of a request: a virtio disk's queue has 256 descriptors (seg_max).</summary>
    private const uint MostSegments = 254;

    private readonly List<(uint Folios, SimTime Due)> _sent = new(64);
    private SwapArea? _area;
    private uint _firstSlot;
    private uint _pages;
    private uint _folios;

    /// <summary>Requests since <see cref="Begin"/>, in order: how many folios each has and when it will be done.</summary>
    public List<(uint Folios, SimTime Due)> Sent => _sent;

    public void Begin()
    {
        Invariant.Holds(_folios == 0);
        _sent.Clear();
    }

    /// <summary>Adds a folio that is to be written.</summary>
    public void Add(SwapArea area, uint slot, uint pages)
    {
        if (_folios == MostSegments || (_folios > 0 && (area != _area || slot != _firstSlot + _pages || pages > 1)))
        {
            Flush();
        }

        if (_folios == 0)
        {
            _area = area;
            _firstSlot = slot;
        }

        _pages += pages;
        _folios++;
        if (pages > 1)
        {
            Flush();
        }
    }

    /// <summary>Sends what it holds to the disk.</summary>
    public void Flush()
    {
        if (_folios == 0)
        {
            return;
        }

        var startByte = _firstSlot * (ulong)PageGeometry.PageBytes;
        var due = disks.Submit(DiskRequestKind.SwapWrite, _area!.Disk, startByte, _area.Index, _firstSlot, _pages);
        _sent.Add((_folios, due));
        (_area, _pages, _folios) = (null, 0, 0);
    }
}
