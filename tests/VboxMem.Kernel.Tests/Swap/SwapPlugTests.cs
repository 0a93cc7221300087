using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Swap;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Swap;

// Goal: what is written to swap page by page goes to the disk in requests as large as a virtio disk takes, each as soon as the next begins.
public sealed class SwapPlugTests
{
    [Theory]
    [InlineData(1, 0UL, 1UL)]
    [InlineData(254, 0UL, 1UL)]
    [InlineData(255, 1UL, 2UL)]
    [InlineData(512, 2UL, 3UL)]
    public void Neighbours_are_one_request_of_at_most_254_pages(int pages, ulong sentBeforeTheEnd, ulong sent)
    {
        using var box = new SwapBox((64, true, -1));
        for (var page = 0; page < pages; page++)
        {
            Write(box, page);
        }

        Assert.Equal(sentBeforeTheEnd, box.Machine.Disks.Disks[0].Counters.InFlight);
        Assert.Equal(pages, box.Gauge(NodeStatItem.Writeback));

        box.Swap.Plug.Flush();
        Assert.Equal(sent, box.Machine.Disks.Disks[0].Counters.InFlight);
        Assert.Equal((ulong)pages, box.Swap.Plug.Sent.Aggregate(0UL, static (sum, request) => sum + request.Folios));
        box.Audit();

        box.Run(1000);
        Assert.Equal(sent, box.Machine.Disks.Disks[0].Counters.Writes);
        Assert.Equal((ulong)pages * 8, box.Machine.Disks.Disks[0].Counters.WrittenSectors);
        Assert.Equal(0, box.Gauge(NodeStatItem.Writeback));
        Assert.Equal(pages, box.Gauge(NodeStatItem.Written));
        box.Audit();
    }

    [Fact]
    public void Pages_of_two_areas_are_two_requests()
    {
        using var box = new SwapBox((64, false, 5), (64, false, 5));
        var areas = new HashSet<int>();
        for (var page = 0; page < 256; page++)
        {
            areas.Add(Write(box, page).Area);
        }

        box.Swap.Plug.Flush();
        Assert.Equal(2, areas.Count);
        Assert.True(box.Machine.Disks.Disks[0].Counters.InFlight > 0 && box.Machine.Disks.Disks[1].Counters.InFlight > 0);
        box.Run(1000);
        Assert.Equal(256, box.Gauge(NodeStatItem.Written));
        box.Audit();
    }

    private static SwapEntry Write(SwapBox box, int page)
    {
        var folio = box.Map(page);
        Assert.True(box.Swap.TryAdd(folio));
        Assert.Equal(UnmapResult.Unmapped, box.Machine.ReverseMap.TryUnmap(folio));
        Assert.Equal(PageOutResult.Started, box.Swap.Write(folio));
        return SwapEntry.Unpack(box.Machine.Frames[folio].Private);
    }
}
