// kpagecount and kpageflags, frame by frame, against what other parts of the machine count: free pages, slabs, page tables, RSS.

using System.Buffers.Binary;
using VboxMem.FileTree;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Physical;

namespace VboxMem.Procfs.Tests.Proc;

public sealed class KernelPagesTests
{
    private const int Sections = 8;               // of a 1 GiB box
    private const int Frames = Sections * 32768;

    [Fact]
    public void Every_class_of_frames_has_as_many_flags_as_the_machine_has_frames_of_it()
    {
        using var box = Busy();
        var flags = Read(box, "/proc/kpageflags", Frames);
        var census = FrameCensus.Take(box.Machine);

        foreach (var (flag, owner) in new[]
        {
            (KernelPageFlag.Buddy, FrameOwner.Free), (KernelPageFlag.Slab, FrameOwner.Slab), (KernelPageFlag.PageTable, FrameOwner.PageTable),
            (KernelPageFlag.Anonymous, FrameOwner.Anonymous),
        })
        {
            Assert.Equal((flag, census.PagesOf(owner)), (flag, Count(flags, flag)));
        }

        Assert.True(Count(flags, KernelPageFlag.Mmap) > 1000);
        var memory = MemoryInfo.Of(box.Machine);
        Assert.Equal((ulong)memory.TotalPages, (ulong)flags.Length - Count(flags, KernelPageFlag.Reserved) - Count(flags, KernelPageFlag.NoPage));
        Assert.Equal(0UL, Count(flags, KernelPageFlag.NoPage));
    }

    [Fact]
    public void Map_counts_of_all_frames_add_up_to_the_resident_sets_of_all_processes()
    {
        using var box = Busy();
        var counts = Read(box, "/proc/kpagecount", Frames);
        var resident = box.Machine.Processes.Tasks.Where(static task => task.IsLeader && task.MemoryId != 0)
            .Sum(task => (long)box.Machine.Memory[task.MemoryId].RssPages);

        Assert.True(resident > 1000);
        Assert.Equal((ulong)resident, counts.Aggregate(static (sum, count) => sum + count));
        var flags = Read(box, "/proc/kpageflags", Frames);
        Assert.All(counts.Zip(flags), static pair => Assert.True(pair.First == 0 || Has(pair.Second, KernelPageFlag.Mmap)));
    }

    [Fact]
    public void Huge_pages_have_a_head_and_511_tails()
    {
        using var box = Box.With();
        box.Write("/sys/kernel/mm/transparent_hugepage/enabled", "always");
        box.Start("touch", new(SizeBytes: 16 << 20));
        box.Run(5_000);
        var flags = Read(box, "/proc/kpageflags", Frames);
        ulong[] huge = [.. flags.Where(static flag => Has(flag, KernelPageFlag.Thp) && Has(flag, KernelPageFlag.Anonymous))];

        Assert.True(huge.Length >= 512, $"{huge.Length}");
        Assert.Equal(huge.Length / 512, huge.Count(static flag => Has(flag, KernelPageFlag.CompoundHead)));
        Assert.Equal(huge.Length / 512 * 511, huge.Count(static flag => Has(flag, KernelPageFlag.CompoundTail)));
    }

    [Theory]
    [InlineData("/proc/kpagecount")]
    [InlineData("/proc/kpageflags")]
    public void They_are_read_in_whole_entries_up_to_the_end_of_the_last_section(string path)
    {
        using var box = Box.With();

        Assert.Equal(Errno.EFBIG, box.Tree.TryRead(path, out _));
        Assert.Equal(Errno.EINVAL, box.Tree.TryReadAt(path, 4, 8, out _));
        Assert.Equal(Errno.EINVAL, box.Tree.TryReadAt(path, 8, 12, out _));
        Assert.Equal(Errno.EINVAL, box.Tree.TryReadAt(path, -8, 8, out _));
        Assert.Equal(Errno.None, box.Tree.TryReadAt(path, (Frames - 1) * 8L, 1 << 20, out var last));
        Assert.Equal(8, last.Length);
        Assert.Equal(Errno.None, box.Tree.TryReadAt(path, Frames * 8L, 8, out var behind));
        Assert.True(behind.IsEmpty);
        Assert.Equal(Errno.None, box.Tree.TryReadAt(path, long.MaxValue - 7, 8, out behind));
        Assert.True(behind.IsEmpty);
        Assert.Equal(Errno.EIO, box.Write(path, "x"));
        box.Tree.TryStat(path, out var stat);
        Assert.Equal((FileModes.ReadOwner, true), (stat.Mode, stat.IsBulky));
    }

    [Fact]
    public void Between_low_memory_and_4_gibibytes_there_are_no_frames()
    {
        using var box = Box.With(ramMebibytes: 4096);
        var hole = 3UL << 18;   // 3 GiB

        Assert.Equal([1UL << 20], Read(box, "/proc/kpageflags", 1, hole + 100));
        Assert.Equal([0UL], Read(box, "/proc/kpagecount", 1, hole + 100));
        Assert.NotEqual([1UL << 20], Read(box, "/proc/kpageflags", 1, (4UL << 18) + 100));
        Assert.Equal([1UL << 32], Read(box, "/proc/kpageflags", 1, 0));   // the first frame is reserved
    }

    /// <summary>Part after part, each of another length.</summary>
    private static ulong[] Read(Box box, string path, int frames, ulong first = 0)
    {
        var entries = new List<ulong>();
        for (var length = 8; entries.Count < frames; length = Math.Min((2 * length) + 8, 1 << 16))
        {
            var wanted = Math.Min(length, (frames - entries.Count) * 8);
            Assert.Equal(Errno.None, box.Tree.TryReadAt(path, ((long)first + entries.Count) * 8, wanted, out var part));
            Assert.Equal(wanted, part.Length);
            for (var at = 0; at < part.Length; at += 8)
            {
                entries.Add(BinaryPrimitives.ReadUInt64LittleEndian(part.Span[at..]));
            }
        }

        return [.. entries];
    }

    private static bool Has(ulong flags, KernelPageFlag flag) => (flags >> (int)flag & 1) != 0;

    private static ulong Count(ulong[] flags, KernelPageFlag flag) => (ulong)flags.LongCount(frame => Has(frame, flag));

    private static Box Busy()
    {
        var box = Box.With();
        box.Start("touch", new(SizeBytes: 24 << 20));
        box.Start("touch", new(SizeBytes: 8 << 20));
        box.Run(3_000);
        return box;
    }
}
