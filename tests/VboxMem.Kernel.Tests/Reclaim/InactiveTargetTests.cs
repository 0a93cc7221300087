using VboxMem.Kernel.Reclaim;

namespace VboxMem.Kernel.Tests.Reclaim;

public sealed class InactiveTargetTests
{
    [Theory]
    [InlineData(10UL << 20, 1)]
    [InlineData(100UL << 20, 1)]
    [InlineData(1UL << 30, 3)]
    [InlineData(10UL << 30, 10)]
    [InlineData(100UL << 30, 31)]
    [InlineData(1UL << 40, 101)]
    public void The_ratio_follows_the_table_of_the_facts(ulong bytes, ulong ratio)
    {
        var pages = bytes / 4096;

        Assert.Equal(ratio, InactiveTarget.Ratio(pages / 4, pages - (pages / 4)));
    }

    [Fact]
    public void The_ratio_starts_to_grow_with_the_last_page_of_a_gibibyte()
    {
        Assert.Equal(1UL, InactiveTarget.Ratio(0, (1 << 18) - 1));
        Assert.Equal(3UL, InactiveTarget.Ratio(0, 1 << 18));
    }

    [Fact]
    public void Equal_lists_are_not_low_on_a_small_machine()
    {
        Assert.False(InactiveTarget.IsLow(1000, 1000));
        Assert.True(InactiveTarget.IsLow(999, 1000));
        Assert.False(InactiveTarget.IsLow(0, 0));
    }

    [Fact]
    public void On_a_gibibyte_a_quarter_of_the_pages_inactive_is_enough()
    {
        const ulong pages = 1 << 18;

        Assert.False(InactiveTarget.IsLow(pages / 4, pages * 3 / 4));
        Assert.True(InactiveTarget.IsLow((pages / 4) - 1, (pages * 3 / 4) + 1));
    }
}
