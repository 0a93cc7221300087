// A captured experiment: a script run on a real kernel (Linux 6.12.107), with /proc sampled while it ran and read at named moments.
//
// Times are since the moment "start". Moments and processes of the same name are put together: where the script read /proc/PID at
// another time than the snapshot of that name, Experiments/README.md says so.

using System.Globalization;
using System.Text.Json;

namespace VboxMem.Testing.Experiments;

/// <summary>The machine of an experiment; disks that are absent are false and 0.</summary>
public sealed record ExperimentMachine(
    int RamMebibytes, int Cpus, string CommandLine, bool HasExt4Disk, long? WriteLimitBytesPerSecond, int SwapMebibytes);

/// <summary>A line of the script's log.</summary>
public sealed record ExperimentEvent(TimeSpan SinceStart, string Text);

/// <summary>A captured experiment. Load once per test; unpacking takes some ten milliseconds.</summary>
public sealed class Experiment
{
    private const string SnapshotLine = "snap ";

    private readonly SortedDictionary<string, string> _files;
    private readonly TimeSpan _start;

    private Experiment(string name)
    {
        Name = name;
        _files = ExperimentArchive.Read(Path.Combine(SourceTree.Experiments, name + ".tar.gz"));
        var log = ReadLog(_files["log.txt"]);
        _start = log.First(static line => line.Text == SnapshotLine + ExperimentTexts.Start).SinceStart;
        Events = log.Select(line => line with { SinceStart = line.SinceStart - _start }).ToArray();
        Machine = ReadMachine(_files["shape.json"]);
        Log = CapturedLog.FromDmesg(_files["dmesg.txt"]);
        Texts = new ExperimentTexts
        {
            Moments = ReadMoments(),
            VmstatSamples = Series("vmstat"),
            KernelLog = _files["dmesg.txt"],
            Output = _files["workload.txt"],
        };
    }

    public string Name { get; }

    public ExperimentMachine Machine { get; }

    /// <summary>What the script did, in order.</summary>
    public IReadOnlyList<ExperimentEvent> Events { get; }

    /// <summary>The kernel log.</summary>
    public CapturedLog Log { get; }

    /// <summary>What a comparison needs.</summary>
    public ExperimentTexts Texts { get; }

    /// <summary>The names of all captured experiments, sorted.</summary>
    public static IReadOnlyList<string> Names { get; } =
        Directory.EnumerateFiles(SourceTree.Experiments, "*.tar.gz")
            .Select(static file => Path.GetFileName(file)[..^".tar.gz".Length])
            .Order(StringComparer.Ordinal)
            .ToArray();

    /// <summary>Reads a captured experiment.</summary>
    /// <param name="name">A name out of <see cref="Names"/>.</param>
    /// <exception cref="FileNotFoundException">There is no such experiment.</exception>
    public static Experiment Load(string name) => new(name);

    /// <summary>When a snapshot was taken.</summary>
    /// <exception cref="InvalidOperationException">The log names no such snapshot.</exception>
    public TimeSpan TimeOf(string moment) => Events.First(line => line.Text == SnapshotLine + moment).SinceStart;

    /// <summary>The samples of a file (<c>vmstat meminfo zoneinfo procs pressure_memory</c>) in order of time; the first lie before start.</summary>
    public IReadOnlyList<TimedText> Series(string file) => SampleReader.Read(_files[$"series/{file}.txt"], _start);

    public override string ToString() => Name;

    private static List<ExperimentEvent> ReadLog(string text)
    {
        var events = new List<ExperimentEvent>();
        foreach (var line in text.Split('\n'))
        {
            if (!line.StartsWith("t=", StringComparison.Ordinal)) continue;

            var blank = line.IndexOf(' ', StringComparison.Ordinal);
            events.Add(new ExperimentEvent(SampleReader.Seconds(line[2..blank]), line[(blank + 1)..].TrimEnd()));
        }

        return events;
    }

    private static ExperimentMachine ReadMachine(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        var limit = root.GetProperty("ext4_disk_write_limit_bytes_per_s");
        return new ExperimentMachine(
            root.GetProperty("ram_mib").GetInt32(),
            root.GetProperty("cpus").GetInt32(),
            root.GetProperty("kernel_command_line").GetString()!,
            root.GetProperty("ext4_disk").GetBoolean(),
            limit.ValueKind == JsonValueKind.Null ? null : limit.GetInt64(),
            root.GetProperty("swap_disk_mib").GetInt32());
    }

    // snaps/MOMENT/FILE.txt and procs/MOMENT/NAME-PID_FILE.txt
    private SortedDictionary<string, ProcTexts> ReadMoments()
    {
        var files = new SortedDictionary<string, SortedDictionary<string, string>>(StringComparer.Ordinal);
        var processes = new SortedDictionary<string, SortedDictionary<int, ProcessTexts>>(StringComparer.Ordinal);
        foreach (var (path, text) in _files)
        {
            var parts = path.Split('/');
            if (parts.Length != 3) continue;

            var file = Path.GetFileNameWithoutExtension(parts[2]);
            if (parts[0] == "snaps") ValueOf(files, parts[1]).Add(file, text);
            else if (parts[0] == "procs") AddProcessFile(ValueOf(processes, parts[1]), file, text);
        }

        var moments = new SortedDictionary<string, ProcTexts>(StringComparer.Ordinal);
        foreach (var name in files.Keys.Union(processes.Keys)) moments.Add(name, new ProcTexts(ValueOf(files, name), ValueOf(processes, name).Values.ToArray()));
        return moments;
    }

    private static void AddProcessFile(SortedDictionary<int, ProcessTexts> processes, string file, string text)
    {
        var underscore = file.IndexOf('_', StringComparison.Ordinal);
        var dash = file.LastIndexOf('-', underscore);
        var pid = int.Parse(file.AsSpan(dash + 1, underscore - dash - 1), CultureInfo.InvariantCulture);
        if (!processes.TryGetValue(pid, out var process))
        {
            process = new ProcessTexts(file[..dash], pid, new SortedDictionary<string, string>(StringComparer.Ordinal));
            processes.Add(pid, process);
        }

        ((SortedDictionary<string, string>)process.Files).Add(file[(underscore + 1)..], text);
    }

    private static TValue ValueOf<TKey, TValue>(SortedDictionary<TKey, TValue> dictionary, TKey key)
        where TKey : notnull
        where TValue : new()
    {
        if (!dictionary.TryGetValue(key, out var value)) dictionary.Add(key, value = new TValue());
        return value;
    }
}
