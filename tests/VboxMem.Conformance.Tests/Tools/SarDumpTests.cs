// Goal: sar, dmesg and swapon print of our dumps what the machine's own programs print.
// Method: dump a box at three moments, show them one after the other, compare byte for byte.

using VboxMem.Kernel.Time;
using VboxMem.Tools.Tests;
using VboxMem.Tools.Tests.Dmesg;
using VboxMem.Tools.Tests.Sar;

namespace VboxMem.Conformance.Tests.Tools;

public sealed class SarDumpTests
{
    private static readonly string[] _reports =
        ["-u", "-u ALL -P ALL", "-B", "-r ALL", "-r -h", "-S", "-W", "-q ALL", "-q PSI --human", "-B -r -S -W -u -q", "-u -B -W --dec=0"];

    private static readonly string[] _moving = ["stat", "vmstat", "meminfo", "loadavg", "uptime", "pressure/cpu", "pressure/io", "pressure/memory"];

    [RealToolFact]
    public void The_default_box_over_two_intervals() => Compare("default", 2, 20, 40);

    [RealToolFact]
    public void The_tiny_box_over_two_intervals() => Compare("tiny", 1, 4, 9);

    [RealToolFact]
    public void Logs_and_swap_areas()
    {
        using var box = DumpedBox.Boot("default");
        box.RunFor(SimTime.FromSeconds(20));
        using var dump = DumpedBox.Dump(box);
        Comparison.OnTree(dump, "swapon --show", "swapon -s", "swapon --show --bytes", "swapon --output-all --raw");
        DmesgComparison.OnTree(DmesgComparison.WithHostsBootTime(dump), DmesgComparison.Figures);
    }

    private static void Compare(string profile, params int[] seconds)
    {
        using var box = DumpedBox.Boot(profile);
        box.RunFor(SimTime.FromSeconds((ulong)seconds[0]));
        using var tree = DumpedBox.Dump(box);
        AddMoment(tree, tree, 0);
        for (var i = 1; i < seconds.Length; i++)
        {
            box.RunFor(SimTime.FromSeconds((ulong)(seconds[i] - seconds[i - 1])));
            using var later = DumpedBox.Dump(box);
            AddMoment(tree, later, i);
        }

        SarComparison.SinceBoot(tree, [.. _reports.Select(static report => $"sar {report} 0")]);
        SarComparison.OverMoments(tree, [.. seconds.Select(static (_, i) => $"moment{i}")], [.. _reports.Select(report => $"sar {report} 1 {seconds.Length - 1}")]);
    }

    private static void AddMoment(ProcTree tree, ProcTree from, int moment)
    {
        foreach (var file in _moving)
        {
            var path = Path.Combine(from.Root, "proc", file);
            if (File.Exists(path)) tree.Add($"moment{moment}/{file}", File.ReadAllText(path));
        }
    }
}
