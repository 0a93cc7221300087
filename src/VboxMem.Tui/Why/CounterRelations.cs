namespace VboxMem.Tui.Why;

/// <summary>
/// What counters have to do with each other, as data: sums that come out even on a box that stands still, shares, and who is worth
/// looking at beside whom.
/// </summary>
internal static class CounterRelations
{
    /// <summary>A counter is the sum of these; <c>4*</c> turns pages into kB.</summary>
    private static readonly Dictionary<string, string> _sums = new(StringComparer.Ordinal)
    {
        ["MemFree"] = "4*nr_free_pages",
        ["Cached"] = "4*nr_file_pages - SwapCached - Buffers",
        ["SwapCached"] = "4*nr_swapcached",
        ["Active"] = "Active(anon) + Active(file)",
        ["Inactive"] = "Inactive(anon) + Inactive(file)",
        ["Active(anon)"] = "4*nr_active_anon",
        ["Inactive(anon)"] = "4*nr_inactive_anon",
        ["Active(file)"] = "4*nr_active_file",
        ["Inactive(file)"] = "4*nr_inactive_file",
        ["Unevictable"] = "4*nr_unevictable",
        ["Mlocked"] = "4*nr_mlock",
        ["Dirty"] = "4*nr_dirty",
        ["Writeback"] = "4*nr_writeback",
        ["AnonPages"] = "4*nr_anon_pages",
        ["Mapped"] = "4*nr_mapped",
        ["Shmem"] = "4*nr_shmem",
        ["KReclaimable"] = "SReclaimable + 4*nr_kernel_misc_reclaimable",
        ["Slab"] = "SReclaimable + SUnreclaim",
        ["SReclaimable"] = "4*nr_slab_reclaimable",
        ["SUnreclaim"] = "4*nr_slab_unreclaimable",
        ["KernelStack"] = "nr_kernel_stack",
        ["PageTables"] = "4*nr_page_table_pages",
        ["SecPageTables"] = "4*nr_sec_page_table_pages",
        ["AnonHugePages"] = "2048*nr_anon_transparent_hugepages",
        ["nr_inactive_anon"] = "nr_zone_inactive_anon",
        ["nr_active_anon"] = "nr_zone_active_anon",
        ["nr_inactive_file"] = "nr_zone_inactive_file",
        ["nr_active_file"] = "nr_zone_active_file",
        ["pgscan_anon"] = "pgscan_kswapd + pgscan_direct + pgscan_khugepaged + pgscan_proactive - pgscan_file",
        ["pgscan_file"] = "pgscan_kswapd + pgscan_direct + pgscan_khugepaged + pgscan_proactive - pgscan_anon",
        ["pgsteal_anon"] = "pgsteal_kswapd + pgsteal_direct + pgsteal_khugepaged + pgsteal_proactive - pgsteal_file",
        ["pgsteal_file"] = "pgsteal_kswapd + pgsteal_direct + pgsteal_khugepaged + pgsteal_proactive - pgsteal_anon",
        ["numa_hit"] = "numa_local + numa_other - numa_miss",
    };

    /// <summary>Part, whole, and what the part's share is called.</summary>
    private static readonly (string Part, string Whole, string Text)[] _shares =
    [
        ("pgsteal_kswapd", "pgscan_kswapd", "kswapd's efficiency: of the pages it looked at it freed"),
        ("pgsteal_direct", "pgscan_direct", "efficiency of direct reclaim: of the pages looked at it freed"),
        ("pgsteal_anon", "pgscan_anon", "of the anon pages looked at were freed"),
        ("pgsteal_file", "pgscan_file", "of the file pages looked at were freed"),
        ("pgmajfault", "pgfault", "of all faults waited for a disk"),
        ("swap_ra_hit", "swap_ra", "of the pages read ahead from swap were needed"),
        ("workingset_activate_file", "workingset_refault_file", "of the refaulted file pages came back so early that they belong to the working set"),
        ("workingset_activate_anon", "workingset_refault_anon", "of the refaulted anon pages came back so early that they belong to the working set"),
        ("workingset_restore_file", "workingset_refault_file", "of the refaulted file pages had been active"),
        ("workingset_refault_file", "pgsteal_file", "of the file pages that were freed came back"),
        ("workingset_refault_anon", "pgsteal_anon", "of the anon pages that were freed came back"),
        ("thp_fault_fallback", "thp_fault_alloc", "so many faults without a huge page for each with one"),
        ("compact_success", "compact_stall", "of those who compacted for themselves got their block"),
        ("MemFree", "MemTotal", "of memory is free"),
        ("MemAvailable", "MemTotal", "of memory is available"),
        ("SwapFree", "SwapTotal", "of swap is free"),
        ("Committed_AS", "CommitLimit", "of the limit is promised"),
        ("nr_dirty", "nr_dirty_threshold", "of the threshold is dirty"),
        ("nr_dirty", "nr_dirty_background_threshold", "of the flusher's threshold is dirty"),
    ];

    private static readonly string[] _groups =
    [
        "pgscan_kswapd pgsteal_kswapd pageoutrun kswapd_low_wmark_hit_quickly kswapd_high_wmark_hit_quickly",
        "pgscan_direct pgsteal_direct allocstall_dma allocstall_dma32 allocstall_normal allocstall_movable pgscan_direct_throttle",
        "pgscan_anon pgsteal_anon nr_vmscan_write pswpout pswpin workingset_refault_anon",
        "pgscan_file pgsteal_file workingset_refault_file workingset_activate_file workingset_restore_file",
        "pgactivate pgdeactivate pgrefill pgrotated",
        "pgfault pgmajfault pgpgin pswpin",
        "pgalloc_dma pgalloc_dma32 pgalloc_normal pgfree",
        "nr_dirty nr_writeback nr_dirtied nr_written nr_dirty_threshold nr_dirty_background_threshold",
        "thp_fault_alloc thp_fault_fallback thp_split_page thp_split_pmd AnonHugePages",
        "compact_stall compact_success compact_fail compact_daemon_wake compact_migrate_scanned compact_free_scanned",
        "oom_kill MemAvailable SwapFree",
        "MemTotal MemFree MemAvailable Buffers Cached Slab AnonPages",
        "SwapTotal SwapFree SwapCached pswpin pswpout",
        "Active Inactive Unevictable nr_isolated_anon nr_isolated_file",
        "Dirty Writeback nr_dirty_threshold nr_dirty_background_threshold",
        "Shmem Cached Mapped",
        "CommitLimit Committed_AS",
        "Slab SReclaimable SUnreclaim slabs_scanned",
        "HugePages_Total HugePages_Free HugePages_Rsvd HugePages_Surp Hugepagesize",
        "DirectMap4k DirectMap2M DirectMap1G direct_map_level2_splits",
        "numa_hit numa_miss numa_foreign numa_local numa_other",
        "swap_ra swap_ra_hit pswpin",
    ];

    public static string? SumOf(string name) => _sums.GetValueOrDefault(name);

    public static IEnumerable<(string Part, string Whole, string Text)> SharesOf(string name) =>
        _shares.Where(share => share.Part == name || share.Whole == name);

    /// <summary>Counters to look at beside one, none twice.</summary>
    public static IReadOnlyList<string> BesideOf(string name)
    {
        var beside = new List<string>();
        foreach (var group in _groups)
        {
            var names = group.Split(' ');
            if (!names.Contains(name)) continue;
            foreach (var other in names)
            {
                if (other != name && !beside.Contains(other)) beside.Add(other);
            }
        }

        return beside;
    }
}
