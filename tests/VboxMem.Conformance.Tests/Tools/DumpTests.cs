// Goal: the machine's own procps runs on our dumps without complaint, and prints what our tools' models say.
// Method: boot a box, let it live a while, dump it, run both on the dump, compare byte for byte.

using VboxMem.Kernel.Time;
using VboxMem.Tools.Tests;

namespace VboxMem.Conformance.Tests.Tools;

public sealed class DumpTests
{
    private static readonly string[] _commands =
    [
        "free", "free -w", "free -h -t", "free -l -b", "vmstat", "vmstat -a", "vmstat -w", "vmstat -s", "vmstat -m", "vmstat -d", "vmstat -D",
        "vmstat -f", "slabtop -o", "slabtop -o -s c", "sysctl -n vm.min_free_kbytes vm.lowmem_reserve_ratio kernel.osrelease kernel.hostname",
    ];

    [RealToolFact]
    public void The_default_box_as_booted() => Compare("default", SimTime.Zero);

    [RealToolFact]
    public void The_default_box_after_two_minutes() => Compare("default", SimTime.FromSeconds(120));

    [RealToolFact]
    public void The_tiny_box() => Compare("tiny", SimTime.FromSeconds(7));

    [RealToolFact]
    public void The_box_with_two_nodes() => Compare("bigbox", SimTime.FromSeconds(30));

    [RealToolFact]
    public void The_terabyte_box() => Compare("terabyte", SimTime.FromSeconds(1));

    [RealToolFact]
    public void Every_tunable_reads_alike()
    {
        using var dump = DumpedBox.Dump("default", SimTime.Zero);
        string[][] commands = [["sysctl", "vm"], ["sysctl", "kernel"]];
        Comparison.Check(commands, RealTools.RunOrdered(dump, commands), command => Ours.Run(dump.Tree, RealTools.Version, command));
    }

    [RealToolFact]
    public void No_real_tool_complains()
    {
        using var dump = DumpedBox.Dump("default", SimTime.FromSeconds(10));
        string[] commands = ["free", "vmstat", "vmstat -s", "vmstat -m", "slabtop -o", "sysctl vm"];

        // sysctl takes a directory's first two entries for "." and "..", as only /proc promises: its copy lists them so.
        foreach (var outcome in RealTools.RunOrdered(dump, [.. commands.Select(Comparison.Split)]))
        {
            Assert.Equal((0, string.Empty), (outcome.Code, outcome.Error));
            Assert.NotEqual(string.Empty, outcome.Out);
        }
    }

    private static void Compare(string profile, SimTime duration)
    {
        using var dump = DumpedBox.Dump(profile, duration);
        Comparison.OnTree(dump, _commands);
    }
}
