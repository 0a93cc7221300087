using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Reclaim;
using VboxMem.Kernel.Tests.PageCache;

namespace VboxMem.Kernel.Tests.Reclaim;

// Goal: a file larger than memory, read from end to end, is kswapd's business alone: every page scanned is freed, and when it is
// read again every page is a refault that comes too late to matter.
public sealed class CacheReclaimTests
{
    private const ulong FileBytes = 1536 << 20;
    private const ulong FilePages = FileBytes >> 12;

    [Fact]
    public void A_file_read_twice_through_1_GiB_of_memory_is_reclaimed_without_stalls()
    {
        using var box = new FileBox(1024);
        var first = box.Start(FileBox.Open("/mnt/file", OpenFlags.Read | OpenFlags.Create, FileBytes), FileBox.Read(0, FileBytes));
        box.Finish(first);
        box.Audit();

        Assert.Equal((long)FileBytes, FileBox.AnswersOf(first)[1]);
        var scanned = box.Count(VmEvent.PgScanKswapd);
        Assert.True(scanned > FilePages / 4, $"{scanned} pages scanned");
        Assert.Equal(scanned, box.Count(VmEvent.PgStealKswapd));
        Assert.Equal(scanned, box.Count(VmEvent.PgScanFile));
        Assert.Equal(0UL, box.Count(VmEvent.PgScanDirect));
        Assert.Equal(0UL, box.Count(VmEvent.AllocstallMovable));
        Assert.Equal(0UL, box.Gauge(NodeStatItem.WorkingsetRefaultFile));

        box.Run(FileBox.Open("/mnt/file"), FileBox.Read(0, FileBytes));
        box.Audit();

        Assert.Equal(FilePages, box.Gauge(NodeStatItem.WorkingsetRefaultFile));
        Assert.Equal(0UL, box.Gauge(NodeStatItem.WorkingsetActivateFile));

        // kswapd may sleep with DMA above high and DMA32 just below low. The request that finds DMA taken too wakes it and then refills this
        // CPU's list: 2016 pages at once, of the 2771 between low and min. The next one but some comes before kswapd has freed anything.
        Assert.InRange(box.Count(VmEvent.AllocstallMovable), 0UL, 2UL);
        Assert.True(box.Count(VmEvent.PgScanKswapd) >= scanned + (FilePages * 9 / 10));
        Assert.True(box.Machine.Paths[ReachedPath.KswapdNapInterrupted] > 0);
    }

    [Fact]
    public void Scanning_clean_cache_allocates_no_managed_memory()
    {
        using var box = new FileBox(256);
        box.Run(FileBox.Open("/mnt/file", OpenFlags.Read | OpenFlags.Create, 96 << 20), FileBox.Read(0, 96 << 20));
        var vector = box.Machine.Lru.Vectors[0];
        Scan(box.Machine, vector, batches: 100);   // buffers grow once

        var before = GC.GetAllocatedBytesForCurrentThread();
        var freed = Scan(box.Machine, vector, batches: 400);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(400UL * 32, freed);
        box.Audit();
    }

    private static ulong Scan(Machine machine, Lruvec vector, int batches)
    {
        var control = new ScanControl
        {
            Gfp = GfpFlags.Kernel,
            Flags = ScanFlags.IsKswapd | ScanFlags.MayUnmap | ScanFlags.MaySwap,
            HighestZone = ZoneType.Movable,
        };
        var freed = 0UL;
        for (var batch = 0; batch < batches; batch++)
        {
            freed += machine.Reclaimer.Lists.ShrinkInactive(vector, LruList.InactiveFile, 32, ref control);
        }

        return freed;
    }
}
