using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Sysctl;

namespace VboxMem.Kernel.Tests.PageCache;

// Goal: names and inodes live in memory as long, and go in such proportions, as on the captured machines (missing-names, fds,
// dropcaches, vcp-*), at a fiftieth of their numbers.
public sealed class NamesTests
{
    private const int Many = 2_000;

    [Fact]
    public void Names_that_do_not_exist_are_remembered_and_found_again_without_new_objects()
    {
        using var box = new FileBox();
        var asked = Requests(Many, name => FileBox.Stat($"/mnt/missing-{name}"));
        var answers = box.Run(asked);

        Assert.All(answers, answer => Assert.Equal(-(long)SystemCallError.NoEntry, answer));
        var figures = box.Files.Figures;
        Assert.Equal(((ulong)Many, (ulong)Many, (ulong)Many), (figures.Dentries, figures.UnusedDentries, figures.NegativeDentries));
        Assert.Equal(0UL, figures.Inodes);

        var slabs = box.Machine.Slabs["dentry"].SlabCount;
        box.Run(asked);

        Assert.Equal(slabs, box.Machine.Slabs["dentry"].SlabCount);
        Assert.Equal(figures, box.Files.Figures);
        box.Audit();
    }

    [Fact]
    public void A_shrinker_spares_names_used_twice_for_one_round()
    {
        using var box = new FileBox();
        var asked = Requests(100, name => FileBox.Stat($"/mnt/missing-{name}"));
        box.Run(asked);
        box.Run(asked[..10]);
        var shrinker = box.Files.Shrinkers[1];

        Assert.Equal(90UL, shrinker.Scan(0, 99));
        Assert.Equal(10UL, box.Files.Figures.Dentries);
        Assert.Equal(10UL, shrinker.Scan(0, 100));
        Assert.Equal(0UL, shrinker.Count(0));
        box.Audit();
    }

    [Fact]
    public void New_files_take_an_inode_a_dentry_and_a_block_for_sixteen_of_them()
    {
        using var box = new FileBox();
        MakeFiles(box, Many);

        var figures = box.Files.Figures;
        Assert.Equal(((ulong)Many, (ulong)Many), (figures.Dentries, figures.Inodes));
        Assert.Equal(0UL, figures.UnusedInodes);   // names keep them
        var tableBlocks = ((ulong)Many + 11 + 15) / 16;
        Assert.InRange(box.Machine.PageCache.BufferPages, tableBlocks + (Many * 20 / 4096), tableBlocks + (Many * 36 / 4096) + 2);
        Assert.Equal(box.Machine.PageCache.BufferPages, box.Gauge(NodeStatItem.FilePages));
        box.Audit();
    }

    [Fact]
    public void Shrinking_takes_names_first_and_the_inodes_they_kept_afterwards()
    {
        using var box = new FileBox();
        MakeFiles(box, Many);
        var shrinker = box.Files.Shrinkers[1];
        Assert.Equal((ulong)Many, shrinker.Count(0));

        Assert.Equal(1_026UL, shrinker.Scan(0, 1_024));   // one more of each kind than its share; no inode was unused before

        var figures = box.Files.Figures;
        Assert.Equal((Many - 1_025UL, (ulong)Many, 1_024UL), (figures.Dentries, figures.Inodes + 1, figures.UnusedInodes));
        box.Audit();
    }

    [Fact]
    public void Cache_pressure_scales_what_can_be_freed()
    {
        using var box = new FileBox();
        MakeFiles(box, 200);
        Assert.Equal(SysctlResult.Done, box.Machine.Sysctls.Write("vfs_cache_pressure", "1"u8));
        Assert.Equal(2UL, box.Files.Shrinkers[1].Count(0));
        Assert.Equal(SysctlResult.Done, box.Machine.Sysctls.Write("vfs_cache_pressure", "0"u8));
        Assert.Equal(0UL, box.Files.Shrinkers[1].Count(0));
    }

    [Fact]
    public void Dropped_names_are_found_again_through_the_blocks_that_stayed()
    {
        using var box = new FileBox();
        MakeFiles(box, Many);
        var before = box.Disk;
        ShrinkAll(box);
        Assert.Equal(0UL, box.Files.Figures.Inodes);

        var looked = box.Run(Requests(Many, name => FileBox.Stat($"/mnt/file-{name}")));

        Assert.All(looked, answer => Assert.Equal(0, answer));
        Assert.Equal((ulong)Many, box.Files.Figures.Inodes);
        Assert.Equal(before.Reads, box.Disk.Reads);
        box.Audit();
    }

    [Fact]
    public void After_all_is_dropped_names_are_read_from_disk_once()
    {
        using var box = new FileBox();
        MakeFiles(box, Many);
        box.Run(new Request(RequestKind.Sync));
        var blocks = box.Machine.PageCache.BufferPages;
        ShrinkAll(box);
        Assert.Equal(SysctlResult.Done, box.Machine.Sysctls.Write("drop_caches", "1"u8));
        Assert.Equal(0UL, box.Machine.PageCache.BufferPages);
        var before = box.Disk;

        box.Run(Requests(Many, name => FileBox.Stat($"/mnt/file-{name}")));

        Assert.Equal(blocks, box.Machine.PageCache.BufferPages);
        Assert.Equal(blocks * 8, box.Disk.ReadSectors - before.ReadSectors);
        box.Audit();
    }

    [Fact]
    public void Removed_files_that_are_open_stay_until_they_are_closed()
    {
        using var box = new FileBox();
        var requests = new List<Request>();
        for (var file = 0; file < 500; file++)
        {
            requests.Add(FileBox.Open($"/mnt/file-{file}", OpenFlags.Create | OpenFlags.Write));
            requests.Add(FileBox.Unlink($"/mnt/file-{file}"));
        }

        var holder = box.Finish(box.Start([.. requests]));
        ShrinkAll(box);

        Assert.Equal((500UL, 500UL, 500UL), (box.Files.Figures.Dentries, box.Files.Figures.Inodes, box.Files.Figures.OpenFiles));
        box.Audit();

        for (var descriptor = 0; descriptor < 500; descriptor++)
        {
            box.Machine.FileCalls.Close(holder, descriptor);
        }

        Assert.Equal((0UL, 0UL, 0UL), (box.Files.Figures.Dentries, box.Files.Figures.Inodes, box.Files.Figures.OpenFiles));
        box.Audit();
    }

    [Fact]
    public void An_inode_with_pages_is_not_freeable_until_they_are_gone()
    {
        using var box = new FileBox();
        box.Run(FileBox.Open("/mnt/f", OpenFlags.Create, 1 << 20), FileBox.Read(0, 1 << 20), FileBox.Close(0));
        ShrinkAll(box);
        Assert.Equal((0UL, 1UL, 0UL), (box.Files.Figures.Dentries, box.Files.Figures.Inodes, box.Files.Figures.UnusedInodes));

        Assert.Equal(SysctlResult.Done, box.Machine.Sysctls.Write("drop_caches", "1"u8));

        Assert.Equal(1UL, box.Files.Figures.UnusedInodes);
        ShrinkAll(box);
        Assert.Equal(0UL, box.Files.Figures.Inodes);
        box.Audit();
    }

    private static void MakeFiles(FileBox box, int count)
    {
        var requests = new List<Request>();
        for (var file = 0; file < count; file++)
        {
            requests.Add(FileBox.Open($"/mnt/file-{file}", OpenFlags.Create));
            requests.Add(FileBox.Close(0));
        }

        Assert.All(box.Run([.. requests]), answer => Assert.Equal(0, answer));
    }

    private static void ShrinkAll(FileBox box)
    {
        var shrinker = box.Files.Shrinkers[1];
        for (var round = 0; round < 10 && shrinker.Count(0) > 0; round++)
        {
            _ = shrinker.Scan(0, shrinker.Count(0));
        }
    }

    private static Request[] Requests(int count, Func<int, Request> make) => [.. Enumerable.Range(0, count).Select(make)];
}
