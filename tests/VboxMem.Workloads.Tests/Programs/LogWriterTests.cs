// Goal: a log grows at its speed by whole lines, never beyond its size by more than a buffer, and what cannot be written is only lost.

using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Workloads.Programs;

namespace VboxMem.Workloads.Tests;

public sealed class LogWriterTests
{
    private static readonly ProgramParameters _parameters = new(Path: "/var/log/app.log", BytesPerSecond: 64 << 10, JitterPercent: 50);

    [Theory]
    [InlineData(4UL << 10)]
    [InlineData(64UL << 10)]
    [InlineData(8UL << 20)]
    public void It_writes_as_fast_as_it_is_asked_to(ulong bytesPerSecond)
    {
        var (kernel, writer) = Script(_parameters with { BytesPerSecond = bytesPerSecond });
        kernel.Run(5000);
        var nanoseconds = kernel.Times[^1];
        var expected = (ulong)((UInt128)bytesPerSecond * nanoseconds / 1_000_000_000);
        Assert.InRange(writer.Bytes, expected * 95 / 100, expected * 105 / 100);
        Assert.Equal(writer.Bytes, kernel.Of(RequestKind.Write).Aggregate(0UL, static (sum, write) => sum + write.B));
    }

    [Fact]
    public void A_buffer_holds_whole_lines_of_the_scenario()
    {
        var (kernel, writer) = Script(_parameters);
        kernel.Run(5000);
        Assert.All(kernel.Of(RequestKind.Write), static write => Assert.InRange(write.B, 3UL << 10, 4UL << 10));
        Assert.InRange(writer.Bytes / writer.Lines, 80UL, 160UL);
    }

    [Fact]
    public void What_it_was_kept_from_for_long_it_does_not_make_up_for()
    {
        var (kernel, _) = Script(_parameters);
        kernel.Costs[RequestKind.Write] = 10_000_000_000;
        kernel.Run(300);
        kernel.Costs[RequestKind.Write] = 0;
        kernel.Run(60);

        // 30 buffers: a second's worth, 16, at once, the others at their speed; all at once if it made up for the 1500 seconds.
        Assert.InRange(kernel.Times[^1] - kernel.Times[^60], 500_000_000UL, 1_500_000_000UL);
    }

    [Fact]
    public void A_full_file_gives_way_to_the_oldest_of_the_kept_ones()
    {
        var (kernel, _) = Script(_parameters with { SizeBytes = 100 << 10, Count = 2 });
        kernel.Run(1000);
        Assert.Equal(
            ["/var/log/app.log", "/var/log/app.log.1", "/var/log/app.log.2", "/var/log/app.log"],
            kernel.Of(RequestKind.Open).Take(4).Select(static open => open.Path));
        Assert.Equal(["/var/log/app.log.1", "/var/log/app.log.2", "/var/log/app.log"], kernel.Of(RequestKind.Unlink).Take(3).Select(static unlink => unlink.Path));
        Assert.All(BytesBetween(kernel, RequestKind.Close), static bytes => Assert.InRange(bytes, 100UL << 10, 104UL << 10));
    }

    [Fact]
    public void With_no_files_kept_a_full_file_is_cut_to_nothing()
    {
        var (kernel, _) = Script(_parameters with { SizeBytes = 100 << 10 });
        kernel.Run(1000);
        Assert.Single(kernel.Of(RequestKind.Open));
        Assert.All(kernel.Of(RequestKind.Truncate), static cut => Assert.Equal(new Request(RequestKind.Truncate, ScriptedKernel.Descriptor), cut));
        Assert.All(BytesBetween(kernel, RequestKind.Truncate), static bytes => Assert.InRange(bytes, 100UL << 10, 104UL << 10));
    }

    [Fact]
    public void It_syncs_now_and_then_if_asked_to()
    {
        var (kernel, _) = Script(_parameters with { IsSynced = true, Every = SimTime.FromSeconds(2) });
        kernel.Run(1000);
        var seconds = (int)(kernel.Times[^1] / 1_000_000_000);
        Assert.InRange(kernel.Of(RequestKind.Fsync).Count(), seconds * 45 / 100, (seconds * 50 / 100) + 1);
        Assert.Empty(Script(_parameters).Kernel.Run(1000).Of(RequestKind.Fsync));
    }

    [Theory]
    [InlineData(SystemCallError.NoSpace)]
    [InlineData(SystemCallError.NoMemory)]
    public void Lines_that_find_no_room_are_lost_and_it_goes_on(SystemCallError error)
    {
        var (kernel, writer) = Script(_parameters);
        kernel.Refusals[(RequestKind.Write, 0)] = error;
        kernel.Run(500);
        var writes = kernel.Of(RequestKind.Write).ToArray();
        Assert.True(writes.Length > 100);
        Assert.Equal(writes.Skip(1).Aggregate(0UL, static (sum, write) => sum + write.B), writer.Bytes);
    }

    [Fact]
    public void A_file_it_cannot_open_ends_it_with_1()
    {
        var (kernel, _) = Script(_parameters);
        kernel.Refusals[(RequestKind.Open, 0)] = SystemCallError.NoMemory;
        Assert.Equal(new Request(RequestKind.Exit, 1), kernel.Run().Requests[^1]);
    }

    [Fact]
    public void On_a_machine_it_rotates_for_ever_and_a_copy_goes_on_alike()
    {
        using var box = new ServiceBox();
        var task = box.Start("logwriter", _parameters with { BytesPerSecond = 1 << 20, SizeBytes = 1 << 20, Count = 3, IsSynced = true }, "applog");
        box.RunFor(5_000);
        using var copy = box.Clone();
        box.RunFor(10_000);
        copy.RunFor(10_000);

        Assert.Equal(box.Machine.ComputeStateHash(), copy.Machine.ComputeStateHash());
        Assert.Equal("applog", task.Name);
        Assert.InRange(((LogWriter)task.Program!).Bytes, 14UL << 20, 16UL << 20);
        Assert.Equal(task.WrittenCharacters, ((LogWriter)task.Program!).Bytes);
    }

    private static (ScriptedKernel Kernel, LogWriter Writer) Script(ProgramParameters parameters)
    {
        var writer = new LogWriter(Programs.Setting("logwriter", parameters));
        return (new ScriptedKernel(writer), writer);
    }

    /// <summary>Bytes written before each request of a kind, and after the one before.</summary>
    private static List<ulong> BytesBetween(ScriptedKernel kernel, RequestKind kind)
    {
        var parts = new List<ulong>();
        var bytes = 0UL;
        foreach (var request in kernel.Requests)
        {
            bytes += request.Kind == RequestKind.Write ? request.B : 0;
            if (request.Kind == kind)
            {
                parts.Add(bytes);
                bytes = 0;
            }
        }

        Assert.True(parts.Count > 10);
        return parts;
    }
}
