// One look at the tree: every file is read at most once, when it is first asked for, and its model kept.
//
// Invariants
//   R1  All of it belongs to one moment. Once the box has gone on nothing more is read into it: what is asked for then is not there,
//       and IsStale says that a new reading is needed.
//   R2  Reading changes nothing on the box.

using VboxMem.FileTree;
using VboxMem.Tools;
using VboxMem.Tools.Parsing;
using VboxMem.Tools.Processes;

namespace VboxMem.Tui.Readings;

public sealed class Reading
{
    private readonly Func<TimeSpan> _now;
    private readonly Dictionary<string, object> _models = new(StringComparer.Ordinal);
    private readonly Dictionary<int, (ProcessFiles Files, ProcessRecord? Record)> _single = [];
    private readonly ProcessReader _processReader;
    private readonly KeptModels _kept;
    private ProcessFiles _files;
    private List<ProcessRecord>? _processes;

    /// <param name="tree">The files.</param>
    /// <param name="processes">Reader of its processes, kept from reading to reading.</param>
    /// <param name="now">What time it is on the box, since it was booted.</param>
    /// <param name="kept">Models kept from reading to reading; null: none are.</param>
    public Reading(IFileTree tree, ProcessReader processes, Func<TimeSpan> now, KeptModels? kept = null)
    {
        (Tree, _processReader, _now, _kept) = (tree, processes, now, kept ?? new KeptModels());
        At = now();
    }

    public IFileTree Tree { get; }

    /// <summary>When, since the machine was booted.</summary>
    public TimeSpan At { get; }

    /// <summary>Something was asked for that has not been read in time.</summary>
    public bool IsStale { get; private set; }

    public Loaded<Meminfo> Meminfo => Load<Meminfo>(Tools.Parsing.Meminfo.Path, Tools.Parsing.Meminfo.Parse);

    public Loaded<VmStat> VmStat => Load<VmStat>(Tools.Parsing.VmStat.Path, Tools.Parsing.VmStat.Parse);

    public Loaded<Stat> Stat => Load<Stat>(Tools.Parsing.Stat.Path, Tools.Parsing.Stat.Parse);

    public Loaded<IReadOnlyList<ZoneInfo>> Zones => Load<IReadOnlyList<ZoneInfo>>(ZoneInfo.Path, ZoneInfo.Parse);

    public Loaded<IReadOnlyList<BuddyInfo>> BuddyInfo => Load<IReadOnlyList<BuddyInfo>>(Tools.Parsing.BuddyInfo.Path, Tools.Parsing.BuddyInfo.Parse);

    public Loaded<SlabInfo> Slabs => Load<SlabInfo>(SlabInfo.Path, SlabInfo.Parse);

    public Loaded<IReadOnlyList<SwapArea>> Swaps => Load<IReadOnlyList<SwapArea>>(SwapArea.Path, SwapArea.Parse);

    public Loaded<IReadOnlyList<KernelMessage>> Log => Load<IReadOnlyList<KernelMessage>>(KernelMessage.Path, KernelMessage.ParseAll);

    /// <summary>Pressure of <c>cpu</c>, <c>memory</c> or <c>io</c>.</summary>
    public PressureFile? Pressure(string resource) =>
        Load<Boxed<PressureFile>>("/proc/pressure/" + resource, static (text, path) => new Boxed<PressureFile>(PressureFile.Parse(text, path))).Value?.Value;

    public LoadAverages? Load1515 =>
        Load<Boxed<LoadAverages>>(LoadAverages.Path, static (text, path) => new Boxed<LoadAverages>(LoadAverages.Parse(text, path))).Value?.Value;

    public Uptime? Uptime =>
        Load<Boxed<Uptime>>(Tools.Parsing.Uptime.Path, static (text, path) => new Boxed<Uptime>(Tools.Parsing.Uptime.Parse(text, path))).Value?.Value;

    public Accounts Accounts => Make("accounts", static reading => reading._kept.AccountsOf(reading.Tree));

    /// <summary>A table under <c>/sys/kernel/debug/vbox</c>.</summary>
    public Loaded<DebugTable> Debug(string name) => Load<DebugTable>("/sys/kernel/debug/vbox/" + name, DebugTable.Parse);

    /// <summary>All processes, with at least these files read of each. Empty when they were not read in time.</summary>
    public IReadOnlyList<ProcessRecord> Processes(ProcessFiles files)
    {
        if (_processes is not null && (files & ~_files) == 0) return _processes;
        if (!IsInTime()) return _processes ?? [];
        _files |= files;
        var records = new List<ProcessRecord>();
        try
        {
            _processReader.TryReadAll(_files, records);
        }
        catch (ProcFormatException malformed)
        {
            ProcessProblem = malformed.Message;
        }

        return _processes = records;
    }

    /// <summary>What was wrong with a file of a process; empty: nothing.</summary>
    public string ProcessProblem { get; private set; } = "";

    /// <summary>One process with files that cost more than a table of all should: smaps, smaps_rollup. Null: it is not there.</summary>
    public ProcessRecord? Process(int pid, ProcessFiles files)
    {
        if (_single.TryGetValue(pid, out var known) && (files & ~known.Files) == 0) return known.Record;
        if (!IsInTime()) return known.Record;
        files |= known.Files;
        ProcessRecord? record = null;
        try
        {
            record = _processReader.TryRead(pid, files);
        }
        catch (ProcFormatException malformed)
        {
            ProcessProblem = malformed.Message;
        }

        _single[pid] = (files, record);
        return record;
    }

    /// <summary>Reads a file into its model.</summary>
    /// <param name="path">The file.</param>
    /// <param name="parse">Its parser.</param>
    public Loaded<T> Load<T>(string path, ProcParser<T> parse)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(parse);
        if (_models.TryGetValue(path, out var known)) return (Loaded<T>)known;
        if (!IsInTime()) return new Loaded<T>(null, "");
        var loaded = Parse(path, parse);
        _models.Add(path, loaded);
        return loaded;
    }

    /// <summary>Keeps something that was made of this reading, so that it is made once.</summary>
    public T Make<T>(string name, Func<Reading, T> make)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(make);
        if (_models.TryGetValue(name, out var known)) return (T)known;
        var made = make(this);
        if (!IsStale) _models.Add(name, made);
        return made;
    }

    private bool IsInTime()
    {
        if (_now() == At) return true;
        IsStale = true;
        return false;
    }

    private Loaded<T> Parse<T>(string path, ProcParser<T> parse)
        where T : class
    {
        var errno = Tree.TryRead(path, out var content);
        if (errno != Errno.None) return new Loaded<T>(null, $"{path}: {errno.Describe()}");
        if (_kept.Find(path, content.Span) is Loaded<T> known) return known;
        try
        {
            var loaded = new Loaded<T>(parse(content.Span, path), "");
            _kept.Keep(path, content, loaded);
            return loaded;
        }
        catch (ProcFormatException malformed)
        {
            return new Loaded<T>(null, malformed.Message);
        }
    }

    private sealed record Boxed<T>(T Value);
}
