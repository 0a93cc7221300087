using VboxMem.FileTree;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Procfs.Tests.Sys;

public sealed class TransparentHugePageFilesTests
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

    [Theory]
    [InlineData("ram-1g")]
    [InlineData("ram-256m")]
    [InlineData("numa-4g-4g")]
    public void Every_setting_has_the_captured_default(string shape)
    {
        const string directory = "transparent_hugepage/";
        var capture = VboxMem.Testing.Capture.Load(shape);
        using var box = Box.Like(capture);
        var settings = 0;
        foreach (var line in capture.Text("sys_kernel_mm").Split('\n'))
        {
            var isCounter = line.Contains("/stats/", StringComparison.Ordinal) || line.Contains("full_scans", StringComparison.Ordinal)
                || line.Contains("pages_collapsed", StringComparison.Ordinal);
            if (!line.StartsWith(directory, StringComparison.Ordinal) || isCounter)
            {
                continue;
            }

            var (name, value) = (line[..line.IndexOf(" = ", StringComparison.Ordinal)], line[(line.IndexOf(" = ", StringComparison.Ordinal) + 3)..]);
            Assert.Equal((name, value + "\n"), (name, box.Read("/sys/kernel/mm/" + name)));
            settings++;
        }

        Assert.Equal(TransparentHugePages.Settings.Count + 1, settings);
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
