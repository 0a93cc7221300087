// The numbers behind the files of /proc/sys/vm, one for each file of SysctlTable and in its order, so that a file and the
// kernel can never disagree. The properties are those that some mechanism reads; what a write recomputes is in VmSysctls.

namespace VboxMem.Kernel.Sysctl;

public sealed class VmTunables
{
    private static readonly int _adminReserve = IndexOf("admin_reserve_kbytes");
    private static readonly int _compactionProactiveness = IndexOf("compaction_proactiveness");
    private static readonly int _extfragThreshold = IndexOf("extfrag_threshold");
    private static readonly int _compactUnevictableAllowed = IndexOf("compact_unevictable_allowed");
    private static readonly int _dirtyBackgroundBytes = IndexOf("dirty_background_bytes");
    private static readonly int _dirtyBackgroundRatio = IndexOf("dirty_background_ratio");
    private static readonly int _dirtyBytes = IndexOf("dirty_bytes");
    private static readonly int _dirtyRatio = IndexOf("dirty_ratio");
    private static readonly int _dirtyExpireCentisecs = IndexOf("dirty_expire_centisecs");
    private static readonly int _dirtyWritebackCentisecs = IndexOf("dirty_writeback_centisecs");
    private static readonly int _laptopMode = IndexOf("laptop_mode");
    private static readonly int _legacyVaLayout = IndexOf("legacy_va_layout");
    private static readonly int _mmapMinAddress = IndexOf("mmap_min_addr");
    private static readonly int _mmapRandomBits = IndexOf("mmap_rnd_bits");
    private static readonly int _maxMapCount = IndexOf("max_map_count");
    private static readonly int _minFree = IndexOf("min_free_kbytes");
    private static readonly int _minSlabRatio = IndexOf("min_slab_ratio");
    private static readonly int _minUnmappedRatio = IndexOf("min_unmapped_ratio");
    private static readonly int _numaStat = IndexOf("numa_stat");
    private static readonly int _oomDumpTasks = IndexOf("oom_dump_tasks");
    private static readonly int _oomKillAllocatingTask = IndexOf("oom_kill_allocating_task");
    private static readonly int _overcommitKilobytes = IndexOf("overcommit_kbytes");
    private static readonly int _overcommitMemory = IndexOf("overcommit_memory");
    private static readonly int _overcommitRatio = IndexOf("overcommit_ratio");
    private static readonly int _pageCluster = IndexOf("page-cluster");
    private static readonly int _panicOnOom = IndexOf("panic_on_oom");
    private static readonly int _highFraction = IndexOf("percpu_pagelist_high_fraction");
    private static readonly int _statInterval = IndexOf("stat_interval");
    private static readonly int _vfsCachePressure = IndexOf("vfs_cache_pressure");
    private static readonly int _userReserve = IndexOf("user_reserve_kbytes");
    private static readonly int _boostFactor = IndexOf("watermark_boost_factor");
    private static readonly int _scaleFactor = IndexOf("watermark_scale_factor");
    private static readonly int _zoneReclaimMode = IndexOf("zone_reclaim_mode");

    private readonly long[] _values;
    private readonly int[] _lowmemReserveRatio;

    /// <summary>The defaults of 6.12; what depends on the machine is 0 until boot computes it.</summary>
    public VmTunables()
    {
        _values = new long[SysctlTable.Files.Count];
        _lowmemReserveRatio = new int[SysctlFile.VectorFields];
        for (var file = 0; file < _values.Length; file++)
        {
            SetDefault(file);
        }
    }

    private VmTunables(VmTunables other)
    {
        _values = (long[])other._values.Clone();
        _lowmemReserveRatio = (int[])other._lowmemReserveRatio.Clone();
        UserMinFreeKilobytes = other.UserMinFreeKilobytes;
    }

    /// <summary>What root last wrote to min_free_kbytes, or -1: the kernel's own raise never goes below it.</summary>
    public long UserMinFreeKilobytes { get; set; } = -1;

    /// <summary>Whether compaction may move locked pages.</summary>
    public bool CompactUnevictableAllowed => _values[_compactUnevictableAllowed] != 0;

    /// <summary>How low a score of fragmentation is worth some work before anybody asks; 0: none is.</summary>
    public int CompactionProactiveness => (int)_values[_compactionProactiveness];

    /// <summary>Fragmentation index up to which a request for a costly block reclaims rather than compacts.</summary>
    public long ExtfragThreshold => _values[_extfragThreshold];

    public ulong MinFreeKilobytes
    {
        get => (ulong)_values[_minFree];
        set => _values[_minFree] = (long)value;
    }

    public ulong UserReserveKilobytes
    {
        get => (ulong)_values[_userReserve];
        set => _values[_userReserve] = (long)value;
    }

    public ulong AdminReserveKilobytes
    {
        get => (ulong)_values[_adminReserve];
        set => _values[_adminReserve] = (long)value;
    }

    /// <summary>Per cent; 0 keeps unused names and inodes for ever.</summary>
    public uint VfsCachePressure => (uint)_values[_vfsCachePressure];

    /// <summary>In 1/10000 of the high mark; 0 switches boosting off.</summary>
    public uint WatermarkBoostFactor => (uint)_values[_boostFactor];

    /// <summary>In 1/10000 of the zone.</summary>
    public uint WatermarkScaleFactor => (uint)_values[_scaleFactor];

    public uint PercpuPagelistHighFraction => (uint)_values[_highFraction];

    public bool NumaStat => _values[_numaStat] != 0;

    public long StatIntervalSeconds => _values[_statInterval];

    /// <summary>Areas that an address space may have.</summary>
    public int MaxMapCount => (int)_values[_maxMapCount];

    /// <summary>Bytes; programs of other users than root may not map below.</summary>
    public ulong MmapMinAddress => (ulong)_values[_mmapMinAddress];

    /// <summary>New programs have their mappings placed upwards.</summary>
    public bool LegacyVaLayout => _values[_legacyVaLayout] != 0;

    /// <summary>Random bits in the place of mappings, in pages.</summary>
    public int MmapRandomBits => (int)_values[_mmapRandomBits];

    /// <summary>0 heuristic, 1 never refused, 2 strict.</summary>
    public int OvercommitMemory => (int)_values[_overcommitMemory];

    /// <summary>Per cent of RAM; negative values are Linux's to interpret.</summary>
    public int OvercommitRatio => (int)_values[_overcommitRatio];

    public ulong OvercommitKilobytes => (ulong)_values[_overcommitKilobytes];

    /// <summary>log2 of the pages that a swap fault reads at most.</summary>
    public int PageCluster => (int)_values[_pageCluster];

    /// <summary>The OOM report lists all processes.</summary>
    public bool OomDumpTasks => _values[_oomDumpTasks] != 0;

    /// <summary>Whoever asks for memory in a shortage is killed, not the worst process.</summary>
    public bool OomKillAllocatingTask => _values[_oomKillAllocatingTask] != 0;

    /// <summary>1: a shortage of the whole machine is a panic; 2: any shortage is.</summary>
    public int PanicOnOom => (int)_values[_panicOnOom];

    public int DirtyRatio => (int)_values[_dirtyRatio];

    public uint DirtyExpireCentisecs => (uint)_values[_dirtyExpireCentisecs];

    /// <summary>0: flushers never look by themselves.</summary>
    public uint DirtyWritebackCentisecs => (uint)_values[_dirtyWritebackCentisecs];

    public ulong DirtyBytes => (ulong)_values[_dirtyBytes];

    public int DirtyBackgroundRatio => (int)_values[_dirtyBackgroundRatio];

    public ulong DirtyBackgroundBytes => (ulong)_values[_dirtyBackgroundBytes];

    public bool IsLaptopMode => _values[_laptopMode] != 0;

    /// <summary>After a disk's last request; negative values mean at once.</summary>
    public long LaptopModeSeconds => _values[_laptopMode];

    /// <summary>Bits: 1 reclaims on the own node before going to another, 2 writes dirty pages, 4 unmaps. Any of them switches it on.</summary>
    public int ZoneReclaimMode => (int)_values[_zoneReclaimMode];

    /// <summary>Per cent of a zone.</summary>
    public uint MinUnmappedRatio => (uint)_values[_minUnmappedRatio];

    /// <summary>Per cent of a zone.</summary>
    public uint MinSlabRatio => (uint)_values[_minSlabRatio];

    /// <summary>Per zone type; 0 keeps nothing.</summary>
    public ReadOnlySpan<int> LowmemReserveRatio => _lowmemReserveRatio;

    /// <summary>The number of a file, by its index in SysctlTable; an unsigned one by its bits.</summary>
    public long this[int file]
    {
        get => _values[file];
        set => _values[file] = value;
    }

    /// <summary>The index of a file that must exist.</summary>
    public static int IndexOf(string name)
    {
        for (var file = 0; file < SysctlTable.Files.Count; file++)
        {
            if (SysctlTable.Files[file].Name == name)
            {
                return file;
            }
        }

        throw new ArgumentOutOfRangeException(nameof(name), name, "no such file in /proc/sys/vm");
    }

    public VmTunables Clone() => new(this);

    public void SetLowmemReserveRatio(int zone, int ratio) => _lowmemReserveRatio[zone] = ratio;

    public void HashInto(StateHash hash)
    {
        hash.Add<long>(_values);
        hash.Add<int>(_lowmemReserveRatio);
        hash.Add(UserMinFreeKilobytes);
    }

    private void SetDefault(int file)
    {
        var description = SysctlTable.Files[file];
        if (description.Default is null || description.IsAction)
        {
            return;
        }

        var write = SysctlWrite.Nothing(complete: true);
        if (description.Default != "0")
        {
            Invariant.Holds(description.TryParse(System.Text.Encoding.ASCII.GetBytes(description.Default), out write));
        }

        for (var zone = 0; description.Kind == SysctlKind.ZoneVector && zone < write.Count; zone++)
        {
            _lowmemReserveRatio[zone] = write.Field(zone);
        }

        _values[file] = write.Count > 0 ? (long)write.Number : 0;
    }
}
