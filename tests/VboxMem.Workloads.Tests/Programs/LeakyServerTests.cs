// Goal: the server serves, and leaks at the asked speed in pieces of all sizes, for good.

using VboxMem.Kernel;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Virtual;
using VboxMem.Workloads.Programs;

namespace VboxMem.Workloads.Tests;

public sealed class LeakyServerTests
{
    private const ulong Mebibyte = Programs.Mebibyte;

    private static readonly ProgramParameters _parameters =
        new(RequestsPerSecond: 50, BytesPerSecond: 4 * Mebibyte, JitterPercent: 30, Connections: 3, WorkingSetBytes: Mebibyte);

    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    [InlineData(100)]
    public void It_leaks_as_fast_as_it_is_asked_to(uint jitter)
    {
        var (kernel, server) = Script(_parameters with { JitterPercent = jitter });
        kernel.Run(100_000);
        var seconds = kernel.Times[^1] / 1_000_000_000;
        Assert.True(seconds > 100);
        Assert.InRange(server.LeakedBytes / seconds, 37 * Mebibyte / 10, 43 * Mebibyte / 10);
    }

    [Fact]
    public void A_leak_of_a_few_bytes_a_second_is_not_lost_in_rounding()
    {
        var (kernel, server) = Script(_parameters with { BytesPerSecond = 30, JitterPercent = 0 });
        kernel.Run(600_000);
        var seconds = kernel.Times[^1] / 1_000_000_000;
        Assert.InRange(server.LeakedBytes, 30 * seconds * 9 / 10, (30 * seconds * 11 / 10) + (256 << 10));
    }

    [Fact]
    public void Pieces_are_of_all_sizes_and_written_whole()
    {
        var (kernel, server) = Script(_parameters);
        kernel.Run(20_000);
        var pieces = kernel.Requests.SkipWhile(static request => request.Kind != RequestKind.Poll)
            .Where(static request => request is { Kind: RequestKind.Touch, D: 0, C: (ulong)TouchKind.Write }).ToArray();

        Assert.Equal(server.LeakedBytes, pieces.Aggregate(0UL, static (sum, piece) => sum + piece.B));
        Assert.All(pieces, static piece => Assert.InRange(piece.B, 64UL, 256UL << 10));
        Assert.True(pieces.Count(static piece => piece.B < 1024) > pieces.Length / 5);
        Assert.True(pieces.Count(static piece => piece.B > 64 << 10) > pieces.Length / 10);
        var ordered = pieces.OrderBy(static piece => piece.A).ToArray();
        Assert.True(ordered.Zip(ordered.Skip(1)).All(static pair => pair.First.A + pair.First.B <= pair.Second.A), "two pieces overlap");
    }

    [Fact]
    public void Nothing_is_given_back_and_every_request_is_answered()
    {
        var (kernel, _) = Script(_parameters);
        kernel.Run(20_000);
        Assert.Empty(kernel.Of(RequestKind.Munmap));
        Assert.InRange(kernel.Of(RequestKind.Read).Count() - kernel.Of(RequestKind.Respond).Count(), 0, 1);
        Assert.All(kernel.Of(RequestKind.Respond), static answer => Assert.Equal("leak", answer.Path));
        Assert.Equal(3, kernel.Of(RequestKind.Accept).Count());
    }

    [Fact]
    public void It_stops_leaking_at_a_size_and_goes_on_serving()
    {
        var (kernel, server) = Script(_parameters with { SizeBytes = 10 * Mebibyte });
        kernel.Run(20_000);
        Assert.InRange(server.LeakedBytes, 10 * Mebibyte, 11 * Mebibyte);
        Assert.Equal(RequestKind.Respond, kernel.Requests.Last(static request => request.Kind is RequestKind.Respond or RequestKind.Mmap or RequestKind.Brk).Kind);
    }

    [Theory]
    [InlineData(RequestKind.Mmap, 0)]
    [InlineData(RequestKind.Mmap, 3)]
    [InlineData(RequestKind.Brk, 1)]
    [InlineData(RequestKind.Brk, 5)]
    [InlineData(RequestKind.Accept, 0)]
    public void Without_memory_it_ends_with_1(RequestKind refused, int number)
    {
        var (kernel, _) = Script(_parameters);
        kernel.Refusals[(refused, number)] = SystemCallError.NoMemory;
        Assert.Equal(new Request(RequestKind.Exit, 1), kernel.Run().Requests[^1]);
    }

    [Fact]
    public void On_a_machine_its_memory_grows_and_is_resident()
    {
        using var box = new ServiceBox();
        var task = box.Start("leaky", _parameters, "leak");
        box.RunFor(2_000);
        var start = ResidentBytes(box, task);
        box.RunFor(20_000);

        Assert.Equal("leak", task.Name);
        Assert.InRange(ResidentBytes(box, task) - start, 70 * Mebibyte, 92 * Mebibyte);
        Assert.InRange(box.TimesOf("leak").Count, 950UL, 1250UL);
    }

    [Fact]
    public void Libraries_that_another_service_has_read_come_from_the_page_cache()
    {
        using var alone = new ServiceBox();
        var first = alone.Start("leaky", _parameters);
        alone.RunFor(1_000);
        using var shared = new ServiceBox();
        shared.Start("nginx", new ProgramParameters(RequestsPerSecond: 1, Workers: 1, SizeBytes: Mebibyte));
        shared.RunFor(1_000);
        var second = shared.Start("leaky", _parameters);
        shared.RunFor(1_000);

        Assert.True(first.ReadBytes > 2 * Mebibyte, $"read {first.ReadBytes}");
        Assert.InRange(second.ReadBytes, 256UL << 10, 700UL << 10);   // its own file
    }

    [Fact]
    public void Where_the_kernel_promises_no_more_than_it_has_the_leak_ends_the_server_not_the_box()
    {
        using var box = new ServiceBox(128);
        box.Machine.Sysctls.Write("overcommit_memory", "2"u8);
        var task = box.Start("leaky", _parameters with { BytesPerSecond = 16 * Mebibyte });
        box.Start("nginx", new ProgramParameters(RequestsPerSecond: 100, Workers: 2, SizeBytes: 4 * Mebibyte));
        box.RunFor(15_000);

        Assert.DoesNotContain(task.Pid, box.Machine.Processes.Tasks.Select(static process => process.Pid));
        Assert.Equal(2, box.Running<NginxWorker>().Count);
        Assert.Equal(0UL, box.Machine.Events[VmEvent.OomKill]);
    }

    [Fact]
    public void Where_memory_runs_out_it_is_the_one_that_is_killed_and_others_are_served_again()
    {
        using var box = new ServiceBox(160);
        var task = box.Start("leaky", _parameters with { BytesPerSecond = 16 * Mebibyte });
        box.Start("nginx", new ProgramParameters(RequestsPerSecond: 100, Workers: 2, SizeBytes: 4 * Mebibyte));
        box.RunFor(15_000);
        Assert.Equal(1UL, box.Machine.Events[VmEvent.OomKill]);
        Assert.DoesNotContain(task.Pid, box.Machine.Processes.Tasks.Select(static process => process.Pid));

        var served = box.TimesOf("nginx").Count;
        box.RunFor(5_000);
        Assert.InRange(box.TimesOf("nginx").Count - served, 400UL, 600UL);
        Assert.Equal(1UL, box.Machine.Events[VmEvent.OomKill]);
    }

    [Fact]
    public void A_copy_goes_on_as_the_original_does()
    {
        using var box = new ServiceBox();
        box.Start("leaky", _parameters);
        box.RunFor(1_500);
        using var copy = box.Clone();
        box.RunFor(3_000);
        copy.RunFor(3_000);
        Assert.Equal(box.Machine.ComputeStateHash(), copy.Machine.ComputeStateHash());
    }

    private static ulong ResidentBytes(ServiceBox box, Process task) => box.Machine.Memory[task.MemoryId].RssAnonPages << 12;

    private static (ScriptedKernel Kernel, LeakyServer Server) Script(ProgramParameters parameters)
    {
        var server = new LeakyServer(Programs.Setting("leaky", parameters, "leak"));
        return (new ScriptedKernel(server), server);
    }
}
