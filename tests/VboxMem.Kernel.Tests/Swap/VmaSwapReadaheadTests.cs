using FsCheck.Xunit;
using VboxMem.Kernel.Swap;

namespace VboxMem.Kernel.Tests.Swap;

public sealed class VmaSwapReadaheadTests
{
    private const ulong AreaFirst = 0x10000;
    private const ulong AreaEnd = 0x20000;

    [Fact]
    public void The_first_fault_reads_8_pages_around_its_own()
    {
        var area = default(VmaSwapReadahead);

        Assert.Equal(new VirtualPageRange(0x10100 - 3, 0x10100 + 5), area.PlanFault(0x10100, 3, AreaFirst, AreaEnd));
    }

    [Fact]
    public void A_fault_after_the_last_reads_forward_and_one_before_it_backward()
    {
        var area = default(VmaSwapReadahead);
        area.PlanFault(0x10100, 3, AreaFirst, AreaEnd);

        // Without a hit the window halves: 8, 4, 2.
        Assert.Equal(new VirtualPageRange(0x10101, 0x10105), area.PlanFault(0x10101, 3, AreaFirst, AreaEnd));
        Assert.Equal(new VirtualPageRange(0x100ff, 0x10101), area.PlanFault(0x10100, 3, AreaFirst, AreaEnd));
    }

    [Fact]
    public void Hits_of_the_window_make_the_next_one_larger()
    {
        var area = default(VmaSwapReadahead);
        area.PlanFault(0x10100, 3, AreaFirst, AreaEnd);
        for (var page = 0x10101UL; page < 0x10105; page++)
        {
            area.NoteCacheHit(page, wasReadAhead: true);
        }

        // Four hits: 8 pages; and the last hit was the page before, so it goes on forward.
        Assert.Equal(new VirtualPageRange(0x10105, 0x1010d), area.PlanFault(0x10105, 3, AreaFirst, AreaEnd));
    }

    [Fact]
    public void A_hit_without_the_mark_only_moves_the_place()
    {
        var area = default(VmaSwapReadahead);
        area.PlanFault(0x10100, 1, AreaFirst, AreaEnd);
        area.NoteCacheHit(0x10200, wasReadAhead: false);

        Assert.Equal(new VirtualPageRange(0x10201, 0x10203), area.PlanFault(0x10201, 1, AreaFirst, AreaEnd));
    }

    [Fact]
    public void With_page_cluster_0_nothing_is_read_along_and_nothing_remembered()
    {
        var area = default(VmaSwapReadahead);

        Assert.Equal(new VirtualPageRange(0x10100, 0x10101), area.PlanFault(0x10100, 0, AreaFirst, AreaEnd));
        Assert.Equal(new VirtualPageRange(0x10200 - 0, 0x10205), area.PlanFault(0x10200, 3, AreaFirst, AreaEnd));
    }

    [Fact]
    public void The_range_ends_with_the_area_and_the_page_table()
    {
        var area = default(VmaSwapReadahead);
        Assert.Equal(new VirtualPageRange(AreaFirst, AreaFirst + 6), area.PlanFault(AreaFirst + 1, 3, AreaFirst, AreaEnd));

        area = default;
        Assert.Equal(new VirtualPageRange(AreaEnd - 4, AreaEnd), area.PlanFault(AreaEnd - 1, 3, AreaFirst, AreaEnd));

        area = default;
        Assert.Equal(new VirtualPageRange(0x103fb, 0x10400), area.PlanFault(0x103fe, 3, AreaFirst, AreaEnd));
    }

    [Property(MaxTest = 300)]
    public bool The_page_lies_in_a_range_within_area_and_cluster(ushort[] pages, byte cluster, bool[] hits)
    {
        var area = default(VmaSwapReadahead);
        for (var i = 0; i < pages.Length; i++)
        {
            var page = AreaFirst + pages[i];
            var range = area.PlanFault(page, cluster % 8, AreaFirst, AreaEnd);
            if (range.FirstPage > page || range.EndPage <= page || range.FirstPage < AreaFirst || range.EndPage > AreaEnd
                || range.EndPage - range.FirstPage > 1UL << Math.Min(cluster % 8, 5))
            {
                return false;
            }

            if (i < hits.Length)
            {
                area.NoteCacheHit(page, hits[i]);
            }
        }

        return true;
    }
}
