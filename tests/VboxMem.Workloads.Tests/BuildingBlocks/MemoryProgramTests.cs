// Goal: touch, reserve, leak and lock ask for the memory their parameters say, in that order, no faster than their speed.

using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Workloads.Tests.BuildingBlocks;

public sealed class MemoryProgramTests
{
    private const ulong Mebibyte = Programs.Mebibyte;
    private const ulong Second = SimTime.NanosecondsPerSecond;
    private const ulong Anonymous = (ulong)(MapFlags.ReadWrite | MapFlags.Anonymous);

    [Fact]
    public void Touch_maps_one_piece_writes_all_of_it_and_holds_it_for_ever()
    {
        var kernel = Programs.Script("touch", new ProgramParameters(SizeBytes: (2 * Mebibyte) + 4096)).Run();

        Assert.Equal(
            [
                new Request(RequestKind.Mmap, (2 * Mebibyte) + 4096, Anonymous),
                Touch(0, Mebibyte), Touch(Mebibyte, Mebibyte), Touch(2 * Mebibyte, 4096),
                new Request(RequestKind.Pause),
            ],
            kernel.Requests);
    }

    [Fact]
    public void Touch_writes_zeros_if_asked() =>
        Assert.Equal(
            (ulong)TouchKind.WriteZeros,
            Programs.Script("touch", new ProgramParameters(SizeBytes: 4096, IsZero: true)).Run().Of(RequestKind.Touch).Single().C);

    [Fact]
    public void Touch_ends_after_its_hold()
    {
        var kernel = Programs.Script("touch", new ProgramParameters(SizeBytes: 4096, Hold: SimTime.FromSeconds(5))).Run();

        Assert.Equal(new Request(RequestKind.Sleep, 5 * Second), kernel.Requests[^2]);
        Assert.Equal(new Request(RequestKind.Exit), kernel.Requests[^1]);
    }

    [Fact]
    public void Touch_goes_over_its_memory_again_at_its_speed_and_rests_between_passes()
    {
        var kernel = Programs.Script("touch", new ProgramParameters(
            SizeBytes: 2 * Mebibyte, BytesPerSecond: Mebibyte, Passes: 2, Pause: SimTime.FromSeconds(10))).Run();

        Assert.Equal(
            [RequestKind.Mmap, RequestKind.Touch, RequestKind.SleepUntil, RequestKind.Touch, RequestKind.Sleep,
                RequestKind.Touch, RequestKind.SleepUntil, RequestKind.Touch, RequestKind.Pause],
            kernel.Kinds);
        Assert.Equal([0, Second, 11 * Second, 12 * Second], TimesOf(kernel, RequestKind.Touch));
    }

    [Fact]
    public void What_is_built_first_is_built_at_full_speed_and_then_passed_over_at_its_own()
    {
        var kernel = Programs.Script("touch", new ProgramParameters(
            SizeBytes: 3 * Mebibyte, BytesPerSecond: 2 * Mebibyte, Passes: 2, IsBuiltFirst: true, Hold: SimTime.Zero)).Run();

        Assert.Equal(
            [0, 0, 0, 0, Second / 2, Second, 3 * Second / 2, 2 * Second, 5 * Second / 2],
            TimesOf(kernel, RequestKind.Touch));
        Assert.Equal(RequestKind.Exit, kernel.Requests[^1].Kind);
    }

    [Fact]
    public void Passes_without_end_have_no_end()
    {
        var kernel = Programs.Script("touch", new ProgramParameters(SizeBytes: Mebibyte, Passes: 0)).Run(5000);
        Assert.Equal(5000 - 1, kernel.Of(RequestKind.Touch).Count());
    }

    [Fact]
    public void Work_that_takes_longer_than_its_speed_allows_is_not_slowed_down_further()
    {
        var kernel = Programs.Script("touch", new ProgramParameters(SizeBytes: 8 * Mebibyte, BytesPerSecond: Mebibyte));
        kernel.Costs[RequestKind.Touch] = 2 * Second;

        Assert.Empty(kernel.Run().Of(RequestKind.SleepUntil));
    }

    [Fact]
    public void Leak_maps_and_writes_chunk_after_chunk_at_its_speed()
    {
        var kernel = Programs.Script("leak", new ProgramParameters(BytesPerSecond: 4 * Mebibyte)).Run(12);

        Assert.Equal(
            [new Request(RequestKind.Mmap, Mebibyte, Anonymous), Touch(0, Mebibyte), new Request(RequestKind.SleepUntil, (100 * Second) + (Second / 4))],
            kernel.Requests[..3]);
        Assert.Equal([0, Second / 4, Second / 2, 3 * Second / 4], TimesOf(kernel, RequestKind.Mmap));
        Assert.Equal(
            Enumerable.Range(0, 4).Select(chunk => Touch((ulong)chunk * Mebibyte, Mebibyte)),
            kernel.Of(RequestKind.Touch));
    }

    [Fact]
    public void Leak_with_a_size_stops_there_and_holds()
    {
        var kernel = Programs.Script("leak", new ProgramParameters(SizeBytes: 12 * 4096, ChunkBytes: 4 * 4096, Hold: SimTime.FromSeconds(1))).Run();

        Assert.Equal([4 * 4096, 4 * 4096, 4 * 4096], kernel.Of(RequestKind.Mmap).Select(request => request.A));
        Assert.Equal([RequestKind.Sleep, RequestKind.Exit], kernel.Kinds.TakeLast(2));
    }

    [Fact]
    public void Reserve_maps_all_at_once_and_touches_nothing()
    {
        var kernel = Programs.Script("reserve", new ProgramParameters(SizeBytes: 64 * Mebibyte)).Run();
        Assert.Equal([new Request(RequestKind.Mmap, 64 * Mebibyte, Anonymous), new Request(RequestKind.Pause)], kernel.Requests);
    }

    [Fact]
    public void Reserve_holds_what_it_got_when_a_chunk_is_refused()
    {
        var kernel = Programs.Script("reserve", new ProgramParameters(SizeBytes: 64 * Mebibyte, ChunkBytes: 4 * Mebibyte));
        kernel.Refusals[(RequestKind.Mmap, 3)] = SystemCallError.NoMemory;

        Assert.Equal([RequestKind.Mmap, RequestKind.Mmap, RequestKind.Mmap, RequestKind.Mmap, RequestKind.Pause], kernel.Run().Kinds);
    }

    [Fact]
    public void Reserve_fails_when_it_gets_nothing()
    {
        var kernel = Programs.Script("reserve", new ProgramParameters(SizeBytes: 64 * Mebibyte));
        kernel.Refusals[(RequestKind.Mmap, 0)] = SystemCallError.NoMemory;

        Assert.Equal(new Request(RequestKind.Exit, 1), kernel.Run().Requests[^1]);
    }

    [Fact]
    public void Lock_maps_locks_and_holds()
    {
        var kernel = Programs.Script("lock", new ProgramParameters(SizeBytes: 5 * Mebibyte, Hold: SimTime.FromSeconds(2))).Run();

        Assert.Equal(
            [
                new Request(RequestKind.Mmap, 5 * Mebibyte, Anonymous),
                new Request(RequestKind.Mlock, ScriptedKernel.FirstMapping, 5 * Mebibyte),
                new Request(RequestKind.Sleep, 2 * Second),
                new Request(RequestKind.Exit),
            ],
            kernel.Requests);
    }

    private static Request Touch(ulong offset, ulong bytes) =>
        new(RequestKind.Touch, ScriptedKernel.FirstMapping + offset, bytes, (ulong)TouchKind.Write);

    private static ulong[] TimesOf(ScriptedKernel kernel, RequestKind kind) =>
        [.. kernel.Times.Where((_, index) => kernel.Requests[index].Kind == kind)];
}
