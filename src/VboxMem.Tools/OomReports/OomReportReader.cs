using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.OomReports;

/// <summary>Finds the reports in a log. Lines that are none of a report's are passed over.</summary>
public sealed partial class OomReportReader
{
    private const int FieldsWithKinds = 13;

    private readonly Dictionary<string, long> _pages = new(StringComparer.Ordinal);
    private readonly List<OomZone> _zones = [];
    private readonly List<OomCandidate> _candidates = [];
    private OomReport _report;
    private bool _isTaskTable;

    private OomReportReader(OomReport begun) => _report = begun with { Pages = _pages, Zones = _zones, Candidates = _candidates };

    /// <summary>All reports, oldest first.</summary>
    public static IReadOnlyList<OomReport> ReadAll(IReadOnlyList<KernelMessage> log)
    {
        ArgumentNullException.ThrowIfNull(log);
        var reports = new List<OomReport>();
        OomReportReader? reader = null;
        foreach (var message in log)
        {
            if (message.Facility != 0) continue;
            var isBegin = message.Text.Span.IndexOf(" invoked oom-killer: "u8) >= 0;
            if (reader is null && !isBegin) continue;
            var text = Encoding.UTF8.GetString(message.Text.Span);
            if (isBegin)
            {
                if (reader is not null) reports.Add(reader._report);
                reader = Begin(text, message.Microseconds);
                continue;
            }

            foreach (var line in text.Split('\n')) reader!.Take(line);
            if (reader!._report.KilledLine.Length == 0) continue;
            reports.Add(reader._report);
            reader = null;
        }

        if (reader is not null) reports.Add(reader._report);
        return reports;
    }

    private static OomReportReader? Begin(string line, ulong microseconds)
    {
        var match = BeginLine().Match(line);
        if (!match.Success) return null;
        return new OomReportReader(new OomReport
        {
            At = TimeSpan.FromMicroseconds(microseconds), Asker = match.Groups[1].Value, GfpMask = match.Groups[2].Value,
            Order = (int)Number(match.Groups[3]), AskerAdjustment = (int)Number(match.Groups[4]),
            Pages = new Dictionary<string, long>(), Zones = [], Candidates = [],
        });
    }

    private void Take(string line)
    {
        if (line.StartsWith("Node ", StringComparison.Ordinal)) TakeZone(line);
        else if (line.StartsWith("lowmem_reserve[]:", StringComparison.Ordinal)) TakeReserve(line);
        else if (line.StartsWith("[  pid  ]", StringComparison.Ordinal)) _isTaskTable = true;
        else if (_isTaskTable && line.StartsWith('[')) TakeTask(line);
        else if (line.StartsWith("oom-kill:", StringComparison.Ordinal)) TakeChoice(line);
        else if (line.Contains(": Killed process ", StringComparison.Ordinal)) _report = _report with { KilledLine = line };
        else if (line.StartsWith("CPU: ", StringComparison.Ordinal)) TakeAsker(line);
        else TakeTotals(line);
    }

    private void TakeAsker(string line)
    {
        var match = AskerLine().Match(line);
        if (match.Success) _report = _report with { AskerPid = (int)Number(match.Groups[1]) };
    }

    private void TakeZone(string line)
    {
        var match = ZoneLine().Match(line);
        if (match.Success)
        {
            var figures = new Dictionary<string, long>(StringComparer.Ordinal);
            foreach (Match figure in Figure().Matches(line)) figures[figure.Groups[1].Value] = Number(figure.Groups[2]);
            _zones.Add(new OomZone((int)Number(match.Groups[1]), match.Groups[2].Value, figures, [], []));
            return;
        }

        match = BlocksLine().Match(line);
        if (!match.Success) return;
        var at = _zones.FindIndex(zone => zone.Node == Number(match.Groups[1]) && zone.Name == match.Groups[2].Value);
        if (at >= 0) _zones[at] = _zones[at] with { FreeBlocks = [.. Blocks().Matches(line).Select(static blocks => Number(blocks.Groups[1]))] };
    }

    private void TakeReserve(string line)
    {
        if (_zones.Count == 0) return;
        var reserves = line["lowmem_reserve[]:".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        _zones[^1] = _zones[^1] with { Reserve = [.. reserves.Select(static reserve => long.TryParse(reserve, CultureInfo.InvariantCulture, out var pages) ? pages : 0)] };
    }

    private void TakeTask(string line)
    {
        var match = TaskLine().Match(line);
        if (!match.Success) match = OldTaskLine().Match(line);
        if (!match.Success) return;
        long Field(int field) => Number(match.Groups[field]);
        if (match.Groups.Count < FieldsWithKinds)
        {
            _candidates.Add(new OomCandidate((int)Field(1), (int)Field(2), (int)Field(3), Field(4), Field(5), 0, 0, 0, Field(6), Field(7), (int)Field(8), match.Groups[9].Value));
            return;
        }

        _candidates.Add(new OomCandidate(
            (int)Field(1), (int)Field(2), (int)Field(3), Field(4), Field(5), Field(6), Field(7), Field(8), Field(9), Field(10), (int)Field(11), match.Groups[12].Value));
    }

    private void TakeChoice(string line)
    {
        var match = ChoiceLine().Match(line);
        if (match.Success) _report = _report with { Constraint = match.Groups[1].Value, VictimName = match.Groups[2].Value, VictimPid = (int)Number(match.Groups[3]) };
    }

    private void TakeTotals(string line)
    {
        foreach (Match figure in PageFigure().Matches(line)) _pages.TryAdd(figure.Groups[1].Value, Number(figure.Groups[2]));
        if (PagesLine().Match(line) is { Success: true } pages)
        {
            if (pages.Groups[2].Value == "RAM") _report = _report with { RamPages = Number(pages.Groups[1]) };
            else _report = _report with { ReservedPages = Number(pages.Groups[1]) };
        }
        else if (SwapLine().Match(line) is { Success: true } swap)
        {
            if (swap.Groups[1].Value == "Total") _report = _report with { SwapTotalKilobytes = Number(swap.Groups[2]) };
            else _report = _report with { SwapFreeKilobytes = Number(swap.Groups[2]) };
        }
    }

    private static long Number(Group group) => long.TryParse(group.ValueSpan, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : 0;

    [GeneratedRegex(@"^(.*) invoked oom-killer: gfp_mask=(\S+), order=(-?\d+), oom_score_adj=(-?\d+)")]
    private static partial Regex BeginLine();

    [GeneratedRegex(@" PID: (\d+) Comm: ")]
    private static partial Regex AskerLine();

    [GeneratedRegex(@"^Node (\d+) (\w+) free:")]
    private static partial Regex ZoneLine();

    [GeneratedRegex(@"(\w+):(\d+)k?B", RegexOptions.IgnoreCase)]
    private static partial Regex Figure();

    [GeneratedRegex(@"^Node (\d+) (\w+): \d+\*\d+kB")]
    private static partial Regex BlocksLine();

    [GeneratedRegex(@"(\d+)\*\d+kB")]
    private static partial Regex Blocks();

    [GeneratedRegex(@"^\[ *(\d+)\] +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(-?\d+) (.*)$")]
    private static partial Regex TaskLine();

    /// <summary>Of older kernels, which do not tell resident pages apart by kind.</summary>
    [GeneratedRegex(@"^\[ *(\d+)\] +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(-?\d+) (.*)$")]
    private static partial Regex OldTaskLine();

    [GeneratedRegex(@"^oom-kill:constraint=(\w+),.*,task=(.*),pid=(\d+),uid=\d+$")]
    private static partial Regex ChoiceLine();

    [GeneratedRegex(@"(\w+):(\d+)(?= |$)")]
    private static partial Regex PageFigure();

    [GeneratedRegex(@"^(\d+) pages (RAM|reserved)$")]
    private static partial Regex PagesLine();

    [GeneratedRegex(@"^(Free|Total) swap +[=:] (\d+)kB")]
    private static partial Regex SwapLine();
}
