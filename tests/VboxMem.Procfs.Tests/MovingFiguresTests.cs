using System.Globalization;
using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Workloads;

namespace VboxMem.Procfs.Tests;

// Goal: on a box under pressure every system-wide file shows what goes on, and the files agree among themselves.
public sealed class MovingFiguresTests
{
    private const ulong Mebibyte = 1UL << 20;

    // Reads, writes, and touches more than fits, for 20 s; looked at every 100 ms.
    [Fact]
    public void Cpu_time_interrupts_and_blocked_tasks_move()
    {
        using var box = Pressed();
        var (blocked, runnable) = (0L, 0L);
        for (var look = 0; look < 200; look++)
        {
            box.Run(100);
            var now = box.Line("/proc/stat", "procs_blocked")[0];
            Assert.Equal(box.Machine.Processes.CountIn(TaskState.DiskSleep), now);
            blocked = Math.Max(blocked, now);
            var running = box.Line("/proc/stat", "procs_running")[0];
            Assert.Contains(string.Create(CultureInfo.InvariantCulture, $" {running}/"), box.Read("/proc/loadavg"), StringComparison.Ordinal);
            runnable = Math.Max(runnable, running);
        }

        Assert.True(blocked > 0 && runnable > 1, $"blocked {blocked}, running {runnable}");
        var cpu = box.Line("/proc/stat", "cpu");
        Assert.All((int[])[0, 1, 2, 3, 4], kind => Assert.True(cpu[kind] > 0, $"kind {kind}: {string.Join(' ', cpu)}"));
        Assert.InRange(cpu.Sum(), (long)(box.Machine.Now.Nanoseconds / 10_000_000 * 2) - 10, (long)(box.Machine.Now.Nanoseconds / 10_000_000 * 2) + 1);
        Assert.Equal((long)box.Machine.Scheduler.ContextSwitches, box.Line("/proc/stat", "ctxt")[0]);

        var interrupts = box.Line("/proc/stat", "intr");
        var (root, swap) = (DiskLine(box, 0), DiskLine(box, 1));
        Assert.Equal(root[2] + root[6], interrupts[1 + 25] + interrupts[1 + 26]);   // a queue for each CPU
        Assert.Equal(swap[2] + swap[6], interrupts[1 + 28] + interrupts[1 + 29]);
        Assert.Equal(interrupts[0], (long)box.Machine.TimerInterrupts + interrupts.Skip(1).Sum());

        var uptime = box.Read("/proc/uptime").Split(' ');
        Assert.InRange(decimal.Parse(uptime[1], CultureInfo.InvariantCulture) * 100, cpu[3] - 1, cpu[3] + 1);
        Assert.NotEqual("0.00", box.Read("/proc/loadavg").Split(' ')[0]);
    }

    [Fact]
    public void Disk_figures_are_those_of_the_events_and_of_sysfs()
    {
        using var box = Pressed();
        box.Run(20_000);
        foreach (var task in box.Machine.Processes.Tasks.Where(static task => task.Name is "touch" or "read" or "write").ToArray())
        {
            box.Machine.Kill(task.Pid, Signal.Kill);
        }

        box.Run(60_000);   // everything written by now
        var (root, swap) = (DiskLine(box, 0), DiskLine(box, 1));
        var events = Figures.Vmstat(box.Read("/proc/vmstat"));

        Assert.StartsWith(" 254       0 vda ", box.Read("/proc/diskstats"), StringComparison.Ordinal);
        Assert.Equal(0, root[10] + swap[10]);
        Assert.Equal(events["pgpgin"] * 2, root[4] + swap[4]);
        Assert.Equal(events["pgpgout"] * 2, root[8] + swap[8]);
        Assert.Equal(events["pswpin"] * 8, swap[4]);
        Assert.Equal(events["pswpout"] * 8, swap[8]);
        Assert.True(root[11] > 0 && root[12] >= root[5] && root[5] > 0, string.Join(' ', root));
        for (var disk = 0; disk < 2; disk++)
        {
            var name = disk == 0 ? "vda" : "vdb";
            var stat = box.Read($"/sys/block/{name}/stat");
            Assert.Equal(DiskLine(box, disk).Skip(2), Figures.Numbers(stat.Trim()));
            Assert.Equal(17 * 9, stat.Length);
        }

        Assert.Equal("major minor  #blocks  name\n\n 254        0    4194304 vda\n 254       16     262144 vdb\n", box.Read("/proc/partitions"));
        Assert.Equal(("8388608\n", "254:16\n", "1\n"), (box.Read("/sys/block/vda/size"), box.Read("/sys/block/vdb/dev"), box.Read("/sys/block/vdb/queue/rotational")));
    }

    [Fact]
    public void The_busy_time_of_a_disk_runs_while_a_request_is_in_flight()
    {
        using var box = Pressed();
        for (var look = 0; look < 2000; look++)
        {
            box.Run(1);
            var disk = box.Machine.Disks.Disks[0];
            if (disk.Counters.InFlight > 0 && disk.BusyNanosecondsUntil(box.Machine.Now) / 1_000_000 > disk.Counters.BusyNanoseconds / 1_000_000)
            {
                Assert.Equal((long)(disk.BusyNanosecondsUntil(box.Machine.Now) / 1_000_000), DiskLine(box, 0)[11]);
                return;
            }
        }

        Assert.Fail("no request was in flight for a millisecond");
    }

    [Fact]
    public void Memory_figures_move_and_agree_between_files()
    {
        using var box = Pressed();
        var most = new Dictionary<string, long>();
        for (var look = 0; look < 100; look++)
        {
            box.Run(200);
            foreach (var (name, value) in Figures.Meminfo(box.Read("/proc/meminfo")))
            {
                most[name] = Math.Max(value, most.GetValueOrDefault(name));
            }
        }

        foreach (var name in (string[])["Buffers", "Cached", "SwapCached", "Dirty", "Writeback", "AnonPages", "Mapped", "PageTables", "Committed_AS", "KReclaimable"])
        {
            Assert.True(most[name] > 0, name);
        }

        var machine = Figures.Meminfo(box.Read("/proc/meminfo"));
        var node = Figures.Meminfo(box.Read("/sys/devices/system/node/node0/meminfo"));
        foreach (var name in node.Keys.Intersect(machine.Keys))
        {
            Assert.Equal(machine[name], node[name]);
        }

        Assert.Equal(machine["Buffers"] + machine["Cached"] + machine["SwapCached"], node["FilePages"]);
        var events = Figures.Vmstat(box.Read("/proc/vmstat"));
        var zones = box.Read("/proc/zoneinfo").Split('\n').Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToArray();
        foreach (var item in (string[])["nr_free_pages", "nr_zone_inactive_anon", "nr_mlock", "nr_inactive_file", "nr_dirtied", "numa_hit"])
        {
            Assert.Equal(events[item], zones.Where(fields => fields.Length == 2 && fields[0] == item).Sum(static fields => long.Parse(fields[1], CultureInfo.InvariantCulture)));
        }

        foreach (var item in (string[])
            ["pgscan_kswapd", "pgsteal_kswapd", "pswpin", "pswpout", "pgmajfault", "pgactivate", "pgrefill", "workingset_refault_anon",
             "workingset_refault_file", "nr_dirty_threshold", "nr_dirtied", "nr_written", "pageoutrun", "slabs_scanned"])
        {
            Assert.True(events[item] > 0, item);
        }

        var numa = Figures.Vmstat(box.Read("/sys/devices/system/node/node0/numastat"));
        Assert.Equal((events["numa_hit"], events["numa_hit"], 0), (numa["numa_hit"], numa["local_node"], numa["numa_miss"]));
    }

    [Fact]
    public void Locked_memory_is_mlocked_and_unevictable()
    {
        using var box = Box.WithDisks();
        var before = Figures.Meminfo(box.Read("/proc/meminfo"));
        box.Start("lock", new ProgramParameters(SizeBytes: 8 * Mebibyte));
        box.Run(5000);
        var after = Figures.Meminfo(box.Read("/proc/meminfo"));

        Assert.Equal(8192, after["Mlocked"]);
        Assert.InRange(after["Unevictable"], 8192 - (2 * 15 * 4), 8192);   // each CPU may have a batch that is not on the list yet
        Assert.Equal(0, before["Mlocked"]);
        Assert.Equal(2048, Figures.Vmstat(box.Read("/proc/vmstat"))["nr_mlock"]);
        Assert.True(after["Committed_AS"] >= before["Committed_AS"] + 8192);
    }

    [Fact]
    public void Huge_pages_of_programs_show_in_kilobytes_and_in_huge_pages()
    {
        using var box = Box.With();
        box.Start("touch", new ProgramParameters(SizeBytes: 64 * Mebibyte));
        box.Run(2000);
        var huge = Figures.Meminfo(box.Read("/proc/meminfo"))["AnonHugePages"];

        Assert.InRange(huge, 60 * 1024, 64 * 1024);
        Assert.Equal(huge / 2048, Figures.Vmstat(box.Read("/proc/vmstat"))["nr_anon_transparent_hugepages"]);
        Assert.Equal(huge, Figures.Meminfo(box.Read("/sys/devices/system/node/node0/meminfo"))["AnonHugePages"]);
    }

    [Fact]
    public void Stalls_show_under_pressure()
    {
        using var box = Pressed();
        box.Run(20_000);
        foreach (var resource in (string[])["io", "memory"])
        {
            var lines = box.Read($"/proc/pressure/{resource}").Split('\n');
            var (some, full) = (Total(lines[0]), Total(lines[1]));
            Assert.True(some >= full && some > 100_000, box.Read($"/proc/pressure/{resource}"));
            Assert.DoesNotContain("avg10=0.00 ", lines[0], StringComparison.Ordinal);
        }

        Assert.True(Total(box.Read("/proc/pressure/cpu").Split('\n')[0]) > 0);
        Assert.Equal("full avg10=0.00 avg60=0.00 avg300=0.00 total=0", box.Read("/proc/pressure/cpu").Split('\n')[1]);
    }

    [Fact]
    public void A_node_that_kswapd_has_given_up_is_unreclaimable()
    {
        using var box = Box.WithDisks(ramMebibytes: 128, swapMebibytes: 0);
        Assert.DoesNotContain("node_unreclaimable:  1", box.Read("/proc/zoneinfo"), StringComparison.Ordinal);
        box.Start("leak", new ProgramParameters(BytesPerSecond: 60 * Mebibyte));
        for (var look = 0; look < 5000 && !box.Machine.Kswapds[0].IsHopeless; look++)
        {
            box.Run(1);
        }

        Assert.True(box.Machine.Kswapds[0].IsHopeless);
        Assert.DoesNotContain("node_unreclaimable:  0", box.Read("/proc/zoneinfo"), StringComparison.Ordinal);
        Assert.Contains("node_unreclaimable:  1", box.Read("/proc/zoneinfo"), StringComparison.Ordinal);
    }

    private static Box Pressed()
    {
        var box = Box.WithDisks();
        box.Start("touch", new ProgramParameters(SizeBytes: 220 * Mebibyte, BytesPerSecond: 100 * Mebibyte, Passes: 0));
        box.Start("touch", new ProgramParameters(SizeBytes: Mebibyte, Passes: 0, Pause: SimTime.FromMilliseconds(1)), nice: 10);
        box.Start("read", new ProgramParameters(SizeBytes: 300 * Mebibyte, BytesPerSecond: 60 * Mebibyte, Passes: 0, Path: "/data"));
        box.Start("write", new ProgramParameters(SizeBytes: 32 * Mebibyte, BytesPerSecond: 4 * Mebibyte, Passes: 0, Path: "/log"));
        return box;
    }

    /// <summary>Major, minor, then the 17 figures.</summary>
    private static long[] DiskLine(Box box, int disk) => Figures.Numbers(box.Read("/proc/diskstats").Split('\n')[disk]);

    private static long Total(string line) => long.Parse(line[(line.LastIndexOf('=') + 1)..], CultureInfo.InvariantCulture);
}
