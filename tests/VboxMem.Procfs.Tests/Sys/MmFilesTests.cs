using VboxMem.FileTree;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Procfs.Tests.Sys;

public sealed class MmFilesTests
{
    private const string Enabled = "/sys/kernel/mm/transparent_hugepage/enabled";
    private const string MinFree = "/proc/sys/vm/min_free_kbytes";

    [Theory]
    [InlineData(1024, "[always] madvise never\n")]
    [InlineData(256, "always madvise [never]\n")]
    public void Small_machines_boot_without_huge_pages(ulong mebibytes, string content)
    {
        using var box = Box.With(mebibytes);

        Assert.Equal(content, box.Read(Enabled));
        Assert.Equal("2097152\n", box.Read("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size"));
    }

    // Measured (facts: physical memory, 2.1): 45056 kB with huge pages on 1 to 3 GiB, the square root alone without.
    [Fact]
    public void Switching_huge_pages_moves_min_free_kbytes()
    {
        using var box = Box.With();
        Assert.Equal("45056\n", box.Read(MinFree));

        Assert.Equal(Errno.None, box.Write(Enabled, "never\n"));
        Assert.Equal("always madvise [never]\n", box.Read(Enabled));
        Assert.True(long.Parse(box.Read(MinFree)) < 4096);

        Assert.Equal(Errno.None, box.Write(Enabled, "madvise"));
        Assert.Equal("always [madvise] never\n", box.Read(Enabled));
        Assert.Equal("45056\n", box.Read(MinFree));
    }

    [Fact]
    public void Roots_own_larger_reserve_survives_switching()
    {
        using var box = Box.With();
        Assert.Equal(Errno.None, box.Write(MinFree, "100000"));

        box.Write(Enabled, "never");
        Assert.Equal("100000\n", box.Read(MinFree));
        box.Write(Enabled, "always");
        Assert.Equal("100000\n", box.Read(MinFree));
    }

    [Theory]
    [InlineData("sometimes\n")]
    [InlineData("")]
    [InlineData("always\n\n")]
    [InlineData("[always] madvise never\n")]
    public void Other_words_are_EINVAL_and_change_nothing(string words)
    {
        using var box = Box.With();
        var before = box.Machine.ComputeStateHash();

        Assert.Equal(Errno.EINVAL, box.Write(Enabled, words));

        Assert.Equal(before, box.Machine.ComputeStateHash());
    }

    // What is absent: DAMON, which is not simulated. The multi-generational LRU is off: the box does not run it.
    [Theory]
    [InlineData("ram-1g")]
    [InlineData("ram-256m")]
    [InlineData("numa-4g-4g")]
    [InlineData("classic-lru-1g")]
    public void Every_file_under_mm_reads_as_captured(string shape)
    {
        var capture = VboxMem.Testing.Capture.Load(shape);
        using var box = Box.Like(capture);
        var compared = new List<string>();
        foreach (var line in capture.Text("sys_kernel_mm").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = (line[..line.IndexOf(" = ", StringComparison.Ordinal)], line[(line.IndexOf(" = ", StringComparison.Ordinal) + 3)..]);
            if (name.StartsWith("damon/", StringComparison.Ordinal) || (name is "lru_gen/enabled" && shape != "classic-lru-1g"))
            {
                continue;
            }

            Assert.Equal((name, value + "\n"), (name, box.Read("/sys/kernel/mm/" + name)));
            compared.Add("/sys/kernel/mm/" + name);
        }

        compared.Add("/sys/kernel/mm/lru_gen/enabled");
        Assert.Equal(
            box.Paths.Where(static path => path.StartsWith("/sys/kernel/mm/", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
            compared.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Switches_take_what_the_kernel_takes_for_a_truth_value()
    {
        const string readahead = "/sys/kernel/mm/swap/vma_ra_enabled";
        const string weight = "/sys/kernel/mm/mempolicy/weighted_interleave/node0";
        using var box = Box.With();
        Assert.Equal((Errno.None, "false\n"), (box.Write(readahead, "off\n"), box.Read(readahead)));
        Assert.Equal((Errno.None, "true\n"), (box.Write(readahead, "1"), box.Read(readahead)));
        Assert.Equal((Errno.EINVAL, "true\n"), (box.Write(readahead, "perhaps"), box.Read(readahead)));
        Assert.Equal((Errno.None, "3\n"), (box.Write(weight, "3\n"), box.Read(weight)));
        Assert.Equal((Errno.EINVAL, "3\n"), (box.Write(weight, "256"), box.Read(weight)));
        Assert.Equal((Errno.None, "1\n"), (box.Write(weight, "0\n"), box.Read(weight)));
        Assert.NotEqual(Errno.None, box.Write("/sys/kernel/mm/lru_gen/enabled", "7"));
    }

    [Theory]
    [InlineData("run", "2\n", "2\n")]
    [InlineData("run", "3", null)]
    [InlineData("run", "", null)]
    [InlineData("run", "0x1", null)]
    [InlineData("sleep_millisecs", "+50\n", "50\n")]
    [InlineData("sleep_millisecs", "4294967296", null)]
    [InlineData("sleep_millisecs", "-1", null)]
    [InlineData("max_page_sharing", "1", null)]
    [InlineData("max_page_sharing", "2", "2\n")]
    [InlineData("advisor_target_scan_time", "0", null)]
    [InlineData("use_zero_pages", "y", "1\n")]
    [InlineData("smart_scan", "maybe", null)]
    [InlineData("advisor_mode", "scan-time\n", "none [scan-time]\n")]
    [InlineData("advisor_mode", "cpu", null)]
    public void Ksm_keeps_what_the_kernel_takes_and_refuses_the_rest(string name, string written, string? read)
    {
        using var box = Box.With();
        var path = "/sys/kernel/mm/ksm/" + name;
        var (before, hash) = (box.Read(path), box.Machine.ComputeStateHash());

        Assert.Equal(read is null ? Errno.EINVAL : Errno.None, box.Write(path, written));

        Assert.Equal(read ?? before, box.Read(path));
        Assert.Equal(read is null, hash == box.Machine.ComputeStateHash());
    }

    [Fact]
    public void The_advisor_of_ksm_sets_the_pages_to_scan_and_lets_nobody_else()
    {
        const string ksm = "/sys/kernel/mm/ksm/";
        using var box = Box.With();
        box.Write(ksm + "pages_to_scan", "1000");
        box.Write(ksm + "advisor_mode", "none");
        Assert.Equal("1000\n", box.Read(ksm + "pages_to_scan"));
        box.Write(ksm + "advisor_mode", "scan-time");
        Assert.Equal((Errno.EINVAL, "500\n"), (box.Write(ksm + "pages_to_scan", "1000"), box.Read(ksm + "pages_to_scan")));
        box.Write(ksm + "advisor_mode", "none");
        Assert.Equal("100\n", box.Read(ksm + "pages_to_scan"));
        Assert.NotEqual(Errno.None, box.Write(ksm + "full_scans", "1"));
    }

    // One tick is 4 ms.
    [Theory]
    [InlineData("1000\n", "1000\n")]
    [InlineData("5", "8\n")]
    [InlineData("0x10", "16\n")]
    [InlineData("010", "8\n")]
    [InlineData("3000000000", "4294967288\n")]   // for ever: more than a signed number of milliseconds
    [InlineData("4294967296", null)]
    [InlineData("-1", null)]
    [InlineData("1 ", null)]
    [InlineData("", null)]
    public void Protected_time_is_kept_in_whole_ticks(string written, string? read)
    {
        const string path = "/sys/kernel/mm/lru_gen/min_ttl_ms";
        using var box = Box.With();
        Assert.Equal((read is null ? Errno.EINVAL : Errno.None, read ?? "0\n"), (box.Write(path, written), box.Read(path)));
    }

    [Fact]
    public void Settings_are_kept_within_their_range()
    {
        const string khugepaged = "/sys/kernel/mm/transparent_hugepage/khugepaged/";
        using var box = Box.With();
        Assert.Equal(Errno.None, box.Write(khugepaged + "max_ptes_none", "0\n"));
        Assert.Equal("0\n", box.Read(khugepaged + "max_ptes_none"));
        Assert.Equal(Errno.EINVAL, box.Write(khugepaged + "max_ptes_none", "512"));
        Assert.Equal(Errno.EINVAL, box.Write(khugepaged + "pages_to_scan", "0"));
        Assert.Equal(Errno.EINVAL, box.Write(khugepaged + "defrag", "2"));
        Assert.Equal(Errno.None, box.Write("/sys/kernel/mm/transparent_hugepage/defrag", "defer+madvise"));
        Assert.Equal("always defer [defer+madvise] madvise never\n", box.Read("/sys/kernel/mm/transparent_hugepage/defrag"));
        Assert.Equal("0\n", box.Read(khugepaged + "max_ptes_none"));
    }
}
