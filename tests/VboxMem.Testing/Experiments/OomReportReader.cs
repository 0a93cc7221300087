// Reads OOM reports out of a kernel log: from "NAME invoked oom-killer" to "Killed process".
//
// A report without a kill (panic_on_oom, no killable process) gives no OomKill; a kill with its table or memory figures left out
// (oom_dump_tasks 0, rate limit) gives one whose lists are empty.

using System.Globalization;
using System.Text.RegularExpressions;

namespace VboxMem.Testing.Experiments;

internal sealed partial class OomReportReader
{
    private readonly List<OomKill> _kills = [];
    private readonly Dictionary<string, long> _memInfo = new(StringComparer.Ordinal);
    private readonly List<OomZone> _zones = [];
    private readonly List<OomTask> _tasks = [];
    private Match? _invocation;
    private long _microseconds;
    private long _freeSwapKilobytes;
    private long _swapCachePages;
    private bool _inMemInfo;
    private bool _allUnreclaimable;

    private OomReportReader()
    {
    }

    public static IReadOnlyList<OomKill> Read(string kernelLog)
    {
        var reader = new OomReportReader();
        foreach (var line in CapturedLog.FromDmesg(kernelLog).Lines) reader.ReadLine(line);
        return reader._kills;
    }

    private void ReadLine(CapturedLogLine line)
    {
        var text = line.Text;
        if (Invoked().Match(text) is { Success: true } invocation) StartReport(line.Microseconds, invocation);
        else if (_invocation is null) return;
        else if (text == "Mem-Info:") _inMemInfo = true;
        else if (_inMemInfo && (text.StartsWith("active_anon:", StringComparison.Ordinal) || text.StartsWith(' '))) ReadMemInfo(text);
        else if (Zone().Match(text) is { Success: true } zone) ReadZone(zone);
        else if (text.StartsWith("lowmem_reserve[]: ", StringComparison.Ordinal) && _zones.Count > 0) ReadReserve(text);
        else if (FreeSwap().Match(text) is { Success: true } swap) _freeSwapKilobytes = Number(swap, 1);
        else if (SwapCache().Match(text) is { Success: true } cache) _swapCachePages = Number(cache, 1);
        else if (Task().Match(text) is { Success: true } task) ReadTask(task);
        else if (Killed().Match(text) is { Success: true } killed) FinishReport(killed);
        else if (text.StartsWith("Node ", StringComparison.Ordinal))
        {
            _inMemInfo = false;
            _allUnreclaimable |= text.EndsWith("all_unreclaimable? yes", StringComparison.Ordinal);
        }
    }

    private void StartReport(long microseconds, Match invocation)
    {
        _invocation = invocation;
        _microseconds = microseconds;
        _memInfo.Clear();
        _zones.Clear();
        _tasks.Clear();
        _freeSwapKilobytes = 0;
        _swapCachePages = 0;
        _inMemInfo = false;
        _allUnreclaimable = false;
    }

    private void ReadMemInfo(string text)
    {
        foreach (var figure in Fields.Of(text))
        {
            var colon = figure.IndexOf(':', StringComparison.Ordinal);
            _memInfo[figure[..colon]] = long.Parse(figure[(colon + 1)..], CultureInfo.InvariantCulture);
        }
    }

    private void ReadZone(Match zone)
    {
        _inMemInfo = false;
        _zones.Add(new OomZone(
            (int)Number(zone, 1), zone.Groups[2].Value, Number(zone, 3), Number(zone, 4), Number(zone, 5), Number(zone, 6), Number(zone, 7), []));
    }

    private void ReadReserve(string text) =>
        _zones[^1] = _zones[^1] with
        {
            ReservePages = Fields.Of(text).Skip(1).Select(static digits => long.Parse(digits, CultureInfo.InvariantCulture)).ToArray(),
        };

    private void ReadTask(Match task) => _tasks.Add(new OomTask(
        (int)Number(task, 1), task.Groups[10].Value, Number(task, 2), Number(task, 3), Number(task, 4), Number(task, 5), Number(task, 6),
        Number(task, 7), Number(task, 8), (int)Number(task, 9)));

    private void FinishReport(Match killed)
    {
        _kills.Add(new OomKill
        {
            Microseconds = _microseconds,
            Invoker = _invocation!.Groups[1].Value,
            GfpMask = _invocation.Groups[2].Value,
            Order = (int)Number(_invocation, 3),
            InvokerScoreAdjust = (int)Number(_invocation, 4),
            Zones = _zones.ToArray(),
            MemInfo = new Dictionary<string, long>(_memInfo, StringComparer.Ordinal),
            FreeSwapKilobytes = _freeSwapKilobytes,
            SwapCachePages = _swapCachePages,
            AllUnreclaimable = _allUnreclaimable,
            Tasks = _tasks.ToArray(),
            Victim = new OomVictim(
                (int)Number(killed, 1), killed.Groups[2].Value, Number(killed, 3), Number(killed, 4), Number(killed, 5), Number(killed, 6),
                Number(killed, 7), (int)Number(killed, 8)),
        });
        _invocation = null;
    }

    private static long Number(Match match, int group) => long.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(.+) invoked oom-killer: gfp_mask=(\S+), order=(\d+), oom_score_adj=(-?\d+)$")]
    private static partial Regex Invoked();

    [GeneratedRegex(@"^Node (\d+) (\w+) free:(\d+)kB boost:\d+kB min:(\d+)kB low:(\d+)kB high:(\d+)kB .* free_pcp:(\d+)kB ")]
    private static partial Regex Zone();

    [GeneratedRegex(@"^Free swap  = (\d+)kB$")]
    private static partial Regex FreeSwap();

    [GeneratedRegex(@"^(\d+) pages in swap cache$")]
    private static partial Regex SwapCache();

    [GeneratedRegex(@"^\[ *(\d+)\] +\d+ +\d+ +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(-?\d+) (.+)$")]
    private static partial Regex Task();

    [GeneratedRegex(
        @"Killed process (\d+) \((.+)\) total-vm:(\d+)kB, anon-rss:(\d+)kB, file-rss:(\d+)kB, shmem-rss:(\d+)kB, UID:\d+ pgtables:(\d+)kB oom_score_adj:(-?\d+)$")]
    private static partial Regex Killed();
}
