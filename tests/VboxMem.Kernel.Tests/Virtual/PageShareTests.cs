using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Virtual;

// Goal: shares are rounded where Linux rounds them: each page down, the sum only when it is shown.
public sealed class PageShareTests
{
    [Fact]
    public void A_thousand_pages_that_three_map_are_1333_kB_to_each()
    {
        var sum = default(PageShare);
        for (var page = 0; page < 1000; page++)
        {
            sum += PageShare.OfPage(3);
        }

        Assert.Equal(5592405UL, PageShare.OfPage(3).Fixed);
        Assert.Equal((1365333UL, 1333UL), (sum.Bytes, sum.Kilobytes));
    }

    [Fact]
    public void A_page_that_no_one_else_maps_is_whole()
    {
        Assert.Equal(PageShare.OfPage(1), PageShare.OfPage(0));
        Assert.Equal((4096UL, 4UL), (PageShare.OfPage(1).Bytes, PageShare.OfPage(1).Kilobytes));
    }
}
