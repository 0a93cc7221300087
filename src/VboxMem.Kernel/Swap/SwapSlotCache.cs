// A CPU's private stock of swap slots: 64 to hand out, and room for 64 given back, so that the areas are asked for many at once.
// All of them count as used.
//
// Units    slots of 4 KiB.
// Models   Linux 6.12 mm/swap_slots.c (facts: reclaim, 6.1).

namespace VboxMem.Kernel.Swap;

internal sealed class SwapSlotCache
{
    /// <summary>Slots of either kind (SWAP_SLOTS_CACHE_SIZE).</summary>
    public const int Capacity = 64;

    private readonly SwapEntry[] _stock = new SwapEntry[Capacity];
    private readonly SwapEntry[] _returned = new SwapEntry[Capacity];
    private int _first;
    private int _stocked;
    private int _returnedCount;

    /// <summary>Slots to be handed out.</summary>
    public ReadOnlySpan<SwapEntry> Stock => _stock.AsSpan(_first, _stocked);

    /// <summary>Slots given back.</summary>
    public ReadOnlySpan<SwapEntry> Returned => _returned.AsSpan(0, _returnedCount);

    public bool IsFullOfReturns => _returnedCount == Capacity;

    /// <summary>Where a refill of an empty stock is written to; say how many with <see cref="Refilled"/>.</summary>
    public Span<SwapEntry> RoomForRefill
    {
        get
        {
            Invariant.Holds(_stocked == 0);
            return _stock;
        }
    }

    public void Refilled(int count) => (_first, _stocked) = (0, count);

    public bool TryTake(out SwapEntry entry)
    {
        if (_stocked == 0)
        {
            entry = SwapEntry.None;
            return false;
        }

        entry = _stock[_first++];
        _stocked--;
        return true;
    }

    public void Return(SwapEntry entry) => _returned[_returnedCount++] = entry;

    public void ClearStock() => _stocked = 0;

    public void ClearReturned() => _returnedCount = 0;

    public SwapSlotCache Clone()
    {
        var copy = new SwapSlotCache { _first = _first, _stocked = _stocked, _returnedCount = _returnedCount };
        _stock.CopyTo(copy._stock, 0);
        _returned.CopyTo(copy._returned, 0);
        return copy;
    }

    public void HashInto(StateHash hash)
    {
        hash.Add(((ulong)_stocked << 32) | (uint)_returnedCount);
        foreach (var entry in Stock)
        {
            hash.Add((ulong)entry.Packed);
        }

        foreach (var entry in Returned)
        {
            hash.Add((ulong)entry.Packed);
        }
    }
}
