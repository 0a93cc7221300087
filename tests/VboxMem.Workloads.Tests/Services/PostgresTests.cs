// Goal: a cluster has the processes and titles of PostgreSQL, answers its queries, reads what is not in its buffers, writes its dirty
//       buffers at checkpoints, and gets over crashes as PostgreSQL does.

using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Workloads.Tests.Services;

public sealed class PostgresTests : IDisposable
{
    private const ulong Mebibyte = ServiceBox.Mebibyte;
    private const int Backends = 4;
    private const int Helpers = 6;

    private static readonly ProgramParameters _parameters = new(
        SizeBytes: 32 * Mebibyte, WorkingSetBytes: 24 * Mebibyte, Workers: Backends, RequestsPerSecond: 80);

    private readonly ServiceBox _box = new();

    public void Dispose() => _box.Dispose();

    [Fact]
    public void The_postmaster_forks_its_processes_under_their_titles_and_without_its_shield()
    {
        var postmaster = Started(_parameters, oomScoreAdj: -900);

        Assert.Equal(
            [
                "postgres: 17/main: app app 10.0.0.20(40112) idle", "postgres: 17/main: app app 10.0.0.20(40113) idle",
                "postgres: 17/main: app app 10.0.0.20(40114) idle", "postgres: 17/main: app app 10.0.0.20(40115) idle",
                "postgres: 17/main: autoprewarm leader", "postgres: 17/main: autovacuum launcher", "postgres: 17/main: background writer",
                "postgres: 17/main: checkpointer", "postgres: 17/main: logical replication launcher", "postgres: 17/main: walwriter",
            ],
            _box.ChildrenOf(postmaster).Select(ServiceBox.TitleOf).Order(StringComparer.Ordinal));
        Assert.All(_box.ChildrenOf(postmaster), static child => Assert.Equal((0, "postgres", 102u), (child.OomScoreAdj, child.Name, child.Uid)));
        Assert.Equal(-900, postmaster.OomScoreAdj);
    }

    [Fact]
    public void Queries_are_answered_at_the_rate_they_come()
    {
        Started(_parameters);
        _box.Run(20);

        Assert.InRange(_box.AnswersOf("svc"), 1450UL, 1950UL);   // 80 a second for 20 s and a little
        Assert.True(_box.Machine.ServiceTimes.TryGet("svc", out var times));
        Assert.InRange(times.PercentileNanoseconds(500), 50_000UL, 5_000_000UL);
    }

    [Fact]
    public void A_working_set_within_the_buffers_is_read_once_and_shared_by_all()
    {
        var postmaster = Started(_parameters);
        _box.Run(60);
        var read = ReadBytes(postmaster);
        _box.Run(10);

        Assert.Equal(read, ReadBytes(postmaster));
        Assert.InRange(_box.ShmemPages * 4096, 24 * Mebibyte, 42 * Mebibyte);
        var backends = _box.ChildrenOf(postmaster).Where(static child => ServiceBox.TitleOf(child).EndsWith("idle", StringComparison.Ordinal));
        Assert.All(backends, backend => Assert.InRange(_box.MemoryOf(backend).RssShmemPages * 4096, 12 * Mebibyte, 40 * Mebibyte));
    }

    [Fact]
    public void What_does_not_fit_into_the_buffers_is_read_again_from_the_files()
    {
        var postmaster = Started(_parameters with { WorkingSetBytes = 64 * Mebibyte });
        _box.Run(5);
        var before = ReadCharacters(postmaster);
        _box.Run(10);

        // Half of the blocks have no buffer of their own: of 800 queries' three blocks each, about 1200.
        Assert.InRange(ReadCharacters(postmaster) - before, 1000UL * 8192, 1400UL * 8192);
    }

    [Fact]
    public void A_checkpoint_leaves_no_page_of_the_tables_dirty()
    {
        Started(_parameters with { Every = SimTime.FromSeconds(10) });
        var most = 0UL;
        _box.RunUntil(() =>
        {
            most = Math.Max(most, _box.DirtyPages);
            return WroteLog();
        }, seconds: 40);

        Assert.InRange(most, 40UL, 2000UL);
        Assert.InRange(_box.DirtyPages, 0UL, 12UL);   // the log's, and of WAL not yet synced
    }

    [Fact]
    public void A_backend_that_crashes_takes_all_others_with_it_and_everything_begins_anew()
    {
        var postmaster = Started(_parameters);
        _box.Run(5);
        var before = _box.ChildrenOf(postmaster).ToArray();
        var shmem = _box.ShmemPages;
        var answered = _box.AnswersOf("svc");

        _box.Machine.Kill(before[^1].Pid, Signal.Kill);
        _box.RunUntil(() => before.All(child => !_box.IsAlive(child)), seconds: 2, step: 0.001);
        Assert.True(_box.IsAlive(postmaster));
        _box.RunUntil(() => _box.ShmemPages < shmem / 2, seconds: 1, step: 0.0002);   // the old shared memory is gone
        _box.RunUntil(() => _box.ChildrenOf(postmaster).Count() == Helpers + Backends, seconds: 2);
        _box.Run(5);

        Assert.Empty(_box.Zombies);
        Assert.True(_box.AnswersOf("svc") > answered + 200);
        _box.Audit();
    }

    [Theory]
    [InlineData(Signal.Terminate)]
    [InlineData(Signal.Interrupt)]
    public void Asked_to_stop_it_ends_all_and_itself(Signal signal)
    {
        var postmaster = Started(_parameters);
        _box.Run(2);
        _box.Machine.Kill(postmaster.Pid, signal);
        _box.Run(1);

        Assert.Empty(_box.Services);
        Assert.Equal(0, postmaster.ExitCode);
    }

    [Fact]
    public void Without_their_postmaster_all_others_end_within_seconds()
    {
        var postmaster = Started(_parameters);
        _box.Run(2);
        _box.Machine.Kill(postmaster.Pid, Signal.Kill);
        _box.Run(3);

        Assert.Empty(_box.Services);
    }

    [Fact]
    public void Shared_memory_that_is_refused_ends_it_with_1()
    {
        _box.Tune("overcommit_memory", "2");
        _box.Tune("overcommit_kbytes", "65536");
        var postmaster = _box.Start("postgres", _parameters with { SizeBytes = 256 * Mebibyte }, uid: 102);
        _box.Run(2);

        Assert.Empty(_box.Services);
        Assert.Equal(1, postmaster.ExitCode);
    }

    [Fact]
    public void A_fork_that_is_refused_is_tried_again()
    {
        // What is promised is just enough for the first children.
        _box.Tune("overcommit_memory", "2");
        _box.Tune("overcommit_kbytes", "61440");
        var postmaster = _box.Start("postgres", _parameters, uid: 102);
        _box.Run(3);
        Assert.InRange(_box.ChildrenOf(postmaster).Count(), 1, Helpers + Backends - 1);

        _box.Tune("overcommit_memory", "0");
        _box.RunUntil(() => _box.ChildrenOf(postmaster).Count() == Helpers + Backends, seconds: 5);
    }

    private Process Started(ProgramParameters parameters, short oomScoreAdj = 0)
    {
        var postmaster = _box.Start("postgres", parameters, oomScoreAdj, uid: 102);
        _box.RunUntil(() => _box.ChildrenOf(postmaster).Count(HasTitle) == Helpers + Backends);
        return postmaster;
    }

    private static bool HasTitle(Process child) => child.CommandLine.Contains("17/main: ", StringComparison.Ordinal);

    private ulong ReadBytes(Process postmaster) => Sum(postmaster, static child => child.ReadBytes);

    private ulong ReadCharacters(Process postmaster) => Sum(postmaster, static child => child.ReadCharacters);

    private ulong Sum(Process postmaster, Func<Process, ulong> figure)
    {
        var sum = 0UL;
        foreach (var child in _box.ChildrenOf(postmaster))
        {
            sum += figure(child);
        }

        return sum;
    }

    /// <summary>The checkpointer has noted that a checkpoint is complete: it writes to nothing but tables, pg_control and the log.</summary>
    private bool WroteLog() => _box.Titled("postgres: 17/main: checkpointer") is { } checkpointer
        && checkpointer.WrittenCharacters % 8192 == 240;
}
