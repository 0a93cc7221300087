using VboxMem.FileTree;

namespace VboxMem.Procfs.Tests.Sys;

public sealed class HugePageFilesTests
{
    private const string Directory = "/sys/kernel/mm/hugepages/hugepages-2048kB/";

    [Fact]
    public void The_pool_is_one_figure_in_all_files()
    {
        using var box = Box.With();

        Assert.Equal(Errno.None, box.Write(Directory + "nr_hugepages", "+12\n"));

        Assert.Equal("12\n", box.Read(Directory + "nr_hugepages"));
        Assert.Equal("12\n", box.Read(Directory + "nr_hugepages_mempolicy"));
        Assert.Equal("12\n", box.Read(Directory + "free_hugepages"));
        Assert.Equal("0\n", box.Read(Directory + "resv_hugepages"));
        Assert.Equal("0\n", box.Read(Directory + "surplus_hugepages"));
        Assert.Equal("12\n", box.Read("/proc/sys/vm/nr_hugepages"));
        Assert.Contains("HugePages_Total:    12\n", box.Read("/sys/devices/system/node/node0/meminfo"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_pool_larger_than_memory_gets_what_can_be_had_without_an_error()
    {
        using var box = Box.With(ramMebibytes: 512);

        Assert.Equal(Errno.None, box.Write(Directory + "nr_hugepages", "100000"));

        Assert.InRange(int.Parse(box.Read(Directory + "nr_hugepages")), 100, 256);
    }

    [Theory]
    [InlineData("0x10")]
    [InlineData(" 10")]
    [InlineData("-1")]
    [InlineData("ten")]
    [InlineData("")]
    [InlineData("99999999999999999999999")]
    public void Sysfs_takes_decimal_digits_only(string text)
    {
        using var box = Box.With();

        Assert.Equal(Errno.EINVAL, box.Write(Directory + "nr_hugepages", text));

        Assert.Equal("0\n", box.Read(Directory + "nr_hugepages"));
    }

    [Fact]
    public void Overcommit_is_the_sysctl_of_that_name()
    {
        using var box = Box.With();

        Assert.Equal(Errno.None, box.Write(Directory + "nr_overcommit_hugepages", "7\n"));

        Assert.Equal("7\n", box.Read("/proc/sys/vm/nr_overcommit_hugepages"));
    }
}
