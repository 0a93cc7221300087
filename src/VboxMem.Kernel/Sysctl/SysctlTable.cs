// The 52 files of /proc/sys/vm on Debian 6.12, cloud flavour, in the order of the directory.
//
// Invariants
//   T1  Names are unique and in ordinal order: '-' before '_' before the letters, as the kernel lists them.
//   T2  A default is a text that the file itself takes, unless 0 stands for "not set" (dirty_bytes, dirty_background_bytes).
//   T3  What acts is read by the kernel, what acts on nothing by nobody: README.md lists both, and a test holds it against the source.
//
// Models   Linux 6.12 with HZ=250 (facts: virtual memory and tools, 6.7; physical memory, 2.8). Two limits are tighter
//          than the facts' "any int": laptop_mode and stat_interval are seconds that Linux keeps in ticks, so that
//          their range is what 32 bits of ticks hold.

using System.Diagnostics.CodeAnalysis;

namespace VboxMem.Kernel.Sysctl;

/// <summary>The static description of /proc/sys/vm.</summary>
public static class SysctlTable
{
    private const int OwnerOnly = 0b110_000_000;
    private const int WriteOnly = 0b010_000_000;
    private const int TicksPerSecond = 250;

    /// <summary>All files, in the order of the directory.</summary>
    public static IReadOnlyList<SysctlFile> Files { get; } =
    [
        Long("admin_reserve_kbytes", null, 0, "kB", "Kept back for root where overcommit is strict (overcommit_memory 2)."),
        Action("compact_memory", 1, 1, "Writing 1 compacts every zone of every node at once."),
        Int("compact_unevictable_allowed", "1", 0, 1, "", "Whether compaction may move mlocked pages, at the price of minor faults."),
        Int("compaction_proactiveness", "20", 0, 100, "", "How eagerly kcompactd defragments before anybody asks; 0 is never."),
        Long("dirty_background_bytes", "0", 1, "bytes", "Dirty page cache at which flushers start; reads 0 while dirty_background_ratio rules."),
        Int("dirty_background_ratio", "10", 0, 100, "%", "The same as a share of available memory."),
        Long("dirty_bytes", "0", 8192, "bytes", "Dirty page cache at which writers are slowed down; reads 0 while dirty_ratio rules."),
        Int("dirty_expire_centisecs", "3000", 0, int.MaxValue, "1/100 s", "Age from which dirty data is written back in any case."),
        Int("dirty_ratio", "20", 0, 100, "%", "The same as dirty_bytes, as a share of available memory."),
        Int("dirty_writeback_centisecs", "500", int.MinValue, int.MaxValue, "1/100 s", "How often flushers wake up to look for old dirty data; 0 is never."),
        Int("dirtytime_expire_seconds", "43200", 0, int.MaxValue, "s", "Age from which inodes with nothing but a new access time are written.", "no file system is mounted with lazytime, without which Linux has nothing to write either"),
        Action("drop_caches", 1, 4, "Drops clean page cache (1), dentries and inodes (2) or both (3); 4 stops the log line."),
        Int("enable_soft_offline", "1", 0, 1, "", "Whether pages with correctable memory errors are taken out of use.", "memory never fails"),
        Int("extfrag_threshold", "500", 0, 1000, "", "Fragmentation index above which a failed large request compacts rather than reclaims."),
        new() { Name = "hugetlb_optimize_vmemmap", Kind = SysctlKind.Boolean, Default = "0", Meaning = "Whether hugetlb pages give back most of their page descriptors.", WithoutEffect = "huge pages of the pool keep their page descriptors" },
        Int("hugetlb_shm_group", "0", int.MinValue, int.MaxValue, "gid", "Group that may create shared memory of huge pages.", "nobody maps huge pages of the pool"),
        Int("laptop_mode", "0", -MaxSecondsInTicks, MaxSecondsInTicks, "s", "Seconds after a disk's last request until its dirty data is written along; 0 is off."),
        Int("legacy_va_layout", "0", 0, int.MaxValue, "", "Whether new programs get the old bottom-up address layout."),
        new() { Name = "lowmem_reserve_ratio", Kind = SysctlKind.ZoneVector, Default = "256\t256\t32\t0\t0", Meaning = "Per zone: 1/ratio of the zones above is kept back from requests that could go there; 0 keeps nothing." },
        Int("max_map_count", "65530", 0, int.MaxValue, "mappings", "Memory areas a process may have."),
        Int("memfd_noexec", "0", 0, 2, "", "Whether memfd files are executable by default (0), not by default (1), or never (2).", "nobody executes a memfd"),
        Int("memory_failure_early_kill", "0", 0, 1, "", "Whether all users of a page with a hard memory error are killed at once.", "memory never fails"),
        Int("memory_failure_recovery", "1", 0, 1, "", "Whether the machine goes on after a hard memory error; 0 panics.", "memory never fails"),
        Int("min_free_kbytes", null, 0, int.MaxValue, "kB", "Free memory the watermarks start from: kept for allocations that cannot wait."),
        Int("min_slab_ratio", "5", 0, 100, "%", "Reclaimable slab of a node above which node reclaim shrinks it (zone_reclaim_mode)."),
        Int("min_unmapped_ratio", "1", 0, 100, "%", "Unmapped page cache of a node above which node reclaim runs (zone_reclaim_mode)."),
        Long("mmap_min_addr", "65536", 0, "bytes", "Lowest address a program may map."),
        Owned("mmap_rnd_bits", "28", 28, 32, "bits", "Random bits in the place of mappings of 64-bit programs."),
        Owned("mmap_rnd_compat_bits", "8", 8, 16, "bits", "Random bits in the place of mappings of 32-bit programs.", "there are no 32-bit programs"),
        Long("nr_hugepages", "0", 0, "huge pages", "Huge pages in the hugetlb pool; what can be had of that is taken."),
        Long("nr_hugepages_mempolicy", "0", 0, "huge pages", "The same, spread over the nodes that the writer's memory policy allows."),
        Long("nr_overcommit_hugepages", "0", 0, "huge pages", "Huge pages the pool may grow by while they are wanted.", "nobody maps huge pages of the pool"),
        Int("numa_stat", "1", 0, 1, "", "Whether numa_hit, numa_miss and their kin are counted."),
        new() { Name = "numa_zonelist_order", Kind = SysctlKind.ZonelistOrder, Default = "Node", Meaning = "Order of fallback zones; only Node is left, and nothing changes it.", WithoutEffect = "nor on Linux, which has no other order any more" },
        Int("oom_dump_tasks", "1", int.MinValue, int.MaxValue, "", "Whether an OOM report lists all tasks."),
        Int("oom_kill_allocating_task", "0", int.MinValue, int.MaxValue, "", "Whether the task that ran out of memory is killed instead of the largest one."),
        Long("overcommit_kbytes", "0", 0, "kB", "Commit limit besides swap where overcommit is strict; 0 leaves it to overcommit_ratio."),
        Int("overcommit_memory", "0", 0, 2, "", "Promises of memory: refused when hopeless (0), never refused (1), held to the commit limit (2)."),
        Int("overcommit_ratio", "50", int.MinValue, int.MaxValue, "%", "Share of RAM in the commit limit where overcommit is strict."),
        Int("page-cluster", "3", 0, 31, "log2 pages", "Pages read from swap in one go: 2 to this power."),
        Int("page_lock_unfairness", "5", 0, int.MaxValue, "", "How often a waiter for a locked page may lose it before it is handed over.", "whose turn it is gets the page"),
        Int("panic_on_oom", "0", 0, 2, "", "Out of memory kills a task (0), panics unless a cpuset or policy is to blame (1), always panics (2)."),
        new() { Name = "percpu_pagelist_high_fraction", Minimum = 8, ZeroIsAllowed = true, Default = "0", Meaning = "Per-CPU free lists hold up to this fraction of a zone in all; 0 lets the kernel choose." },
        Int("stat_interval", "1", -MaxSecondsInTicks, MaxSecondsInTicks, "s", "How often per-CPU counters are folded into the totals."),
        new() { Name = "stat_refresh", Mode = OwnerOnly, Kind = SysctlKind.AnyText, IsAction = true, Default = "", Meaning = "Reading or writing folds all per-CPU counters into the totals now." },
        Int("swappiness", "60", 0, 200, "", "What reclaim prefers: 0 drops file pages and hardly swaps, 100 treats both alike, 200 swaps first."),
        Int("unprivileged_userfaultfd", "0", 0, 1, "", "Whether every process may handle page faults of the kernel in user space.", "no program handles the faults of another"),
        Long("user_reserve_kbytes", null, 0, "kB", "Kept back from one user's process where overcommit is strict, so that another can start."),
        Int("vfs_cache_pressure", "100", 0, int.MaxValue, "%", "How readily dentries and inodes are reclaimed, against page cache."),
        Int("watermark_boost_factor", "15000", 0, int.MaxValue, "1/10000", "How far, of the high watermark, reclaim goes further after fragmentation; 0 is off."),
        Int("watermark_scale_factor", "10", 1, 3000, "1/10000", "Distance between the watermarks as a share of the zone."),
        Int("zone_reclaim_mode", "0", 0, int.MaxValue, "", "Reclaim on the own node before going to another: 1 on, 2 writes dirty pages, 4 unmaps."),
    ];

    private static int MaxSecondsInTicks => int.MaxValue / TicksPerSecond;

    /// <summary>Finds a file by its name within /proc/sys/vm. O(log n).</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out SysctlFile? file)
    {
        int low = 0, high = Files.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            file = Files[middle];
            var order = string.CompareOrdinal(file.Name, name);
            if (order == 0) return true;
            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }

        file = null;
        return false;
    }

    private static SysctlFile Int(string name, string? initial, int minimum, int maximum, string unit, string meaning, string? withoutEffect = null) =>
        new() { Name = name, Default = initial, Minimum = minimum, Maximum = maximum, Unit = unit, Meaning = meaning, WithoutEffect = withoutEffect };

    private static SysctlFile Owned(string name, string initial, int minimum, int maximum, string unit, string meaning, string? withoutEffect = null) =>
        new() { Name = name, Mode = OwnerOnly, Default = initial, Minimum = minimum, Maximum = maximum, Unit = unit, Meaning = meaning, WithoutEffect = withoutEffect };

    private static SysctlFile Long(string name, string? initial, ulong minimum, string unit, string meaning, string? withoutEffect = null) =>
        new() { Name = name, Kind = SysctlKind.Unsigned64, Default = initial, Minimum = minimum, Maximum = ulong.MaxValue, Unit = unit, Meaning = meaning, WithoutEffect = withoutEffect };

    private static SysctlFile Action(string name, int minimum, int maximum, string meaning) =>
        new() { Name = name, Mode = WriteOnly, Minimum = minimum, Maximum = maximum, IsAction = true, Meaning = meaning };
}
