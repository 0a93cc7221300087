// Whether the figures of a report about memory add up among themselves, as they must when each comes from one state.
//
// A real kernel reads its figures one after the other while other CPUs go on, and counters lag by what each CPU holds back: its
// reports get a tolerance. Ours are read at one moment: they need none but for counters that CPUs hold back, at most
// threshold x CPUs, and none at all after a fold.
//
// Departs  lazily freed pages (MADV_FREE) lie on the inactive file list without being page cache, and no line counts them: while
//          a program has some, the check of the page cache does not hold.
//
// Units    pages, unless a name says kB.

using System.Globalization;
using System.Text.RegularExpressions;

namespace VboxMem.Testing;

/// <summary>Checks reports.</summary>
public static partial class OomReportChecks
{
    private static readonly string[] _lruNames = ["active_anon", "inactive_anon", "active_file", "inactive_file", "unevictable"];

    // Figures of a node in kB against the machine's in pages.
    private static readonly string[] _nodeNames =
    [
        .. _lruNames, "mapped", "dirty", "writeback", "shmem", "pagetables", "sec_pagetables",
    ];

    /// <summary>What does not add up, a sentence each; empty for a sound report.</summary>
    /// <param name="report">A report, whole.</param>
    /// <param name="tolerancePages">By how much figures read at different moments may differ.</param>
    public static IReadOnlyList<string> Complaints(LoggedReport report, long tolerancePages = 0)
    {
        var complaints = new Complaints(tolerancePages);
        CheckZones(report, complaints);
        if (report.ListsWholeMachine) CheckSums(report, complaints);
        CheckPageCache(report, complaints);
        CheckTasks(report, complaints);
        if (report.IsOomReport) CheckShortage(report, complaints);
        if (report.KilledLine is not null) CheckVictim(report, complaints);
        return complaints.Found;
    }

    private static void CheckZones(LoggedReport report, Complaints complaints)
    {
        foreach (var zone in report.Zones)
        {
            var kilobytes = zone.Kilobytes;
            var name = $"node {zone.Node}, zone {zone.Name}";
            var listed = zone.FreeBlocks.Select(static (blocks, order) => (long)blocks.Count << order).Sum();
            complaints.Same($"{name}: blocks and the sum behind them", listed, zone.FreeListKilobytes / 4);
            complaints.Near($"{name}: free and the free lists", kilobytes["free"] / 4, listed);
            complaints.AtMost($"{name}: managed and present", kilobytes["managed"], kilobytes["present"]);
            complaints.AtMost($"{name}: free and managed", kilobytes["free"], kilobytes["managed"]);
            complaints.AtMost($"{name}: local_pcp and free_pcp", kilobytes["local_pcp"], kilobytes["free_pcp"]);
            complaints.AtMost($"{name}: min and low", kilobytes["min"], kilobytes["low"]);
            complaints.AtMost($"{name}: low and high", kilobytes["low"], kilobytes["high"]);
            foreach (var blocks in zone.FreeBlocks)
                complaints.Same($"{name}: migrate types named just where blocks are free", blocks.Count > 0 ? 1 : 0, blocks.Types.Length > 0 ? 1 : 0);
        }
    }

    private static void CheckSums(LoggedReport report, Complaints complaints)
    {
        var totals = report.Totals;
        complaints.Same("managed of all zones, and RAM less reserved", OfZones(report, "managed"), totals["ram"] - totals["reserved"]);
        complaints.Near("free and that of all zones", totals["free"], OfZones(report, "free"));
        complaints.Near("free_pcp and that of all zones", totals["free_pcp"], OfZones(report, "free_pcp"));
        foreach (var name in _nodeNames)
            complaints.Near($"{name} and that of all nodes", totals[name], OfNodes(report, name));
        foreach (var name in _lruNames)
            complaints.Near($"{name} of all nodes and of all zones", OfNodes(report, name), OfZones(report, name));
    }

    // Page cache lies on the file lists, is shared memory (on the anonymous lists), or swap cache (there too).
    private static void CheckPageCache(LoggedReport report, Complaints complaints)
    {
        var totals = report.Totals;
        var expected = totals["active_file"] + totals["inactive_file"] + totals["isolated_file"] + totals["shmem"] + totals["swapcache"];
        complaints.InRange("page cache", totals["pagecache"], expected, expected + totals["unevictable"]);
        complaints.AtMost("swap cache and swap in use", totals["swapcache"], (totals["total_swap"] - totals["free_swap"]) / 4);
    }

    private static void CheckTasks(LoggedReport report, Complaints complaints)
    {
        foreach (var task in report.Tasks)
            complaints.Same($"rss of {task.Comm} ({task.Pid})", (long)task.Resident, (long)(task.Anon + task.File + task.Shmem));

        var swapped = report.Tasks.Sum(static task => (long)task.SwapEntries);
        complaints.AtMost("swap entries of all tasks and swap in use", swapped, (report.Totals["total_swap"] - report.Totals["free_swap"]) / 4);
    }

    // A single page could not be had from any zone: none has more than its mark and what it keeps from such requests.
    private static void CheckShortage(LoggedReport report, Complaints complaints)
    {
        var request = Request().Match(report.Request);
        if (request.Groups["order"].Value != "0") return;

        var highest = HighestZone(uint.Parse(request.Groups["gfp"].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        foreach (var zone in report.Zones)
        {
            var usable = (zone.Kilobytes["free"] - zone.Kilobytes["reserved_highatomic"]) / 4;
            complaints.AtMost($"node {zone.Node}, zone {zone.Name}: free, and min with lowmem_reserve", usable, zone.Kilobytes["min"] / 4 + zone.LowmemReserve[highest]);
        }
    }

    private static void CheckVictim(LoggedReport report, Complaints complaints)
    {
        var killed = Killed().Match(report.KilledLine!);
        long Kilobytes(string group) => long.Parse(killed.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

        var pid = (int)Kilobytes("pid");
        if (report.KillLine is { } line && !line.EndsWith($",task={killed.Groups["comm"].Value},pid={pid},uid={killed.Groups["uid"].Value}", StringComparison.Ordinal))
            complaints.Add("the oom-kill line names another process");

        var row = report.Tasks.SingleOrDefault(task => task.Pid == pid);
        if (row is null) return;

        complaints.Near("anon-rss of the victim and its row", Kilobytes("anon") / 4, (long)row.Anon);
        complaints.Near("file-rss of the victim and its row", Kilobytes("file") / 4, (long)row.File);
        complaints.Near("shmem-rss of the victim and its row", Kilobytes("shmem") / 4, (long)row.Shmem);
        complaints.Same("total-vm of the victim and its row", Kilobytes("vm") / 4, (long)row.TotalVirtual);
        complaints.Same("pgtables of the victim and its row", Kilobytes("tables"), (long)row.PageTableBytes / 1024);
    }

    private static long OfZones(LoggedReport report, string name) => report.Zones.Sum(zone => zone.Kilobytes[name]) / 4;

    private static long OfNodes(LoggedReport report, string name) => report.Nodes.Sum(node => node.Kilobytes[name]) / 4;

    // Index among DMA, DMA32, Normal, Movable.
    private static int HighestZone(uint gfp) => (gfp & 0x1) != 0 ? 0 : (gfp & 0x4) != 0 ? 1 : (gfp & 0xa) == 0xa ? 3 : 2;

    [GeneratedRegex(@" gfp_mask=0x(?<gfp>[0-9a-f]+)\(.*\), order=(?<order>-?\d+), ")]
    private static partial Regex Request();

    [GeneratedRegex(@": Killed process (?<pid>\d+) \((?<comm>.*)\) total-vm:(?<vm>\d+)kB, anon-rss:(?<anon>\d+)kB, file-rss:(?<file>\d+)kB, shmem-rss:(?<shmem>\d+)kB, UID:(?<uid>\d+) pgtables:(?<tables>\d+)kB ")]
    private static partial Regex Killed();
}

/// <summary>Collects what does not hold.</summary>
internal sealed class Complaints(long tolerance)
{
    private readonly List<string> _found = [];

    public IReadOnlyList<string> Found => _found;

    public void Add(string text) => _found.Add(text);

    public void Same(string what, long left, long right)
    {
        if (left != right) _found.Add($"{what}: {left} and {right}");
    }

    public void Near(string what, long left, long right) => InRange(what, left, right, right);

    public void AtMost(string what, long left, long right)
    {
        if (left > right) _found.Add($"{what}: {left} exceeds {right}");
    }

    public void InRange(string what, long value, long low, long high)
    {
        if (value < low - tolerance || value > high + tolerance) _found.Add($"{what}: {value} is not in {low}..{high}");
    }
}
