// Goal: exec maps an image as Linux maps an executable with its libraries, touches what starting it touches, and drops what was there.
// Method: an image with files, whose figures are chosen so that each area's size and place are known.

using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests.Virtual;

public sealed class ExecTests : IDisposable
{
    private const ulong Page = AProcess.Page;

    private static readonly ProgramImage _loader = new("/lib/ld.so", 8 * Page, 4 * Page, 2 * Page, 0, 2 * Page, Page, []);
    private static readonly ProgramImage _library = new("/lib/libc.so", 100 * Page, 20 * Page, 4 * Page, 10 * Page, 40 * Page, 3 * Page, []);

    private static readonly ProgramImage _image =
        new("/usr/bin/a-rather-long-name", (10 * Page) - 100, 5 * Page, (2 * Page) + 1, 6 * Page, 4 * Page, 6 * Page, [_loader, _library]);

    private readonly Machine _machine = Machine.Boot(AMachine.WithoutRandomPlaces(256) with
    {
        Disks = [new DiskConfiguration("vda", 8UL << 30, 200 << 20, 200 << 20, 100_000, 0, IsRotational: false)],
        Mounts = [new MountConfiguration("/", 0)],
    });

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void Segments_lie_one_after_the_other_and_the_heap_behind_them()
    {
        var process = AProcess.On(_machine, image: _image);
        var mm = process.Memory;
        Assert.Equal("a-rather-long-n", process.Task.Name);
        Assert.Equal(
            [
                (0x555555554UL, 10UL, VmaFlags.Execute), (0x55555555eUL, 5UL, VmaFlags.None), (0x555555563UL, 3UL, VmaFlags.Write),
                (0x555555566UL, 6UL, VmaFlags.Write),
            ],
            mm.Areas.Take(4).Select(static area => (area.StartPage, area.Pages, area.Flags & (VmaFlags.Execute | VmaFlags.Write))));
        Assert.Equal(0x555555566UL * Page + (6 * Page), mm.Brk);
        Assert.Equal(mm.StartBrk, mm.Brk);

        // From the top: loader, vdso and vvar, library.
        var libraries = mm.Areas.Skip(4).SkipLast(1).Select(static area => area.Pages);
        Assert.Equal([100UL, 20, 4, 10, 4, 2, 8, 4, 2], libraries);
        Assert.Equal(0x7ffff7fff000UL / Page, mm.Areas[^2].EndPage);
        Assert.Equal(3UL + 6 + 2 + 4 + 10, mm.DataPages);
        Assert.Equal(33UL, mm.StackPages);
        Assert.Equal(10UL + 8 + 100 + 2, mm.ExecutablePages);
        Assert.Equal(3 + 6 + 2 + 4 + 10 + 33, _machine.Memory.CommittedPages);
        Audit.Check(_machine);
    }

    [Fact]
    public void Starting_reads_code_and_writes_data()
    {
        var process = AProcess.On(_machine, image: _image);
        Assert.Equal(6UL + 1 + 3, process.Memory.RssAnonPages);
        Assert.InRange(process.Memory.RssFilePages, 4UL + 2 + 40, 15UL + 12 + 120);   // fault-around maps more
        Assert.True(process.Task.MinorFaults + process.Task.MajorFaults >= 10);
        Audit.Check(_machine);

        // The second one finds the files in memory.
        var second = AProcess.On(_machine, image: _image);
        Assert.Equal(0UL, second.Task.MajorFaults);
        Audit.Check(_machine);
        second.Exit();
        process.Exit();
        Assert.Empty(_machine.Memory.All);
        Audit.Check(_machine);
    }

    [Fact]
    public void The_old_program_s_memory_goes_and_its_counts_stay()
    {
        var process = AProcess.On(_machine);
        var start = (ulong)process.Map(300 * Page);
        process.Touch(start, 300 * Page);
        var faults = process.Task.MinorFaults;
        var next = new AskedProgram(AProcess.EmptyImage);
        process.Become(next, "/bin/another");
        Assert.Equal("another", process.Task.Name);
        Assert.Equal(0UL, process.Memory.RssPages);
        Assert.Equal(39UL, process.Memory.TotalPages);
        Assert.Equal(0UL, process.Memory.PeakPages);
        Assert.True(process.Task.MinorFaults >= faults);
        Assert.Single(_machine.Memory.All);
        Audit.Check(_machine);
    }

    [Fact]
    public void Killed_while_the_old_memory_goes_both_are_taken_down()
    {
        var process = AProcess.On(_machine);
        var start = (ulong)process.Map(5000 * Page);
        process.Touch(start, 5000 * Page);
        process.AskWithoutWaiting(new Request(RequestKind.Execute, Path: "/bin/another", Program: new AskedProgram(AProcess.EmptyImage)));
        while (_machine.Memory.All.Count() < 2)
        {
            _machine.RunUntil(_machine.Now.Plus(new Kernel.Time.SimTime(5_000)));
        }

        Audit.Check(_machine);
        _machine.Kill(process.Task.Pid, Signal.Kill);
        _machine.RunUntil(_machine.Now.Plus(Kernel.Time.SimTime.FromSeconds(1)));
        Assert.Empty(_machine.Memory.All);
        Audit.Check(_machine);
    }
}
