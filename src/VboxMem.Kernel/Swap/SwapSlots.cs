// Which area a slot comes from, and the slots that CPUs hold in stock.
//
// Areas of the highest priority with room serve first; those of one priority take turns, a batch of at most 64 slots each. Each
// memory node has its own order of turns.
//
// Invariants
//   S1  TotalPages is the sum of UsablePages over the writable areas.
//   S2  FreePages is that sum less the used slots of all areas; it may fall below zero while swapoff empties one.
//   S3  Every writable area is once in the order of each node, by falling priority.
//
// Units    slots of 4 KiB.
// Models   Linux 6.12 get_swap_pages, folio_alloc_swap, free_swap_slot, check_cache_active (facts: reclaim, 6.1).

using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Swap;

internal sealed class SwapSlots
{
    /// <summary>Entries have room for 32 areas; five numbers stand for other things.</summary>
    public const int MostAreas = 27;

    private const int ActivatePerCpu = 5 * SwapSlotCache.Capacity;
    private const int DeactivatePerCpu = 2 * SwapSlotCache.Capacity;
    private const int HugePages = (int)PageGeometry.PageblockPages;

    private readonly CpuContext _cpus;
    private readonly SwapSpace _space;
    private readonly SwapArea?[] _areas = new SwapArea?[MostAreas];
    private readonly List<int>[] _orders;
    private readonly SwapSlotCache[] _caches;
    private bool _isCacheActive;
    private int _leastPriority = -1;

    public SwapSlots(SwapSpace space, CpuContext cpus, int nodes)
    {
        _space = space;
        _cpus = cpus;
        _orders = new List<int>[nodes];
        for (var node = 0; node < nodes; node++)
        {
            _orders[node] = [];
        }

        _caches = new SwapSlotCache[cpus.Count];
        for (var cpu = 0; cpu < _caches.Length; cpu++)
        {
            _caches[cpu] = new SwapSlotCache();
        }
    }

    private SwapSlots(SwapSlots other, SwapSpace space, CpuContext cpus)
        : this(space, cpus, other._orders.Length)
    {
        for (var area = 0; area < MostAreas; area++)
        {
            _areas[area] = other._areas[area]?.Clone();
        }

        for (var node = 0; node < _orders.Length; node++)
        {
            _orders[node].AddRange(other._orders[node]);
        }

        for (var cpu = 0; cpu < _caches.Length; cpu++)
        {
            _caches[cpu] = other._caches[cpu].Clone();
        }

        _isCacheActive = other._isCacheActive;
        _leastPriority = other._leastPriority;
        IsCacheEnabled = other.IsCacheEnabled;
        TotalPages = other.TotalPages;
        FreePages = other.FreePages;
        RotationalAreas = other.RotationalAreas;
    }

    /// <summary>Areas by number; null where there is none.</summary>
    public ReadOnlySpan<SwapArea?> Areas => _areas;

    public ReadOnlySpan<SwapSlotCache> Caches => _caches;

    public long TotalPages { get; private set; }

    public long FreePages { get; private set; }

    /// <summary>Areas on devices that seek: while there is one, readahead goes by slots everywhere.</summary>
    public int RotationalAreas { get; private set; }

    /// <summary>CPUs may keep stocks: there is swap, and no swapoff is going on.</summary>
    public bool IsCacheEnabled { get; private set; }

    private bool UsesCaches => IsCacheEnabled && _isCacheActive;

    public SwapSlots Clone(SwapSpace space, CpuContext cpus) => new(this, space, cpus);

    public void HashInto(StateHash hash)
    {
        foreach (var area in _areas)
        {
            area?.HashInto(hash);
        }

        foreach (var order in _orders)
        {
            foreach (var area in order)
            {
                hash.Add((long)area);
            }
        }

        foreach (var cache in _caches)
        {
            cache.HashInto(hash);
        }

        hash.Add(TotalPages);
        hash.Add(FreePages);
        hash.Add(((ulong)(uint)_leastPriority << 32) | (uint)RotationalAreas);
        hash.Add(((IsCacheEnabled ? 1UL : 0) << 1) | (_isCacheActive ? 1UL : 0));
    }

    /// <summary>The area of an entry that is in use.</summary>
    public SwapArea AreaOf(SwapEntry entry)
    {
        var area = _areas[entry.Area];
        Invariant.Holds(area is not null && entry.Offset != 0 && entry.Offset < area.Slots);
        return area;
    }

    /// <summary>Number that the next area gets; -1: there are too many.</summary>
    public int FreeIndex() => Array.IndexOf(_areas, null);

    /// <summary>Puts a new area into use, or one again that swapoff could not empty.</summary>
    /// <param name="area">The area.</param>
    /// <param name="priority">0..32767, or negative: one less than the least so far.</param>
    public void Enable(SwapArea area, int priority)
    {
        if (_areas[area.Index] is null)
        {
            _areas[area.Index] = area;
            RotationalAreas += area.IsRotational ? 1 : 0;
        }

        area.Priority = priority >= 0 ? priority : --_leastPriority;
        area.IsWritable = true;
        TotalPages += area.UsablePages;
        FreePages += area.UsablePages;
        foreach (var order in _orders)
        {
            InsertByPriority(order, area);
        }

        IsCacheEnabled = true;
    }

    /// <summary>Hands no more slots of an area out: swapoff begins. The stocks of the CPUs are given up.</summary>
    public void Disable(SwapArea area)
    {
        foreach (var order in _orders)
        {
            order.Remove(area.Index);
        }

        if (area.Priority < 0)
        {
            foreach (var other in _areas)
            {
                if (other is { IsWritable: true } && other.Priority < area.Priority)
                {
                    other.Priority++;
                }
            }

            _leastPriority++;
        }

        TotalPages -= area.UsablePages;
        FreePages -= area.UsablePages;
        area.IsWritable = false;
        IsCacheEnabled = false;
        DrainCaches();
    }

    /// <summary>Ends a swapoff: stocks are kept again while an area is left; the emptied one is gone.</summary>
    public void Remove(SwapArea area)
    {
        Invariant.Holds(!area.IsWritable && area.UsedSlots == 0);
        _areas[area.Index] = null;
        RotationalAreas -= area.IsRotational ? 1 : 0;
        IsCacheEnabled = Array.Exists(_areas, static other => other is { IsWritable: true });
    }

    /// <summary>Hands out a slot for a single page (folio_alloc_swap).</summary>
    public bool TryTake(out SwapEntry entry)
    {
        if (IsCacheUsable())
        {
            var cache = _caches[_cpus.Current];
            if (cache.TryTake(out entry))
            {
                return true;
            }

            cache.Refilled(Take(cache.RoomForRefill));
            if (cache.TryTake(out entry))
            {
                return true;
            }
        }

        Span<SwapEntry> one = stackalloc SwapEntry[1];
        var found = Take(one) == 1;
        entry = found ? one[0] : SwapEntry.None;
        return found;
    }

    /// <summary>Hands out 512 slots in a row for a huge folio; none where slots are not kept in clusters.</summary>
    public bool TryTakeHuge(out SwapEntry entry)
    {
        entry = SwapEntry.None;
        var order = _orders[_cpus.CurrentNode];
        if (FreePages < HugePages)
        {
            return false;
        }

        foreach (var index in order)
        {
            if (_areas[index] is { FreeSlots: > 0 } area)
            {
                Requeue(order, area);   // the first one alone is asked
                if (area.Clusters is null || !area.Clusters.TryTakeHuge(area, _space, _cpus.Current, out entry))
                {
                    return false;
                }

                FreePages -= HugePages;
                return true;
            }
        }

        return false;
    }

    /// <summary>A slot with neither entries nor a cached folio, but with its cache bit: to this CPU's stock, or freed (free_swap_slot).</summary>
    public void Return(SwapEntry entry)
    {
        if (!UsesCaches)
        {
            Release(entry, 1);
            return;
        }

        var cache = _caches[_cpus.Current];
        if (cache.IsFullOfReturns)
        {
            ReleaseReturned(cache);
        }

        cache.Return(entry);
    }

    /// <summary>Frees slots that only the cache bit holds, and what the cache remembers of their pages.</summary>
    public void Release(SwapEntry first, uint count)
    {
        AreaOf(first).Release(first.Offset, count);
        FreePages += count;
        _space.ForgetShadows(first, count);
    }

    /// <summary>Gives all slots in stock back (drain_slots_cache_cpu).</summary>
    public void DrainCaches()
    {
        foreach (var cache in _caches)
        {
            foreach (var entry in cache.Stock)
            {
                Release(entry, 1);
            }

            cache.ClearStock();
            ReleaseReturned(cache);
        }
    }

    /// <summary>Stocks are kept while swap is plentiful: begun above 320 slots for each CPU, given up below 128.</summary>
    private bool IsCacheUsable()
    {
        if (!IsCacheEnabled)
        {
            return false;
        }

        if (!_isCacheActive)
        {
            _isCacheActive = FreePages > (long)_cpus.Count * ActivatePerCpu;
        }
        else if (FreePages < (long)_cpus.Count * DeactivatePerCpu)
        {
            _isCacheActive = false;
            DrainCaches();
        }

        return _isCacheActive;
    }

    /// <summary>Takes single slots out of the first area that has any (get_swap_pages).</summary>
    private int Take(Span<SwapEntry> entries)
    {
        if (FreePages <= 0)
        {
            return 0;
        }

        entries = entries[..(int)Math.Min(entries.Length, FreePages)];
        var order = _orders[_cpus.CurrentNode];
        for (var tries = order.Count; tries > 0; tries--)
        {
            if (FirstWithRoom(order) is not { } area)
            {
                return 0;
            }

            Requeue(order, area);
            var taken = area.NextFit is { } nextFit
                ? nextFit.Take(area, _space, entries)
                : area.Clusters!.Take(area, _space, _cpus.Current, entries);
            if (taken > 0)
            {
                FreePages -= taken;
                return taken;
            }
        }

        return 0;
    }

    private SwapArea? FirstWithRoom(List<int> order)
    {
        foreach (var index in order)
        {
            if (_areas[index] is { FreeSlots: > 0 } area)
            {
                return area;
            }
        }

        return null;
    }

    /// <summary>Behind the others of its priority: the next batch is their turn.</summary>
    private void Requeue(List<int> order, SwapArea area)
    {
        order.Remove(area.Index);
        InsertByPriority(order, area);
    }

    private void InsertByPriority(List<int> order, SwapArea area)
    {
        var at = 0;
        while (at < order.Count && _areas[order[at]]!.Priority >= area.Priority)
        {
            at++;
        }

        order.Insert(at, area.Index);
    }

    private void ReleaseReturned(SwapSlotCache cache)
    {
        foreach (var entry in cache.Returned)
        {
            Release(entry, 1);
        }

        cache.ClearReturned();
    }
}
