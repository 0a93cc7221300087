// Goal: the table of the facts, row by row; and PG_referenced afterwards.

using VboxMem.Kernel.Reclaim;

namespace VboxMem.Kernel.Tests.Reclaim;

public sealed class PageFateTests
{
    [Theory]
    [InlineData(0, false, false)]
    [InlineData(3, true, true)]
    public void A_locked_page_activates_whatever_else_is_seen(int young, bool referenced, bool isFile)
    {
        var use = new PageUse(young, referenced, isFile, IsLocked: true, IsUnknown: true);

        Assert.Equal(PageFate.Activate, use.Fate);
        Assert.False(use.LeavesReferenced);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_page_whose_mappings_cannot_be_looked_at_is_kept(bool referenced)
    {
        var use = new PageUse(0, referenced, IsFile: true, IsUnknown: true);

        Assert.Equal(PageFate.Keep, use.Fate);
        Assert.False(use.LeavesReferenced);
    }

    [Theory]
    [InlineData(1, true, false, false, PageFate.Activate)]
    [InlineData(1, true, true, false, PageFate.Activate)]
    [InlineData(2, false, false, false, PageFate.Activate)]
    [InlineData(2, false, true, false, PageFate.Activate)]
    [InlineData(1, false, true, true, PageFate.Activate)]
    [InlineData(1, false, false, true, PageFate.KeepAndReference)]
    [InlineData(1, false, true, false, PageFate.KeepAndReference)]
    [InlineData(1, false, false, false, PageFate.KeepAndReference)]
    public void A_young_mapping_keeps_a_page_and_a_second_sign_activates_it(
        int young, bool referenced, bool isFile, bool isExecutable, PageFate expected)
    {
        var use = new PageUse(young, referenced, isFile, isExecutable);

        Assert.Equal(expected, use.Fate);
        Assert.True(use.LeavesReferenced);
    }

    [Theory]
    [InlineData(true, true, PageFate.ReclaimClean)]
    [InlineData(true, false, PageFate.Reclaim)]
    [InlineData(false, true, PageFate.Reclaim)]
    [InlineData(false, false, PageFate.Reclaim)]
    public void Without_a_young_mapping_a_page_goes(bool referenced, bool isFile, PageFate expected)
    {
        var use = new PageUse(0, referenced, isFile, IsExecutable: true);

        Assert.Equal(expected, use.Fate);
        Assert.False(use.LeavesReferenced);
    }
}
