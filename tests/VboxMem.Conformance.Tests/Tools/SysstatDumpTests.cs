// Goal: sysstat and procps read the system-wide files of a dump without complaint, and print the figures that stand in them.
// Method: dump a busy box, run the real programs on the dump, compare their figures with the files.

using System.Globalization;
using VboxMem.Kernel.Time;
using VboxMem.Tools.Tests;

namespace VboxMem.Conformance.Tests.Tools;

public sealed class SysstatDumpTests
{
    [RealToolFact]
    public void Disks_sockets_interrupts_and_files_are_read_as_they_stand()
    {
        using var dump = DumpedBox.Dump("default", SimTime.FromSeconds(20));
        var outcomes = RealTools.Run(dump, [.. ((string[])
        [
            "iostat -d -k", "sar -n SOCK 1 1", "sar -n SOCK6,DEV,UDP 1 1", "mpstat -I CPU", "mpstat -I SCPU", "sar -v -d -I ALL 1 1", "vmstat -d", "lscpu",
        ]).Select(Comparison.Split)]);

        // sar asks libsensors, which wants a sysfs and not a copy of one.
        Assert.All(outcomes, static outcome => Assert.Equal((0, ""), (outcome.Code, outcome.Error.Replace("sensors_init: Kernel interface error\n", "", StringComparison.Ordinal))));
        var disk = FieldsOf(dump.Read("proc/diskstats").Split('\n')[0]);
        var row = RowOf(outcomes[0].Out, "vda");
        Assert.Equal((Half(disk[5]), Half(disk[9])), (row[5], row[6]));   // kB read and written since boot

        var sockets = FieldsOf(dump.Read("proc/net/sockstat").Split('\n')[0])[2];
        var tcp = FieldsOf(dump.Read("proc/net/sockstat").Split('\n')[1])[2];
        Assert.True(int.Parse(tcp, CultureInfo.InvariantCulture) > 0);
        Assert.Equal([sockets, tcp, "0", "0", "0", "0"], RowOf(outcomes[1].Out, "Average:")[1..]);
        Assert.Contains(" lo ", outcomes[2].Out, StringComparison.Ordinal);

        var uptime = decimal.Parse(dump.Read("proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);
        var timer = FieldsOf(dump.Read("proc/interrupts").Split('\n').Single(static line => line.StartsWith("LOC:", StringComparison.Ordinal)));
        Assert.InRange(Rate(outcomes[3].Out, cpu: 0, "LOC/s") * uptime, decimal.Parse(timer[1], CultureInfo.InvariantCulture) * 0.99m - 1, decimal.Parse(timer[1], CultureInfo.InvariantCulture) * 1.01m + 1);
        Assert.InRange(Rate(outcomes[4].Out, cpu: 1, "TIMER/s") * uptime, decimal.Parse(timer[2], CultureInfo.InvariantCulture) * 0.99m - 1, decimal.Parse(timer[2], CultureInfo.InvariantCulture) * 1.01m + 1);

        Assert.Contains("vda", outcomes[5].Out, StringComparison.Ordinal);
        Assert.StartsWith("disk", outcomes[6].Out, StringComparison.Ordinal);
        Assert.Equal(disk[3], RowOf(outcomes[6].Out, "vda")[1]);
        Assert.Contains("Core(s) per socket:  2\n", outcomes[7].Out, StringComparison.Ordinal);
    }

    private static string[] FieldsOf(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static string Half(string sectors) => (long.Parse(sectors, CultureInfo.InvariantCulture) / 2).ToString(CultureInfo.InvariantCulture);

    private static string[] RowOf(string text, string first) =>
        FieldsOf(text.Split('\n').Last(line => line.StartsWith(first + " ", StringComparison.Ordinal)));

    /// <summary>A figure of a CPU's row in a table of mpstat, by the heading of its column.</summary>
    private static decimal Rate(string text, int cpu, string heading)
    {
        var lines = text.Split('\n');
        var head = Array.FindIndex(lines, line => line.Contains(heading, StringComparison.Ordinal));
        var column = Array.IndexOf(FieldsOf(lines[head]), heading);
        return decimal.Parse(FieldsOf(lines[head + 1 + cpu])[column], CultureInfo.InvariantCulture);
    }
}
