// How slots of a device that seeks are chosen: runs of 512 slots, each from where an empty run of that length was first found, and
// on from there, so that what is swapped out together lies together.
//
// Invariants
//   N1  The search for a first slot goes from _next around to _next again: a free slot is found wherever it lies.
//
// Units    slots.
// Models   Linux 6.12 scan_swap_map_slots for areas without clusters (facts: reclaim, 6.1).
// Departs  a search never pauses to let others run, so it never ends early for having looked at many slots.

namespace VboxMem.Kernel.Swap;

internal sealed class NextFitSlots
{
    /// <summary>Slots of a run (SWAPFILE_CLUSTER).</summary>
    private const uint RunSlots = 512;

    private uint _next = 1;
    private uint _leftInRun;

    public NextFitSlots Clone() => new() { _next = _next, _leftInRun = _leftInRun };

    public void HashInto(StateHash hash) => hash.Add(((ulong)_next << 32) | _leftInRun);

    /// <summary>Takes up to so many single slots: the first wherever it is, the others behind it.</summary>
    /// <returns>How many were found.</returns>
    public int Take(SwapArea area, SwapSpace space, Span<SwapEntry> entries)
    {
        if (area.HighestFree == 0 || !TryFind(area, space, BeginSearch(area), out var slot))
        {
            return 0;
        }

        for (var taken = 0; ;)
        {
            area.Take(slot, 1);
            entries[taken++] = new SwapEntry(area.Index, slot);
            _next = slot + 1;
            if (taken == entries.Length || slot >= area.HighestFree)
            {
                return taken;
            }

            slot = area.NextFree(slot + 1, area.HighestFree + 1);
            if (slot > area.HighestFree)
            {
                return taken;   // HighestFree bounds the free slots; it need not be one itself
            }

            _leftInRun -= Math.Min(_leftInRun, 1);
        }
    }

    /// <summary>Where to search from: on in the run, or at a new one.</summary>
    private uint BeginSearch(SwapArea area)
    {
        if (_leftInRun > 0)
        {
            _leftInRun--;
            return _next;
        }

        _leftInRun = RunSlots - 1;
        if (area.FreeSlots < RunSlots)
        {
            return _next;
        }

        return TryFindRun(area, out var first) ? first : area.LowestFree;
    }

    /// <summary>The first empty run, aligned or not.</summary>
    private static bool TryFindRun(SwapArea area, out uint first)
    {
        first = area.LowestFree;
        while (first + RunSlots - 1 <= area.HighestFree)
        {
            var used = area.NextUsed(first, first + RunSlots);
            if (used == first + RunSlots)
            {
                return true;
            }

            first = area.NextFree(used + 1, area.HighestFree + 1);
        }

        return false;
    }

    /// <summary>The first slot from here on, around the end if need be, that is free or can be made so.</summary>
    private static bool TryFind(SwapArea area, SwapSpace space, uint start, out uint slot)
    {
        if (start > area.HighestFree)
        {
            start = area.LowestFree;
        }

        return TryFind(area, space, start, area.HighestFree + 1, out slot) || TryFind(area, space, area.LowestFree, start, out slot);
    }

    /// <remarks>When swap is full, a slot that only the swap cache has is freed and used.</remarks>
    private static bool TryFind(SwapArea area, SwapSpace space, uint start, uint end, out uint slot)
    {
        slot = start;
        if (!space.IsFull)
        {
            slot = start < end ? area.NextFree(start, end) : end;
            return slot < end;
        }

        for (; slot < end; slot++)
        {
            if (area.IsFree(slot) || (area.IsCacheOnly(slot) && space.TryReclaimSlot(new SwapEntry(area.Index, slot))))
            {
                return true;
            }
        }

        return false;
    }
}
