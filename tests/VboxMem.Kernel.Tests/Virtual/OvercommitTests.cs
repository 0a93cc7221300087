using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Virtual;

public sealed class OvercommitTests
{
    [Fact]
    public void The_measured_four_gigabyte_guest_comes_out() =>
        Assert.Equal(2_008_264 / 4, Overcommit.CommitLimitPages(1_004_133, 0, 0, ratioPercent: 50, overcommitKilobytes: 0));

    [Fact]
    public void Swap_counts_in_full_and_huge_pages_not_at_all() =>
        Assert.Equal(400 + 1_000, Overcommit.CommitLimitPages(1_000, 200, 1_000, ratioPercent: 50, overcommitKilobytes: 0));

    [Fact]
    public void Kilobytes_replace_the_share_of_memory() =>
        Assert.Equal(65_536 + 10, Overcommit.CommitLimitPages(1_000, 0, 10, ratioPercent: 50, overcommitKilobytes: 262_144));

    [Theory]
    [InlineData(243_480, 30_435, 8_192)]   // 951 MiB free
    [InlineData(18_248, 2_281, 2_281)]     // the 128 MiB machine
    [InlineData(2_000_000, 131_072, 8_192)]
    public void Reserves_are_capped(long freePages, long user, long admin)
    {
        Assert.Equal(user, Overcommit.UserReserveAtBootKilobytes(freePages));
        Assert.Equal(admin, Overcommit.AdminReserveAtBootKilobytes(freePages));
    }
}
