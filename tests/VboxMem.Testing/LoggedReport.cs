// A report about memory read back out of the kernel log: an OOM kill or a failed allocation, captured or our own.

using System.Globalization;
using System.Text.RegularExpressions;

namespace VboxMem.Testing;

/// <summary>Free blocks of one order, with the letters of their migrate types.</summary>
public sealed record LoggedBlocks(ulong Count, string Types);

/// <summary>A zone of the report: its figures in kB by name, its reserves in pages, its free lists.</summary>
public sealed record LoggedZone(int Node, string Name, CapturedCounters Kilobytes)
{
    public IReadOnlyList<long> LowmemReserve { get; internal set; } = [];

    public IReadOnlyList<LoggedBlocks> FreeBlocks { get; internal set; } = [];

    /// <summary>What the line of free lists gives as its sum.</summary>
    public long FreeListKilobytes { get; internal set; }
}

/// <summary>A node of the report: its figures in kB by name.</summary>
public sealed record LoggedNode(int Node, CapturedCounters Kilobytes, bool AllUnreclaimable);

/// <summary>A node's pool of huge pages of one size.</summary>
public sealed record LoggedHugePool(int Node, uint Total, uint Free, uint Surplus, ulong Kilobytes);

/// <summary>A row of the table of tasks, in pages and bytes.</summary>
public sealed record LoggedTask(
    int Pid, uint Uid, int ThreadGroup, ulong TotalVirtual, ulong Resident, ulong Anon, ulong File, ulong Shmem, ulong PageTableBytes,
    ulong SwapEntries, short OomScoreAdj, string Comm);

/// <summary>One report, line by line and in figures.</summary>
public sealed partial class LoggedReport
{
    private readonly CapturedCounters _totals = new();
    private readonly List<LoggedNode> _nodes = [];
    private readonly List<LoggedZone> _zones = [];
    private readonly List<LoggedHugePool> _hugePools = [];
    private readonly List<LoggedTask> _tasks = [];

    private LoggedReport(IReadOnlyList<string> lines)
    {
        Lines = lines;
        foreach (var line in lines) ReadLine(line);
    }

    public IReadOnlyList<string> Lines { get; }

    /// <summary>The first line: who asked for what.</summary>
    public string Request => Lines[0];

    public bool IsOomReport => Request.Contains(" invoked oom-killer: ", StringComparison.Ordinal);

    /// <summary>The figures under <c>Mem-Info:</c> in pages, and those after the zones: <c>pagecache</c>, <c>swapcache</c>,
    /// <c>ram</c>, <c>reserved</c> in pages, <c>free_swap</c>, <c>total_swap</c> in kB.</summary>
    public CapturedCounters Totals => _totals;

    public IReadOnlyList<LoggedNode> Nodes => _nodes;

    public IReadOnlyList<LoggedZone> Zones => _zones;

    public IReadOnlyList<LoggedHugePool> HugePools => _hugePools;

    public IReadOnlyList<LoggedTask> Tasks => _tasks;

    /// <summary>The <c>oom-kill:</c> line; null without a victim.</summary>
    public string? KillLine => Lines.FirstOrDefault(static line => line.StartsWith("oom-kill:", StringComparison.Ordinal));

    /// <summary>The <c>Killed process</c> line; null without one.</summary>
    public string? KilledLine => Lines.FirstOrDefault(static line => line.Contains(": Killed process ", StringComparison.Ordinal));

    /// <summary>Whether every zone of the machine is listed: a request bound to some nodes or zones lists those alone.</summary>
    public bool ListsWholeMachine => _zones.Sum(static zone => zone.Kilobytes["present"]) / 4 == _totals["ram"];

    /// <summary>The reports in a log; lines outside of them are passed over.</summary>
    /// <param name="lines">Texts of the log's lines, those of a message of several lines one by one.</param>
    public static IReadOnlyList<LoggedReport> AllOf(IEnumerable<string> lines)
    {
        var reports = new List<LoggedReport>();
        List<string>? open = null;
        foreach (var line in lines)
        {
            if (Start().IsMatch(line))
            {
                if (open is not null) reports.Add(new LoggedReport(open));
                open = [];
            }

            if (open is null) continue;
            open.Add(line);
            if (!IsLastLine(line, open[0])) continue;

            reports.Add(new LoggedReport(open));
            open = null;
        }

        if (open is not null) reports.Add(new LoggedReport(open));
        return reports;
    }

    private static bool IsLastLine(string line, string first) =>
        first.Contains(" invoked oom-killer: ", StringComparison.Ordinal)
            ? line.Contains(": Killed process ", StringComparison.Ordinal) || line.StartsWith("Out of memory and no killable", StringComparison.Ordinal)
            : line.EndsWith(" pages hwpoisoned", StringComparison.Ordinal);

    private void ReadLine(string line)
    {
        if (NodeLine().Match(line) is { Success: true } node)
            _nodes.Add(new LoggedNode(Int(node, "node"), Counters(node.Groups["figures"].Value), node.Groups["unreclaimable"].Value == "yes"));
        else if (ZoneLine().Match(line) is { Success: true } zone)
            _zones.Add(new LoggedZone(Int(zone, "node"), zone.Groups["zone"].Value, Counters(zone.Groups["figures"].Value)));
        else if (FreeLine().Match(line) is { Success: true } free)
            ReadFreeBlocks(free);
        else if (HugeLine().Match(line) is { Success: true } huge)
            _hugePools.Add(new LoggedHugePool(Int(huge, "node"), (uint)Int(huge, "total"), (uint)Int(huge, "free"), (uint)Int(huge, "surplus"), (ulong)Int(huge, "kb")));
        else if (TaskLine().Match(line) is { Success: true } task)
            _tasks.Add(Task(task));
        else if (line.StartsWith("lowmem_reserve[]: ", StringComparison.Ordinal))
            _zones[^1].LowmemReserve = Fields.Of(line).Skip(1).Select(static digits => long.Parse(digits, CultureInfo.InvariantCulture)).ToArray();
        else if (TotalsLine().IsMatch(line))
            AddCounters(_totals, line);
        else
            ReadTail(line);
    }

    private void ReadTail(string line)
    {
        foreach (var (pattern, name) in _tail)
        {
            var match = pattern.Match(line);
            if (match.Success) _totals.Add(name, match.Groups[1].Value);
        }
    }

    private void ReadFreeBlocks(Match line)
    {
        var zone = _zones.Single(zone => zone.Node == Int(line, "node") && zone.Name == line.Groups["zone"].Value);
        zone.FreeBlocks = Blocks().Matches(line.Groups["blocks"].Value)
            .Select(static block => new LoggedBlocks(ulong.Parse(block.Groups[1].ValueSpan, CultureInfo.InvariantCulture), block.Groups[2].Value))
            .ToArray();
        zone.FreeListKilobytes = Int(line, "sum");
    }

    private static CapturedCounters Counters(string text)
    {
        var counters = new CapturedCounters();
        AddCounters(counters, text);
        return counters;
    }

    private static void AddCounters(CapturedCounters counters, string text)
    {
        foreach (Match figure in Figure().Matches(text)) counters.Add(figure.Groups[1].Value, figure.Groups[2].Value);
    }

    private static LoggedTask Task(Match line)
    {
        var columns = Fields.Of(line.Groups["columns"].Value).Select(static digits => long.Parse(digits, CultureInfo.InvariantCulture)).ToArray();
        return new LoggedTask(
            Int(line, "pid"), (uint)columns[0], (int)columns[1], (ulong)columns[2], (ulong)columns[3], (ulong)columns[4], (ulong)columns[5],
            (ulong)columns[6], (ulong)columns[7], (ulong)columns[8], (short)columns[9], line.Groups["comm"].Value);
    }

    private static int Int(Match line, string group) => int.Parse(line.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    private static readonly (Regex Pattern, string Name)[] _tail =
    [
        (PageCache(), "pagecache"), (SwapCache(), "swapcache"), (FreeSwap(), "free_swap"), (TotalSwap(), "total_swap"),
        (Ram(), "ram"), (Reserved(), "reserved"),
    ];

    [GeneratedRegex(@" invoked oom-killer: |: page allocation failure: ")]
    private static partial Regex Start();

    [GeneratedRegex(@"^ ?[a-z_]+:\d+( [a-z_]+:\d+)*$")]
    private static partial Regex TotalsLine();

    [GeneratedRegex(@"^Node (?<node>\d+) (?<figures>active_anon:.*) all_unreclaimable\? (?<unreclaimable>yes|no)$")]
    private static partial Regex NodeLine();

    [GeneratedRegex(@"^Node (?<node>\d+) (?<zone>\w+) (?<figures>free:.*)$")]
    private static partial Regex ZoneLine();

    [GeneratedRegex(@"^Node (?<node>\d+) (?<zone>\w+): (?<blocks>.*)= (?<sum>\d+)kB$")]
    private static partial Regex FreeLine();

    [GeneratedRegex(@"(\d+)\*\d+kB (?:\((\w+)\) )?")]
    private static partial Regex Blocks();

    [GeneratedRegex(@"([a-z_()]+):(\d+)")]
    private static partial Regex Figure();

    [GeneratedRegex(@"^Node (?<node>\d+) hugepages_total=(?<total>\d+) hugepages_free=(?<free>\d+) hugepages_surp=(?<surplus>\d+) hugepages_size=(?<kb>\d+)kB$")]
    private static partial Regex HugeLine();

    [GeneratedRegex(@"^\[ *(?<pid>\d+)\] (?<columns>( *-?\d+){10}) (?<comm>.+)$")]
    private static partial Regex TaskLine();

    [GeneratedRegex(@"^(\d+) total pagecache pages$")]
    private static partial Regex PageCache();

    [GeneratedRegex(@"^(\d+) pages in swap cache$")]
    private static partial Regex SwapCache();

    [GeneratedRegex(@"^Free swap  = (\d+)kB$")]
    private static partial Regex FreeSwap();

    [GeneratedRegex(@"^Total swap = (\d+)kB$")]
    private static partial Regex TotalSwap();

    [GeneratedRegex(@"^(\d+) pages RAM$")]
    private static partial Regex Ram();

    [GeneratedRegex(@"^(\d+) pages reserved$")]
    private static partial Regex Reserved();
}
