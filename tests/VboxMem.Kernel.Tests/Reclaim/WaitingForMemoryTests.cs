// Goal: tasks wait where Linux makes them wait: for kswapd when hardly anything is left, and for pages that they had and lost.
// Method: free memory is taken away to a quarter of the min marks; pages of a file are evicted by hand and read again.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Pressure;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Tests.PageCache;

namespace VboxMem.Kernel.Tests.Reclaim;

public sealed class WaitingForMemoryTests
{
    [Fact]
    public void Below_half_of_the_min_marks_a_task_waits_for_kswapd_and_does_not_reclaim()
    {
        using var box = new ReclaimBox(swapMebibytes: 128);
        box.StartWriter(pages: 16 << 10);
        box.Run(2000);
        var process = AProcess.On(box.Machine);
        var (task, start) = (process.Task, (ulong)process.Map(8 * AProcess.Page));
        var (held, before) = (TakeUpToAQuarterOfMin(box.Machine), box[VmEvent.AllocstallMovable]);
        Assert.Equal(0UL, box[VmEvent.PgScanDirectThrottle]);

        process.AskWithoutWaiting(new Request(RequestKind.Touch, start, 8 * AProcess.Page, (ulong)TouchKind.Write));
        var waited = false;
        for (var i = 0; i < 200_000 && process.Memory.RssAnonPages < 8; i++)
        {
            box.Machine.RunUntil(box.Machine.Now.Plus(new Kernel.Time.SimTime(20_000)));
            waited |= task.Wait.Kind == WaitKind.PfMemAlloc;
        }

        Assert.Equal(8UL, process.Memory.RssAnonPages);
        Assert.True(waited, "it never waited");
        Assert.InRange(box[VmEvent.PgScanDirectThrottle], 1UL, 2UL);
        Assert.Equal(0UL, box[ReachedPath.SlowPathOomKill]);
        Assert.True(box[VmEvent.PgScanKswapd] > 0 && box[VmEvent.AllocstallMovable] - before <= 1, "it reclaimed for itself");
        Auditing.Audit.Check(box.Machine, held);
    }

    [Fact]
    public void Reading_back_what_was_in_use_is_pressure_on_memory_and_reading_anew_is_not()
    {
        using var box = new FileBox();
        const ulong Bytes = 4 << 20;
        box.Run(FileBox.Open("/mnt/active", OpenFlags.Create, 4 * Bytes), FileBox.Read(0, 4 * Bytes), FileBox.Seek(0, 0), FileBox.Read(0, 4 * Bytes));
        box.Run(FileBox.Open("/mnt/f", OpenFlags.Create, Bytes), FileBox.Read(0, Bytes));
        box.Sleep(3_000);   // until statistics know how much is active
        Assert.Equal(0UL, Stalled(box));
        Evict(box, isInUse: false);
        box.Run(FileBox.Open("/mnt/f"), FileBox.Read(0, Bytes));
        Assert.Equal((0UL, 1024UL), (Stalled(box), box.Gauge(NodeStatItem.WorkingsetRefaultFile)));

        Evict(box, isInUse: true);
        box.Run(FileBox.Open("/mnt/f"), FileBox.Read(0, Bytes));

        Assert.Equal((2048UL, 1024UL), (box.Gauge(NodeStatItem.WorkingsetRefaultFile), box.Gauge(NodeStatItem.WorkingsetRestoreFile)));

        // At 200 MiB a second; what the reader copies meanwhile is no waiting.
        Assert.InRange(Stalled(box), 10_000_000UL, 25_000_000UL);
        box.Audit();
    }

    private static ulong Stalled(FileBox box) => box.Machine.Stalls.ReadAt(StallStates.MemorySome, box.Machine.Now).Total.Nanoseconds;

    private static void Evict(FileBox box, bool isInUse)
    {
        box.Machine.Lru.DrainAll();
        var inode = box.Machine.FilePages.Resolve("/mnt/f", 0);
        var folios = new List<Pfn>();
        for (var index = 0UL; index < 1024; index++)
        {
            var folio = box.Machine.PageCache.Find(inode, index);
            if (isInUse)
            {
                box.Machine.Frames[folio].Set(PageFlags.Workingset);
            }

            Assert.True(box.Machine.Lru.TryIsolate(folio));
            folios.Add(folio);
        }

        Assert.Equal(1024UL, box.Machine.Reclaimer.ReclaimIsolated(folios));
    }

    private static List<Pfn> TakeUpToAQuarterOfMin(Machine machine)
    {
        var held = new List<Pfn>();
        while (FreePages(machine) > MinPages(machine) / 4)
        {
            Assert.True(machine.Allocator.TryAllocate(GfpFlags.Kernel | GfpFlags.MemAlloc, 0, FrameOwner.Kernel, out var block));
            held.Add(block);
            machine.Allocator.DrainAllPerCpuPages();
        }

        return held;
    }

    private static ulong FreePages(Machine machine) => Sum(machine, static zone => (ulong)zone.FreePages);

    private static ulong MinPages(Machine machine) => Sum(machine, static zone => zone.Marks.MinPages);

    private static ulong Sum(Machine machine, Func<Zone, ulong> pagesOf)
    {
        var pages = 0UL;
        foreach (var zone in machine.Nodes[0].Zones)
        {
            pages += zone.IsPopulated ? pagesOf(zone) : 0;
        }

        return pages;
    }
}
