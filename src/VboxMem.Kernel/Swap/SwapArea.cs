// One swap area: a disk cut into page-sized slots, and for each slot how many entries name it.
//
// A slot's word: [ 15: in the swap cache | 14: unusable | 13..0: entries ]. Zero is a free slot. Slot 0, the header, is unusable.
// A slot with the cache bit and neither entries nor a cached folio is parked: handed out to a CPU's SwapSlotCache, or given back
// to it and not yet returned here.
//
// Invariants
//   A1  UsedSlots is the number of slots whose word is not zero, the header not counted.
//   A2  Every free slot lies in LowestFree..HighestFree; HighestFree is 0 when none is free.
//   A3  A free slot has its zero bit clear.
//
// Units    slots of 4 KiB.
// Models   Linux 6.12 struct swap_info_struct, swap_range_alloc, swap_range_free, swap_zeromap_* (facts: reclaim, 6.1, 6.2).
// Departs  a word counts to 16383 by itself where Linux continues its 6-bit counts in extra pages; no area has bad slots.

using VboxMem.Kernel.Block;

namespace VboxMem.Kernel.Swap;

public sealed class SwapArea
{
    /// <summary>Bit of a slot's word: the swap cache, or a CPU's slot cache, has it.</summary>
    internal const ushort InCache = 1 << 15;

    private const ushort Unusable = 1 << 14;
    private const ushort EntriesMask = Unusable - 1;

    private readonly ushort[] _slots;
    private readonly ulong[] _zeros;

    internal SwapArea(int index, int disk, DiskConfiguration configuration, int priority)
    {
        Index = index;
        Disk = disk;
        Name = "/dev/" + configuration.Name;
        Slots = (uint)(configuration.Bytes / Physical.PageGeometry.PageBytes);
        IsRotational = configuration.IsRotational;
        Priority = priority;
        _slots = new ushort[Slots];
        _zeros = new ulong[(Slots + 63) / 64];
        _slots[0] = Unusable;
        (LowestFree, HighestFree) = (1, Slots - 1);
        if (IsRotational)
        {
            NextFit = new NextFitSlots();
        }
        else
        {
            Clusters = new SwapClusters(Slots);
        }
    }

    private SwapArea(SwapArea other)
    {
        Index = other.Index;
        Disk = other.Disk;
        Name = other.Name;
        Slots = other.Slots;
        IsRotational = other.IsRotational;
        Priority = other.Priority;
        IsWritable = other.IsWritable;
        UsedSlots = other.UsedSlots;
        (LowestFree, HighestFree) = (other.LowestFree, other.HighestFree);
        _slots = (ushort[])other._slots.Clone();
        _zeros = (ulong[])other._zeros.Clone();
        NextFit = other.NextFit?.Clone();
        Clusters = other.Clusters?.Clone();
    }

    /// <summary>Number of the area in swap entries.</summary>
    public int Index { get; }

    /// <summary>The disk it is on, all of which it takes.</summary>
    public int Disk { get; }

    /// <summary>Path of its device.</summary>
    public string Name { get; }

    /// <summary>Slots of the device, the header among them.</summary>
    public uint Slots { get; }

    /// <summary>Slots that can hold pages.</summary>
    public uint UsablePages => Slots - 1;

    /// <summary>Slots not free: with pages, in the swap cache, or parked at a CPU.</summary>
    public uint UsedSlots { get; private set; }

    public uint FreeSlots => UsablePages - UsedSlots;

    public int Priority { get; internal set; }

    /// <summary>Slots may be handed out. False while swapoff empties it.</summary>
    public bool IsWritable { get; internal set; } = true;

    /// <summary>Seeking costs: slots are filled next to each other and read ahead by neighbourhood.</summary>
    public bool IsRotational { get; }

    internal uint LowestFree { get; private set; }

    internal uint HighestFree { get; private set; }

    /// <summary>How slots are chosen where seeking costs; else null.</summary>
    internal NextFitSlots? NextFit { get; }

    /// <summary>How slots are chosen where it does not; else null.</summary>
    internal SwapClusters? Clusters { get; }

    internal SwapArea Clone() => new(this);

    internal void HashInto(StateHash hash)
    {
        hash.Add(((ulong)(uint)Index << 32) | (uint)Disk);
        hash.Add(((ulong)(uint)Priority << 1) | (IsWritable ? 1UL : 0));
        hash.Add(((ulong)LowestFree << 32) | HighestFree);
        hash.Add((ulong)UsedSlots);
        hash.Add<ushort>(_slots);
        hash.Add<ulong>(_zeros);
        NextFit?.HashInto(hash);
        Clusters?.HashInto(hash);
    }

    internal bool IsFree(uint slot) => _slots[slot] == 0;

    /// <summary>Nothing but the swap cache, or a CPU, has it.</summary>
    internal bool IsCacheOnly(uint slot) => _slots[slot] == InCache;

    internal bool IsInCache(uint slot) => (_slots[slot] & InCache) != 0;

    /// <summary>Entries that name a slot; 0 for the header.</summary>
    internal int EntriesOf(uint slot) => _slots[slot] & EntriesMask;

    /// <summary>True when nothing but the cache holds any of these slots.</summary>
    internal bool AreCacheOnly(uint first, uint count)
    {
        foreach (var word in _slots.AsSpan((int)first, (int)count))
        {
            if (word != InCache)
            {
                return false;
            }
        }

        return true;
    }

    internal void AddEntry(uint slot)
    {
        Invariant.Holds(_slots[slot] != 0 && (_slots[slot] & EntriesMask) < EntriesMask && (_slots[slot] & Unusable) == 0);
        _slots[slot]++;
    }

    internal void RemoveEntry(uint slot)
    {
        Invariant.Holds((_slots[slot] & EntriesMask) > 0);
        _slots[slot]--;
    }

    /// <summary>A folio enters the swap cache over a slot that has entries.</summary>
    internal void EnterCache(uint slot)
    {
        Invariant.Holds((_slots[slot] & InCache) == 0 && EntriesOf(slot) > 0);
        _slots[slot] |= InCache;
    }

    /// <summary>The slot's folio leaves the swap cache.</summary>
    /// <returns>True when no entry names the slot either. It is parked then: the cache bit stays.</returns>
    internal bool LeaveCache(uint slot)
    {
        Invariant.Holds((_slots[slot] & InCache) != 0);
        if (_slots[slot] == InCache)
        {
            return true;
        }

        _slots[slot] &= unchecked((ushort)~InCache);
        return false;
    }

    /// <summary>A slot without entries and without a folio waits at a CPU to be freed.</summary>
    internal void Park(uint slot)
    {
        Invariant.Holds(_slots[slot] == 0);
        _slots[slot] = InCache;
    }

    /// <summary>Hands out free slots, for the cache (swap_range_alloc).</summary>
    internal void Take(uint first, uint count)
    {
        foreach (ref var word in _slots.AsSpan((int)first, (int)count))
        {
            Invariant.Holds(word == 0);
            word = InCache;
        }

        UsedSlots += count;
        if (first == LowestFree)
        {
            LowestFree += count;
        }

        if (first + count - 1 == HighestFree)
        {
            HighestFree -= count;
        }

        if (UsedSlots == UsablePages)
        {
            (LowestFree, HighestFree) = (Slots, 0);
        }
    }

    /// <summary>Takes slots back that nothing but the cache bit holds (swap_range_free).</summary>
    internal void Release(uint first, uint count)
    {
        foreach (ref var word in _slots.AsSpan((int)first, (int)count))
        {
            Invariant.Holds(word == InCache);
            word = 0;
        }

        Clusters?.Release(first, count);
        UsedSlots -= count;
        LowestFree = Math.Min(LowestFree, first);
        HighestFree = Math.Max(HighestFree, first + count - 1);
        SetZeros(first, count, isZero: false);
    }

    /// <summary>Remembers that a folio of zeros is in these slots, or that it is not (the area's zero map).</summary>
    internal void SetZeros(uint first, uint count, bool isZero)
    {
        for (var slot = first; slot < first + count; slot++)
        {
            var bit = 1UL << (int)(slot % 64);
            if (isZero)
            {
                _zeros[slot / 64] |= bit;
            }
            else
            {
                _zeros[slot / 64] &= ~bit;
            }
        }
    }

    internal bool IsZero(uint slot) => (_zeros[slot / 64] & (1UL << (int)(slot % 64))) != 0;

    /// <summary>The first slot from one on that is not free; 0 when there is none (find_next_to_unuse).</summary>
    internal uint NextUsed(uint from)
    {
        var found = _slots.AsSpan((int)from).IndexOfAnyExcept((ushort)0);
        return found < 0 ? 0 : from + (uint)found;
    }

    /// <summary>The first free slot in a range; its end when there is none.</summary>
    internal uint NextFree(uint from, uint end)
    {
        var found = _slots.AsSpan((int)from, (int)(end - from)).IndexOf((ushort)0);
        return found < 0 ? end : from + (uint)found;
    }

    /// <summary>The first slot in a range that is not free; its end when all are.</summary>
    internal uint NextUsed(uint from, uint end)
    {
        var found = _slots.AsSpan((int)from, (int)(end - from)).IndexOfAnyExcept((ushort)0);
        return found < 0 ? end : from + (uint)found;
    }
}
