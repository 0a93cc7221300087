using System.Globalization;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Sched;

namespace VboxMem.Procfs.Tests.Debug;

// Goal: lists, kswapds and stalls are shown as they are, and the counts by node and type add up to vmstat's.
[Collection(SwappingBox.Collection)]
public sealed class ReclaimFilesTests(SwappingBox swapping)
{
    [Fact]
    public void Flows_add_up_to_the_events_of_vmstat()
    {
        var lru = DebugTable.Of(swapping.Box, "lru");
        var vmstat = Figures.Vmstat(swapping.Box.Read("/proc/vmstat"));

        Assert.Equal(["anon", "file"], lru.Rows.Select(static row => row["type"]));
        foreach (var (column, names) in new (string, string[])[]
        {
            ("activated", ["pgactivate"]), ("deactivated", ["pgdeactivate"]), ("rotated", ["pgrotated"]),
            ("scanned", ["pgscan_anon", "pgscan_file"]), ("reclaimed", ["pgsteal_anon", "pgsteal_file"]),
        })
        {
            Assert.Equal(names.Sum(name => vmstat[name]), lru.Sum(column));
            Assert.True(lru.Sum(column) > 0, column);
        }

        Assert.Equal((vmstat["pgscan_anon"], vmstat["pgsteal_file"]), (DebugTable.Number(lru.Rows[0], "scanned"), DebugTable.Number(lru.Rows[1], "reclaimed")));
    }

    // What has come on the lists is there, or has left them by reclaim, by its last user's going, or into someone's hands, who gives it back.
    [Fact]
    public void What_has_come_is_there_or_has_left()
    {
        using var box = Box.WithDisks(ramMebibytes: 128, swapMebibytes: 256);
        box.Start("touch", new Workloads.ProgramParameters(SizeBytes: 150 << 20, ChunkBytes: 65536, Passes: 3, Count: 1));
        box.Run(4000);
        box.Machine.Lru.DrainAll();
        var lru = DebugTable.Of(box, "lru");

        Assert.True(lru.Sum("reclaimed") > 1000);
        Assert.Equal(
            lru.Sum("added"),
            lru.Sum("active") + lru.Sum("inactive") + DebugTable.Number(lru.Rows[0], "unevictable") + lru.Sum("reclaimed") + lru.Sum("freed") + lru.Sum("taken"));
        Assert.Equal(0, lru.Sum("isolated"));
    }

    [Fact]
    public void Sizes_are_those_of_the_lists()
    {
        var lru = DebugTable.Of(swapping.Box, "lru");
        var stats = swapping.Box.Machine.Nodes[0].Stats;

        Assert.Equal(
            new[] { NodeStatItem.ActiveAnon, NodeStatItem.InactiveAnon, NodeStatItem.ActiveFile, NodeStatItem.InactiveFile, NodeStatItem.Unevictable }.Select(item => stats.ReadExact((int)item)),
            [
                DebugTable.Number(lru.Rows[0], "active"), DebugTable.Number(lru.Rows[0], "inactive"), DebugTable.Number(lru.Rows[1], "active"),
                DebugTable.Number(lru.Rows[1], "inactive"), DebugTable.Number(lru.Rows[0], "unevictable"),
            ]);
        Assert.Equal(stats.ReadExact((int)NodeStatItem.VmscanWrite), DebugTable.Number(lru.Rows[0], "written"));
    }

    [Fact]
    public void A_kswapd_that_never_ran_sleeps_and_says_so()
    {
        using var box = Box.With();
        var row = DebugTable.Of(box, "kswapd").Rows[0];

        Assert.Equal(("sleeping", "0", "0", "-", "-"), (row["state"], row["failures"], row["runs"], row["run_begin_ns"], row["run_reclaimed"]));
        Assert.Equal(("-", "0"), (row["wanted_zone"], row["hopeless"]));
    }

    [Fact]
    public void A_kswapd_is_seen_at_work_and_asleep_again_and_its_runs_are_vmstats()
    {
        using var box = Box.WithDisks(ramMebibytes: 128, swapMebibytes: 256);
        box.Start("touch", new Workloads.ProgramParameters(SizeBytes: 150 << 20, ChunkBytes: 65536, Passes: 1, Count: 1));
        var states = new HashSet<string>();
        var (reclaimed, scanned) = (0L, 0L);
        for (var step = 0; step < 4000; step++)
        {
            box.Run(2);
            var row = DebugTable.Of(box, "kswapd").Rows[0];
            states.Add(row["state"]);
            Assert.Equal(row["state"] != "balancing", box.Machine.Kswapds[0].IsAsleep);
            Assert.InRange(DebugTable.Number(row, "since_ns"), 0, (long)box.Machine.Now.Nanoseconds + 100_000);
            if (row["run_end_ns"] != "-")
            {
                Assert.InRange(DebugTable.Number(row, "run_end_ns"), DebugTable.Number(row, "run_begin_ns"), long.MaxValue);
                (reclaimed, scanned) = (Math.Max(reclaimed, DebugTable.Number(row, "run_reclaimed")), Math.Max(scanned, DebugTable.Number(row, "run_scanned")));
            }
        }

        var last = DebugTable.Of(box, "kswapd").Rows[0];
        Assert.Superset(new HashSet<string> { "sleeping", "napping", "balancing" }, states);
        Assert.Equal((long)box.Machine.Events[VmEvent.Pageoutrun], DebugTable.Number(last, "runs"));
        Assert.True(reclaimed > 0 && scanned >= 32);
        Assert.InRange(scanned, 32, (long)box.Machine.Events[VmEvent.PgScanKswapd]);
    }

    // Of programs, who sleeps uninterruptibly is listed, with the function that wchan names for such a wait.
    [Fact]
    public void Who_cannot_go_on_is_listed_with_what_keeps_it()
    {
        using var box = Box.WithDisks(ramMebibytes: 128, swapMebibytes: 256);
        foreach (var (program, megabytes) in new[] { ("touch", 140UL), ("touch", 60UL), ("read", 300UL), ("write", 300UL) })
        {
            box.Start(program, new Workloads.ProgramParameters(SizeBytes: megabytes << 20, ChunkBytes: 65536, Passes: 0, Count: 1, Path: "/srv/" + program));
        }

        var channels = new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        for (var step = 0; step < 2500; step++)
        {
            box.Run(2);
            CheckStalls(box, channels);
        }

        Assert.Superset(new SortedSet<string> { "direct_reclaim", "swap_in", "file_read", "dirty_throttle" }, new SortedSet<string>(channels.Keys));
        Assert.Equal(["balance_dirty_pages"], channels["dirty_throttle"]);
        Assert.Equal(["folio_wait_bit_common"], channels["swap_in"]);
        Assert.Equal(["folio_wait_bit_common"], channels["file_read"]);
        Assert.Equal(["0"], channels["direct_reclaim"]);
    }

    private static void CheckStalls(Box box, SortedDictionary<string, SortedSet<string>> channels)
    {
        var rows = DebugTable.Of(box, "stalls", endsInText: true).Rows.ToDictionary(static row => DebugTable.Number(row, "tid"));
        foreach (var task in box.Machine.Processes.Tasks)
        {
            if (task.State == TaskState.DiskSleep && !task.IsKernelThread)
            {
                Assert.Contains(task.Pid, rows.Keys.Select(static tid => (int)tid));
            }

            if (rows.TryGetValue(task.Pid, out var row))
            {
                Assert.Equal(task.Name, row["comm"]);
                Assert.InRange(DebugTable.Number(row, "for_ns"), 0, (long)box.Machine.Now.Nanoseconds);
                Assert.Equal(task.Allocation.IsPending, row["gfp_mask"] != "-");
                Assert.Equal(task.Allocation.IsPending ? task.Allocation.Current.Order.ToString(CultureInfo.InvariantCulture) : "-", row["order"]);
                if (row["cause"] == "direct_reclaim") Assert.Matches(@"^0x[0-9a-f]+\(.*GFP_.*\)$", row["gfp_mask"]);
                Assert.Equal(row["cause"] == "file_read" || row["cause"] == "swap_in", row["about"].StartsWith("frame:0x", StringComparison.Ordinal));
                channels.TryAdd(row["cause"], new SortedSet<string>(StringComparer.Ordinal));
                channels[row["cause"]].Add(box.Read(string.Create(CultureInfo.InvariantCulture, $"/proc/{task.ThreadGroupId}/task/{task.Pid}/wchan")));
            }
        }
    }
}
