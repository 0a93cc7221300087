// What a tree says at one moment. Each file is read at most once, when the first figure of it is asked for.

using System.Text;
using VboxMem.FileTree;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Predicates;

/// <summary>A reading of a tree that stands still meanwhile; several predicates may share it.</summary>
public sealed class TreeReading(IFileTree tree)
{
    private const int BytesPerPage = 4096;
    private const decimal PerMicrosecond = 0.000_001m;
    private const decimal PerHundredth = 0.01m;

    private readonly SortedDictionary<string, ParsedFile> _files = new(StringComparer.Ordinal);
    private ProcessNames? _processes;

    /// <param name="Content">What was made of it; null: nothing.</param>
    /// <param name="Problem">Why; empty: it is there.</param>
    private readonly record struct ParsedFile(object? Content, string Problem);

    internal Amount UptimeSeconds => Of(Uptime.Path, Uptime.Parse, static uptime => uptime.Centiseconds * PerHundredth);

    /// <summary>How many processes were killed for want of memory since boot; null: the tree does not say.</summary>
    internal ulong? OomKills => Load(VmStat.Path, VmStat.Parse, out _)?.Fields["oom_kill"u8];

    internal Amount Meminfo(string field, int unitBytes) =>
        Load(Parsing.Meminfo.Path, Parsing.Meminfo.Parse, out var problem) is { } file ? Named(file.Fields, field, unitBytes, Parsing.Meminfo.Path) : Amount.None(problem);

    internal Amount Vmstat(string field, int unitBytes) =>
        Load(VmStat.Path, VmStat.Parse, out var problem) is { } file ? Named(file.Fields, field, unitBytes, VmStat.Path) : Amount.None(problem);

    /// <summary>A figure of a zone in bytes; over all nodes that have the zone, or of one.</summary>
    internal Amount Zone(int? node, string zone, string field)
    {
        if (Load(ZoneInfo.Path, ZoneInfo.Parse, out var problem) is not { } zones) return Amount.None(problem);
        decimal? sum = null;
        foreach (var candidate in zones)
        {
            if (candidate.Name != zone || (node is not null && candidate.Node != node)) continue;
            if (candidate[field] is { } pages) sum = (sum ?? 0) + ((decimal)pages * BytesPerPage);
        }

        return sum is { } bytes ? Amount.Of(bytes) : Amount.None($"{ZoneInfo.Path} has no {field} of a zone {zone}{(node is null ? "" : $" on node {node}")}");
    }

    internal Amount Pressure(string resource, string kind, string field)
    {
        var path = "/proc/pressure/" + resource;
        if (LoadValue<PressureFile>(path, PressureFile.Parse, out var problem) is not { } file) return Amount.None(problem);
        if ((kind == "some" ? file.Some : file.Full) is not { } line) return Amount.None($"{path} has no line {kind}");
        const decimal PerCent = 0.01m;
        return Amount.Of(field switch
        {
            "avg10" => line.Average10 * PerHundredth * PerCent,
            "avg60" => line.Average60 * PerHundredth * PerCent,
            "avg300" => line.Average300 * PerHundredth * PerCent,
            _ => line.TotalMicroseconds * PerMicrosecond,
        });
    }

    /// <param name="index">0..2: the averages; 3: running tasks; 4: all.</param>
    internal Amount Load(int index) => Of(LoadAverages.Path, LoadAverages.Parse, load => index switch
    {
        0 => load.Load1 * PerHundredth,
        1 => load.Load5 * PerHundredth,
        2 => load.Load15 * PerHundredth,
        3 => load.Running,
        _ => load.Tasks,
    });

    /// <param name="area">The last part of an area's path; null: all areas together.</param>
    /// <param name="field">size, used, free in bytes; priority; areas, their number.</param>
    internal Amount Swaps(string? area, string field)
    {
        if (Load(SwapArea.Path, SwapArea.Parse, out var problem) is not { } areas) return Amount.None(problem);
        decimal sum = 0;
        var found = 0;
        foreach (var candidate in areas)
        {
            if (area is not null && candidate.Name != area) continue;
            found++;
            sum += field switch
            {
                "size" => (decimal)candidate.SizeKilobytes * 1024,
                "used" => (decimal)candidate.UsedKilobytes * 1024,
                "free" => ((decimal)candidate.SizeKilobytes - candidate.UsedKilobytes) * 1024,
                "priority" => candidate.Priority,
                _ => 1,
            };
        }

        return area is not null && found == 0 ? Amount.None($"no swap area is called {area}") : Amount.Of(sum);
    }

    internal Amount Service(string name, string field)
    {
        if (Load(ServiceTimes.Path, ServiceTimes.Parse, out var problem) is not { } services) return Amount.None(problem);
        foreach (var service in services)
        {
            if (service.Name != name) continue;
            return Amount.Of(field switch
            {
                "count" => service.Count,
                "p50" => service.P50 * PerMicrosecond,
                "p90" => service.P90 * PerMicrosecond,
                "p99" => service.P99 * PerMicrosecond,
                _ => service.Max * PerMicrosecond,
            });
        }

        return field == "count" ? Amount.Of(0) : Amount.None($"no service {name} has answered yet");
    }

    internal Amount CountProcesses(string name) => (_processes ??= new ProcessNames(tree)).Count(name);

    /// <summary>The sum over all processes of a name of a line of their status that is in kB, in bytes; 0 where there are none.</summary>
    internal Amount SumOfProcesses(string name, string line) => (_processes ??= new ProcessNames(tree)).Sum(name, line);

    /// <returns>Why the file cannot be read; null: it was.</returns>
    internal string? TryReadFile(string path, out ReadOnlySpan<byte> text)
    {
        var errno = tree.TryRead(path, out var content);
        text = content.Span;
        return errno == Errno.None ? null : $"{path}: {errno.Describe()}";
    }

    private static Amount Named(NamedCounters fields, string field, int unitBytes, string path) =>
        fields[Encoding.UTF8.GetBytes(field)] is { } value ? Amount.Of((decimal)value * unitBytes) : Amount.None($"{path} has no {field}");

    private Amount Of<T>(string path, ProcParser<T> parse, Func<T, decimal> figure)
        where T : struct =>
        LoadValue(path, parse, out var problem) is { } file ? Amount.Of(figure(file)) : Amount.None(problem);

    private T? LoadValue<T>(string path, ProcParser<T> parse, out string problem)
        where T : struct => (T?)Parsed(path, parse, out problem);

    private T? Load<T>(string path, ProcParser<T> parse, out string problem)
        where T : class => (T?)Parsed(path, parse, out problem);

    private object? Parsed<T>(string path, ProcParser<T> parse, out string problem)
    {
        if (!_files.TryGetValue(path, out var file)) _files.Add(path, file = Parse(path, parse));
        problem = file.Problem;
        return file.Content;
    }

    private ParsedFile Parse<T>(string path, ProcParser<T> parse)
    {
        if (TryReadFile(path, out var text) is { } problem) return new ParsedFile(null, problem);
        try
        {
            return new ParsedFile(parse(text, path), "");
        }
        catch (ProcFormatException malformed)
        {
            return new ParsedFile(null, malformed.Message);
        }
    }
}
