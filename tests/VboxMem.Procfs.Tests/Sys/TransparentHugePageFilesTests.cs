using VboxMem.FileTree;

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
}
