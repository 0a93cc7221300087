using VboxMem.Testing;

namespace VboxMem.Tools.Tests.Vmstat;

public sealed class VmstatTests
{
    // Facts 7.2: 13201 KiB read 12.84 s after boot on 2 CPUs; 2332 ticks of CPU time in all.
    private static MemoryTree Box()
    {
        var tree = new MemoryTree();
        tree["/proc/meminfo"] =
            "MemTotal: 4016532 kB\nMemFree: 20000001 kB\nBuffers: 644 kB\nCached: 12000 kB\nSReclaimable: 680 kB\nActive: 7 kB\nInactive: 9 kB\nSwapTotal: 100 kB\nSwapFree: 60 kB\n";
        tree["/proc/stat"] = "cpu  140 20 400 1600 50 10 60 52 30 5\nintr 2800 1 2\nctxt 2500\nbtime 5\nprocesses 7\nprocs_running 3\nprocs_blocked 1\n";
        tree["/proc/vmstat"] = "pgpgin 13201\npgpgout 90\npswpin 64\npswpout 321\n";
        tree["/proc/uptime"] = "12.84 20.00\n";
        tree["/proc/cpuinfo"] = "processor\t: 0\n\n";
        return tree;
    }

    private static string[] Lines(Outcome outcome)
    {
        Assert.Equal(("", 0), (outcome.Error, outcome.Code));
        return outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    [Fact]
    public void Since_boot_4_0_2_divides_by_the_ticks_of_all_cpus()
    {
        var lines = Lines(Ours.Run(Box(), ProcpsVersion.V4_0_2, ["vmstat"]));
        Assert.Equal("procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu-----", lines[0]);
        Assert.Equal(" r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st", lines[1]);
        // free is rounded to float32; si = 64*4*100/2332 = 10.98; us = (160-35)/2332, sy = 470/2332
        Assert.Equal(" 3  1     40 20000000    644  12680   11   55   566     4  120  107  5 20 69  2  2", lines[2]);
    }

    [Fact]
    public void Since_boot_4_0_4_divides_by_the_uptime_and_leaves_itself_out_of_the_run_queue()
    {
        var lines = Lines(Ours.Run(Box(), ProcpsVersion.V4_0_4, ["vmstat"]));
        Assert.Equal("procs -----------memory---------- ---swap-- -----io---- -system-- -------cpu-------", lines[0]);
        Assert.Equal(" r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st gu", lines[1]);
        // si = 256/12.84 = 19.9, bi = 1028.1, in = 218.07, but cs = 2500/2332, the leftover bug; gu = 35/2332
        Assert.Equal(" 2  1     40 20000001    644  12680   19  100  1028     7  218    1  5 20 69  2  2  2", lines[2]);
    }

    [Fact]
    public void Wide_lines_have_guests_in_both_versions()
    {
        foreach (var version in new[] { ProcpsVersion.V4_0_2, ProcpsVersion.V4_0_4 })
        {
            var lines = Lines(Ours.Run(Box(), version, ["vmstat", "-wa"]));
            Assert.Equal("--procs-- -----------------------memory---------------------- ---swap-- -----io---- -system-- ----------cpu----------", lines[0]);
            Assert.Equal("   r    b         swpd         free        inact       active   si   so    bi    bo   in   cs  us  sy  id  wa  st  gu", lines[1]);
            Assert.Contains("            9            7 ", lines[2], StringComparison.Ordinal);   // kB inactive, active
            Assert.EndsWith("   5  20  69   2   2   2", lines[2], StringComparison.Ordinal);
        }
    }

    private static void Later(MemoryTree tree)
    {
        tree["/proc/meminfo"] = tree["/proc/meminfo"].Replace("MemFree: 20000001", "MemFree: 555", StringComparison.Ordinal);
        tree["/proc/stat"] = "cpu  240 20 500 1800 50 10 60 52 30 5\nintr 2901 1 2\nctxt 2699\nbtime 5\nprocesses 7\nprocs_running 1\nprocs_blocked 0\n";
        tree["/proc/vmstat"] = "pgpgin 13208\npgpgout 94\npswpin 65\npswpout 324\n";
    }

    [Fact]
    public void An_interval_shows_differences_over_the_delay_asked_for()
    {
        // delay 3: (7+1)/3, (4+1)/3, (101+1)/3, (199+1)/3, si (4+1)/3, so (12+1)/3; CPU 100, 100, 200 of 400 ticks
        var box = Box();
        var new404 = Lines(Ours.Run(box, ProcpsVersion.V4_0_4, ["vmstat", "3", "2"], new ScriptedTicker((_, _) => Later(box))));
        Assert.Equal(" 0  0     40    555    644  12680    1    4     2     1   34   66 25 25 50  0  0  0", new404[3]);

        box = Box();
        var old = Lines(Ours.Run(box, ProcpsVersion.V4_0_2, ["vmstat", "3", "2"], new ScriptedTicker((_, _) => Later(box))));
        Assert.Equal(" 1  0     40 20000000    644  12680    1    4     2     1   34   66 25 25 50  0  0", old[3]);   // memory of the first line
    }

    [Fact]
    public void The_first_line_can_be_left_out_and_no_time_passed_is_all_idle()
    {
        var lines = Lines(Ours.Run(Box(), ProcpsVersion.V4_0_4, ["vmstat", "-y"], new ScriptedTicker()));
        Assert.Equal(3, lines.Length);
        Assert.EndsWith("    0    0     0     0    0    0  0  0 100  0  0  0", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Idle_time_that_runs_backwards_is_made_up_by_the_next_line()
    {
        var box = Box();
        var idle = new[] { 1600, 1590, 1610 };
        var ticker = new ScriptedTicker((tick, _) =>
            box["/proc/stat"] = $"cpu  {140 + 10 * tick} 20 400 {idle[tick]} 50 10 60 52 30 5\nintr 2800\nctxt 2500\n");
        var lines = Lines(Ours.Run(box, ProcpsVersion.V4_0_4, ["vmstat", "1", "3"], ticker));

        Assert.EndsWith(" 100  0  0  0  0  0", lines[3], StringComparison.Ordinal);
        Assert.EndsWith(" 50  0 50  0  0  0", lines[4], StringComparison.Ordinal);   // 10 user, 20 - 10 idle
    }

    [Fact]
    public void The_header_comes_again_every_21_lines_unless_asked_not_to()
    {
        var lines = Lines(Ours.Run(Box(), ProcpsVersion.V4_0_4, ["vmstat", "1"], new ScriptedTicker(ticks: 44)));
        Assert.Equal([0, 23, 46], Enumerable.Range(0, lines.Length).Where(i => lines[i].StartsWith("procs", StringComparison.Ordinal)));
        Assert.Equal(2 + 45, Lines(Ours.Run(Box(), ProcpsVersion.V4_0_4, ["vmstat", "-n", "1"], new ScriptedTicker(ticks: 44))).Length);
    }

    [Fact]
    public void Time_stamps_come_from_the_clock()
    {
        var lines = Lines(Ours.Run(Box(), ProcpsVersion.V4_0_4, ["vmstat", "-t"], clock: new FixedClock()));
        Assert.EndsWith("-cpu------- -----timestamp-----", lines[0], StringComparison.Ordinal);
        Assert.EndsWith(" gu                 UTC", lines[1], StringComparison.Ordinal);
        Assert.EndsWith(" 2026-11-24 12:39:53", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public void What_needs_a_live_box_is_refused_on_a_tree_that_stands_still()
    {
        const string still = "vmstat: a later reading needs a live box; this file tree stands still\n";
        foreach (var command in new[] { "vmstat 1", "vmstat 1 2", "vmstat -y", "vmstat -m 1", "vmstat -d 1 2" })
            Assert.Equal(new Outcome("", still, 1), Ours.Run(Box(), ProcpsVersion.V4_0_4, command.Split(' ')));
        Assert.Equal(new Outcome("", "vmstat: a time stamp needs a live box; this file tree has no clock\n", 1),
            Ours.Run(Box(), ProcpsVersion.V4_0_4, ["vmstat", "-t"]));
        Assert.Equal(0, Ours.Run(Box(), ProcpsVersion.V4_0_4, ["vmstat", "1", "1"]).Code);
    }

    [Fact]
    public void Only_4_0_4_needs_uptime_and_only_4_0_2_needs_cpuinfo()
    {
        var box = Box();
        box.Remove("/proc/uptime");
        Assert.Equal(0, Ours.Run(box, ProcpsVersion.V4_0_2, ["vmstat"]).Code);
        Assert.Equal("vmstat: Unable to get uptime: No such file or directory\n", Ours.Run(box, ProcpsVersion.V4_0_4, ["vmstat"]).Error);

        box = Box();
        box.Remove("/proc/cpuinfo");
        Assert.Equal(0, Ours.Run(box, ProcpsVersion.V4_0_4, ["vmstat"]).Code);
        Assert.Equal("vmstat: Unable to create system stat structure\n", Ours.Run(box, ProcpsVersion.V4_0_2, ["vmstat"]).Error);
    }

    private static string Json(string quotedOnce) => quotedOnce.Replace('\'', '"') + "\n";

    [Fact]
    public void Json_is_in_kilobytes_whatever_the_unit_and_leaves_out_what_is_absent()
    {
        Assert.Equal(
            Json("{'running':2,'blocked':1,'swapUsedKilobytes':40,'freeKilobytes':20000001,'buffersKilobytes':644,'cacheKilobytes':12680,'inactiveKilobytes':9,'activeKilobytes':7,"
                + "'swapInKilobytesPerSecond':19,'swapOutKilobytesPerSecond':100,'readKilobytesPerSecond':1028,'writtenKilobytesPerSecond':7,'interruptsPerSecond':218,'contextSwitchesPerSecond':1,"
                + "'userPercent':5,'systemPercent':20,'idlePercent':69,'ioWaitPercent':2,'stealPercent':2,'guestPercent':2}"),
            Ours.Run(Box(), ProcpsVersion.V4_0_4, ["vmstat", "-S", "m", "--json"]).Out);

        var bare = Box();
        bare["/proc/stat"] = "ctxt 5\n";
        bare["/proc/vmstat"] = "pgpgin 1284\n";
        bare["/proc/meminfo"] = "MemFree: 5 kB\n";
        Assert.Equal("""{"freeKilobytes":5,"readKilobytesPerSecond":100,"contextSwitchesPerSecond":5}""" + "\n", Ours.Run(bare, ProcpsVersion.V4_0_4, ["vmstat", "--json"]).Out);
    }

    [Fact]
    public void Json_of_the_other_modes()
    {
        var box = Box();
        box["/proc/diskstats"] = "8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n8 1 sda1 1 2 3 4 5 6 7 8 9 10 11\n";
        box["/sys/block/sda/size"] = "1\n";
        const string counters = "\"reads\":1,\"readMerges\":2,\"readSectors\":3,\"readMilliseconds\":4,\"writes\":5,\"writeMerges\":6,\"writtenSectors\":7,\"writeMilliseconds\":8,\"inFlight\":9,\"busyMilliseconds\":10,\"weightedMilliseconds\":11}";
        Assert.Equal($"{{\"disks\":[{{\"name\":\"sda\",\"isDisk\":true,{counters},{{\"name\":\"sda1\",\"isDisk\":false,{counters}]}}\n",
            Ours.Run(box, ProcpsVersion.V4_0_4, ["vmstat", "-d", "--json"]).Out);
        Assert.Equal($"{{\"disks\":[{{\"name\":\"sda1\",\"isDisk\":false,{counters}]}}\n", Ours.Run(box, ProcpsVersion.V4_0_4, ["vmstat", "-p", "sda1", "--json"]).Out);
        Assert.Equal("{\"forks\":7}\n", Ours.Run(box, ProcpsVersion.V4_0_4, ["vmstat", "--json", "-f"]).Out);
        Assert.Contains("\"vmstat\":{\"pgpgin\":13201,", Ours.Run(box, ProcpsVersion.V4_0_4, ["vmstat", "--json", "-s"]).Out, StringComparison.Ordinal);
    }
}
