using VboxMem.FileTree;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Procfs.Tests.Pid;

// Goal: pagemap has Linux's bits, and agrees with the other files about every page.
[Collection(SwappingBox.Collection)]
public sealed class PagemapTests(SwappingBox swapping)
{
    private const ulong Place = 0x2000_0000;
    private const ulong Page = 4096;
    private const MapFlags Anonymous = MapFlags.ReadWrite | MapFlags.Anonymous | MapFlags.Fixed;

    // Facts 6.5, measured: a written page 0x818…, the zero page 0x808…; shared anonymous memory has bit 61 too.
    [Fact]
    public void Words_of_written_read_shared_and_absent_pages_have_the_measured_bits()
    {
        using var box = Box.With();
        Assert.Equal(Errno.None, box.Write("/sys/kernel/mm/transparent_hugepage/enabled", "never"));
        var task = box.Start(new Requests(
        [
            Map(Place, 4 * Page),
            Touch(Place, TouchKind.Write),
            Touch(Place + Page, TouchKind.Read),
            new Request(RequestKind.Mmap, 2 * Page, (ulong)(Anonymous | MapFlags.Shared) | (Place + (8 * Page)), ulong.MaxValue),
            Touch(Place + (8 * Page), TouchKind.Write),
        ]));

        var words = PageWords.Of(box, task.Pid, Place >> 12, 10);

        Assert.Equal(PageWords.Present | PageWords.Exclusive | PageWords.SoftDirty, words[0] & ~PageWords.Frame);
        Assert.NotEqual(0UL, words[0] & PageWords.Frame);
        Assert.Equal(0x8080_0000_0000_0000, words[1]);
        Assert.Equal(PageWords.SoftDirty, words[2]);          // never there, in an area that is new
        Assert.Equal(0UL, words[4]);                          // no area
        Assert.Equal(PageWords.Present | PageWords.Exclusive | PageWords.SoftDirty | PageWords.File, words[8] & ~PageWords.Frame);
    }

    [Fact]
    public void Pages_of_a_huge_page_have_frames_in_a_row_and_the_huge_zero_page_passes_for_a_file()
    {
        using var box = Box.With();
        var task = box.Start(new Requests(
        [
            Map(Place, 4 << 20), Touch(Place + (5 * Page), TouchKind.Write), Touch(Place + (2 << 20), TouchKind.Read),
        ]));

        var words = PageWords.Of(box, task.Pid, Place >> 12, 1024);

        Assert.Equal(Enumerable.Range(0, 512).Select(i => words[0] + (ulong)i), words[..512]);
        Assert.Equal(PageWords.Present | PageWords.Exclusive | PageWords.SoftDirty, words[0] & ~PageWords.Frame);
        Assert.Equal(Enumerable.Range(0, 512).Select(i => words[512] + (ulong)i), words[512..]);
        Assert.Equal(PageWords.Present | PageWords.File | PageWords.SoftDirty, words[512] & ~PageWords.Frame);
    }

    [Theory]
    [InlineData(0, 7, Errno.EINVAL, 0)]
    [InlineData(4, 8, Errno.EINVAL, 0)]
    [InlineData(-8, 8, Errno.EINVAL, 0)]
    [InlineData(0, 0, Errno.None, 0)]
    [InlineData(0, 4096, Errno.None, 4096)]
    [InlineData(((0x7fff_ffff_f000L >> 12) * 8) - 8, 16, Errno.None, 8)]   // the last page that a program may have
    [InlineData((0x7fff_ffff_f000L >> 12) * 8, 8, Errno.None, 0)]
    [InlineData(1L << 60, 8, Errno.None, 0)]
    public void It_is_read_in_whole_words_and_ends_with_the_address_space(long offset, int length, Errno answer, int read)
    {
        using var box = Box.With();

        Assert.Equal(answer, box.Tree.TryReadAt(PageWords.Path(box.Start(new Requests([])).Pid), offset, length, out var content));
        Assert.Equal(read, content.Length);
    }

    [Fact]
    public void Kernel_threads_and_zombies_have_nothing_in_it_and_nobody_reads_it_whole()
    {
        using var box = Box.With();

        Assert.Empty(PageWords.Of(box, 2, 0, 8));
        Assert.Empty(PageWords.Of(box, Zombie.In(box).Pid, 0, 8));
        Assert.Equal(Errno.EFBIG, box.Tree.TryRead("/proc/1/pagemap", out _));
        Assert.Equal(Errno.None, box.Tree.TryStat("/proc/1/task/1/pagemap", out var stat));
        Assert.Equal((FileModes.ReadOwner, true), (stat.Mode, stat.IsBulky));
    }

    [Fact]
    public void All_files_of_a_box_that_swaps_agree_for_every_process()
    {
        var sums = swapping.Users.Select(task => MemoryAgreement.Check(swapping.Box, task)).ToArray();

        Assert.Contains(sums, static sum => sum.Resident > 1000);
        Assert.Contains(sums, static sum => sum.Swapped > 1000);
        Assert.Contains(sums, static sum => sum.Shared > 1000);
    }

    // Areas, rights, huge pages, forks and pressure by chance: what the calls do is tested elsewhere, here only that all files tell the same.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void All_files_agree_after_any_calls(int seed)
    {
        using var box = Box.WithDisks(ramMebibytes: 96, swapMebibytes: 128);
        var random = new Random(seed);
        var parent = box.Start(new Requests(Calls(random, 40, mayFork: true)), milliseconds: 1);
        var seen = 0UL;
        for (var moment = 0; moment < 6; moment++)
        {
            box.Run((ulong)random.Next(1, 400));
            foreach (var task in box.Machine.Processes.Tasks.Where(static task => task.MemoryId != 0 && task.IsLeader && !task.Has(ProcessFlags.Exiting | ProcessFlags.New)))
            {
                seen += MemoryAgreement.Check(box, task).Resident;
            }
        }

        Assert.True(seen > 0, $"process {parent.Pid} has done nothing");
    }

    private static Request[] Calls(Random random, int count, bool mayFork)
    {
        var calls = new List<Request>();
        for (var i = 0; i < count; i++)
        {
            var address = Place + ((ulong)random.Next(0, 64) << 20) + ((ulong)random.Next(0, 4) * Page);
            var length = random.Next(2) == 0 ? (ulong)random.Next(1, 40) * Page : (ulong)random.Next(1, 9) << 20;
            var sharing = random.Next(4) == 0 ? MapFlags.Shared : MapFlags.None;
            switch (random.Next(mayFork ? 9 : 8))
            {
                case 0 or 1 or 2:
                    calls.Add(new Request(RequestKind.Mmap, length, (ulong)(Anonymous | sharing) | address, ulong.MaxValue));
                    calls.Add(new Request(RequestKind.Touch, address, length, (ulong)TouchKind.Write));
                    break;
                case 3:
                    calls.Add(new Request(RequestKind.Mmap, length, (ulong)(Anonymous | sharing) | address, ulong.MaxValue));
                    calls.Add(new Request(RequestKind.Touch, address, length, (ulong)TouchKind.Read));
                    break;
                case 4:
                    calls.Add(new Request(RequestKind.Mprotect, address, length, (ulong)(random.Next(3) == 0 ? MapFlags.None : MapFlags.Read)));
                    break;
                case 5:
                    calls.Add(new Request(RequestKind.Munmap, address, length));
                    break;
                case 6:
                    calls.Add(new Request(RequestKind.Mremap, address, length, length * 2));
                    break;
                case 7:
                    calls.Add(new Request(RequestKind.Madvise, address, length, (ulong)(random.Next(2) == 0 ? Advice.PageOut : Advice.Free)));
                    break;
                default:
                    calls.Add(new Request(RequestKind.Fork, Program: new Requests(Calls(random, 15, mayFork: false))));
                    break;
            }
        }

        return [.. calls];
    }

    private static Request Map(ulong address, ulong length) => new(RequestKind.Mmap, length, (ulong)Anonymous | address, ulong.MaxValue);

    private static Request Touch(ulong address, TouchKind kind) => new(RequestKind.Touch, address, 1, (ulong)kind);
}
