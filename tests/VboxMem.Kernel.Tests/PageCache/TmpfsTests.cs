using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Tests.PageCache;

// Goal: tmpfs files are memory: counted as shmem, promised page by page, limited, and gone with their name.
public sealed class TmpfsTests
{
    private const ulong Mebibyte = 1 << 20;

    [Fact]
    public void Written_pages_are_shmem_on_the_anonymous_lists_and_go_with_the_file()
    {
        using var box = new FileBox();
        var committed = box.Machine.Memory.CommittedPages;
        var answers = box.Run(FileBox.Open("/f", OpenFlags.Create | OpenFlags.Write), FileBox.Write(0, 8 * Mebibyte), FileBox.Close(0));
        Assert.Equal((long)(8 * Mebibyte), answers[1]);
        Assert.Equal((2048UL, 2048UL), (box.Gauge(NodeStatItem.Shmem), box.Gauge(NodeStatItem.FilePages)));
        Assert.Equal(2048, box.Machine.Memory.CommittedPages - committed);
        box.Machine.Lru.DrainAll();
        Assert.Equal(2048UL, box.Gauge(NodeStatItem.InactiveAnon));
        Assert.Equal(0UL, box.Gauge(NodeStatItem.Dirty));
        box.Audit();

        box.Run(FileBox.Unlink("/f"));

        Assert.Equal((0UL, 0UL), (box.Gauge(NodeStatItem.Shmem), box.Gauge(NodeStatItem.FilePages)));
        Assert.Equal(committed, box.Machine.Memory.CommittedPages);
        Assert.Equal(0UL, box.Files.Figures.Inodes + box.Files.Figures.Dentries);
        box.Audit();
    }

    [Fact]
    public void A_tmpfs_takes_half_of_RAM_and_no_more()
    {
        using var box = new FileBox(ramMebibytes: 128);
        var limit = box.Files.Mounts[0].Pages;
        var answers = box.Run(FileBox.Open("/f", OpenFlags.Create | OpenFlags.Write), FileBox.Write(0, 100 * Mebibyte), FileBox.Write(0, 1));

        Assert.Equal((long)(limit * PageGeometry.PageBytes), answers[1]);
        Assert.Equal(-(long)SystemCallError.NoSpace, answers[2]);
        Assert.InRange(limit, 15_000UL, 16_384UL);
        box.Audit();
    }

    [Fact]
    public void Holes_read_as_zeros_and_stay_holes()
    {
        using var box = new FileBox();
        var answers = box.Run(
            FileBox.Open("/f", OpenFlags.Create | OpenFlags.Write), new Request(RequestKind.Truncate, 0, Mebibyte), FileBox.Read(0, 2 * Mebibyte));

        Assert.Equal((long)Mebibyte, answers[2]);
        Assert.Equal(0UL, box.Gauge(NodeStatItem.Shmem));
    }

    [Fact]
    public void Shared_memory_is_promised_whole_and_given_back_with_its_last_holder()
    {
        using var box = new FileBox();
        var committed = box.Machine.Memory.CommittedPages;
        var inode = box.Machine.FilePages.CreateShmem(4 * Mebibyte);
        box.Machine.FilePages.Hold(inode);
        Assert.Equal(1024, box.Machine.Memory.CommittedPages - committed);
        Assert.True(box.Machine.FilePages.IsShmem(inode));
        box.Audit();

        box.Machine.FilePages.LetGo(inode);

        Assert.Equal(committed, box.Machine.Memory.CommittedPages);
        box.Audit();
    }

    [Fact]
    public void Truncation_gives_back_the_pages_behind_the_new_end()
    {
        using var box = new FileBox();
        box.Run(
            FileBox.Open("/f", OpenFlags.Create | OpenFlags.Write), FileBox.Write(0, Mebibyte), new Request(RequestKind.Truncate, 0, 10_000));

        Assert.Equal(3UL, box.Gauge(NodeStatItem.Shmem));
        box.Audit();
    }
}
