using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Tests.PageCache;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Virtual;

// Goal: the rows of Linux's fault matrix for mapped files and shared memory.
public sealed class MappedFileFaultTests : IDisposable
{
    private const ulong FilePages = 256;

    private readonly FileBox _box = new(ramMebibytes: 256);
    private readonly ARunningProgram _program;

    public MappedFileFaultTests() => _program = new ARunningProgram(_box.Machine);

    private Machine Machine => _box.Machine;

    public void Dispose() => _box.Dispose();

    private int MakeFile(bool isCached)
    {
        var requests = new List<Request> { FileBox.Open("/mnt/f", OpenFlags.Create, FilePages << 12) };
        if (isCached)
        {
            requests.Add(FileBox.Read(0, FilePages << 12));
        }

        _box.Run([.. requests]);
        return Machine.FilePages.Resolve("/mnt/f", 0);
    }

    // 64 KiB are mapped with each fault: RSS grows by 16 pages.
    [Fact]
    public void Reading_a_cached_file_maps_sixteen_pages_a_fault()
    {
        var page = _program.MapFile(MakeFile(isCached: true), FilePages, VmaFlags.None);

        _program.Read(page);
        Assert.Equal(16UL, _program.Memory.RssFilePages);
        _program.Read(page, FilePages);

        Assert.InRange(_program.Task.MinorFaults, FilePages / 16, (FilePages / 16) + 2);
        Assert.Equal(0UL, _program.Task.MajorFaults);
        Assert.Equal(FilePages, _program.Memory.RssFilePages);
        Assert.Equal(FilePages, _box.Gauge(NodeStatItem.Mapped));
        _box.Audit();
    }

    [Fact]
    public void Reading_a_file_that_is_not_cached_is_a_major_fault()
    {
        var page = _program.MapFile(MakeFile(isCached: false), FilePages, VmaFlags.None);

        _program.Read(page + 100);

        Assert.Equal(1UL, _program.Task.MajorFaults);
        Assert.Equal(0UL, _program.Task.MinorFaults);
        Assert.Equal(1UL, _box.Count(VmEvent.PgMajfault));
        _box.Audit();
    }

    [Fact]
    public void A_private_write_copies_and_does_not_map_the_file()
    {
        var page = _program.MapFile(MakeFile(isCached: true), FilePages, VmaFlags.Write);

        _program.Write(page, 8);

        Assert.Equal(8UL, _program.Memory.RssAnonPages);
        Assert.Equal(0UL, _program.Memory.RssFilePages);
        Assert.Equal(0UL, _box.Gauge(NodeStatItem.Mapped));
        Assert.Equal(0UL, _box.Gauge(NodeStatItem.Dirty));
        _box.Audit();
    }

    [Fact]
    public void A_private_write_to_a_page_that_is_mapped_takes_its_place()
    {
        var page = _program.MapFile(MakeFile(isCached: true), FilePages, VmaFlags.Write);
        _program.Read(page);
        Assert.Equal(16UL, _program.Memory.RssFilePages);

        _program.Write(page, 4);

        Assert.Equal(4UL, _program.Memory.RssAnonPages);
        Assert.Equal(12UL, _program.Memory.RssFilePages);
        Assert.Equal(12UL, _box.Gauge(NodeStatItem.Mapped));
        _box.Audit();
    }

    [Fact]
    public void A_shared_write_dirties_the_file_and_is_noticed_again_after_writeback()
    {
        var inode = MakeFile(isCached: true);
        var page = _program.MapFile(inode, FilePages, VmaFlags.Write | VmaFlags.Shared | VmaFlags.MayShare);
        _program.Write(page, 64);

        // The flusher may come in between, and protect a page again before the program has got to it.
        var first = _program.Task.MinorFaults;
        Assert.InRange(first, 64UL, 66UL);
        Assert.InRange(_box.Gauge(NodeStatItem.Dirtied), 64UL, 66UL);
        Assert.Equal(0, _program.Do(new Request(RequestKind.Sync)));
        Assert.Equal(0UL, _box.Gauge(NodeStatItem.Dirty));
        Assert.False(Machine.ReverseMap.WriteProtect(Machine.PageCache.Find(inode, 5)));
        _program.Write(page, 64);

        Assert.InRange(_program.Task.MinorFaults - first, 64UL, 66UL);
        Assert.Equal(0UL, _program.Task.MajorFaults);
        _box.Audit();
    }

    [Fact]
    public void Shared_memory_gets_a_page_on_a_read_too_and_is_written_without_another_fault()
    {
        var inode = Machine.FilePages.CreateShmem(64 << 12, isReserved: false);
        var page = _program.MapFile(inode, 64, VmaFlags.Write | VmaFlags.Shared | VmaFlags.MayShare);

        _program.Read(page, 10);
        _program.Write(page, 10);

        Assert.Equal(10UL, _program.Task.MinorFaults);
        Assert.Equal(10UL, _program.Memory.RssShmemPages);
        Assert.Equal(10UL, _box.Gauge(NodeStatItem.Shmem));
        _box.Audit();
    }

    [Fact]
    public void Shared_memory_that_is_watched_for_writes_takes_a_fault_at_the_first_one()
    {
        var inode = Machine.FilePages.CreateShmem(64 << 12, isReserved: false);
        var page = _program.MapFile(inode, 64, VmaFlags.Write | VmaFlags.Shared | VmaFlags.MayShare);
        ClearRefs.Apply(Machine, _program.Memory, ClearRefsKind.SoftDirty);

        _program.Read(page, 10);
        _program.Write(page, 10);
        _program.Write(page, 10);

        Assert.Equal(20UL, _program.Task.MinorFaults);
        _box.Audit();
    }

    [Fact]
    public void Beyond_the_end_of_the_file_there_is_SIGBUS()
    {
        var page = _program.MapFile(MakeFile(isCached: true), FilePages + 8, VmaFlags.None);
        _program.Read(page + FilePages - 1);
        var faults = _box.Count(VmEvent.PgFault);

        Assert.Equal(long.MinValue, _program.Do(page + FilePages, 1, TouchKind.Read));

        Assert.Equal(128 + (int)Signal.Bus, _program.Task.ExitCode);
        Assert.Equal(faults + 1, _box.Count(VmEvent.PgFault));
    }

    [Fact]
    public void Truncation_unmaps_the_file_and_private_copies_if_asked_to()
    {
        var inode = MakeFile(isCached: true);
        var page = _program.MapFile(inode, FilePages, VmaFlags.Write);
        _program.Read(page, 32);
        _program.Write(page, 4);

        Machine.ReverseMap.UnmapFileRange(inode, 2, 8, evenCopies: false);
        Assert.Equal(4UL, _program.Memory.RssAnonPages);
        Assert.Equal(24UL, _program.Memory.RssFilePages);

        Machine.ReverseMap.UnmapFileRange(inode, 2, 8, evenCopies: true);
        Assert.Equal(2UL, _program.Memory.RssAnonPages);
        _box.Audit();
    }

    [Fact]
    public void A_copy_of_the_machine_with_mapped_files_runs_on_alike()
    {
        var page = _program.MapFile(MakeFile(isCached: true), FilePages, VmaFlags.Write);
        _program.Read(page, 64);
        _program.Write(page, 8);
        using var copy = _box.Clone();
        copy.Audit();
        Assert.Equal(Machine.ComputeStateHash(), copy.Machine.ComputeStateHash());

        _box.Sleep(5000);
        copy.Sleep(5000);

        Assert.Equal(Machine.ComputeStateHash(), copy.Machine.ComputeStateHash());
    }
}
