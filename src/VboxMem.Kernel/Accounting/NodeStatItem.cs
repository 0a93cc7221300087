namespace VboxMem.Kernel.Accounting;

/// <summary>Gauges and counts kept per node, in the order of /proc/vmstat and /proc/zoneinfo. Pages, but KernelStack in KiB.</summary>
public enum NodeStatItem
{
    InactiveAnon,
    ActiveAnon,
    InactiveFile,
    ActiveFile,
    Unevictable,
    SlabReclaimable,
    SlabUnreclaimable,
    IsolatedAnon,
    IsolatedFile,
    WorkingsetNodes,
    WorkingsetRefaultAnon,
    WorkingsetRefaultFile,
    WorkingsetActivateAnon,
    WorkingsetActivateFile,
    WorkingsetRestoreAnon,
    WorkingsetRestoreFile,
    WorkingsetNodereclaim,
    AnonPages,
    Mapped,
    FilePages,
    Dirty,
    Writeback,
    WritebackTemp,
    Shmem,
    ShmemHugepages,
    ShmemPmdmapped,
    FileHugepages,
    FilePmdmapped,
    AnonTransparentHugepages,
    VmscanWrite,
    VmscanImmediateReclaim,
    Dirtied,
    Written,
    ThrottledWritten,
    KernelMiscReclaimable,
    FollPinAcquired,
    FollPinReleased,
    KernelStack,
    PageTablePages,
    SecPageTablePages,
    IommuPages,
    Swapcached,
    PgpromoteSuccess,
    PgpromoteCandidate,
    PgdemoteKswapd,
    PgdemoteDirect,
    PgdemoteKhugepaged,
}

/// <summary>The names /proc/vmstat gives to <see cref="NodeStatItem"/>, by value.</summary>
public static class NodeStatNames
{
    /// <summary>
    /// The figure that vmstat and zoneinfo print: pages, but huge pages of 512 for the items that count whole huge pages
    /// (vmstat_item_print_in_thp; facts: physical memory, 9.1).
    /// </summary>
    public static long Printed(NodeStatItem item, long pages) =>
        item is NodeStatItem.AnonTransparentHugepages
            or NodeStatItem.ShmemHugepages or NodeStatItem.ShmemPmdmapped
            or NodeStatItem.FileHugepages or NodeStatItem.FilePmdmapped
            ? pages / Physical.PageGeometry.PageblockPages
            : pages;

    public static readonly string[] All =
    [
        "nr_inactive_anon",
        "nr_active_anon",
        "nr_inactive_file",
        "nr_active_file",
        "nr_unevictable",
        "nr_slab_reclaimable",
        "nr_slab_unreclaimable",
        "nr_isolated_anon",
        "nr_isolated_file",
        "workingset_nodes",
        "workingset_refault_anon",
        "workingset_refault_file",
        "workingset_activate_anon",
        "workingset_activate_file",
        "workingset_restore_anon",
        "workingset_restore_file",
        "workingset_nodereclaim",
        "nr_anon_pages",
        "nr_mapped",
        "nr_file_pages",
        "nr_dirty",
        "nr_writeback",
        "nr_writeback_temp",
        "nr_shmem",
        "nr_shmem_hugepages",
        "nr_shmem_pmdmapped",
        "nr_file_hugepages",
        "nr_file_pmdmapped",
        "nr_anon_transparent_hugepages",
        "nr_vmscan_write",
        "nr_vmscan_immediate_reclaim",
        "nr_dirtied",
        "nr_written",
        "nr_throttled_written",
        "nr_kernel_misc_reclaimable",
        "nr_foll_pin_acquired",
        "nr_foll_pin_released",
        "nr_kernel_stack",
        "nr_page_table_pages",
        "nr_sec_page_table_pages",
        "nr_iommu_pages",
        "nr_swapcached",
        "pgpromote_success",
        "pgpromote_candidate",
        "pgdemote_kswapd",
        "pgdemote_direct",
        "pgdemote_khugepaged",
    ];
}
