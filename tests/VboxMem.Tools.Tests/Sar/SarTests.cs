using VboxMem.Testing;

namespace VboxMem.Tools.Tests.Sar;

public sealed class SarTests
{
    private static MemoryTree Box()
    {
        var tree = CapturedTree.Of("ram-1g");
        tree["/proc/sys/kernel/ostype"] = "Linux\n";
        tree["/proc/sys/kernel/osrelease"] = "6.12.107+deb13-cloud-amd64\n";
        tree["/proc/sys/kernel/hostname"] = "vbox\n";
        tree["/proc/loadavg"] = "1.25 0.75 0.10 3/123 456\n";
        tree["/proc/uptime"] = "100.00 150.00\n";
        tree["/proc/stat"] = "cpu  100 0 50 800 50 0 0 0 0 0\ncpu0 100 0 50 800 50 0 0 0 0 0\nbtime 1767225600\nprocs_blocked 2\n";
        tree["/proc/vmstat"] = "pgpgin 1000\npgpgout 500\npswpin 10\npswpout 20\npgfault 10\npgmajfault 1\npgfree 50\npgscan_kswapd 10\npgsteal_kswapd 5\n";
        tree["/proc/pressure/memory"] = "some avg10=1.00 avg60=2.00 avg300=3.00 total=1000000\nfull avg10=0.50 avg60=0.00 avg300=0.00 total=500000\n";
        return tree;
    }

    /// <summary>Four seconds later by uptime, whatever was asked for.</summary>
    private static ScriptedTicker Later(MemoryTree tree) => new((_, _) =>
    {
        tree["/proc/uptime"] = "104.00 150.00\n";
        tree["/proc/stat"] = "cpu  200 0 50 1000 150 0 0 0 0 0\ncpu0 200 0 50 1000 150 0 0 0 0 0\nbtime 1767225600\nprocs_blocked 2\n";
        tree["/proc/vmstat"] = "pgpgin 1400\npgpgout 502\npswpin 10\npswpout 420\npgfault 10\npgmajfault 1\npgfree 50\npgscan_kswapd 110\npgsteal_kswapd 25\npgsteal_anon 30\n";
        tree["/proc/pressure/memory"] = "some avg10=3.00 avg60=2.00 avg300=3.00 total=3000000\nfull avg10=0.50 avg60=0.00 avg300=0.00 total=500000\n";
    });

    private static string Run(MemoryTree tree, string command, ITicker? ticker = null)
    {
        var outcome = Ours.Run(tree, ProcpsVersion.V4_0_4, command.Split(' '), ticker);
        Assert.Equal(("", 0), (outcome.Error, outcome.Code));
        return outcome.Out;
    }

    [Fact]
    public void Rates_are_over_the_time_that_uptime_shows_and_the_clock_is_boot_time_and_uptime()
    {
        var box = Box();
        Assert.Equal(
            "Linux 6.12.107+deb13-cloud-amd64 (vbox) \t01/01/26 \t_x86_64_\t(1 CPU)\n\n"
            + "00:01:40     pgpgin/s pgpgout/s   fault/s  majflt/s  pgfree/s pgscank/s pgscand/s pgsteal/s    %vmeff\n"
            + "00:01:44       100.00      0.50      0.00      0.00      0.00     25.00      0.00     12.50     50.00\n"
            + "Average:       100.00      0.50      0.00      0.00      0.00     25.00      0.00     12.50     50.00\n",
            Run(box, "sar -B 1 1", Later(box)));   // 400 KiB in 4 s; (25 + 30 - 5) of 100 pages stolen
    }

    [Fact]
    public void Gauges_are_averaged_over_intervals_and_lost_time_over_the_whole()
    {
        var box = Box();
        var lines = Run(box, "sar -q MEM 1 1", Later(box)).Split('\n');
        Assert.Equal("00:01:44         3.00      2.00      3.00     50.00      0.50      0.00      0.00      0.00", lines[3]);   // 2 s of 4
        Assert.Equal("Average:         3.00      2.00      3.00     50.00      0.50      0.00      0.00      0.00", lines[4]);
    }

    [Fact]
    public void A_run_that_ends_early_still_has_its_averages()
    {
        var box = Box();
        var lines = Run(box, "sar 1", new ScriptedTicker(ticks: 2)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["Linux", "00:01:40", "00:01:40", "00:01:40", "Average:"], lines.Select(line => line.Split(' ')[0]));
        Assert.Single(Run(box, "sar 1", new ScriptedTicker(ticks: 0)).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Json_has_an_object_for_each_interval_and_one_for_the_averages()
    {
        var box = Box();
        Assert.Equal(
            """{"time":"2026-01-01T00:01:44","elapsedSeconds":4,"cpu":[{"CPU":"all","%user":25,"%nice":0,"%system":0,"%iowait":25,"%steal":0,"%idle":50}],"swapping":{"pswpin/s":0,"pswpout/s":100}}""" + "\n"
            + """{"average":true,"elapsedSeconds":4,"cpu":[{"CPU":"all","%user":25,"%nice":0,"%system":0,"%iowait":25,"%steal":0,"%idle":50}],"swapping":{"pswpin/s":0,"pswpout/s":100}}""" + "\n",
            Run(box, "sar -u -W --json 1 1", Later(box)));
    }

    [Fact]
    public void What_is_left_out_is_named_and_refused()
    {
        foreach (var command in new[] { "sar -A 1 1", "sar -d 1 1", "sar -n DEV 1 1", "sar -v 1 1", "sar -f file", "sar -o file 1 1", "sar -m CPU 1", "sar -BI 0", "sar -s 10:00" })
        {
            var outcome = Ours.Run(Box(), ProcpsVersion.V4_0_4, command.Split(' '), new ScriptedTicker());
            Assert.Equal(("", 1), (outcome.Out, outcome.Code));
            Assert.Contains(": this report or option is left out here\nUsage: sar", outcome.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Missing_files_are_errors_where_sar_would_print_zeros()
    {
        foreach (var (file, command) in new[] { ("meminfo", "sar -r 0"), ("vmstat", "sar -B 0"), ("loadavg", "sar -q 0"), ("stat", "sar 0"), ("uptime", "sar 0") })
        {
            var box = Box();
            box.Remove("/proc/" + file);
            var outcome = Ours.Run(box, ProcpsVersion.V4_0_4, command.Split(' '));
            Assert.Equal(($"sar: Cannot open /proc/{file}: No such file or directory\n", 3), (outcome.Error, outcome.Code));
        }

        Assert.Equal(3, Ours.Run(Box(), ProcpsVersion.V4_0_4, ["sar", "-q", "CPU", "0"]).Code);   // a directory of pressure, but no cpu in it
    }

    [Fact]
    public void A_tree_that_stands_still_has_no_intervals_but_a_since_boot()
    {
        Assert.Equal("sar: a later reading needs a live box; this file tree stands still\n", Ours.Run(Box(), ProcpsVersion.V4_0_4, ["sar", "1", "1"]).Error);
        Assert.Equal(0, Ours.Run(Box(), ProcpsVersion.V4_0_4, ["sar", "0"]).Code);
    }
}
