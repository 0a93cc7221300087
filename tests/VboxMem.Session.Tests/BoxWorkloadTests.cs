// Goal: groups start and events happen at their moments, in order; what is refused is said.
// Method: small boxes; the files of the box and its processes are looked at between runs.

using System.Text;
using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Kernel.Time;
using VboxMem.Profiles;

namespace VboxMem.Session.Tests;

public sealed class BoxWorkloadTests
{
    [Fact]
    public void Events_of_one_moment_happen_in_the_order_given()
    {
        using var box = BoxOf("""
            "timeline": [
              { "at": "2s", "do": "write", "to": "/proc/sys/vm/swappiness", "text": "30" },
              { "at": "1s", "do": "write", "to": "/proc/sys/vm/swappiness", "text": "10" },
              { "at": "1s", "do": "write", "to": "/proc/sys/vm/swappiness", "text": "20" } ]
            """);

        Assert.Equal(("60", "60", "20", "20", "30"), (Swappiness(box), After(box, 999), After(box, 1), After(box, 999), After(box, 1)));
        Assert.Null(box.Workload.NextDue);

        static string After(Box box, ulong milliseconds)
        {
            box.RunFor(SimTime.FromMilliseconds(milliseconds));
            return Swappiness(box);
        }
    }

    [Fact]
    public void A_group_that_starts_at_a_moment_comes_before_an_event_of_that_moment()
    {
        using var box = BoxOf("""
            "groups": [ { "name": "web", "program": "sleep", "starts_at": "1s" } ],
            "timeline": [ { "at": "1s", "do": "signal", "to": "web", "signal": "KILL" } ]
            """);

        box.RunFor(SimTime.FromSeconds(1));
        box.RunFor(SimTime.FromMilliseconds(100));
        Assert.True(box.Workload.Groups.HasEnded("web"));
    }

    [Fact]
    public void A_group_has_its_processes_from_its_start_to_its_end()
    {
        using var box = BoxOf("""
            "groups": [ { "name": "web", "program": "sleep", "count": 3, "starts_at": "1s", "hold": "1s", "oom_score_adj": -500, "nice": 5, "user": 33 } ]
            """);

        Assert.Empty(box.Workload.Groups.MembersOf("web"));
        Assert.False(box.Workload.Groups.HasEnded("web"));
        box.RunFor(SimTime.FromMilliseconds(1500));
        var pids = box.Workload.Groups.MembersOf("web").ToArray();
        Assert.Equal(3, pids.Length);
        Assert.All(pids, pid =>
        {
            var task = box.Machine.Processes[pid];
            Assert.Equal(("web", 33u, 5, (short)-500), (task.Name, task.Uid, task.Nice, task.OomScoreAdj));
        });
        box.RunFor(SimTime.FromSeconds(1));
        Assert.Empty(box.Workload.Groups.MembersOf("web"));
        Assert.True(box.Workload.Groups.HasEnded("web"));
    }

    [Fact]
    public void What_waits_for_a_group_comes_after_its_end_however_the_run_is_cut()
    {
        ulong[] hashes =
        [
            .. new ulong[] { 7, 10, 333, 4000 }.Select(step =>
            {
                using var box = BoxOf("""
                    "groups": [
                      { "name": "first", "program": "sleep", "hold": "1s" },
                      { "name": "second", "program": "sleep", "after": "first", "starts_at": "500ms", "hold": "forever" } ],
                    "timeline": [ { "at": "1s", "after": "first", "do": "write", "to": "/proc/sys/vm/swappiness", "text": "5" } ]
                    """);
                for (var done = 0UL; done < 4000; done += step)
                {
                    box.RunFor(SimTime.FromMilliseconds(Math.Min(step, 4000 - done)));
                }

                Assert.Equal("5", Swappiness(box));
                Assert.Single(box.Workload.Groups.MembersOf("second"));
                return box.ComputeStateHash();
            }),
        ];

        Assert.All(hashes, hash => Assert.Equal(hashes[0], hash));
    }

    [Fact]
    public void A_group_may_be_started_again_by_the_timeline()
    {
        using var box = BoxOf("""
            "groups": [ { "name": "job", "program": "sleep", "starts_at": "forever" } ],
            "timeline": [ { "at": "1s", "do": "start", "to": "job" }, { "at": "2s", "do": "start", "to": "job" } ]
            """);

        box.RunFor(SimTime.FromMilliseconds(1500));
        Assert.Single(box.Workload.Groups.MembersOf("job"));
        box.RunFor(SimTime.FromSeconds(1));
        Assert.Equal(2, box.Workload.Groups.MembersOf("job").Count());
    }

    [Fact]
    public void A_refused_write_is_said_and_the_others_happen()
    {
        using var box = BoxOf("""
            "timeline": [
              { "at": "0s", "do": "write", "to": "/proc/sys/vm/swappines", "text": "1" },
              { "at": "0s", "do": "write", "to": "/proc/sys/vm/swappiness", "text": "201" },
              { "at": "0s", "do": "write", "to": "/proc/sys/vm/swappiness", "text": "7" } ]
            """);

        box.RunFor(SimTime.FromMilliseconds(1));
        Assert.Equal(2, box.Workload.Refusals.Count);
        Assert.StartsWith("timeline at 0", box.Workload.Refusals[0], StringComparison.Ordinal);
        Assert.Contains("write '1' to /proc/sys/vm/swappines:", box.Workload.Refusals[0], StringComparison.Ordinal);
        Assert.Contains("write '201' to /proc/sys/vm/swappiness:", box.Workload.Refusals[1], StringComparison.Ordinal);
        Assert.Equal("7", Swappiness(box));
    }

    [Fact]
    public void An_interrupted_run_says_so()
    {
        using var box = BoxOf("\"groups\": []");
        var asked = 0;
        Assert.False(box.RunFor(SimTime.FromSeconds(100), () => ++asked > 2));
        Assert.Equal(3, asked);
    }

    private static Box BoxOf(string workload)
    {
        var json = $$"""{ "machine": { "ram": "256MiB" }, {{workload}} }""";
        var result = ProfileLoader.LoadJson(Encoding.UTF8.GetBytes(json), "test.json", "test", [], new Dictionary<string, string>());
        Assert.Equal([], result.Errors);
        return Box.Boot(result.Profile!);
    }

    private static string Swappiness(Box box)
    {
        Assert.Equal(Errno.None, box.Tree.TryRead("/proc/sys/vm/swappiness", out var text));
        return Encoding.UTF8.GetString(text.Span).Trim();
    }
}
