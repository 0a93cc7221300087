// Goal: what a run tells afterwards is what happened on the box, in order, and watching changes nothing.

using System.Text;
using VboxMem.Kernel;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Log;
using VboxMem.Kernel.Time;
using VboxMem.Profiles;

namespace VboxMem.Session.Tests;

public sealed class RunWatchTests
{
    private const string Leak = """
        "groups": [
          { "name": "sshd", "program": "touch", "size": "4MiB", "oom_score_adj": -1000 },
          { "name": "leaky", "program": "leak", "per_second": "30MiB" } ],
        "timeline": [ { "at": "1s", "after": "leaky", "do": "start", "to": "leaky" } ]
        """;

    [Fact]
    public void Victims_are_listed_in_order_with_the_time_of_the_log()
    {
        using var box = BoxOf(Leak);
        var watch = Watched(box, seconds: 12);

        Assert.True(watch.Kills.Count >= 2, $"{watch.Kills.Count} kills");
        Assert.Equal(box.Machine.Events[VmEvent.OomKill], (ulong)watch.Kills.Count);
        Assert.All(watch.Kills, kill => Assert.Equal(("leaky", 0), (kill.Name, kill.OomScoreAdj)));
        Assert.All(watch.Kills, static kill => Assert.InRange(kill.AnonKilobytes, 30_000, 128 * 1024));
        Assert.True(watch.Kills[0].At < watch.Kills[1].At && watch.Kills[0].Pid < watch.Kills[1].Pid);
        Assert.Null(watch.Panic);
    }

    [Fact]
    public void The_low_and_high_marks_are_those_of_the_files()
    {
        using var box = BoxOf("""
            "groups": [
              { "name": "log", "program": "write", "path": "/log", "size": "16MiB", "hold": "0s" },
              { "name": "big", "program": "touch", "size": "100MiB", "hold": "1s", "starts_at": "3s" } ]
            """, disks: true);
        var before = MemoryInfo.Of(box.Machine).FreePages;
        var watch = Watched(box, seconds: 30);

        Assert.InRange(watch.LeastFreePages, 0, before - 10_000);
        Assert.True(watch.LeastAvailablePages < before - 10_000);
        Assert.InRange(watch.MostDirtyPages, 1, 16 * 256);
        Assert.True(watch.MostSwapUsedPages > 0);
        Assert.True(MemoryInfo.Of(box.Machine).FreePages > watch.LeastFreePages + 10_000, "it is over");
    }

    [Fact]
    public void A_panic_is_told_in_the_kernels_words_and_ends_the_run()
    {
        using var box = BoxOf("""
            "groups": [
              { "name": "web", "program": "touch", "size": "8MiB", "count": 2 },
              { "name": "shielded", "program": "leak", "per_second": "60MiB", "oom_score_adj": -1000 } ]
            """);
        var watch = Watched(box, seconds: 60);

        Assert.True(box.Machine.HasPanicked);
        Assert.Equal("Kernel panic - not syncing: System is deadlocked on memory", watch.Panic);
        Assert.Equal(["web", "web"], watch.Kills.Select(static kill => kill.Name));
        Assert.True(box.Machine.Now < SimTime.FromSeconds(30));
    }

    [Fact]
    public void Watching_a_run_does_not_change_it()
    {
        using var watched = BoxOf(Leak);
        using var alone = BoxOf(Leak);
        Watched(watched, seconds: 8);
        alone.RunFor(SimTime.FromSeconds(8));

        Assert.Equal(alone.ComputeStateHash(), watched.ComputeStateHash());
    }

    [Theory]
    [InlineData("Out of memory: Killed process 64 (leaky) total-vm:24kB, anon-rss:16kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:4kB oom_score_adj:-500", "leaky", 64, 16, -500)]
    [InlineData("Out of memory (oom_kill_allocating_task): Killed process 7 (a (b) c) total-vm:24kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0", "a (b) c", 7, 8, 0)]
    public void A_kill_is_read_from_its_line_whatever_the_process_is_called(string line, string name, int pid, long anon, int adj)
    {
        var record = new LogRecord { Text = Encoding.UTF8.GetBytes(line), Facility = LogFacility.Kernel, Level = LogLevel.Error, Nanoseconds = 5 };

        Assert.Equal(new OomKill(new SimTime(5), pid, name, anon, adj), OomKill.TryParse(record));
    }

    [Fact]
    public void What_a_program_writes_to_the_log_is_no_kill()
    {
        var line = "Out of memory: Killed process 64 (leaky) total-vm:24kB, anon-rss:16kB, oom_score_adj:0"u8.ToArray();

        Assert.Null(OomKill.TryParse(new LogRecord { Text = line, Facility = LogFacility.User }));
        Assert.Null(OomKill.TryParse(new LogRecord { Text = "oom_reaper: reaped process 64 (leaky)"u8.ToArray(), Facility = LogFacility.Kernel }));
    }

    private static RunWatch Watched(Box box, ulong seconds)
    {
        var watch = new RunWatch(box.Machine);
        box.RunFor(SimTime.FromSeconds(seconds), () =>
        {
            watch.Look();
            return false;
        });
        watch.Look();
        return watch;
    }

    private static Box BoxOf(string workload, bool disks = false)
    {
        var machine = disks
            ? """{ "ram": "128MiB", "cpus": 1, "disks": [ { "size": "1GiB" }, { "size": "64MiB" } ], "swap": [ { "disk": "vdb" } ], "mounts": [ { "path": "/", "disk": "vda" } ] }"""
            : """{ "ram": "128MiB", "cpus": 1 }""";
        var json = $$"""{ "machine": {{machine}}, {{workload}} }""";
        var result = ProfileLoader.LoadJson(Encoding.UTF8.GetBytes(json), "test.json", "test", [], new Dictionary<string, string>());
        Assert.Empty(result.Errors);
        return Box.Boot(result.Profile!);
    }
}
