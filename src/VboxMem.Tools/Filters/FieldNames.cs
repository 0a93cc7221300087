// The names a filter may use, with what each measures and which files hold it. Other names of a field are those of ps and of status.

using VboxMem.Tools.Predicates;
using VboxMem.Tools.Processes;

namespace VboxMem.Tools.Filters;

internal static class FieldNames
{
    private const ProcessFiles WithCommandLine = ProcessFiles.Stat | ProcessFiles.Status | ProcessFiles.CommandLine;
    private const ProcessFiles WithOwner = ProcessFiles.Status | ProcessFiles.Owner;
    private const ProcessFiles WithRollup = ProcessFiles.Status | ProcessFiles.Rollup;

    private static readonly Unit _rate = Unit.Count.PerSecond;

    private static readonly (string Other, string Name)[] _otherNames =
    [
        ("comm", "name"), ("args", "cmd"), ("command", "cmd"), ("s", "state"), ("stat", "state"), ("euser", "user"), ("egroup", "group"),
        ("euid", "uid"), ("egid", "gid"), ("rssanon", "anon"), ("rssfile", "file"), ("rssshmem", "shmem"), ("res", "rss"), ("virt", "vsz"), ("vmswap", "swap"),
        ("oom", "oom_score"), ("adj", "oom_score_adj"), ("oomadj", "oom_score_adj"), ("ni", "nice"), ("nlwp", "threads"),
        ("pcpu", "cpu"), ("pmem", "mem"), ("etime", "elapsed"), ("minflt/s", "faults/s"), ("majflt/s", "majfaults/s"), ("faults", "minflt"), ("majfaults", "majflt"),
    ];

    /// <summary>Each field under its own name, in the order of the README.</summary>
    internal static IReadOnlyList<FieldInfo> All { get; } =
    [
        new(FilterField.Pid, "pid", Unit.Count, ProcessFiles.Stat, "number of the process"),
        new(FilterField.ParentPid, "ppid", Unit.Count, ProcessFiles.Stat, "number of its parent"),
        new(FilterField.Name, "name", null, ProcessFiles.Stat, "its name (comm), of 15 characters at most"),
        new(FilterField.CommandLine, "cmd", null, WithCommandLine, "its arguments; the name in brackets where it has none"),
        new(FilterField.User, "user", null, WithOwner, "name of its effective user"),
        new(FilterField.UserId, "uid", Unit.Count, WithOwner, "number of its effective user"),
        new(FilterField.Group, "group", null, WithOwner, "name of its effective group"),
        new(FilterField.GroupId, "gid", Unit.Count, WithOwner, "number of its effective group"),
        new(FilterField.State, "state", null, ProcessFiles.Stat, "one of R S D T t Z X I"),
        new(FilterField.Terminal, "tty", null, ProcessFiles.Stat, "its terminal, such as pts/0; ? for none"),
        new(FilterField.WaitChannel, "wchan", null, ProcessFiles.WaitChannel, "the kernel function in which it sleeps; - for none"),
        new(FilterField.Resident, "rss", Unit.Size, ProcessFiles.Stat | ProcessFiles.Status, "resident memory"),
        new(FilterField.Anonymous, "anon", Unit.Size, ProcessFiles.Status, "anonymous part of rss"),
        new(FilterField.File, "file", Unit.Size, ProcessFiles.Status, "part of rss that maps files"),
        new(FilterField.Shmem, "shmem", Unit.Size, ProcessFiles.Status, "part of rss that is shared memory or tmpfs"),
        new(FilterField.Shared, "shr", Unit.Size, ProcessFiles.Statm, "file and shmem together, as top shows them"),
        new(FilterField.Proportional, "pss", Unit.Size, WithRollup, "proportional set size: shared pages divided by who shares them"),
        new(FilterField.Unique, "uss", Unit.Size, WithRollup, "unique set size: what ends with the process"),
        new(FilterField.Swapped, "swap", Unit.Size, ProcessFiles.Status, "memory swapped out"),
        new(FilterField.Virtual, "vsz", Unit.Size, ProcessFiles.Stat, "virtual memory"),
        new(FilterField.Memory, "mem", Unit.Percent, ProcessFiles.Stat | ProcessFiles.Status, "rss as a part of the machine's memory"),
        new(FilterField.OomScore, "oom_score", Unit.Count, ProcessFiles.OomScore, "the OOM killer's score"),
        new(FilterField.OomScoreAdjustment, "oom_score_adj", Unit.Count, ProcessFiles.OomScoreAdjustment, "what is added to the score, -1000 to 1000"),
        new(FilterField.Nice, "nice", Unit.Count, ProcessFiles.Stat, "nice value, -20 to 19"),
        new(FilterField.Threads, "threads", Unit.Count, ProcessFiles.Stat | ProcessFiles.Status, "number of threads"),
        new(FilterField.Cpu, "cpu", Unit.Percent, ProcessFiles.Stat, "share of one CPU: since it started in ps, since the reading before on the screen"),
        new(FilterField.Time, "time", Unit.Time, ProcessFiles.Stat, "CPU time used"),
        new(FilterField.Start, "start", Unit.Time, ProcessFiles.Stat, "when it started, since boot"),
        new(FilterField.Elapsed, "elapsed", Unit.Time, ProcessFiles.Stat, "how long ago it started"),
        new(FilterField.MinorFaults, "minflt", Unit.Count, ProcessFiles.Stat, "faults without a read"),
        new(FilterField.MajorFaults, "majflt", Unit.Count, ProcessFiles.Stat, "faults with a read"),
        new(FilterField.FaultsPerSecond, "faults/s", _rate, ProcessFiles.Stat, "minor faults a second, between two readings"),
        new(FilterField.MajorFaultsPerSecond, "majfaults/s", _rate, ProcessFiles.Stat, "major faults a second, between two readings"),
    ];

    private static readonly SortedDictionary<string, FieldInfo> _byName = Index();

    internal static FieldInfo? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>What to write instead of a name that is none.</summary>
    internal static string Allowed(string written) => EditDistance.Nearest(written, _byName.Keys) is { } near
        ? $"nearest is {near}"
        : $"allowed {string.Join(", ", All.Select(static field => field.Name))}";

    private static SortedDictionary<string, FieldInfo> Index()
    {
        var byName = new SortedDictionary<string, FieldInfo>(StringComparer.Ordinal);
        foreach (var field in All) byName.Add(field.Name, field);
        foreach (var (other, name) in _otherNames) byName.Add(other, byName[name]);
        return byName;
    }
}
