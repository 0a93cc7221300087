using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Tests.PageCache;

// Goal: what reading a file leaves in memory and asks of the disk is what the captured machine shows (read-800m).
public sealed class FileReadTests
{
    private const ulong Mebibyte = 1 << 20;

    [Fact]
    public void Four_KiB_reads_ask_the_disk_for_4_8_16_32_and_32_pages()
    {
        using var box = new FileBox();
        var open = box.Run(FileBox.Open("/mnt/f", OpenFlags.Create, Mebibyte), FileBox.Close(0));
        Assert.Equal(0, open[0]);
        var before = box.Disk;
        var requests = new List<Request> { FileBox.Open("/mnt/f") };
        requests.AddRange(Enumerable.Repeat(FileBox.Read(0, 4096), 28));
        var answers = box.Run([.. requests]);

        // Pages 0..27 were asked for: windows at 0, 4 and 12, and the mark at 12 has begun the one at 28.
        Assert.All(answers[1..], answer => Assert.Equal(4096, answer));
        Assert.Equal(4UL, box.Disk.Reads - before.Reads);
        Assert.Equal(8UL * (4 + 8 + 16 + 32), box.Disk.ReadSectors - before.ReadSectors);
        box.Audit();
    }

    [Fact]
    public void Reading_in_large_pieces_asks_for_32_pages_at_a_time()
    {
        using var box = new FileBox();
        box.Run(FileBox.Open("/mnt/f", OpenFlags.Create, 4 * Mebibyte), FileBox.Close(0));
        var before = box.Disk;
        var requests = new List<Request> { FileBox.Open("/mnt/f") };
        requests.AddRange(Enumerable.Repeat(FileBox.Read(0, 128 << 10), 33));
        var answers = box.Run([.. requests]);

        Assert.Equal(131_072, answers[32]);
        Assert.Equal(0, answers[33]);
        Assert.Equal(32UL, box.Disk.Reads - before.Reads);
        Assert.Equal(8UL * 1024, box.Disk.ReadSectors - before.ReadSectors);
    }

    [Fact]
    public void A_file_of_800_MiB_read_twice_is_read_from_disk_once_and_becomes_active()
    {
        using var box = new FileBox(ramMebibytes: 1024, readBytesPerSecond: 2_000 * Mebibyte);
        box.Run(FileBox.Open("/mnt/f800", OpenFlags.Create, 800 * Mebibyte), FileBox.Close(0));
        var (before, cached) = (box.Disk, box.Gauge(NodeStatItem.FilePages));
        var nodes = box.Machine.Slabs["radix_tree_node"].ObjectCount;
        Request[] pass = [FileBox.Open("/mnt/f800"), .. Enumerable.Repeat(FileBox.Read(0, 128 << 10), 6400), FileBox.Close(0)];

        box.Run(pass);

        Assert.Equal(204_800UL, box.Gauge(NodeStatItem.FilePages) - cached);
        Assert.Equal(8UL * 204_800, box.Disk.ReadSectors - before.ReadSectors);
        Assert.InRange(box.Machine.Slabs["radix_tree_node"].ObjectCount - nodes, 3_248UL, 3_280UL);
        Assert.True(box.Gauge(NodeStatItem.ActiveFile) < 100);

        before = box.Disk;
        var activated = box.Count(VmEvent.PgActivate);
        box.Run(pass);

        Assert.Equal(before.Reads, box.Disk.Reads);
        Assert.InRange(box.Count(VmEvent.PgActivate) - activated, 204_800UL - 62, 204_800UL + 8);
        Assert.InRange(box.Gauge(NodeStatItem.ActiveFile), 204_700UL, 204_900UL);
        box.Audit();
    }

    [Fact]
    public void Reading_the_same_page_in_small_pieces_accesses_it_once()
    {
        using var box = new FileBox();
        box.Run(FileBox.Open("/mnt/f", OpenFlags.Create, 4096), FileBox.Read(0, 1000), FileBox.Read(0, 1000), FileBox.Read(0, 5000), FileBox.Read(0, 1));
        box.Machine.Lru.DrainAll();
        var inode = box.Machine.FilePages.Resolve("/mnt/f", 0);
        var folio = box.Machine.PageCache.Find(inode, 0);

        Assert.True(box.Machine.Frames[folio].Has(Kernel.Physical.PageFlags.Referenced));
        Assert.False(box.Machine.Frames[folio].Has(Kernel.Physical.PageFlags.Active));
    }

    [Fact]
    public void A_reader_that_jumps_about_reads_what_it_asks_for()
    {
        using var box = new FileBox();
        box.Run(FileBox.Open("/mnt/f", OpenFlags.Create, 64 * Mebibyte), FileBox.Close(0));
        var before = box.Disk;
        var requests = new List<Request> { FileBox.Open("/mnt/f") };
        for (var at = 1UL; at <= 8; at++)
        {
            requests.Add(FileBox.Seek(0, at * 7 * Mebibyte));
            requests.Add(FileBox.Read(0, 8192));
        }

        box.Run([.. requests]);

        Assert.Equal(8UL * 8 * 2, box.Disk.ReadSectors - before.ReadSectors);
    }
}
