using FsCheck.Xunit;
using VboxMem.Kernel.Swap;

namespace VboxMem.Kernel.Tests.Swap;

public sealed class SwapReadaheadTests
{
    [Theory]
    [InlineData(0, 100, 200, 1)]
    [InlineData(0, 100, 101, 2)]
    [InlineData(0, 100, 99, 2)]
    [InlineData(0, 100, 100, 1)]
    [InlineData(1, 100, 200, 4)]
    [InlineData(2, 100, 200, 4)]
    [InlineData(3, 100, 200, 8)]
    [InlineData(4, 100, 200, 8)]
    [InlineData(7, 100, 200, 8)]
    public void A_window_follows_the_hits_and_stops_at_the_cluster(uint hits, ulong previous, ulong current, uint expected) =>
        Assert.Equal(expected, SwapReadahead.WindowPages(previous, current, hits, mostPages: 8, previousPages: 0));

    [Fact]
    public void A_window_halves_at_most()
    {
        Assert.Equal(4u, SwapReadahead.WindowPages(1, 100, hits: 0, mostPages: 8, previousPages: 8));
        Assert.Equal(2u, SwapReadahead.WindowPages(1, 100, hits: 0, mostPages: 8, previousPages: 4));
        Assert.Equal(1u, SwapReadahead.WindowPages(1, 100, hits: 0, mostPages: 8, previousPages: 2));
    }

    [Property]
    public bool A_window_is_a_power_of_two_between_one_and_the_cluster(uint previous, uint current, byte hits, byte order, byte before)
    {
        var most = 1u << (order % 6);
        var last = Math.Min(1u << (before % 6), most);

        var pages = SwapReadahead.WindowPages(previous, current, hits, most, last);

        return pages >= 1 && pages <= most && (pages & (pages - 1)) == 0;
    }
}
