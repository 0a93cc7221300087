namespace VboxMem.Tools.Tests.Sar;

/// <summary>sar against the real sar.</summary>
public sealed class SarComparisonTests
{
    private static readonly string[] EveryReport =
    [
        "-B", "-r", "-r ALL", "-S", "-W", "-u", "-u ALL", "-q", "-q LOAD", "-q CPU", "-q IO", "-q MEM", "-q PSI", "-q ALL", "-q CPU,LOAD", "-P ALL", "-u ALL -P ALL",
        "-P 0", "-P 1,all", "-P 1-", "-P 0 -B", "-B -r -S -W -u -q", "-qWSrBu", "-Br ALL", "-q MEM -r -q IO", "",
        "-r ALL -h", "-r ALL --human --dec=0", "-r -p", "-S -h", "-B -h --dec=1", "-u ALL -h", "-u -P ALL --human --dec=0", "-q ALL -h", "-q ALL --dec=0", "-W --dec=1", "-z -B",
    ];

    private const string BusyTraffic =
        "pgpgin 91234567\npgpgout 81234567\npswpin 7123456\npswpout 61234567\npgfree 900000000\npgfault 5\npgmajfault 3\n"
        + "pgscan_kswapd 1000\npgscan_direct 500\npgscan_direct_throttle 9\npgscan_khugepaged 77\npgscan_anon 700\npgscan_file 800\n"
        + "pgsteal_kswapd 800\npgsteal_direct 400\npgsteal_khugepaged 70\npgsteal_anon 640\npgsteal_file 630\n";

    private const string LaterTraffic =
        "pgpgin 91239999\npgpgout 81234568\npswpin 7123556\npswpout 61239578\npgfree 900055555\npgfault 500005\npgmajfault 1234\n"
        + "pgscan_kswapd 12345\npgscan_direct 5678\npgscan_direct_throttle 10\npgscan_khugepaged 99\npgscan_anon 1700\npgscan_file 2800\n"
        + "pgsteal_kswapd 9000\npgsteal_direct 4000\npgsteal_khugepaged 80\npgsteal_anon 6400\npgsteal_file 6630\n";

    private static string[] Intervals(string interval) => [.. EveryReport.Select(report => $"sar {report} {interval}".Replace("  ", " ", StringComparison.Ordinal))];

    private static ProcTree OfCapture(string name) => ProcTree.OfCapture(name).Add("proc/loadavg", "1.25 0.75 0.10 3/123 456\n");

    private static ProcTree WithPressure(ProcTree tree) => tree
        .Add("proc/pressure/cpu", "some avg10=1.27 avg60=0.05 avg300=99.99 total=2187415\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n")
        .Add("proc/pressure/io", "some avg10=12.27 avg60=1.30 avg300=0.47 total=12187415\nfull avg10=1.27 avg60=1.28 avg300=0.46 total=2122781\n")
        .Add("proc/pressure/memory", "some avg10=100.00 avg60=31.30 avg300=10.47 total=33187415\nfull avg10=88.27 avg60=21.28 avg300=7.46 total=31122781\n");

    private static ProcTree Moment(ProcTree tree, string name, string uptime, params (string File, string Text)[] files)
    {
        tree.Add($"{name}/uptime", uptime + " 5.00\n");
        foreach (var (file, text) in files) tree.Add($"{name}/{file}", text);
        return tree;
    }

    [RealToolFact]
    public void Every_captured_machine_looks_the_same_since_boot()
    {
        foreach (var capture in new[] { "ram-1g", "ram-8g", "numa-1g-1g", "cpus-8-1g", "swapleak-60" })
        {
            using var tree = WithPressure(OfCapture(capture));
            SarComparison.SinceBoot(tree, Intervals("0"));
        }
    }

    [RealToolFact]
    public void Figures_over_intervals_and_their_averages_look_the_same()
    {
        using var tree = WithPressure(OfCapture("swapleak-60"));
        var meminfo = File.ReadAllText(Path.Combine(tree.Root, "proc/meminfo"));
        Moment(tree, "m0", "100.00", ("vmstat", BusyTraffic), ("meminfo", meminfo), ("loadavg", "1.25 0.75 0.10 3/123 456\n"),
            ("stat", "cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 150000 2000 30000 700000 9000 100 200 5000 40000 1000\ncpu1 50000 200 3000 900000 900 10 20 500 4000 100\nprocs_blocked 4\n"));
        Moment(tree, "m1", "102.03", ("vmstat", LaterTraffic), ("meminfo", ProcTree.Capture("ram-1g", "meminfo")!), ("loadavg", "1.30 0.76 0.11 1/124 456\n"),
            ("stat", "cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 150060 2010 30030 700100 9020 101 202 5003 40021 1004\ncpu1 50001 203 3007 900150 907 11 23 505 4000 102\nprocs_blocked 1\n"),
            ("pressure/io", "some avg10=13.00 avg60=1.31 avg300=0.48 total=12189999\nfull avg10=1.30 avg60=1.29 avg300=0.47 total=2122999\n"));
        Moment(tree, "m2", "103.00", ("loadavg", "2.30 1.76 0.12 9/131 456\n"),
            ("stat", "cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 150060 2010 30030 700200 9020 101 202 5003 40021 1004\ncpu1 50001 203 3007 900150 907 11 23 505 4000 102\nprocs_blocked 2\n"));
        SarComparison.OverMoments(tree, ["m0", "m1", "m2"], Intervals("1 3"));
    }

    [RealToolFact]
    public void Counters_that_go_backwards_look_the_same()
    {
        using var tree = WithPressure(OfCapture("ram-1g"));
        const string first = "cpu  1 1 1 1\ncpu0 100 5 100 2500 150 1 1 2 3 4\ncpu1 200 5 100 2500 150 0 1 1 1 1\ncpu2 300 5 100 2500 150 0 1 1 1 1\n";
        Moment(tree, "m0", "100.00", ("stat", first), ("vmstat", LaterTraffic), ("pressure/cpu", "some avg10=1.00 avg60=1.00 avg300=1.00 total=2187415\n"));
        Moment(tree, "m1", "100.00", ("vmstat", BusyTraffic), ("pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=5\n"),
            ("stat", "cpu  1 1 1 1\ncpu0 150 5 130 2490 150 1 1 2 3 4\ncpu1 250 5 120 2700 140 0 1 1 1 1\ncpu2 290 4 90 2400 100 0 0 0 1 1\n"));
        Moment(tree, "m2", "105.00", ("stat", "cpu  1 1 1 1\ncpu1 250 5 120 2700 140 0 1 1 1 1\ncpu2 290 4 95 2500 100 0 0 0 1 1\n"));   // CPU 0 goes
        Moment(tree, "m3", "104.00", ("stat", "cpu  1 1 1 1\ncpu0 950 5 130 2590 150 1 1 2 8 4\ncpu1 250 5 120 2900 150 0 1 1 100 1\ncpu2 290 4 95 2500 100 0 0 0 1 1\n"));
        SarComparison.OverMoments(tree, ["m0", "m1", "m2", "m3"],
            "sar -u 1 4", "sar -u ALL 1 4", "sar -u ALL -P ALL 1 4", "sar -P ALL 1 4", "sar -B -W -q ALL 1 4", "sar -r ALL -S 1 4");
    }

    [RealToolFact]
    public void A_cpu_that_comes_later_looks_the_same()
    {
        using var tree = OfCapture("ram-1g");
        Moment(tree, "m0", "100.00", ("stat", "cpu  1 1 1 1\ncpu0 100 5 100 2500 150 1 1 2 3 4\ncpu2 200 5 100 2500 150 0 1 1 1 1\n"));
        Moment(tree, "m1", "101.00", ("stat", "cpu  1 1 1 1\ncpu0 130 5 100 2570 150 1 1 2 3 4\ncpu1 200 5 100 2500 150 0 1 1 1 1\ncpu2 200 5 100 2600 150 0 1 1 1 1\n"));
        Moment(tree, "m2", "102.00", ("stat", "cpu  1 1 1 1\ncpu0 140 5 100 2660 150 1 1 2 3 4\ncpu1 250 5 100 2550 150 0 1 1 1 1\ncpu2 200 5 100 2700 150 0 1 1 1 1\n"));
        SarComparison.OverMoments(tree, ["m0", "m1", "m2"], "sar -u 1 2", "sar -P ALL 1 2", "sar -u ALL -P 1 1 2", "sar -P 0 1 2");
    }

    [RealToolFact]
    public void Odd_files_look_the_same()
    {
        Action<ProcTree>[] oddities =
        [
            tree => tree.Add("proc/meminfo", "MemTotal: 1000 kB\n"),
            tree => tree.Add("proc/meminfo", "MemTotal: 1000 kB\nMemFree: 2000 kB\nSwapTotal: 10 kB\nSwapFree: 20 kB\nSwapCached: 5 kB\nCommitted_AS: 99999999999999999 kB\n"),
            tree => tree.Add("proc/meminfo", "MemTotal: 9223372036854775807 kB\nMemFree: 1223372036854775807 kB\nSwapTotal: 18446744073709551615 kB\nSwapFree: 20 kB\nCommitted_AS: 1 kB\nDirty: 12345678901234 kB\n"),
            tree => tree.Add("proc/meminfo", "MemTotal: 1024 kB\nMemFree: 1023 kB\nBuffers: 1048576 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n"),
            tree => tree.Add("proc/meminfo", "MemTotal: 1048575 kB\nMemFree: 1048524 kB\nCached: 51 kB\nSlab: 1 kB\n"),
            tree => tree.Add("proc/vmstat", "nr_free_pages 5\n"),
            tree => tree.Add("proc/vmstat", "pgpgin 18446744073709551615\npgsteal_kswapd 5\npgscan_kswapd 1\npgfault 18000000000000000000\n"),
            tree => tree.Add("proc/stat", "cpu  100 10 50 1000 20 1 2 3 4 5\nintr 5\nprocs_running 5\nprocs_blocked 7\n"),
            tree => tree.Add("proc/stat", "cpu  100 10 50 1000 20 1 2 3 4 5\ncpu0 100 10 50 1000 20 1 2 3 4 5\n"),
            tree => tree.Add("proc/stat", "cpu  1 1 1 1\ncpu1 100 10 50 1000 20 1 2 3 4 5\ncpu3 300 10 50 1000 20 1 2 3 400 5\nprocs_blocked 99999999\n"),
            tree => tree.Add("proc/stat", "cpu  100 10 50 1000\ncpu0 100 10 50 1000\n"),
            tree => tree.Add("proc/stat", "cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0 0 0 0\n"),
            tree => tree.Add("proc/stat", "cpu  0 0 0 0 0 0 0 0 0 0\n"),
            tree => tree.Add("proc/loadavg", "123456.78 0.00 99.99 0/0 1\n"),
            tree => tree.Add("proc/uptime", "0.00 0.00\n"),
            tree => tree.Add("proc/uptime", "123456789.01 0.00\n"),
            tree => tree.AddDirectory("sys/devices/system/cpu/cpu0").AddDirectory("sys/devices/system/cpu/cpu5").AddDirectory("sys/devices/system/cpu/cpufreq"),
            tree => tree.Add("proc/pressure/io", "some avg10=0.00 avg60=0.00 avg300=0.00 total=25774\n"),
        ];
        foreach (var make in oddities)
        {
            using var tree = WithPressure(OfCapture("ram-1g"));
            make(tree);
            SarComparison.SinceBoot(tree, Intervals("0"));
        }
    }

    [RealToolFact]
    public void Without_pressure_files_the_same_reports_are_left()
    {
        using var tree = OfCapture("ram-1g");
        SarComparison.SinceBoot(tree, "sar -q ALL 0", "sar -q PSI 0", "sar -q CPU,MEM 0", "sar -q LOAD,IO 0", "sar -B -q IO 0");
    }

    [RealToolFact]
    public void Options_are_understood_and_refused_the_same()
    {
        using var tree = WithPressure(OfCapture("ram-1g"));
        SarComparison.SinceBoot(tree,
            "sar", "sar -B", "sar -V", "sar -BV", "sar -Z", "sar -B x", "sar -B 1 0", "sar 0 2", "sar -q FOO 0", "sar -q CPU,foo 0", "sar -q cpu 0", "sar -r foo 0", "sar -r all 0",
            "sar --dec=3 0", "sar --dec 1 0", "sar --foo", "sar 0 -B", "sar 0 -q", "sar -u ALL -u 0", "sar -rB ALL 0", "sar -P", "sar -P foo 0", "sar -P 1,x 0", "sar -P 9 0",
            "sar -P 5-2 0", "sar -P all 0", "sar -u -q CPU 0", "sar 1 1 1", "sar -qB 0", "sar -Bq PSI 0", "sar 0x1", "sar 1.5 1", "sar -hB 0", "sar --human -r 0", "sar --pretty 0", "sar ''");
    }
}
