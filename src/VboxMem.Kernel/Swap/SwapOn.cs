// Swap areas come into use and go out of it, with the kernel memory they need.
//
// Models   Linux 6.12 swapon and the end of swapoff (facts: reclaim, 6.1, 6.5).

using VboxMem.Kernel.Log;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Swap;

internal sealed class SwapOn
{
    private const int HighestPriority = short.MaxValue;

    /// <summary>mkswap makes nothing smaller.</summary>
    private const uint LeastSlots = 10;

    private readonly Machine _machine;
    private readonly SwapSlots _slots;
    private readonly SwapCache _cache;
    private readonly SwapAreaMemory?[] _memory;
    private SwapAreaMemory? _stocks;

    public SwapOn(Machine machine, SwapSlots slots, SwapCache cache)
    {
        _machine = machine;
        _slots = slots;
        _cache = cache;
        _memory = new SwapAreaMemory?[SwapSlots.MostAreas];
    }

    public SwapOn Clone(Machine machine, SwapSlots slots, SwapCache cache)
    {
        var copy = new SwapOn(machine, slots, cache) { _stocks = _stocks?.Clone() };
        for (var area = 0; area < _memory.Length; area++)
        {
            copy._memory[area] = _memory[area]?.Clone();
        }

        return copy;
    }

    public void HashInto(StateHash hash)
    {
        foreach (var memory in _memory)
        {
            memory?.HashInto(hash);
        }

        _stocks?.HashInto(hash);
    }

    /// <summary>The kernel memory of all areas, and of the CPUs' stocks; for the audit.</summary>
    public IEnumerable<SwapAreaMemory> Memory
    {
        get
        {
            foreach (var memory in _memory)
            {
                if (memory is not null)
                {
                    yield return memory;
                }
            }

            if (_stocks is not null)
            {
                yield return _stocks;
            }
        }
    }

    /// <summary>See <see cref="SwapSpace.TrySwapOn"/>.</summary>
    public bool TryEnable(int disk, int priority)
    {
        var index = _slots.FreeIndex();
        if ((uint)disk >= (uint)_machine.Disks.Disks.Length || index < 0 || IsSwap(disk))
        {
            return false;
        }

        var configuration = _machine.Disks.Disks[disk].Configuration;
        if (configuration.Bytes / PageGeometry.PageBytes < LeastSlots)
        {
            return false;
        }

        var area = new SwapArea(index, disk, configuration, priority);
        var memory = new SwapAreaMemory();
        if (!memory.TryAllocate(_machine, area.Slots, hasClusters: !area.IsRotational))
        {
            return false;
        }

        if (_stocks is null)
        {
            var stocks = new SwapAreaMemory();
            _stocks = stocks.TryAllocateStocks(_machine) ? stocks : null;
        }

        _memory[index] = memory;
        _cache.AddArea(area);
        _slots.Enable(area, Math.Min(priority, HighestPriority));
        var kilobytes = (ulong)area.UsablePages * (PageGeometry.PageBytes / 1024);
        _machine.Log.Print(
            (long)_machine.Cpus.Now.Nanoseconds,
            LogLevel.Info,
            $"Adding {kilobytes}k swap on {area.Name}.  Priority:{area.Priority} extents:1 across:{kilobytes}k {(area.IsRotational ? "" : "SS")}");
        return true;
    }

    /// <summary>An area has been emptied: it is gone, and its memory free.</summary>
    public void Remove(SwapArea area)
    {
        _slots.Remove(area);
        _cache.RemoveArea(area);
        _memory[area.Index]!.Free(_machine);
        _memory[area.Index] = null;
    }

    private bool IsSwap(int disk)
    {
        foreach (var area in _slots.Areas)
        {
            if (area?.Disk == disk)
            {
                return true;
            }
        }

        return false;
    }
}
