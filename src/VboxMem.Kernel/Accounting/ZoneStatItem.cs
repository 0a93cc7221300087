namespace VboxMem.Kernel.Accounting;

/// <summary>Gauges kept per zone, in pages, in the order of /proc/vmstat and /proc/zoneinfo.</summary>
public enum ZoneStatItem
{
    FreePages,
    ZoneInactiveAnon,
    ZoneActiveAnon,
    ZoneInactiveFile,
    ZoneActiveFile,
    ZoneUnevictable,
    ZoneWritePending,
    Mlock,
    Bounce,
    Zspages,
    FreeCma,
    Unaccepted,
}

/// <summary>Allocation placement events kept per zone (facts: physical memory, 8).</summary>
public enum NumaEvent
{
    NumaHit,
    NumaMiss,
    NumaForeign,
    NumaInterleave,
    NumaLocal,
    NumaOther,
}

/// <summary>The names /proc/vmstat gives to <see cref="ZoneStatItem"/> and <see cref="NumaEvent"/>, by value.</summary>
public static class ZoneStatNames
{
    public static readonly string[] All =
    [
        "nr_free_pages",
        "nr_zone_inactive_anon",
        "nr_zone_active_anon",
        "nr_zone_inactive_file",
        "nr_zone_active_file",
        "nr_zone_unevictable",
        "nr_zone_write_pending",
        "nr_mlock",
        "nr_bounce",
        "nr_zspages",
        "nr_free_cma",
        "nr_unaccepted",
    ];

    public static readonly string[] Numa =
    [
        "numa_hit",
        "numa_miss",
        "numa_foreign",
        "numa_interleave",
        "numa_local",
        "numa_other",
    ];
}
