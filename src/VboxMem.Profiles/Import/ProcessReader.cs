// The processes of a tree: each folder of /proc with a number for a name, read as far as its files go.

using System.Globalization;
using System.Text;
using VboxMem.Tools;
using VboxMem.Workloads;
using VboxMem.Workloads.BuildingBlocks;

namespace VboxMem.Profiles.Import;

internal sealed class ProcessReader
{
    private const int LongestPath = 1000;
    private const int MostArguments = 4096;
    private const int LongestArgument = 200_000;

    private readonly ImportSource _source;
    private int _withoutKinds;
    private int _withoutScore;

    private ProcessReader(ImportSource source) => _source = source;

    public static ImportedProcesses Read(ImportSource source)
    {
        var pids = source.List(source.Proc("")).Select(static name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0)
            .Where(static pid => pid > 0).Order().ToArray();
        if (pids.Length == 0) return new ImportedProcesses(PsListing.Read(source), null);
        return new ProcessReader(source).ReadAll(pids);
    }

    private ImportedProcesses ReadAll(int[] pids)
    {
        var list = new List<ImportedProcess>();
        SortedDictionary<string, ulong>? targets = null;
        var statuses = new List<(int Pid, ProcessStatus Status)>();
        foreach (var pid in pids)
        {
            if (_source.Parse(ProcessStatus.Parse, "", PathOf(pid, "status")) is { IsUser: true } status) statuses.Add((pid, status));
        }

        var programs = statuses.ToDictionary(static entry => entry.Pid, entry => ExecutableOf(entry.Pid));
        var names = statuses.ToDictionary(static entry => entry.Pid, static entry => entry.Status.Name);
        foreach (var (pid, status) in statuses)
        {
            if (programs[pid] == ReplicaFiles.FillerExecutable && TargetsOf(pid) is { } found)
            {
                targets = found;
                continue;
            }

            var hasParent = names.TryGetValue(status.ParentPid, out var parent);
            var isLikeParent = hasParent && (programs[pid].Length > 0 ? programs[pid] == programs[status.ParentPid] : parent == status.Name);
            list.Add(ReadOne(pid, status, programs[pid], isLikeParent));
        }

        if (_withoutKinds > 0) _source.Note($"missing: RssAnon, RssFile and RssShmem of {_withoutKinds} processes: what statm calls shared is taken for file pages");
        if (_withoutScore > 0) _source.Note($"missing: oom_score_adj of {_withoutScore} processes: 0 is taken");
        return new ImportedProcesses(list, targets);
    }

    private ImportedProcess ReadOne(int pid, ProcessStatus status, string executable, bool isLikeParent)
    {
        var score = _source.Text(PathOf(pid, "oom_score_adj"));
        if (score is null) _withoutScore++;
        var stat = _source.Parse(StatLine.Parse, "", PathOf(pid, "stat"));
        var (anon, file, shmem) = KindsOf(pid, status);
        var rollup = _source.Parse(SmapsSums.ParseRollup, "", PathOf(pid, "smaps_rollup"));
        var isReplica = _source.Text(PathOf(pid, "maps"))?.Contains("/replica", StringComparison.Ordinal) ?? false;
        var smaps = isLikeParent || isReplica ? _source.Parse(SmapsSums.Parse, "", PathOf(pid, "smaps")) : null;
        return new ImportedProcess(pid, status.ParentPid, CommOf(pid, status))
        {
            Arguments = ArgumentsOf(pid),
            Executable = executable,
            Uid = status.Uid,
            Gid = status.Gid,
            Nice = Math.Clamp(stat?.Nice ?? 0, -20, 19),
            OomScoreAdj = int.TryParse(score, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var adjustment) ? Math.Clamp(adjustment, -1000, 1000) : 0,
            Threads = status.Threads,
            AnonPages = anon,
            FilePages = file,
            ShmemPages = shmem,
            SwapPages = status.SwapKilobytes / 4,
            FileShareKilobytes = rollup?.FileShareKilobytes,
            ShmemShareKilobytes = rollup?.ShmemShareKilobytes,
            InheritedPages = isLikeParent ? smaps?.SharedAnonKilobytes / 4 : 0,
            SharedFilePages = isReplica ? smaps?.SharedFileKilobytes / 4 : null,
            SharedShmemPages = isReplica ? smaps?.SharedMemoryKilobytes / 4 : null,
        };
    }

    private (ulong Anon, ulong File, ulong Shmem) KindsOf(int pid, ProcessStatus status)
    {
        if (status.AnonKilobytes is { } anon) return (anon / 4, (status.FileKilobytes ?? 0) / 4, (status.ShmemKilobytes ?? 0) / 4);
        _withoutKinds++;
        var fields = _source.Text(PathOf(pid, "statm"))?.Split(' ') ?? [];
        var shared = fields.Length > 2 && ulong.TryParse(fields[2], CultureInfo.InvariantCulture, out var pages) ? Math.Min(pages, status.RssKilobytes / 4) : 0;
        return ((status.RssKilobytes / 4) - shared, shared, 0);
    }

    private string CommOf(int pid, ProcessStatus status)
    {
        var comm = _source.Read(PathOf(pid, "comm")) is { } bytes ? Encoding.UTF8.GetString(bytes).TrimEnd('\n') : status.Name;
        return string.Concat(comm.Take(15).Select(static letter => letter is >= ' ' and <= '~' ? letter : '?'));
    }

    private string ExecutableOf(int pid)
    {
        var link = _source.Link(PathOf(pid, "exe"));
        if (Fits(link)) return link!;
        var mapped = _source.Text(PathOf(pid, "maps"))?.Split('\n', 2)[0];
        var path = mapped is not null && mapped.IndexOf('/') is >= 0 and var slash ? mapped[slash..] : null;
        if (Fits(path)) return path!;
        var arguments = ArgumentsOf(pid);
        return arguments.Length > 0 && Fits(arguments[0]) && !arguments[0].Contains(' ') ? arguments[0] : "";
    }

    private static bool Fits(string? path) =>
        path is { Length: > 1 and <= LongestPath } && path[0] == '/' && path[^1] != '/' && !path.Contains("//", StringComparison.Ordinal)
        && !path.AsSpan().ContainsAnyExceptInRange(' ', '~') && path.Split('/').All(static part => part is not ("." or "..") && part.Length <= 200);

    private string[] ArgumentsOf(int pid)
    {
        if (_source.Read(PathOf(pid, "cmdline")) is not { } bytes) return [];
        var text = Encoding.UTF8.GetString(bytes).TrimEnd('\0');
        if (text.Length == 0) return [];
        var arguments = text.Split('\0').Select(ArgumentText.Escape).ToArray();
        if (arguments.Length <= MostArguments && arguments.All(static argument => argument.Length <= LongestArgument)) return arguments;
        _source.Note($"approximated: the arguments of process {pid} are cut off: they are too many or too long");
        return [.. arguments.Take(1).Select(static argument => argument[..Math.Min(argument.Length, LongestPath)])];
    }

    /// <summary>What the program that fills up totals was told; null where its arguments are not that program's.</summary>
    private SortedDictionary<string, ulong>? TargetsOf(int pid)
    {
        var targets = new SortedDictionary<string, ulong>(StringComparer.Ordinal);
        foreach (var argument in ArgumentsOf(pid).Skip(1))
        {
            var equals = argument.IndexOf('=');
            if (equals < 0 || !argument.EndsWith("kB", StringComparison.Ordinal)
                || !ulong.TryParse(argument.AsSpan(equals + 1, argument.Length - equals - 3), NumberStyles.None, CultureInfo.InvariantCulture, out var kilobytes)) return null;
            targets[argument[..equals]] = kilobytes;
        }

        return targets;
    }

    private string PathOf(int pid, string file) => _source.Proc(string.Create(CultureInfo.InvariantCulture, $"{pid}/{file}"));
}
