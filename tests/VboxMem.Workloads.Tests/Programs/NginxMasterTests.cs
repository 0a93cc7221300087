// Goal: the master starts as root, keeps as many workers as it is asked for, and does what its signals say.

using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Workloads.Programs;

namespace VboxMem.Workloads.Tests;

public sealed class NginxMasterTests
{
    private static readonly ProgramParameters _parameters = new(RequestsPerSecond: 100, Workers: 3, Connections: 8, SizeBytes: 16 << 20);

    [Fact]
    public void It_reads_its_configuration_opens_its_logs_forks_its_workers_and_waits()
    {
        var kernel = Script().Run();

        Assert.Equal(
            ["/etc/nginx/nginx.conf", "/var/log/nginx/error.log", "/var/log/nginx/access.log", "/run/nginx.pid"],
            kernel.Of(RequestKind.Open).Select(static open => open.Path));
        Assert.Equal(
            "nginx: master process /usr/sbin/nginx -g daemon on; master_process on;", kernel.Of(RequestKind.SetTitle).Single().Path);
        Assert.Equal([RequestKind.Fork, RequestKind.Fork, RequestKind.Fork, RequestKind.Pause], kernel.Kinds.TakeLast(4));
        Assert.All(kernel.Children, static child => Assert.IsType<NginxWorker>(child));
    }

    [Fact]
    public void Workers_draw_from_streams_of_their_own()
    {
        var children = Script().Run().Children;
        var first = new ScriptedKernel(children[0]).Run(2000).Requests;
        var second = new ScriptedKernel(children[1]).Run(2000).Requests;
        Assert.NotEqual(first.Where(IsChance), second.Where(IsChance));
    }

    [Theory]
    [InlineData(RequestKind.Open)]
    [InlineData(RequestKind.Brk)]
    [InlineData(RequestKind.Write)]
    public void It_does_not_start_without_its_files_and_its_memory(RequestKind refused)
    {
        for (var number = refused == RequestKind.Brk ? 1 : 0; number < (refused == RequestKind.Open ? 4 : 1); number++)
        {
            var kernel = Script();
            kernel.Refusals[(refused, number)] = SystemCallError.NoMemory;
            Assert.Equal(new Request(RequestKind.Exit, 1), kernel.Run().Requests[^1]);
            Assert.Empty(kernel.Children);
        }
    }

    [Fact]
    public void A_worker_it_cannot_fork_is_logged_and_done_without()
    {
        var kernel = Script();
        kernel.Refusals[(RequestKind.Fork, 1)] = SystemCallError.NoMemory;
        kernel.Run();

        Assert.Equal([RequestKind.Fork, RequestKind.Fork, RequestKind.Write, RequestKind.Fork, RequestKind.Pause], kernel.Kinds.TakeLast(5));
        Assert.Equal(2, kernel.Children.Count);
    }

    [Fact]
    public void HUP_forks_as_many_anew_and_then_tells_the_old_ones_to_go()
    {
        var kernel = Started(out var start);
        kernel.Signals[start] = Signal.Hangup;
        kernel.Run();

        Assert.Equal(
            [RequestKind.Fork, RequestKind.Fork, RequestKind.Fork, RequestKind.Kill, RequestKind.Kill, RequestKind.Kill, RequestKind.Pause],
            kernel.Kinds.Skip(start + 1));
        Assert.Equal([Kill(1, Signal.Quit), Kill(2, Signal.Quit), Kill(3, Signal.Quit)], kernel.Of(RequestKind.Kill));
    }

    [Fact]
    public void TERM_ends_the_workers_and_then_the_master()
    {
        var kernel = Started(out var start);
        kernel.Signals[start] = Signal.Terminate;
        kernel.Signals[start + 3] = Signal.Child;
        kernel.Run();

        // The scripted kernel answers one child's pid to each wait, from the last one down: with the third gone, none is left.
        Assert.Equal(
            [Kill(1, Signal.Terminate), Kill(2, Signal.Terminate), Kill(3, Signal.Terminate)], kernel.Of(RequestKind.Kill));
        Assert.Equal(new Request(RequestKind.Exit), kernel.Requests[^1]);
        Assert.Equal(3, kernel.Of(RequestKind.Fork).Count());
    }

    [Fact]
    public void A_worker_that_dies_is_replaced_by_another_with_a_stream_of_its_own()
    {
        var kernel = Started(out var start);
        kernel.Signals[start] = Signal.Child;
        kernel.Refusals[(RequestKind.WaitChild, 1)] = SystemCallError.NoChild;
        kernel.Run();

        Assert.Equal([RequestKind.WaitChild, RequestKind.WaitChild, RequestKind.Fork, RequestKind.Pause], kernel.Kinds.Skip(start + 1));
        Assert.NotEqual(
            new ScriptedKernel(kernel.Children[2]).Run(2000).Requests.Where(IsChance),
            new ScriptedKernel(kernel.Children[3]).Run(2000).Requests.Where(IsChance));
    }

    [Fact]
    public void USR1_opens_the_log_anew_and_tells_the_workers()
    {
        var kernel = Started(out var start);
        kernel.Signals[start] = Signal.User1;
        kernel.Run();

        Assert.Equal(
            [RequestKind.Open, RequestKind.Close, RequestKind.Kill, RequestKind.Kill, RequestKind.Kill, RequestKind.Pause],
            kernel.Kinds.Skip(start + 1));
        Assert.All(kernel.Of(RequestKind.Kill), static kill => Assert.Equal((ulong)Signal.User1, kill.B));
    }

    private static Request Kill(ulong pid, Signal signal) => new(RequestKind.Kill, pid, (ulong)signal);

    private static bool IsChance(Request request) => request.Kind is RequestKind.Poll or RequestKind.Open;

    private static ScriptedKernel Script() => Programs.Script("nginx", _parameters);

    /// <summary>A fresh master, and the number of the request with which it begins to wait.</summary>
    private static ScriptedKernel Started(out int pause)
    {
        pause = Script().Run().Requests.Count - 1;
        return Script();
    }
}
