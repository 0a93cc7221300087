// The switches and counts of transparent huge pages. Faults allocate those of 2 MiB; the counts of other sizes stay 0.
//
// Models   Linux 6.12 mm/huge_memory.c, mm/khugepaged.c, mm/shmem.c: their sysfs settings (facts: physical memory, 6.1), with
//          order and defaults as captured. Below 512 MiB of RAM the kernel switches huge pages off.

using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Virtual;

/// <summary>Counts of the size 2 MiB (hugepages-2048kB/stats).</summary>
internal enum ThpCount
{
    AnonFaultAlloc,
    AnonFaultFallback,
    NrAnon,
    NrAnonPartiallyMapped,
    SplitDeferred,
    Split,
    SplitFailed,
    Swpout,
    SwpoutFallback,
}

public sealed class TransparentHugePages
{
    private const ulong SmallestMachinePages = (512UL << 20) / PageGeometry.PageBytes;

    /// <summary>Words of <c>enabled</c>, and of the sizes' <c>enabled</c>.</summary>
    private static readonly string[] _globalWords = ["always", "madvise", "never"];
    private static readonly string[] _sizeWords = ["always", "inherit", "madvise", "never"];
    private static readonly string[] _defragWords = ["always", "defer", "defer+madvise", "madvise", "never"];
    private static readonly string[] _shmemWords = ["always", "within_size", "advise", "never", "deny", "force"];
    private static readonly string[] _shmemSizeWords = ["always", "inherit", "within_size", "advise", "never"];

    private static readonly string[] _countNames =
    [
        "anon_fault_alloc", "anon_fault_fallback", "nr_anon", "nr_anon_partially_mapped", "split_deferred", "split", "split_failed",
        "swpout", "swpout_fallback",
    ];

    private readonly uint[] _values;
    private readonly ulong[] _counts;

    /// <param name="managedPagesAtBoot">RAM the page allocator had when huge pages were set up.</param>
    public TransparentHugePages(ulong managedPagesAtBoot)
    {
        _values = new uint[Settings.Count];
        _counts = new ulong[CountPaths.Count];
        for (var setting = 0; setting < _values.Length; setting++)
        {
            _values[setting] = managedPagesAtBoot < SmallestMachinePages ? Settings[setting].SmallMachineDefault : Settings[setting].Default;
        }
    }

    private TransparentHugePages(TransparentHugePages other)
    {
        _values = (uint[])other._values.Clone();
        _counts = (ulong[])other._counts.Clone();
    }

    /// <summary>A fault may have a huge page in an area without, and in one with, MADV_HUGEPAGE.</summary>
    private static readonly bool[,] _allowedByGlobal = { { true, true }, { false, true }, { false, false } };

    /// <summary>All settings.</summary>
    public static IReadOnlyList<ThpSetting> Settings { get; } = [.. MakeSettings()];

    /// <summary>All files that hold a count, below transparent_hugepage.</summary>
    public static IReadOnlyList<string> CountPaths { get; } = [.. MakeCountPaths()];

    /// <summary>khugepaged runs: huge pages of 2 MiB may be had, always or where asked for.</summary>
    public bool IsKhugepagedEnabled => Word("hugepages-2048kB/enabled") switch
    {
        "never" => false,
        "inherit" => Word("enabled") != "never",
        _ => true,
    };

    /// <summary>A zeroed huge page may be mapped where one is read first.</summary>
    public bool UsesZeroPage => _values[Places.UseZeroPage] != 0;

    /// <summary>shrink_underused: huge pages are put on the deferred split list when they are made.</summary>
    public bool QueuesAll => _values[Places.ShrinkUnderused] != 0;

    /// <summary>A setting's number, or the index of its word.</summary>
    public uint this[int setting]
    {
        get => _values[setting];
        internal set => _values[setting] = value;
    }

    /// <summary>True when faults of an area may have huge pages of 2 MiB (thp_vma_allowable_order).</summary>
    public bool IsAllowed(VmaFlags area)
    {
        if ((area & (VmaFlags.NoHugePage | VmaFlags.HugeTlb | VmaFlags.PfnMap)) != 0)
        {
            return false;
        }

        var isAsked = (area & VmaFlags.HugePage) != 0;
        return _sizeWords[_values[Places.SizeEnabled]] switch
        {
            "always" => true,
            "madvise" => isAsked,
            "inherit" => _allowedByGlobal[_values[Places.Enabled], isAsked ? 1 : 0],
            _ => false,
        };
    }

    /// <summary>An area could have a huge page of 2 MiB, by its kind, its place and its flags (smaps: THPeligible).</summary>
    /// <remarks>mm/huge_memory.c: __thp_vma_allowable_orders, as far as faults of the machine allocate huge pages.</remarks>
    public bool IsEligible(Vma area)
    {
        const ulong pages = PageTables.PagesPerPteTable;
        var isAnonymous = area.Inode == 0 && (area.Flags & VmaFlags.DontExpand) == 0;
        return isAnonymous && area.Pages >= pages && (area.EndPage - pages) / pages * pages >= area.StartPage && IsAllowed(area.Flags);
    }

    /// <summary>How hard a fault tries to get a huge page (vma_thp_gfp_mask).</summary>
    public GfpFlags GfpOf(VmaFlags area)
    {
        var isAsked = (area & VmaFlags.HugePage) != 0;
        return _defragWords[_values[Places.Defrag]] switch
        {
            "always" => GfpFlags.TransHuge | (isAsked ? 0 : GfpFlags.NoRetry),
            "defer" => GfpFlags.TransHugeLight | GfpFlags.KswapdReclaim,
            "defer+madvise" => GfpFlags.TransHugeLight | (isAsked ? GfpFlags.DirectReclaim : GfpFlags.KswapdReclaim),
            "madvise" => GfpFlags.TransHugeLight | (isAsked ? GfpFlags.DirectReclaim : 0),
            _ => GfpFlags.TransHugeLight,
        };
    }

    internal void Count(ThpCount count, long change) =>
        _counts[Places.OfCount[(int)count]] = (ulong)((long)_counts[Places.OfCount[(int)count]] + change);

    internal ulong CountOf(ThpCount count) => _counts[Places.OfCount[(int)count]];

    /// <summary>A count, by its index in <see cref="CountPaths"/>.</summary>
    public ulong CountOf(int path) => _counts[path];

    /// <summary>The index of a setting that must exist.</summary>
    public static int IndexOf(string path)
    {
        for (var setting = 0; setting < Settings.Count; setting++)
        {
            if (Settings[setting].Path == path)
            {
                return setting;
            }
        }

        throw new ArgumentOutOfRangeException(nameof(path), path, "no such file in transparent_hugepage");
    }

    /// <summary>
    /// transparent_hugepage= of the kernel's command line, in force before the limits are computed; the last right one counts. A machine
    /// too small for huge pages does not take it.
    /// </summary>
    internal void SetUpFrom(string commandLine, ulong managedPagesAtBoot)
    {
        const string option = "transparent_hugepage=";
        foreach (var word in managedPagesAtBoot < SmallestMachinePages ? [] : commandLine.Split(' '))
        {
            var index = word.StartsWith(option, StringComparison.Ordinal) ? Array.IndexOf(_globalWords, word[option.Length..]) : -1;
            _values[Places.Enabled] = index >= 0 ? (uint)index : _values[Places.Enabled];
        }
    }

    public TransparentHugePages Clone() => new(this);

    public void HashInto(StateHash hash)
    {
        hash.Add<uint>(_values);
        hash.Add<ulong>(_counts);
    }

    private string Word(string path) => Settings[IndexOf(path)].Words[(int)_values[IndexOf(path)]];

    private static IEnumerable<ThpSetting> MakeSettings()
    {
        yield return Choice("enabled", _globalWords, "always", "never") with { DecidesKhugepaged = true };
        yield return Choice("defrag", _defragWords, "madvise", "never");
        yield return Choice("shmem_enabled", _shmemWords, "never", "never");
        yield return Switch("use_zero_page", 1, 0);
        yield return Switch("shrink_underused", 1, 1);
        for (var kilobytes = 8; kilobytes <= 2048; kilobytes *= 2)
        {
            var word = kilobytes == 2048 ? "inherit" : "never";
            if (kilobytes > 8)   // an anonymous folio has at least four pages
            {
                yield return Choice($"hugepages-{kilobytes}kB/enabled", _sizeWords, word, word) with { DecidesKhugepaged = true };
            }

            yield return Choice($"hugepages-{kilobytes}kB/shmem_enabled", _shmemSizeWords, word, word);
        }

        const uint lastEntry = PageGeometry.PageblockPages - 1;
        yield return Number("khugepaged/alloc_sleep_millisecs", 0, uint.MaxValue, 60000);
        yield return Switch("khugepaged/defrag", 1, 0);
        yield return Number("khugepaged/max_ptes_none", 0, lastEntry, lastEntry);
        yield return Number("khugepaged/max_ptes_shared", 0, lastEntry, PageGeometry.PageblockPages / 2);
        yield return Number("khugepaged/max_ptes_swap", 0, lastEntry, PageGeometry.PageblockPages / 8);
        yield return Number("khugepaged/pages_to_scan", 1, uint.MaxValue, 4096);
        yield return Number("khugepaged/scan_sleep_millisecs", 0, uint.MaxValue, 10000);
    }

    private static IEnumerable<string> MakeCountPaths()
    {
        string[] anonymous =
        [
            "anon_fault_alloc", "anon_fault_fallback", "anon_fault_fallback_charge", "nr_anon", "nr_anon_partially_mapped", "split_deferred",
        ];
        string[] all = ["shmem_alloc", "shmem_fallback", "shmem_fallback_charge", "split", "split_failed", "swpout", "swpout_fallback"];
        for (var kilobytes = 8; kilobytes <= 2048; kilobytes *= 2)
        {
            foreach (var name in kilobytes > 8 ? [.. anonymous, .. all] : all)
            {
                yield return $"hugepages-{kilobytes}kB/stats/{name}";
            }
        }

        yield return "khugepaged/full_scans";
        yield return "khugepaged/pages_collapsed";
    }

    private static ThpSetting Choice(string path, string[] words, string initial, string onSmallMachine) => new(
        path, words, 0, (uint)words.Length - 1, (uint)Array.IndexOf(words, initial), (uint)Array.IndexOf(words, onSmallMachine));

    private static ThpSetting Switch(string path, uint initial, uint onSmallMachine) => new(path, [], 0, 1, initial, onSmallMachine);

    private static ThpSetting Number(string path, uint minimum, uint maximum, uint initial) => new(path, [], minimum, maximum, initial, initial);

    /// <summary>Where the settings and counts that faults look at stand.</summary>
    private static class Places
    {
        public static readonly int Enabled = IndexOf("enabled");
        public static readonly int SizeEnabled = IndexOf("hugepages-2048kB/enabled");
        public static readonly int Defrag = IndexOf("defrag");
        public static readonly int UseZeroPage = IndexOf("use_zero_page");
        public static readonly int ShrinkUnderused = IndexOf("shrink_underused");
        public static readonly int[] OfCount =
            [.. _countNames.Select(name => CountPaths.ToList().IndexOf($"hugepages-2048kB/stats/{name}"))];
    }
}
