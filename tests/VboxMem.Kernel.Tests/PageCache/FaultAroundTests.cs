using FsCheck.Xunit;
using VboxMem.Kernel.PageCache;

namespace VboxMem.Kernel.Tests.PageCache;

public sealed class FaultAroundTests
{
    [Theory]
    [InlineData(100, 100, 1000, 96, 111)]     // the aligned 16 pages around the page
    [InlineData(96, 96, 1000, 96, 111)]
    [InlineData(111, 111, 1000, 96, 111)]
    [InlineData(100, 2, 1000, 98, 113)]       // cut by the start of the area, and 16 pages from there
    [InlineData(100, 100, 103, 96, 102)]      // cut by its end
    [InlineData(511, 700, 1000, 496, 511)]    // within one page-table page
    [InlineData(511, 3, 1000, 508, 511)]
    [InlineData(0, 0, 1, 0, 0)]
    public void The_window_is_cut_by_area_and_table(int entry, ulong pageInArea, ulong areaPages, int first, int last) =>
        Assert.Equal(new FaultAround(first, last), FaultAround.Of(entry, pageInArea, areaPages));

    [Fact]
    public void A_window_of_one_page_maps_the_page_alone() =>
        Assert.Equal(new FaultAround(100, 100), FaultAround.Of(100, 50, 1000, windowPages: 1));

    [Fact]
    public void The_last_page_of_the_file_ends_the_window()
    {
        var window = FaultAround.Of(100, 100, 1000);

        Assert.Equal(new FaultAround(96, 103), window.ClippedToFile(100, fileIndex: 20, filePages: 24));
        Assert.Equal(window, window.ClippedToFile(100, fileIndex: 20, filePages: 5000));
        Assert.False(window.ClippedToFile(100, fileIndex: 20, filePages: 21).IsEmpty);
        Assert.True(window.ClippedToFile(100, fileIndex: 20, filePages: 3).IsEmpty);
        Assert.True(window.ClippedToFile(100, fileIndex: 20, filePages: 0).IsEmpty);
    }

    [Property(MaxTest = 500)]
    public bool The_page_lies_in_a_window_of_at_most_16_within_area_and_table(ushort at, uint before, ushort after)
    {
        var entry = at % 512;
        var window = FaultAround.Of(entry, before, before + after + 1UL);

        return window.FirstEntry <= entry && entry <= window.LastEntry
            && window.FirstEntry >= 0 && window.LastEntry < 512
            && window.LastEntry - window.FirstEntry < 16
            && entry - window.FirstEntry <= before && window.LastEntry - entry <= after;
    }
}
