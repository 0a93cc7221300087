using VboxMem.Tools.Tests.Processes;
using VboxMem.Testing;

namespace VboxMem.Tools.Tests.Uptimes;

/// <summary>uptime and w against the real ones; the time of day and the moment of the boot are not compared.</summary>
public sealed class UptimeComparisonTests
{
    private static readonly string[] Options =
    [
        "uptime", "uptime -p", "uptime -s", "uptime --pretty", "uptime --since", "uptime -V", "uptime x", "uptime -x", "uptime -sp", "uptime -ps",
        "w", "w -h", "w -s", "w -f", "w -sf", "w -ff", "w -o", "w -i", "w -u", "w -hsfu", "w root", "w a b", "w -V", "w --short --from", "w -x",
        "w --version", "w --no-header",
    ];

    [RealToolFact]
    public void Options_are_understood_and_refused_the_same()
    {
        using var tree = ProcessTrees.Bare();
        Comparison.OnProcesses(tree, "C", Options);
    }

    [RealToolFact]
    public void Every_length_of_time_reads_the_same()
    {
        foreach (var uptime in (string[])["0.00", "0.99", "59.99", "60.00", "60.50", "61.00", "119.99", "120.00", "3599.99", "3600.00", "3600.01", "7200.00", "86399.99",
            "86400.00", "86400.01", "90000.00", "172800.00", "604800.00", "604800.01", "31449600.00", "31536000.00", "31536000.50", "36500000.00",
            "315360000.00", "315360001.00", "400000000.00", "2147483647.00"])
        {
            using var tree = ProcessTrees.Bare().Add("proc/uptime", uptime + " 1.00\n");
            Comparison.OnProcesses(tree, "C", "uptime", "uptime -p");
        }
    }

    [RealToolFact]
    public void Loads_and_missing_files_read_the_same()
    {
        foreach (var load in (string[])["0.00 0.00 0.00 1/1 1\n", "12.34 123.45 1234.56 9/999 32767\n"])
        {
            using var tree = ProcessTrees.Bare().Add("proc/loadavg", load);
            Comparison.OnProcesses(tree, "C", "uptime", "w");
        }

        using var none = ProcessTrees.Bare().Remove("proc/loadavg");
        Comparison.OnProcesses(none, "C", "uptime", "uptime -p", "w");
        none.Remove("proc/uptime");
        Comparison.OnProcesses(none, "C", "uptime", "uptime -p", "uptime -s", "w", "w -h");
    }

    [Fact]
    public void The_emulated_version_counts_no_users_in_the_plural()
    {
        var tree = new MemoryTree { ["/proc/uptime"] = "93784.25 1.00\n", ["/proc/loadavg"] = "0.31 0.07 0.02 1/2 3\n", ["/proc/stat"] = "btime 1000000000\n" };
        Assert.Equal(" 03:49:44 up 1 day,  2:03,  0 users,  load average: 0.31, 0.07, 0.02\n", Ours.Run(tree, ProcpsVersion.V4_0_4, ["uptime"]).Out);
        tree["/proc/uptime"] = "60.00 1.00\n";
        Assert.Equal("up 0 minutes\n", Ours.Run(tree, ProcpsVersion.V4_0_4, ["uptime", "-p"]).Out);
        Assert.Equal("2001-09-09 01:46:40\n", Ours.Run(tree, ProcpsVersion.V4_0_4, ["uptime", "-s"]).Out);
    }
}
