// Goal: read, write, map, files and sync make the calls their parameters say, in that order, no faster than their speed.

using VboxMem.Kernel;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Workloads.Tests.BuildingBlocks;

public sealed class FileProgramTests
{
    private const ulong Kibibyte = 1024;
    private const ulong Mebibyte = Programs.Mebibyte;
    private const ulong Second = SimTime.NanosecondsPerSecond;

    [Fact]
    public void Read_fills_a_buffer_of_its_own_and_reads_the_file_to_its_end()
    {
        var kernel = Programs.Script("read", new ProgramParameters(SizeBytes: 300 * Kibibyte, Path: "/mnt/f", Hold: SimTime.Zero)).Run();

        Assert.Equal(
            [RequestKind.Touch, RequestKind.Open, RequestKind.Read, RequestKind.Read, RequestKind.Read, RequestKind.Close, RequestKind.Sleep, RequestKind.Exit],
            kernel.Kinds.SkipWhile(static kind => kind is RequestKind.Mmap or RequestKind.Brk));
        var buffer = kernel.Of(RequestKind.Touch).Single();
        Assert.Equal((128 * Kibibyte, (ulong)TouchKind.Write), (buffer.B, buffer.C));
        Assert.Equal(new Request(RequestKind.Open, (ulong)OpenFlags.Create, 300 * Kibibyte, Path: "/mnt/f"), kernel.Of(RequestKind.Open).Single());
        Assert.Equal([128 * Kibibyte, 128 * Kibibyte, 44 * Kibibyte], kernel.Of(RequestKind.Read).Select(static request => request.B));
    }

    [Fact]
    public void Read_again_opens_again_after_the_pause()
    {
        var kernel = Programs.Script("read", new ProgramParameters(
            SizeBytes: 256 * Kibibyte, Path: "/mnt/f", Passes: 3, Pause: SimTime.FromSeconds(4), Hold: SimTime.Zero)).Run();

        Assert.Equal([0, 4 * Second, 8 * Second], TimesOf(kernel, RequestKind.Open));
        Assert.Equal((6, 3), (kernel.Of(RequestKind.Read).Count(), kernel.Of(RequestKind.Close).Count()));
        Assert.Equal(RequestKind.Exit, kernel.Requests[^1].Kind);
    }

    [Fact]
    public void Read_keeps_its_speed_within_each_pass()
    {
        var kernel = Programs.Script("read", new ProgramParameters(
            SizeBytes: Mebibyte, ChunkBytes: 256 * Kibibyte, BytesPerSecond: Mebibyte, Path: "/mnt/f", Passes: 2, Hold: SimTime.Zero)).Run();

        // The last quarter of a pass needs no wait behind it.
        Assert.Equal(
            [0, Second / 4, Second / 2, 3 * Second / 4, 3 * Second / 4, Second, 5 * Second / 4, 3 * Second / 2],
            TimesOf(kernel, RequestKind.Read));
    }

    [Fact]
    public void A_file_that_is_shorter_than_said_ends_the_pass()
    {
        var kernel = Programs.Script("read", new ProgramParameters(SizeBytes: Mebibyte, Path: "/mnt/f", Hold: SimTime.Zero));
        kernel.FileBytes = 200 * Kibibyte;

        Assert.Equal(3, kernel.Run().Of(RequestKind.Read).Count());
        Assert.Equal(new Request(RequestKind.Exit), kernel.Requests[^1]);
    }

    [Fact]
    public void Write_makes_the_file_anew_in_every_pass_and_syncs_it_if_asked()
    {
        var kernel = Programs.Script("write", new ProgramParameters(
            SizeBytes: 200 * Kibibyte, Path: "/mnt/f", Passes: 2, IsSynced: true, Hold: SimTime.Zero)).Run();

        Assert.All(kernel.Of(RequestKind.Open), static request =>
            Assert.Equal(new Request(RequestKind.Open, (ulong)(OpenFlags.Create | OpenFlags.Write | OpenFlags.Truncate), Path: "/mnt/f"), request));
        Assert.Equal(
            [RequestKind.Open, RequestKind.Write, RequestKind.Write, RequestKind.Fsync, RequestKind.Close, RequestKind.Sleep],
            kernel.Kinds.SkipWhile(static kind => kind != RequestKind.Open).Take(6));
        Assert.Equal((2, 2), (kernel.Of(RequestKind.Open).Count(), kernel.Of(RequestKind.Fsync).Count()));
    }

    [Theory]
    [InlineData(false, false, OpenFlags.Create, MapFlags.Read, TouchKind.Read)]
    [InlineData(true, false, OpenFlags.Create, MapFlags.ReadWrite, TouchKind.Write)]
    [InlineData(false, true, OpenFlags.Create, MapFlags.Read | MapFlags.Shared, TouchKind.Read)]
    [InlineData(true, true, OpenFlags.Create | OpenFlags.Write, MapFlags.ReadWrite | MapFlags.Shared, TouchKind.Write)]
    public void Map_goes_over_the_mapping_as_asked(bool isWrite, bool isShared, OpenFlags open, MapFlags map, TouchKind touch)
    {
        var kernel = Programs.Script("map", new ProgramParameters(
            SizeBytes: 3 * Mebibyte, ChunkBytes: 2 * Mebibyte, Path: "/mnt/f", Passes: 2, IsWrite: isWrite, IsShared: isShared)).Run();

        Assert.Equal(
            [
                new Request(RequestKind.Open, (ulong)open, 3 * Mebibyte, Path: "/mnt/f"),
                new Request(RequestKind.Mmap, 3 * Mebibyte, (ulong)map, ScriptedKernel.Descriptor),
                new Request(RequestKind.Touch, ScriptedKernel.FirstMapping, 2 * Mebibyte, (ulong)touch),
                new Request(RequestKind.Touch, ScriptedKernel.FirstMapping + (2 * Mebibyte), Mebibyte, (ulong)touch),
                new Request(RequestKind.Touch, ScriptedKernel.FirstMapping, 2 * Mebibyte, (ulong)touch),
                new Request(RequestKind.Touch, ScriptedKernel.FirstMapping + (2 * Mebibyte), Mebibyte, (ulong)touch),
                new Request(RequestKind.Pause),
            ],
            kernel.Requests);
    }

    [Fact]
    public void Map_keeps_its_speed()
    {
        var kernel = Programs.Script("map", new ProgramParameters(SizeBytes: 3 * Mebibyte, BytesPerSecond: Mebibyte, Path: "/mnt/f")).Run();
        Assert.Equal([0, Second, 2 * Second], TimesOf(kernel, RequestKind.Touch));
    }

    [Fact]
    public void Files_are_made_and_closed_one_by_one_and_synced_if_asked()
    {
        var kernel = Programs.Script("files", new ProgramParameters(Path: "/mnt/d", Count: 2, IsWrite: true, IsSynced: true, Hold: SimTime.Zero)).Run();

        Assert.Equal(
            [RequestKind.Open, RequestKind.Close, RequestKind.Open, RequestKind.Close, RequestKind.Sync, RequestKind.Sleep, RequestKind.Exit],
            kernel.Kinds);
        Assert.Equal(["/mnt/d/file-0", "/mnt/d/file-1"], kernel.Of(RequestKind.Open).Select(static request => request.Path));
    }

    [Fact]
    public void Names_are_looked_up_pass_after_pass_whether_they_are_there_or_not()
    {
        var kernel = Programs.Script("files", new ProgramParameters(Path: "/mnt/d", Count: 3, Passes: 2, Hold: SimTime.Zero));
        kernel.Refusals[(RequestKind.Stat, 1)] = SystemCallError.NoEntry;

        Assert.Equal(
            ["/mnt/d/file-0", "/mnt/d/file-1", "/mnt/d/file-2", "/mnt/d/file-0", "/mnt/d/file-1", "/mnt/d/file-2"],
            kernel.Run().Of(RequestKind.Stat).Select(static request => request.Path));
        Assert.Equal(new Request(RequestKind.Exit), kernel.Requests[^1]);
    }

    [Fact]
    public void Sync_is_one_call() =>
        Assert.Equal([RequestKind.Sync, RequestKind.Exit], Programs.Script("sync", new ProgramParameters()).Run().Kinds);

    private static ulong[] TimesOf(ScriptedKernel kernel, RequestKind kind) =>
        [.. kernel.Times.Where((_, index) => kernel.Requests[index].Kind == kind)];
}
