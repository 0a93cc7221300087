using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Sysctl;

namespace VboxMem.Kernel.Tests.PageCache;

// Goal: written pages are dirty until they are written back, can be dropped then, and go with their file even under I/O.
public sealed class FileWriteTests
{
    private const ulong Mebibyte = 1 << 20;

    [Fact]
    public void Written_pages_are_dirty_inactive_and_have_buffers_until_sync_cleans_them()
    {
        using var box = new FileBox();
        var answers = box.Run(FileBox.Open("/mnt/f", OpenFlags.Create | OpenFlags.Write), FileBox.Write(0, 4 * Mebibyte));
        Assert.Equal((long)(4 * Mebibyte), answers[1]);
        Assert.InRange(box.Gauge(NodeStatItem.Dirtied), 1024UL, 1030UL);
        Assert.Equal(box.Gauge(NodeStatItem.Dirtied), box.Gauge(NodeStatItem.FilePages));
        box.Machine.Lru.DrainAll();
        Assert.InRange(box.Gauge(NodeStatItem.InactiveFile), 1024UL, 1030UL);
        box.Audit();

        box.Run(new Request(RequestKind.Sync));
        Assert.Equal(0UL, box.Gauge(NodeStatItem.Dirty));
        Assert.Equal(SysctlResult.Done, box.Machine.Sysctls.Write("drop_caches", "1"u8));

        Assert.Equal(0UL, box.Gauge(NodeStatItem.FilePages));
        Assert.Equal(1UL, box.Count(VmEvent.DropPagecache));
        var last = "";
        foreach (var record in box.Machine.Log.RecordsFrom(0))
        {
            last = System.Text.Encoding.UTF8.GetString(record.Text);
        }

        Assert.Equal($"{box.Machine.Processes[1].Name} (1): drop_caches: 1", last);
        box.Audit();
    }

    [Fact]
    public void Fsync_comes_back_when_its_file_is_on_the_disk_and_leaves_others_dirty()
    {
        using var box = new FileBox(ramMebibytes: 512);
        var task = box.Finish(box.Start(
            FileBox.Open("/mnt/a", OpenFlags.Create | OpenFlags.Write), FileBox.Write(0, 4 * Mebibyte),
            FileBox.Open("/mnt/b", OpenFlags.Create | OpenFlags.Write), FileBox.Write(1, 4 * Mebibyte)));
        var (before, began) = (box.Disk, box.Machine.Now);
        Assert.InRange(box.Gauge(NodeStatItem.Dirty), 2048UL, 2060UL);

        task = box.Start(
            FileBox.Open("/mnt/a", OpenFlags.Write), new Request(RequestKind.Fsync, 0));
        while (FileBox.AnswersOf(task).Count < 2)
        {
            box.Machine.RunUntil(box.Machine.Now.Plus(new Kernel.Time.SimTime(100_000)));
        }

        Assert.Equal(0L, FileBox.AnswersOf(task)[1]);
        Assert.InRange(box.Disk.WrittenSectors - before.WrittenSectors, 8192UL, 8400UL);
        Assert.True(box.Machine.Now.Nanoseconds - began.Nanoseconds >= 20_000_000, "4 MiB take 20 ms at 200 MiB a second");
        Assert.Equal(0UL, box.Gauge(NodeStatItem.Writeback));
        Assert.InRange(box.Gauge(NodeStatItem.Dirty), 1024UL, 1036UL);
        box.Audit();
    }

    [Theory]
    [InlineData("100", 1_000UL)]
    [InlineData("3000", 30_000UL)]
    public void What_is_dirty_for_longer_than_the_limit_is_written_at_the_next_look_five_seconds_apart(string centiseconds, ulong milliseconds)
    {
        using var box = new FileBox(ramMebibytes: 512);
        Assert.Equal(SysctlResult.Done, box.Machine.Sysctls.Write("dirty_expire_centisecs", System.Text.Encoding.ASCII.GetBytes(centiseconds)));
        box.Run(FileBox.Open("/mnt/a", OpenFlags.Create | OpenFlags.Write), FileBox.Write(0, 4 * Mebibyte));

        box.Sleep(milliseconds - 100);
        Assert.InRange(box.Gauge(NodeStatItem.Dirty), 1024UL, 1036UL);
        box.Sleep(5_500);
        Assert.Equal(0UL, box.Gauge(NodeStatItem.Dirty) + box.Gauge(NodeStatItem.Writeback));
    }

    [Fact]
    public void Dirty_pages_survive_drop_caches_and_clean_ones_do_not()
    {
        using var box = new FileBox();
        box.Run(FileBox.Open("/mnt/f", OpenFlags.Create | OpenFlags.Write), FileBox.Write(0, Mebibyte));
        var kept = box.Gauge(NodeStatItem.Dirty) + box.Gauge(NodeStatItem.Writeback);

        Assert.Equal(SysctlResult.Done, box.Machine.Sysctls.Write("drop_caches", "1"u8));

        Assert.InRange(kept, 1UL, 258UL);
        Assert.Equal(kept, box.Gauge(NodeStatItem.FilePages));
        box.Audit();
    }

    [Fact]
    public void Writing_into_the_middle_of_a_page_on_disk_reads_it_first()
    {
        using var box = new FileBox();
        box.Run(FileBox.Open("/mnt/f", OpenFlags.Create, Mebibyte), FileBox.Close(0));
        var before = box.Disk;

        box.Run(FileBox.Open("/mnt/f", OpenFlags.Write), FileBox.Seek(0, 100), FileBox.Write(0, 100), FileBox.Seek(0, 8192), FileBox.Write(0, 4096));

        Assert.Equal(8UL, box.Disk.ReadSectors - before.ReadSectors);
        box.Audit();
    }

    [Fact]
    public void A_file_removed_and_closed_while_it_is_written_back_leaves_nothing()
    {
        using var box = new FileBox();
        var writer = box.Finish(box.Start(
            FileBox.Open("/mnt/f", OpenFlags.Create | OpenFlags.Write), FileBox.Write(0, 4 * Mebibyte), FileBox.Unlink("/mnt/f")));
        var inode = box.Machine.FilePages.InodeOf(writer, 0);
        _ = box.Machine.Dirty.StartRun(box.Machine.Dirty.Find(inode)!, 0, ulong.MaxValue, out _);
        Assert.True(box.Gauge(NodeStatItem.Writeback) > 0);

        box.Machine.FileCalls.Close(writer, 0);

        Assert.True(box.Gauge(NodeStatItem.Writeback) > 0);
        Assert.Equal(1UL, box.Files.Figures.Inodes);
        box.Audit();
        box.Sleep(1_000);

        Assert.Equal(0UL, box.Gauge(NodeStatItem.Writeback));
        Assert.Equal(0UL, box.Files.Figures.Inodes);
        box.Audit();
    }

    [Fact]
    public void Advice_not_to_need_a_file_drops_its_clean_pages()
    {
        using var box = new FileBox();
        box.Run(
            FileBox.Open("/mnt/f", OpenFlags.Create, Mebibyte), FileBox.Read(0, Mebibyte),
            new Request(RequestKind.Fadvise, 0, 0, 0, (ulong)FileAdvice.DontNeed));

        Assert.Equal(box.Machine.PageCache.BufferPages, box.Gauge(NodeStatItem.FilePages));
        Assert.Equal(0UL, box.Count(VmEvent.DropPagecache));
    }

    [Fact]
    public void Advice_to_need_a_file_reads_it_without_a_reader()
    {
        using var box = new FileBox();
        box.Run(FileBox.Open("/mnt/f", OpenFlags.Create, 8 * Mebibyte), new Request(RequestKind.Fadvise, 0, 0, 0, (ulong)FileAdvice.WillNeed));
        box.Sleep(1_000);

        var inode = box.Machine.FilePages.Resolve("/mnt/f", 0);
        Assert.Equal(2048UL, box.Files.Inodes[inode].Pages);
        box.Audit();
    }
}
