// Swap areas come into use and go out of it, with the kernel memory they need.
//
// Models   Linux 6.12 swapon and the end of swapoff (facts: reclaim, 6.1, 6.5).
// Departs  every disk that is not mounted carries the header that mkswap writes, and it is not read. There are no swap files.

using VboxMem.Kernel.Log;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

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

    /// <summary>Does a task's swapon. Path is the disk's file, A the priority.</summary>
    public SystemCallError Enable(Process task)
    {
        var disk = DiskOf(task.Request.Path!);
        return disk < 0 ? SystemCallError.NoEntry : Enable(disk, (int)(long)task.Request.A);
    }

    /// <summary>Puts a disk into use. With a task's allocation pending, nothing has changed and it is to be done again.</summary>
    /// <param name="disk">Index of a disk.</param>
    /// <param name="priority">See <see cref="SwapSpace.TrySwapOn"/>.</param>
    public SystemCallError Enable(int disk, int priority)
    {
        if (IsSwap(disk) || _machine.FileSystems.IsMounted(disk))
        {
            return SystemCallError.Busy;
        }

        var index = _slots.FreeIndex();
        var configuration = _machine.Disks.Disks[disk].Configuration;
        if (index < 0 || configuration.Bytes / PageGeometry.PageBytes < LeastSlots)
        {
            return index < 0 ? SystemCallError.NotPermitted : SystemCallError.Invalid;
        }

        var area = new SwapArea(index, disk, configuration, priority);
        var memory = new SwapAreaMemory();
        if (!memory.TryAllocate(_machine, area.Slots, hasClusters: !area.IsRotational) || !TryMakeStocks(memory))
        {
            return SystemCallError.NoMemory;
        }

        _memory[index] = memory;
        _cache.AddArea(area);
        _slots.Enable(area, Math.Min(priority, HighestPriority));
        var kilobytes = (ulong)area.UsablePages * (PageGeometry.PageBytes / 1024);
        _machine.Log.Print(
            (long)_machine.Cpus.Now.Nanoseconds,
            LogLevel.Info,
            $"Adding {kilobytes}k swap on {area.Name}.  Priority:{area.Priority} extents:1 across:{kilobytes}k {(area.IsRotational ? "" : "SS")}");
        return SystemCallError.None;
    }

    /// <summary>The disk behind a path such as /dev/vdb; -1: there is none.</summary>
    public int DiskOf(string path)
    {
        const string devices = "/dev/";
        var disks = _machine.Disks.Disks;
        for (var disk = 0; disk < disks.Length; disk++)
        {
            if (path.StartsWith(devices, StringComparison.Ordinal) && path.AsSpan(devices.Length).SequenceEqual(disks[disk].Configuration.Name))
            {
                return disk;
            }
        }

        return -1;
    }

    /// <summary>The area on a disk; null: none.</summary>
    public SwapArea? AreaOn(int disk)
    {
        foreach (var area in _slots.Areas)
        {
            if (area?.Disk == disk)
            {
                return area;
            }
        }

        return null;
    }

    /// <summary>An area has been emptied: it is gone, and its memory free.</summary>
    public void Remove(SwapArea area)
    {
        _slots.Remove(area);
        _cache.RemoveArea(area);
        _memory[area.Index]!.Free(_machine);
        _memory[area.Index] = null;
    }

    /// <summary>Makes the CPUs' stocks with the first area; without memory there are none.</summary>
    /// <returns>False, with the area's memory given back, where the task is to try again.</returns>
    private bool TryMakeStocks(SwapAreaMemory memory)
    {
        if (_stocks is not null)
        {
            return true;
        }

        var stocks = new SwapAreaMemory();
        _stocks = stocks.TryAllocateStocks(_machine) ? stocks : null;
        if (_machine.Scheduler.CurrentTask is not { Allocation.IsPending: true })
        {
            return true;
        }

        memory.Free(_machine);
        return false;
    }

    private bool IsSwap(int disk) => AreaOn(disk) is not null;
}
