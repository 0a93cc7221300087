using VboxMem.FileTree;
using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Procfs.Tests.Pid;

// Goal: clear_refs clears what Linux clears, and what is used afterwards shows.
public sealed class ClearRefsTests
{
    private const ulong Place = 0x2000_0000;
    private const ulong Shared = 0x2100_0000;
    private const ulong Page = 4096;
    private const ulong Bytes = 16 * Page;
    private const ulong Second = 1_000_000_000;
    private const MapFlags Anonymous = MapFlags.ReadWrite | MapFlags.Anonymous | MapFlags.Fixed;

    /// <summary>Maps and writes 16 private and 16 shared pages; a second later reads four of each, and a second later writes two of them.</summary>
    private static readonly Request[] _program =
    [
        new(RequestKind.Mmap, Bytes, (ulong)Anonymous | Place, ulong.MaxValue),
        new(RequestKind.Mmap, Bytes, (ulong)(Anonymous | MapFlags.Shared) | Shared, ulong.MaxValue),
        new(RequestKind.Touch, Place, Bytes, (ulong)TouchKind.Write),
        new(RequestKind.Touch, Shared, Bytes, (ulong)TouchKind.Write),
        new(RequestKind.Sleep, Second),
        new(RequestKind.Touch, Place, 4 * Page, (ulong)TouchKind.Read),
        new(RequestKind.Touch, Shared, 4 * Page, (ulong)TouchKind.Read),
        new(RequestKind.Sleep, Second),
        new(RequestKind.Touch, Place, 2 * Page, (ulong)TouchKind.Write),
        new(RequestKind.Touch, Shared, 2 * Page, (ulong)TouchKind.Write),
    ];

    [Theory]
    [InlineData("1", 0, 0)]
    [InlineData("2", 0, 64)]
    [InlineData("3", 64, 0)]
    public void Referenced_falls_to_nothing_in_the_areas_meant_and_grows_with_use(string written, ulong ofAnonymous, ulong ofShared)
    {
        using var box = Box.With();
        var task = box.Start(new Requests(_program));
        Assert.Equal((64UL, 64UL), Referenced(box, task));

        Assert.Equal(Errno.None, box.Write($"/proc/{task.Pid}/clear_refs", written + "\n"));
        Assert.Equal((ofAnonymous, ofShared), Referenced(box, task));

        box.Run(1000);
        Assert.Equal((Math.Max(ofAnonymous, 16), Math.Max(ofShared, 16)), Referenced(box, task));
        Audit.Check(box.Machine);
    }

    [Fact]
    public void Soft_dirty_marks_go_and_come_back_with_writes_alone()
    {
        using var box = Box.With();
        var task = box.Start(new Requests(_program));
        Assert.Equal((16, 16), SoftDirty(box, task));
        Assert.Contains(" sd", Flags(box, task), StringComparison.Ordinal);

        Assert.Equal(Errno.None, box.Write($"/proc/{task.Pid}/clear_refs", "4"));
        Assert.Equal((0, 0), SoftDirty(box, task));
        Assert.DoesNotContain(" sd", Flags(box, task), StringComparison.Ordinal);

        box.Run(1000);
        Assert.Equal((0, 0), SoftDirty(box, task));   // reading marks nothing
        var faults = task.MinorFaults;
        box.Run(1000);
        Assert.Equal((2, 2), SoftDirty(box, task));
        Assert.Equal(faults + 4, task.MinorFaults);   // each first write was a fault
        Audit.Check(box.Machine);
    }

    [Fact]
    public void A_huge_page_is_marked_as_a_whole()
    {
        using var box = Box.With();
        var task = box.Start(new Requests(
        [
            new Request(RequestKind.Mmap, 4 << 20, (ulong)Anonymous | Place, ulong.MaxValue), new Request(RequestKind.Touch, Place, 4 << 20, (ulong)TouchKind.Write),
            new Request(RequestKind.Sleep, Second), new Request(RequestKind.Touch, Place, 1, (ulong)TouchKind.Write),
        ]));
        Assert.Equal(Errno.None, box.Write($"/proc/{task.Pid}/clear_refs", "4"));
        Assert.Equal(0, CountSoftDirty(box, task, Place, 1024));

        box.Run(1000);

        Assert.Equal(512, CountSoftDirty(box, task, Place, 1024));
        Assert.Equal(4096UL, MemoryAgreement.Kilobytes(AreaAt(box, task, Place), "AnonHugePages"));
        Audit.Check(box.Machine);
    }

    [Fact]
    public void Marks_survive_a_stay_in_swap_and_a_clear_reaches_pages_that_are_there()
    {
        using var box = Box.WithDisks(ramMebibytes: 128, swapMebibytes: 128);
        Assert.Equal(Errno.None, box.Write("/sys/kernel/mm/transparent_hugepage/enabled", "never"));
        var task = box.Start(new Requests(
        [
            new Request(RequestKind.Mmap, 2 * Bytes, (ulong)Anonymous | Place, ulong.MaxValue), new Request(RequestKind.Touch, Place, 2 * Bytes, (ulong)TouchKind.Write),
            new Request(RequestKind.Sleep, Second), new Request(RequestKind.Touch, Place, Bytes, (ulong)TouchKind.Write),
            new Request(RequestKind.Madvise, Place, 2 * Bytes, (ulong)Advice.PageOut),
            new Request(RequestKind.Sleep, Second), new Request(RequestKind.Touch, Place, 2 * Bytes, (ulong)TouchKind.Read),
            new Request(RequestKind.Sleep, Second), new Request(RequestKind.Touch, Place + Bytes, 1, (ulong)TouchKind.Write),
        ]));
        Assert.Equal(Errno.None, box.Write($"/proc/{task.Pid}/clear_refs", "4"));

        box.Run(1000);
        var words = PageWords.Of(box, task.Pid, Place >> 12, 32);
        Assert.All(words, static word => Assert.True(word.Has(PageWords.Swapped)));
        Assert.Equal(16, CountSoftDirty(box, task, Place, 32));

        box.Run(1000);
        Assert.All(PageWords.Of(box, task.Pid, Place >> 12, 32), static word => Assert.True(word.Has(PageWords.Present)));
        Assert.Equal(16, CountSoftDirty(box, task, Place, 32));

        box.Run(1000);
        Assert.Equal(17, CountSoftDirty(box, task, Place, 32));
        Assert.Equal(Errno.None, box.Write($"/proc/{task.Pid}/clear_refs", "4"));
        Assert.Equal(0, CountSoftDirty(box, task, Place, 32));
        Audit.Check(box.Machine);
    }

    [Fact]
    public void What_has_moved_or_is_new_counts_as_written()
    {
        using var box = Box.With();
        var task = box.Start(new Requests(
        [
            new Request(RequestKind.Mmap, Bytes, (ulong)Anonymous | Place, ulong.MaxValue), new Request(RequestKind.Touch, Place, Bytes, (ulong)TouchKind.Write),
            new Request(RequestKind.Sleep, Second), new Request(RequestKind.Mremap, Place, Bytes, Bytes, Shared),
            new Request(RequestKind.Mmap, Bytes, (ulong)Anonymous | Place, ulong.MaxValue),
        ]));
        Assert.Equal(Errno.None, box.Write($"/proc/{task.Pid}/clear_refs", "4"));

        box.Run(1000);

        Assert.Equal(16, CountSoftDirty(box, task, Shared, 16));
        Assert.Equal(16, CountSoftDirty(box, task, Place, 16));   // its area is new
    }

    [Fact]
    public void The_peak_of_rss_begins_anew()
    {
        using var box = Box.With();
        var task = box.Start(new Requests(
        [
            new Request(RequestKind.Mmap, 8 << 20, (ulong)Anonymous | Place, ulong.MaxValue), new Request(RequestKind.Touch, Place, 8 << 20, (ulong)TouchKind.Write),
            new Request(RequestKind.Munmap, Place, 8 << 20),
        ]));
        var before = box.Read(task, "status");
        Assert.True(MemoryAgreement.Kilobytes(before, "VmHWM") >= MemoryAgreement.Kilobytes(before, "VmRSS") + 8192);

        Assert.Equal(Errno.None, box.Write($"/proc/{task.Pid}/task/{task.Pid}/clear_refs", "5"));

        var after = box.Read(task, "status");
        Assert.Equal(MemoryAgreement.Kilobytes(after, "VmRSS"), MemoryAgreement.Kilobytes(after, "VmHWM"));
    }

    // Tried on a running kernel.
    [Theory]
    [InlineData("1 ", Errno.None)]
    [InlineData(" 2\n", Errno.None)]
    [InlineData("+1", Errno.None)]
    [InlineData("05", Errno.None)]
    [InlineData("0", Errno.EINVAL)]
    [InlineData("6", Errno.EINVAL)]
    [InlineData("-1", Errno.EINVAL)]
    [InlineData("0x1", Errno.EINVAL)]
    [InlineData("5x", Errno.EINVAL)]
    [InlineData("", Errno.EINVAL)]
    [InlineData("99999999999999", Errno.ERANGE)]
    public void It_takes_what_the_kernel_takes_of_whomever_it_is(string written, Errno answer)
    {
        using var box = Box.With();

        Assert.Equal(answer, box.Write("/proc/1/clear_refs", written));
        Assert.Equal(answer, box.Write("/proc/2/clear_refs", written));
        Assert.Equal(answer, box.Write($"/proc/{Zombie.In(box).Pid}/clear_refs", written));
        Assert.Equal(Errno.EINVAL, box.Tree.TryRead("/proc/1/clear_refs", out _));
        Assert.Equal(Errno.None, box.Tree.TryStat("/proc/1/clear_refs", out var stat));
        Assert.Equal(FileModes.WriteOwner, stat.Mode);
    }

    private static (ulong Anonymous, ulong Shared) Referenced(Box box, Process task) =>
        (MemoryAgreement.Kilobytes(AreaAt(box, task, Place), "Referenced"), MemoryAgreement.Kilobytes(AreaAt(box, task, Shared), "Referenced"));

    private static (int Anonymous, int Shared) SoftDirty(Box box, Process task) =>
        (CountSoftDirty(box, task, Place, 16), CountSoftDirty(box, task, Shared, 16));

    private static int CountSoftDirty(Box box, Process task, ulong address, ulong pages) =>
        PageWords.Of(box, task.Pid, address >> 12, pages).Count(static word => word.Has(PageWords.SoftDirty));

    private static string Flags(Box box, Process task) => box.Read(task, "smaps").Split('\n').Aggregate(
        "", static (all, line) => line.StartsWith("VmFlags:", StringComparison.Ordinal) ? all + line : all);

    private static string AreaAt(Box box, Process task, ulong address)
    {
        var smaps = box.Read(task, "smaps");
        var start = smaps.IndexOf($"{address:x8}-", StringComparison.Ordinal);
        return smaps[start..smaps.IndexOf("VmFlags", start, StringComparison.Ordinal)];
    }
}
