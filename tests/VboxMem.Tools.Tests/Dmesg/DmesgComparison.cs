using System.Text.RegularExpressions;

namespace VboxMem.Tools.Tests.Dmesg;

/// <summary>Holds our dmesg against the real one, on the tree's dev/kmsg. The text of the usage is not compared.</summary>
internal static class DmesgComparison
{
    /// <summary>Every form and choice.</summary>
    public static readonly string[] Figures =
    [
        "dmesg", "dmesg -T", "dmesg -x", "dmesg -r", "dmesg -t", "dmesg -d", "dmesg -dt", "dmesg -e", "dmesg -H", "dmesg -J", "dmesg -Jx", "dmesg -p", "dmesg -px", "dmesg -Tx",
        "dmesg -k", "dmesg -u", "dmesg -ku", "dmesg -l err,warn", "dmesg -l err -l info", "dmesg -f daemon,user", "dmesg -k -f user", "dmesg -f ftp", "dmesg -l crit", "dmesg -l 7",
        "dmesg --time-format iso", "dmesg --time-format reltime", "dmesg --time-format delta", "dmesg --time-format ctime", "dmesg --time-format notime", "dmesg -dT", "dmesg -dx", "dmesg -xt",
        "dmesg -rp", "dmesg -Hpx", "dmesg -dp", "dmesg -H -d", "dmesg -d -e", "dmesg -e -t", "dmesg -t -e", "dmesg -T -t", "dmesg -t -T -d", "dmesg -H -T", "dmesg -T -H", "dmesg -H -t",
        "dmesg -e -T", "dmesg -J -l err", "dmesg -J -d -H", "dmesg -P -l info", "dmesg -L", "dmesg --color=never -l err", "dmesg -s 5", "dmesg -rk", "dmesg -J -p", "dmesg -d --time-format iso",
        "dmesg -r --time-format iso", "dmesg -r --time-format reltime",
    ];

    /// <summary>The real dmesg tells dates by the clock of the machine it runs on; so the tree has that machine's boot time.</summary>
    public static ProcTree WithHostsBootTime(ProcTree tree)
    {
        var btime = File.ReadLines("/proc/stat").First(line => line.StartsWith("btime ", StringComparison.Ordinal));
        return tree.Add("proc/stat", $"cpu  1 1 1 1\n{btime}\n");
    }

    public static void OnTree(ProcTree tree, params string[] commands)
    {
        var split = commands.Select(Comparison.Split).ToArray();
        Comparison.Check(split, RealTools.RunOnLog(tree, split), command => Ours.Run(tree.Tree, ProcpsVersion.V4_0_2, command), Mask);
    }

    private static string Mask(string text) => Regex.Replace(text, @"\A\n?Usage:.*", "Usage", RegexOptions.Singleline);
}
