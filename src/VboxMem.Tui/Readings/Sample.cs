// What the graphs are made of: the figures of one moment, taken each second.
//
// Units   pages of 4 KiB for sizes that Linux counts in pages, kB for those of meminfo, microseconds for pressure, ticks of 10 ms for
//         CPU time. Counters are since boot: a graph shows differences.

using VboxMem.Tools.Parsing;

namespace VboxMem.Tui.Readings;

/// <summary>The figures of one moment. A figure whose file is missing is 0.</summary>
public sealed record Sample
{
    /// <summary>Since boot.</summary>
    public required TimeSpan At { get; init; }

    public ulong TotalKilobytes { get; init; }

    public ulong FreeKilobytes { get; init; }

    public ulong AvailableKilobytes { get; init; }

    public ulong BuffersKilobytes { get; init; }

    public ulong CachedKilobytes { get; init; }

    public ulong ShmemKilobytes { get; init; }

    public ulong SlabKilobytes { get; init; }

    public ulong AnonKilobytes { get; init; }

    public ulong SwapTotalKilobytes { get; init; }

    public ulong SwapUsedKilobytes { get; init; }

    public ulong DirtyKilobytes { get; init; }

    /// <summary>Of all zones together; the marks with their boost.</summary>
    public ulong FreePages { get; init; }

    public ulong MinPages { get; init; }

    public ulong LowPages { get; init; }

    public ulong HighPages { get; init; }

    public ulong Faults { get; init; }

    public ulong MajorFaults { get; init; }

    public ulong ScannedByKswapd { get; init; }

    public ulong ScannedDirectly { get; init; }

    public ulong Stolen { get; init; }

    public ulong SwappedIn { get; init; }

    public ulong SwappedOut { get; init; }

    public ulong PagedInKilobytes { get; init; }

    public ulong PagedOutKilobytes { get; init; }

    public ulong DirectStalls { get; init; }

    public ulong OomKills { get; init; }

    public ulong MemorySomeMicroseconds { get; init; }

    public ulong MemoryFullMicroseconds { get; init; }

    public ulong IoSomeMicroseconds { get; init; }

    public ulong IoFullMicroseconds { get; init; }

    public ulong CpuSomeMicroseconds { get; init; }

    public CpuTicks Cpu { get; init; }

    /// <summary>Load average over a minute, in hundredths.</summary>
    public ulong Load1Hundredths { get; init; }

    /// <summary>What vmstat says of it; null: one of its files is missing.</summary>
    public VmstatSample? Vmstat { get; init; }

    /// <summary>Takes the figures of a reading.</summary>
    /// <param name="reading">The reading.</param>
    /// <param name="previous">The sample of the second before; null: there is none, and vmstat's line is the one since boot.</param>
    public static Sample Take(Reading reading, Sample? previous = null)
    {
        ArgumentNullException.ThrowIfNull(reading);
        var sample = new Sample { At = reading.At };
        if (reading.Meminfo.Value is { } meminfo) sample = sample.WithMemory(meminfo);
        if (reading.Zones.Value is { } zones) sample = sample.WithZones(zones);
        if (reading.VmStat.Value is { } vmStat) sample = sample.WithEvents(vmStat.Fields);
        var (memory, io, cpu) = (reading.Pressure("memory"), reading.Pressure("io"), reading.Pressure("cpu"));
        return sample with
        {
            Cpu = reading.Stat.Value?.Total ?? default,
            Load1Hundredths = reading.Load1515?.Load1 ?? 0,
            MemorySomeMicroseconds = memory?.Some?.TotalMicroseconds ?? 0,
            MemoryFullMicroseconds = memory?.Full?.TotalMicroseconds ?? 0,
            IoSomeMicroseconds = io?.Some?.TotalMicroseconds ?? 0,
            IoFullMicroseconds = io?.Full?.TotalMicroseconds ?? 0,
            CpuSomeMicroseconds = cpu?.Some?.TotalMicroseconds ?? 0,
            Vmstat = VmstatSample.Take(reading, previous),
        };
    }

    private Sample WithMemory(Meminfo meminfo) => this with
    {
        TotalKilobytes = meminfo.MemTotal ?? 0,
        FreeKilobytes = meminfo.MemFree ?? 0,
        AvailableKilobytes = meminfo.MemAvailable ?? 0,
        BuffersKilobytes = meminfo.Buffers ?? 0,
        CachedKilobytes = meminfo.Cached ?? 0,
        ShmemKilobytes = meminfo.Shmem ?? 0,
        SlabKilobytes = meminfo.Fields["Slab"u8] ?? 0,
        AnonKilobytes = meminfo.Fields["AnonPages"u8] ?? 0,
        SwapTotalKilobytes = meminfo.SwapTotal ?? 0,
        SwapUsedKilobytes = (meminfo.SwapTotal ?? 0) - Math.Min(meminfo.SwapFree ?? 0, meminfo.SwapTotal ?? 0),
        DirtyKilobytes = meminfo.Fields["Dirty"u8] ?? 0,
    };

    private Sample WithZones(IReadOnlyList<ZoneInfo> zones)
    {
        var (free, min, low, high) = (0UL, 0UL, 0UL, 0UL);
        foreach (var zone in zones)
        {
            free += zone["free"] ?? 0;
            min += zone["min"] ?? 0;
            low += zone["low"] ?? 0;
            high += zone["high"] ?? 0;
        }

        return this with { FreePages = free, MinPages = min, LowPages = low, HighPages = high };
    }

    private Sample WithEvents(NamedCounters events) => this with
    {
        Faults = events["pgfault"u8] ?? 0,
        MajorFaults = events["pgmajfault"u8] ?? 0,
        ScannedByKswapd = events["pgscan_kswapd"u8] ?? 0,
        ScannedDirectly = events["pgscan_direct"u8] ?? 0,
        Stolen = (events["pgsteal_kswapd"u8] ?? 0) + (events["pgsteal_direct"u8] ?? 0) + (events["pgsteal_khugepaged"u8] ?? 0),
        SwappedIn = events["pswpin"u8] ?? 0,
        SwappedOut = events["pswpout"u8] ?? 0,
        PagedInKilobytes = events["pgpgin"u8] ?? 0,
        PagedOutKilobytes = events["pgpgout"u8] ?? 0,
        DirectStalls = (events["allocstall_dma"u8] ?? 0) + (events["allocstall_dma32"u8] ?? 0) + (events["allocstall_normal"u8] ?? 0)
            + (events["allocstall_movable"u8] ?? 0) + (events["allocstall_device"u8] ?? 0),
        OomKills = events["oom_kill"u8] ?? 0,
    };
}
