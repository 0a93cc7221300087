// Goal: events wait for predicates and happen once; each action goes through the door that Linux has, and what is refused is said in
// Linux's words; cutting a run changes nothing.
// Method: small boxes; files and processes are looked at between runs.

using System.Text;
using VboxMem.FileTree;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Profiles;

namespace VboxMem.Session.Tests;

public sealed class TimelineTests
{
    private const string SwapDisks = """ "disks": [ { "size": "1GiB" }, { "size": "64MiB" }, { "size": "32MiB" } ], "mounts": [ { "path": "/", "disk": "vda" } ], """;

    [Fact]
    public void An_event_happens_once_when_its_predicate_first_holds()
    {
        using var box = BoxOf("""
            "groups": [ { "name": "big", "program": "touch", "size": "160MiB", "per_second": "40MiB", "starts_at": "1s" } ],
            "timeline": [
              { "when": "meminfo.MemAvailable < 80MiB", "do": "say", "text": "little is left" },
              { "when": "uptime > 1000h", "do": "say", "text": "never" } ]
            """);
        Run(box, 10_000);

        var said = Assert.Single(box.Workload.Messages);
        Assert.Equal("little is left", said.Text);
        Assert.Equal(0UL, said.At.Nanoseconds % 100_000_000);
        Assert.True(said.At > SimTime.FromSeconds(3) && said.At < SimTime.FromSeconds(8), $"{said.At}");
        Assert.True(Number(box, "/proc/meminfo", "MemAvailable:") < 80 * 1024);
    }

    [Fact]
    public void Predicates_see_what_is_written_and_events_of_one_moment_are_in_the_order_given()
    {
        using var box = BoxOf("""
            "timeline": [
              { "when": "vmstat.drop_pagecache > 0", "do": "say", "text": "first" },
              { "when": "vmstat.drop_pagecache > 0 and vmstat.drop_slab > 0", "do": "write", "to": "/proc/sys/vm/swappiness", "text": "7" },
              { "when": "vmstat.drop_slab > 0", "do": "say", "text": "second" },
              { "at": "1s", "do": "drop_caches" } ]
            """);
        Run(box, 3000);

        Assert.Equal(["first", "second"], box.Workload.Messages.Select(static message => message.Text));
        Assert.Equal(box.Workload.Messages[0].At, box.Workload.Messages[1].At);
        Assert.Equal("7", Read(box, "/proc/sys/vm/swappiness").Trim());
        Assert.Empty(box.Workload.Refusals);
    }

    [Fact]
    public void Which_caches_are_dropped_is_said_by_the_text()
    {
        using var box = BoxOf(""" "timeline": [ { "at": "0s", "do": "drop_caches", "text": "1" } ] """);
        Run(box, 100);
        Assert.Equal((1L, 0L), (Number(box, "/proc/vmstat", "drop_pagecache"), Number(box, "/proc/vmstat", "drop_slab")));
    }

    [Fact]
    public void A_rate_waits_for_the_second_it_is_measured_over()
    {
        using var box = BoxOf("""
            "groups": [ { "name": "big", "program": "touch", "size": "100MiB", "per_second": "20MiB", "chunk": "256KiB", "starts_at": "3s" } ],
            "timeline": [ { "when": "meminfo.MemFree/s < -15MiB/s", "do": "say", "text": "falling" } ]
            """);
        var start = box.Machine.Now;
        Run(box, 8000);

        var said = Assert.Single(box.Workload.Messages);
        var after = said.At.Nanoseconds - start.Nanoseconds;
        Assert.InRange(after, 3_600_000_000UL, 4_300_000_000UL);
    }

    [Fact]
    public void A_kill_sets_off_what_waits_for_it()
    {
        using var box = BoxOf("""
            "groups": [ { "name": "leaky", "program": "leak", "per_second": "60MiB" }, { "name": "job", "program": "sleep", "starts_at": "forever" } ],
            "timeline": [ { "when": "killed(leaky)", "do": "start", "to": "job" }, { "when": "killed(job)", "do": "say", "text": "never" } ]
            """);
        Assert.Empty(box.Workload.Groups.MembersOf("job"));
        Run(box, 10_000);
        Assert.Single(box.Workload.Groups.MembersOf("job"));
        Assert.Empty(box.Workload.Messages);
    }

    [Fact]
    public void A_group_is_stopped_by_the_signal_that_asks_for_it()
    {
        using var box = BoxOf("""
            "groups": [ { "name": "web", "program": "sleep", "count": 2 } ],
            "timeline": [ { "at": "1s", "do": "stop", "to": "web" } ]
            """);
        Run(box, 900);
        Assert.Equal(2, box.Workload.Groups.MembersOf("web").Count());
        Run(box, 200);
        Assert.True(box.Workload.Groups.HasEnded("web"));
    }

    [Fact]
    public void Systemd_does_not_start_again_what_was_stopped()
    {
        using var box = BoxOf("""
            "init": "systemd",
            "groups": [ { "name": "web", "program": "sleep", "restart": "always" } ],
            "timeline": [ { "at": "2s", "do": "stop", "to": "web" }, { "at": "10s", "do": "start", "to": "web" } ]
            """, disks: true);
        Run(box, 1500);
        Assert.Single(box.Workload.Groups.MembersOf("web"));
        Run(box, 4000);
        Assert.True(box.Workload.Groups.HasEnded("web"));
        Run(box, 6000);
        Assert.Single(box.Workload.Groups.MembersOf("web"));
    }

    [Fact]
    public void Swap_comes_into_use_and_goes_out_of_it()
    {
        using var box = BoxOf("""
            "groups": [ { "name": "big", "program": "touch", "size": "250MiB", "starts_at": "3s", "per_second": "40MiB" } ],
            "timeline": [
              { "at": "1s", "do": "swapon", "to": "/dev/vdb" },
              { "at": "500ms", "do": "swapon", "to": "/dev/vdc", "text": "10" },
              { "when": "swaps.vdc.used > 8MiB", "do": "swapoff", "to": "/dev/vdc" },
              { "when": "swaps.areas == 2 and uptime > 5s", "do": "say", "text": "two" } ]
            """, disks: true);
        Run(box, 2000);
        Assert.Equal("/dev/vdc 10, /dev/vdb -2", Areas(box));
        Run(box, 30_000);
        Assert.Equal("/dev/vdb -2", Areas(box));
        Assert.Empty(box.Workload.Refusals);
        Assert.Single(box.Workload.Messages);
        Assert.True(Number(box, "/proc/vmstat", "pswpin") > 2000);
    }

    [Fact]
    public void What_swapon_and_swapoff_are_refused_is_said_in_their_words()
    {
        using var box = BoxOf("""
            "timeline": [
              { "at": "1s", "do": "swapon", "to": "/dev/vda" },
              { "at": "1s", "do": "swapoff", "to": "/dev/vdb" },
              { "at": "2s", "do": "swapon", "to": "/dev/vdb" },
              { "when": "swaps.areas == 1", "do": "swapon", "to": "/dev/vdb" } ]
            """, disks: true);
        Run(box, 5000);

        Assert.Equal(
            [
                "timeline at 1.000000s: swapon: /dev/vda: swapon failed: Device or resource busy",
                "timeline at 1.000000s: swapoff: /dev/vdb: swapoff failed: Invalid argument",
                "timeline when swaps.areas == 1: swapon: /dev/vdb: swapon failed: Device or resource busy",
            ],
            box.Workload.Refusals.Order(StringComparer.Ordinal).OrderBy(static line => line.Contains("/dev/vdb", StringComparison.Ordinal)));
        Assert.Equal("/dev/vdb -2", Areas(box));
    }

    // What is in swap does not fit into memory: swapoff is the OOM killer's first choice, and the area stays.
    [Fact]
    public void A_swapoff_that_finds_no_memory_is_killed_and_the_area_stays()
    {
        using var box = BoxOf("""
            "groups": [ { "name": "big", "program": "touch", "count": 2, "size": "116MiB", "starts_at": "1s" } ],
            "timeline": [ { "at": "0s", "do": "swapon", "to": "/dev/vdb" }, { "at": "20s", "do": "swapoff", "to": "/dev/vdb" } ]
            """, disks: true);
        Run(box, 60_000);

        Assert.Equal(["timeline at 20.000000s: swapoff: /dev/vdb: Killed"], box.Workload.Refusals);
        Assert.Equal("/dev/vdb -2", Areas(box));
        Assert.Equal(2, box.Workload.Groups.MembersOf("big").Count());
        Assert.Contains("Killed process", Read(box, "/dev/kmsg"), StringComparison.Ordinal);
    }

    [Fact]
    public void Cutting_a_run_into_pieces_changes_nothing()
    {
        ulong[] hashes =
        [
            .. new ulong[] { 7, 50, 100, 333, 9000 }.Select(step =>
            {
                using var box = BoxOf("""
                    "groups": [ { "name": "big", "program": "touch", "count": 2, "size": "130MiB", "per_second": "25MiB", "starts_at": "1s" } ],
                    "timeline": [
                      { "when": "meminfo.MemAvailable < 60MiB", "do": "swapon", "to": "/dev/vdb" },
                      { "when": "meminfo.MemFree/s > -1MiB/s and uptime > 5s", "do": "write", "to": "/proc/sys/vm/swappiness", "text": "90" },
                      { "when": "swaps.used > 4MiB", "do": "drop_caches" },
                      { "when": "uptime > 1000h", "do": "say", "text": "still waiting" } ]
                    """, disks: true);
                for (var done = 0UL; done < 9000; done += step)
                {
                    Run(box, Math.Min(step, 9000 - done));
                }

                Assert.Equal(1L, Number(box, "/proc/vmstat", "drop_pagecache"));
                return box.ComputeStateHash();
            }),
        ];

        Assert.All(hashes, hash => Assert.Equal(hashes[0], hash));
    }

    private static Box BoxOf(string workload, bool disks = false)
    {
        var json = $$"""{ "machine": { {{(disks ? SwapDisks : "")}} "ram": "256MiB", "cpus": 2 }, {{workload}} }""";
        var result = ProfileLoader.LoadJson(Encoding.UTF8.GetBytes(json), "test.json", "test", [], new Dictionary<string, string>());
        Assert.Equal([], result.Errors);
        return Box.Boot(result.Profile!);
    }

    private static void Run(Box box, ulong milliseconds) => box.RunFor(SimTime.FromMilliseconds(milliseconds));

    private static string Read(Box box, string path)
    {
        Assert.Equal(Errno.None, box.Tree.TryRead(path, out var text));
        return Encoding.UTF8.GetString(text.Span);
    }

    private static long Number(Box box, string path, string name) => long.Parse(
        Read(box, path).Split('\n').Single(line => line.StartsWith(name + " ", StringComparison.Ordinal))[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(),
        System.Globalization.CultureInfo.InvariantCulture);

    private static string Areas(Box box) => string.Join(", ", Read(box, "/proc/swaps").Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1)
        .Select(static row => row.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)).Select(static row => $"{row[0]} {row[^1]}"));
}
