// Swap readahead by neighbourhood on the device, for devices that seek: the aligned block of slots around the one at fault.
//
// Invariants
//   C1  The slot at fault lies in the planned block; slot 0, the header, never does.
//
// Units    slots.
// Models   Linux 6.12 swapin_nr_pages, swap_cluster_readahead (facts: reclaim, 6.3).

namespace VboxMem.Kernel.Swap;

/// <summary>Slots to read.</summary>
/// <param name="FirstSlot">The first.</param>
/// <param name="EndSlot">One past the last.</param>
public readonly record struct SlotRange(ulong FirstSlot, ulong EndSlot);

/// <summary>What the machine remembers of its swap faults, over all areas. Plain data; starts as <see cref="AtBoot"/>.</summary>
public struct ClusterSwapReadahead
{
    private uint _hits;
    private uint _previousPages;
    private ulong _previousSlot;

    public static ClusterSwapReadahead AtBoot => new() { _hits = SwapReadahead.InitialHits };

    /// <summary>A fault found a page with the readahead mark in the swap cache.</summary>
    public void NoteReadaheadHit() => _hits++;

    /// <summary>A fault has to read a slot: the block to read. A block of one slot is the slot alone.</summary>
    /// <param name="slot">Slot at fault, not 0.</param>
    /// <param name="pageCluster">vm.page-cluster.</param>
    /// <param name="areaSlots">Slots of the area, the header included.</param>
    public SlotRange PlanFault(ulong slot, int pageCluster, ulong areaSlots)
    {
        var most = 1u << pageCluster;
        if (most == 1)
        {
            return new SlotRange(slot, slot + 1);
        }

        var pages = SwapReadahead.WindowPages(_previousSlot, slot, _hits, most, _previousPages);
        if (_hits == 0)
        {
            _previousSlot = slot;
        }

        _hits = 0;
        _previousPages = pages;
        var first = slot & ~(pages - 1UL);
        return new SlotRange(Math.Max(first, 1), Math.Min(first + pages, areaSlots));
    }

    public readonly void HashInto(StateHash hash)
    {
        hash.Add(_hits | ((ulong)_previousPages << 32));
        hash.Add(_previousSlot);
    }
}
