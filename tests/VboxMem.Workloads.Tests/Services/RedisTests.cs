// Goal: the store has its data in memory and answers; a save copies what the parent writes meanwhile and no more, and leaves a file; a fork
//       that is refused stops writes until a save succeeds.

using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Workloads.Tests.Services;

public sealed class RedisTests : IDisposable
{
    private const ulong Mebibyte = ServiceBox.Mebibyte;
    private const ulong DataPages = 64 * Mebibyte / 4096;

    private static readonly ProgramParameters _parameters = new(
        SizeBytes: 64 * Mebibyte, WorkingSetBytes: 8 * Mebibyte, Connections: 10, RequestsPerSecond: 1000);

    private readonly ServiceBox _box = new();

    public void Dispose() => _box.Dispose();

    [Fact]
    public void All_data_is_in_memory_in_small_pages_and_commands_are_answered()
    {
        var redis = Started(_parameters);
        _box.Run(10);

        Assert.InRange(_box.MemoryOf(redis).RssAnonPages, DataPages, DataPages + 1200);
        Assert.Equal(0, _box.Machine.Nodes[0].Stats.ReadExact((int)Kernel.Accounting.NodeStatItem.AnonTransparentHugepages));
        Assert.InRange(_box.AnswersOf("svc"), 9500UL, 10500UL);
        Assert.Equal((0, 10), _box.Machine.Sockets.Count());
    }

    [Fact]
    public void A_save_copies_the_pages_that_are_written_meanwhile_and_no_more()
    {
        var redis = Started(_parameters with { Every = SimTime.FromSeconds(3) });
        _box.RunUntil(() => _box.ChildrenOf(redis).Any(), seconds: 4, step: 0.005);
        var saver = _box.ChildrenOf(redis).Single();
        var (before, faults, answered) = (_box.AnonPages, redis.MinorFaults, _box.AnswersOf("svc"));
        Assert.Equal("redis-server", saver.Name);
        var most = before;
        _box.RunUntil(() =>
        {
            most = Math.Max(most, _box.AnonPages);
            return !_box.IsAlive(saver);
        }, seconds: 10, step: 0.005);

        // A fifth of the commands write, all but a tenth of them to 2048 pages: the pages that are new among them were copied, once each.
        var writes = (_box.AnswersOf("svc") - answered) / 5;
        var copied = most - before;
        Assert.InRange(copied, writes * 8 / 10, (writes * 13 / 10) + 40);
        Assert.InRange(redis.MinorFaults - faults, copied, copied + 300);
        Assert.InRange(copied, 20UL, DataPages / 8);
        Assert.Equal("redis-rdb-bgsave 127.0.0.1:6379", ServiceBox.TitleOf(saver));
        Assert.Equal(32 * Mebibyte, saver.WrittenCharacters);

        _box.RunUntil(() => !_box.Zombies.Any(), seconds: 1);
        Assert.InRange(_box.AnonPages, before - 400, before + 40);   // the child's own pages are gone, the copies are the parent's only ones
        _box.Audit();
    }

    [Fact]
    public void A_save_leaves_a_file_on_the_disk_and_not_in_the_page_cache()
    {
        var redis = Started(_parameters with { Every = SimTime.FromSeconds(3) });
        _box.RunUntil(() => _box.ChildrenOf(redis).Any(), seconds: 4, step: 0.005);
        var cached = CachedPages();
        _box.RunUntil(() => !_box.ChildrenOf(redis).Any(), seconds: 10);

        // The old file was cut off, the new one synced and dropped.
        Assert.InRange(_box.DirtyPages, 0UL, 4UL);
        Assert.True(CachedPages() < cached - (DataPages / 2) + 200, $"{CachedPages()} of {cached} pages");
        Assert.Equal(32UL << 20, WrittenToDisk() & ~((1UL << 20) - 1));
    }

    [Fact]
    public void A_fork_that_is_refused_is_logged_and_it_goes_on_without_writing_until_a_save_succeeds()
    {
        var redis = Started(_parameters with { Every = SimTime.FromSeconds(3) });
        _box.Tune("overcommit_memory", "2");
        _box.Tune("overcommit_kbytes", "81920");
        var logged = redis.WriteCalls;
        _box.RunUntil(() => redis.WriteCalls == logged + 1, seconds: 4, step: 0.01);
        Assert.Empty(_box.ChildrenOf(redis));

        var answered = _box.AnswersOf("svc");
        _box.Run(3);
        Assert.InRange(_box.AnswersOf("svc") - answered, 2800UL, 3200UL);
        Assert.True(_box.IsAlive(redis));

        _box.Tune("overcommit_memory", "1");
        var writable = redis.MinorFaults;
        _box.RunUntil(() => redis.WriteCalls >= logged + 3, seconds: 12);   // started, and done
        Assert.InRange(redis.MinorFaults - writable, 0UL, 60UL);   // it has read its data, and its code, but written none meanwhile
        _box.Run(2);
        Assert.InRange(redis.MinorFaults - writable, 100UL, 2000UL);   // it writes again: pages that only it has by now, but may not write yet
        Assert.Empty(_box.ChildrenOf(redis));
    }

    [Fact]
    public void A_child_that_is_killed_is_reaped_and_the_save_tried_again_after_five_seconds()
    {
        var redis = Started(_parameters with { Every = SimTime.FromSeconds(3) });
        _box.RunUntil(() => _box.ChildrenOf(redis).Any(), seconds: 4, step: 0.005);
        _box.Machine.Kill(_box.ChildrenOf(redis).Single().Pid, Signal.Kill);
        var killed = _box.Machine.Now;
        _box.RunUntil(() => !_box.ChildrenOf(redis).Any(), seconds: 1);
        _box.RunUntil(() => _box.ChildrenOf(redis).Any(), seconds: 7, step: 0.02);

        Assert.InRange((_box.Machine.Now.Nanoseconds - killed.Nanoseconds) / 1_000_000, 5000UL, 5400UL);
    }

    [Fact]
    public void Memory_that_is_refused_at_the_start_ends_it_with_1()
    {
        _box.Tune("overcommit_memory", "2");
        _box.Tune("overcommit_kbytes", "49152");
        var redis = _box.Start("redis", _parameters);
        _box.Run(3);

        Assert.Equal(1, redis.ExitCode);
        Assert.Empty(_box.Services);
    }

    private Process Started(ProgramParameters parameters)
    {
        var redis = _box.Start("redis", parameters, uid: 103);
        _box.RunUntil(() => _box.Machine.Sockets.Count().Stream == 10, seconds: 10, step: 0.01);
        return redis;
    }

    private ulong CachedPages() => (ulong)_box.Machine.Nodes[0].Stats.ReadExact((int)Kernel.Accounting.NodeStatItem.FilePages);

    private ulong WrittenToDisk() => _box.Machine.Events[Kernel.Accounting.VmEvent.PgPgOut] * 1024;
}
