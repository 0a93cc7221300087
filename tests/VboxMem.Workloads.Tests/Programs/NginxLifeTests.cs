// Goal: nginx on a real machine serves as many requests as are asked for, survives the death of workers, ends when told to, and goes on
// alike as a copy.
// Method: a small machine with a full audit after each run.

using VboxMem.Kernel;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Sched;
using VboxMem.Workloads.Programs;

namespace VboxMem.Workloads.Tests;

public sealed class NginxLifeTests
{
    private static readonly ProgramParameters _parameters =
        new(RequestsPerSecond: 300, Workers: 2, Connections: 32, SizeBytes: 32 << 20, JitterPercent: 10);

    [Fact]
    public void It_serves_the_asked_requests_and_logs_each()
    {
        using var box = new ServiceBox();
        box.Start("nginx", _parameters, "web");
        box.RunFor(20_000);

        var workers = box.Running<NginxWorker>();
        var times = box.TimesOf("web");
        Assert.Equal(2, workers.Count);
        Assert.InRange(times.Count, 5600UL, 6400UL);
        Assert.InRange(workers.Aggregate(0UL, static (sum, worker) => sum + ((NginxWorker)worker.Program!).Log.Lines), times.Count - 2, times.Count);
        Assert.InRange(times.PercentileNanoseconds(500), 10_000UL, 1_000_000UL);
        Assert.True(times.MaxNanoseconds > 500_000, "the first files come from the disk");
    }

    [Fact]
    public void Master_and_workers_are_who_they_are_in_Debian()
    {
        using var box = new ServiceBox();
        var master = box.Start("nginx", _parameters);
        box.RunFor(2_000);

        var workers = box.Running<NginxWorker>();
        Assert.Equal((0u, "nginx", "nginx: master process /usr/sbin/nginx -g daemon on; master_process on;\0"), (master.Uid, master.Name, master.CommandLine));
        Assert.All(workers, worker => Assert.Equal(
            (33u, 33u, "nginx", "nginx: worker process\0", master.Pid), (worker.Uid, worker.Gid, worker.Name, worker.CommandLine, worker.ParentPid)));
        Assert.All(workers, worker => Assert.InRange(box.Machine.Sockets.Count().Stream, 2, 64));
    }

    [Fact]
    public void A_killed_worker_is_replaced_and_its_clients_are_served_again()
    {
        using var box = new ServiceBox();
        box.Start("nginx", _parameters);
        box.RunFor(2_000);
        var before = box.Running<NginxWorker>();
        Assert.Equal(SystemCallError.None, box.Machine.Kill(before[0].Pid, Signal.Kill));
        box.RunFor(100);

        var after = box.Running<NginxWorker>();
        Assert.Equal(2, after.Count);
        Assert.Contains(before[1].Pid, after.Select(static worker => worker.Pid));
        Assert.DoesNotContain(before[0].Pid, box.Machine.Processes.Tasks.Select(static task => task.Pid));

        var served = box.TimesOf("nginx").Count;
        box.RunFor(10_000);
        Assert.InRange(box.TimesOf("nginx").Count - served, 2700UL, 3300UL);
    }

    [Fact]
    public void HUP_replaces_all_workers()
    {
        using var box = new ServiceBox();
        var master = box.Start("nginx", _parameters);
        box.RunFor(2_000);
        var before = box.Running<NginxWorker>().ConvertAll(static worker => worker.Pid);
        box.Machine.Kill(master.Pid, Signal.Hangup);
        box.RunFor(500);

        var after = box.Running<NginxWorker>().ConvertAll(static worker => worker.Pid);
        Assert.Equal(2, after.Count);
        Assert.Empty(after.Intersect(before));
    }

    [Theory]
    [InlineData(Signal.Terminate)]
    [InlineData(Signal.Quit)]
    public void It_ends_with_its_workers_and_leaves_no_memory_behind(Signal signal)
    {
        using var box = new ServiceBox();
        var master = box.Start("nginx", _parameters);
        box.RunFor(2_000);
        box.Machine.Kill(master.Pid, signal);
        box.RunFor(500);

        Assert.Empty(box.Running<NginxWorker>());
        Assert.Empty(box.Running<NginxMaster>());
        Assert.Empty(box.Machine.Memory.All);
        Assert.Equal((0, 0), box.Machine.Sockets.Count());
    }

    [Fact]
    public void A_copy_goes_on_as_the_original_does()
    {
        using var box = new ServiceBox();
        box.Start("nginx", _parameters);
        box.RunFor(1_500);
        using var copy = box.Clone();
        Assert.Equal(box.Machine.ComputeStateHash(), copy.Machine.ComputeStateHash());
        box.RunFor(3_000);
        copy.RunFor(3_000);
        Assert.Equal(box.Machine.ComputeStateHash(), copy.Machine.ComputeStateHash());
    }

    [Fact]
    public void Another_service_moves_nothing_in_what_its_clients_ask_for()
    {
        using var alone = new ServiceBox();
        alone.Start("nginx", _parameters);
        using var shared = new ServiceBox();
        shared.Start("logwriter", new ProgramParameters(Path: "/var/log/app.log", BytesPerSecond: 64 << 10));
        shared.Start("nginx", _parameters);
        alone.RunFor(5_000);
        shared.RunFor(5_000);

        // The other service takes a little time: a request may be on its way here and done there.
        var (one, other) = (alone.Running<NginxWorker>(), shared.Running<NginxWorker>());
        for (var worker = 0; worker < 2; worker++)
        {
            var (first, second) = (((NginxWorker)one[worker].Program!).Log, ((NginxWorker)other[worker].Program!).Log);
            Assert.InRange((long)first.Lines - (long)second.Lines, -1, 1);
            Assert.InRange((long)first.Bytes - (long)second.Bytes, -300, 300);
        }
    }

    [Fact]
    public void It_lives_through_every_allocation_that_fails_while_it_serves()
    {
        using var box = new ServiceBox(96);
        box.Start("nginx", _parameters with { SizeBytes = 4 << 20 });
        box.RunFor(1_000);
        var failures = 0;
        for (var nth = 0UL; nth < 60; nth++)
        {
            using var copy = box.Clone();
            copy.Machine.Allocator.FailInjection = new FailPageAlloc(nth, IsArmed: true);
            copy.RunFor(700);
            failures += copy.Machine.Allocator.FailInjection.IsArmed ? 0 : 1;
            Assert.Equal(2, copy.Running<NginxWorker>().Count);
            Assert.True(copy.TimesOf("nginx").Count > box.TimesOf("nginx").Count + 100);
        }

        Assert.Equal(60, failures);
    }
}
