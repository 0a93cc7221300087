// What two machines are compared by: all that decides what becomes of one, in one order.

namespace VboxMem.Kernel;

public sealed partial class Machine
{
    /// <summary>
    /// Fingerprint of what is counted and of all tasks, of nanoseconds of CPU time too: cheap, and two machines that have done different
    /// things will hardly have the same. <see cref="ComputeStateHash"/> has the rest.
    /// </summary>
    public ulong ComputeTraceHash()
    {
        var hash = new StateHash();
        Events.HashInto(hash);
        Tunables.HashInto(hash);
        Processes.HashInto(hash);
        Timeline.HashInto(hash);
        CpuTimes.HashInto(hash);
        Stalls.HashInto(hash);
        Disks.HashInto(hash);
        ThpSettings.HashInto(hash);
        MmSettings.HashInto(hash);
        KernelSettings.HashInto(hash);
        hash.Add(Log.NextSequence);
        hash.Add(HasPanicked);
        return hash.Value;
    }

    /// <summary>Fingerprint of the whole state.</summary>
    public ulong ComputeStateHash()
    {
        var hash = new StateHash();
        hash.Add((long)Cpus.Current);
        Frames.HashInto(hash);
        Events.HashInto(hash);
        Tunables.HashInto(hash);
        foreach (var node in _nodes)
        {
            node.HashInto(hash);
        }

        Slabs.HashInto(hash);
        Vmalloc.HashInto(hash);
        Processes.HashInto(hash);
        HugePages.HashInto(hash);
        Timeline.HashInto(hash);
        CpuTimes.HashInto(hash);
        Stalls.HashInto(hash);
        Scheduler.HashInto(hash);
        Disks.HashInto(hash);
        Lru.HashInto(hash);
        Shrinkers.HashInto(hash);
        SlowPath.HashInto(hash);
        foreach (var kswapd in Kswapds)
        {
            kswapd.HashInto(hash);
        }

        HashCompaction(hash);

        Memory.HashInto(hash);
        ReverseMap.HashInto(hash);
        HugeFolios.HashInto(hash);
        PageCache.HashInto(hash);
        FileSystems.HashInto(hash);
        Swap.HashInto(hash);
        Sockets.HashInto(hash);
        ServiceTimes.HashInto(hash);
        Dirty.HashInto(hash);
        foreach (var flusher in Flushers)
        {
            flusher.HashInto(hash);
        }

        LaptopMode.HashInto(hash);

        OomReaper.HashInto(hash);
        hash.Add(HasPanicked);
        Load.HashInto(hash);
        HashLog(hash);
        LogLimits.HashInto(hash);
        ThpSettings.HashInto(hash);
        MmSettings.HashInto(hash);
        KernelSettings.HashInto(hash);
        Streams.HashInto(hash);
        for (var cpu = 0; cpu < Cpus.Count; cpu++)
        {
            hash.Add(TimerInterruptsOf(cpu));
        }

        hash.Add(Allocator.FailInjection.IsArmed);
        hash.Add(Allocator.FailInjection.RequestsLeft);
        return hash.Value;
    }

    private void HashCompaction(StateHash hash)
    {
        foreach (var kcompactd in Kcompactds)
        {
            kcompactd.HashInto(hash);
        }

        foreach (var hints in CompactionHints)
        {
            hints.HashInto(hash);
        }
    }

    private void HashLog(StateHash hash)
    {
        hash.Add(Log.NextSequence);
        foreach (var record in Log.RecordsFrom(0))
        {
            hash.Add(record.Nanoseconds);
            hash.Add(((ulong)record.Facility << 8) | (ulong)record.Level);
            hash.Add(record.Text);
        }
    }
}
