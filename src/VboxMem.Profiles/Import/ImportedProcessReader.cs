// The processes of a tree: each folder of /proc with a number for a name, read as far as its files go.

using System.Globalization;
using System.Text;
using VboxMem.Tools.Processes;
using VboxMem.Workloads;
using VboxMem.Workloads.BuildingBlocks;

namespace VboxMem.Profiles.Import;

internal sealed class ImportedProcessReader
{
    private const int MostThreads = 100_000;
    private const int LongestPath = 1000;
    private const int MostArguments = 4096;
    private const int LongestArgument = 200_000;

    /// <summary>What is read of each process. A tree may lack stat, without which a reading that asks for it has nothing: that is read apart.</summary>
    private const ProcessFiles Files = ProcessFiles.Status | ProcessFiles.Name | ProcessFiles.CommandLine | ProcessFiles.Executable
        | ProcessFiles.OomScoreAdjustment | ProcessFiles.Rollup;

    private readonly ImportSource _source;
    private int _withoutKinds;
    private int _withoutScore;

    private ImportedProcessReader(ImportSource source) => _source = source;

    public static ImportedProcesses Read(ImportSource source)
    {
        var pids = source.List(source.Proc("")).Select(static name => ProcessReader.TryParsePid(name, out var pid) ? pid : 0)
            .Where(static pid => pid > 0).Order().ToArray();
        if (pids.Length == 0) return new ImportedProcesses(PsListing.Read(source), null);
        return new ImportedProcessReader(source).ReadAll(pids);
    }

    private ImportedProcesses ReadAll(int[] pids)
    {
        var list = new List<ImportedProcess>();
        SortedDictionary<string, ulong>? targets = null;
        var records = new SortedDictionary<int, ProcessRecord>();
        foreach (var pid in pids)
        {
            if (Read(pid, Files) is { Status.HasMemory: true } process) records.Add(pid, process);
        }

        var programs = records.ToDictionary(static entry => entry.Key, entry => ExecutableOf(entry.Key, entry.Value));
        foreach (var (pid, process) in records)
        {
            if (programs[pid] == ReplicaFiles.FillerExecutable && TargetsOf(pid, process) is { } found)
            {
                targets = found;
                continue;
            }

            var isLikeParent = records.TryGetValue(process.Status.ParentPid, out var parent)
                && (programs[pid].Length > 0 ? programs[pid] == programs[process.Status.ParentPid] : parent.Name.Span.SequenceEqual(process.Name.Span));
            list.Add(ReadOne(pid, process, programs[pid], isLikeParent));
        }

        if (_withoutKinds > 0) _source.Note($"missing: RssAnon, RssFile and RssShmem of {_withoutKinds} processes: what statm calls shared is taken for file pages");
        if (_withoutScore > 0) _source.Note($"missing: oom_score_adj of {_withoutScore} processes: 0 is taken");
        return new ImportedProcesses(list, targets);
    }

    private ImportedProcess ReadOne(int pid, ProcessRecord process, string executable, bool isLikeParent)
    {
        if (!process.Has(ProcessFiles.OomScoreAdjustment)) _withoutScore++;
        var (anon, file, shmem) = KindsOf(pid, process.Status);
        var isReplica = MapsOf(pid)?.Contains("/replica", StringComparison.Ordinal) ?? false;
        var shared = isLikeParent || isReplica ? SharedMemoryOf(pid) : null;
        return new ImportedProcess(pid, process.Status.ParentPid, CommOf(process))
        {
            Arguments = ArgumentsOf(pid, process),
            Executable = executable,
            Uid = process.Status.EffectiveUser,
            Gid = process.Status.EffectiveGroup,
            Nice = Math.Clamp(Read(pid, ProcessFiles.Stat)?.Stat.Nice ?? 0, -20, 19),
            OomScoreAdj = Math.Clamp(process.OomScoreAdjustment, -1000, 1000),
            Threads = Math.Clamp(process.Status.Threads, 1, MostThreads),
            AnonPages = anon,
            FilePages = file,
            ShmemPages = shmem,
            SwapPages = process.Status.VmSwap / 4,
            FileShareKilobytes = process.Rollup.HasPssKinds ? process.Rollup.PssFile : null,
            ShmemShareKilobytes = process.Rollup.HasPssKinds ? process.Rollup.PssShmem : null,
            InheritedPages = isLikeParent ? shared?.AnonKilobytes / 4 : 0,
            SharedFilePages = isReplica ? shared?.FileKilobytes / 4 : null,
            SharedShmemPages = isReplica ? shared?.ShmemKilobytes / 4 : null,
        };
    }

    /// <summary>Files of a process; null where none is there, or where one is malformed or beyond what an import takes.</summary>
    private ProcessRecord? Read(int pid, ProcessFiles files) => _source.Try(() =>
    {
        var process = _source.Processes.TryRead(pid, files);
        if (process is not null) ProcessLimits.Check(process);
        return process;
    });

    private SharedMemory? SharedMemoryOf(int pid) =>
        _source.Try(() => _source.Processes.TryRead(pid, ProcessFiles.Smaps) is { } process ? SharedMemory.Of(process) : null);

    private string? MapsOf(int pid) => _source.Text(_source.Proc(string.Create(CultureInfo.InvariantCulture, $"{pid}/maps")));

    private (ulong Anon, ulong File, ulong Shmem) KindsOf(int pid, in PidStatus status)
    {
        if (status.HasResidentKinds) return (status.RssAnon / 4, status.RssFile / 4, status.RssShmem / 4);
        _withoutKinds++;
        var shared = Math.Min(Read(pid, ProcessFiles.Statm)?.Statm.Shared ?? 0, status.VmRss / 4);
        return ((status.VmRss / 4) - shared, shared, 0);
    }

    private static string CommOf(ProcessRecord process) =>
        string.Concat(Encoding.UTF8.GetString(process.Name.Span).Take(15).Select(static letter => letter is >= ' ' and <= '~' ? letter : '?'));

    private string ExecutableOf(int pid, ProcessRecord process)
    {
        if (Fits(process.Executable)) return process.Executable;
        var mapped = MapsOf(pid)?.Split('\n', 2)[0];
        var path = mapped is not null && mapped.IndexOf('/') is >= 0 and var slash ? mapped[slash..] : null;
        if (Fits(path)) return path!;
        var arguments = ArgumentsOf(pid, process);
        return arguments.Length > 0 && Fits(arguments[0]) && !arguments[0].Contains(' ') ? arguments[0] : "";
    }

    private static bool Fits(string? path) =>
        path is { Length: > 1 and <= LongestPath } && path[0] == '/' && path[^1] != '/' && !path.Contains("//", StringComparison.Ordinal)
        && !path.AsSpan().ContainsAnyExceptInRange(' ', '~') && path.Split('/').All(static part => part is not ("." or "..") && part.Length <= 200);

    private string[] ArgumentsOf(int pid, ProcessRecord process)
    {
        var text = Encoding.UTF8.GetString(process.CommandLine.Span).TrimEnd('\0');
        if (text.Length == 0) return [];
        var arguments = text.Split('\0').Select(ArgumentText.Escape).ToArray();
        if (arguments.Length <= MostArguments && arguments.All(static argument => argument.Length <= LongestArgument)) return arguments;
        _source.Note($"approximated: the arguments of process {pid} are cut off: they are too many or too long");
        return [.. arguments.Take(1).Select(static argument => argument[..Math.Min(argument.Length, LongestPath)])];
    }

    /// <summary>What the program that fills up totals was told; null where its arguments are not that program's.</summary>
    private SortedDictionary<string, ulong>? TargetsOf(int pid, ProcessRecord process)
    {
        var targets = new SortedDictionary<string, ulong>(StringComparer.Ordinal);
        foreach (var argument in ArgumentsOf(pid, process).Skip(1))
        {
            var equals = argument.IndexOf('=');
            if (equals < 0 || !argument.EndsWith("kB", StringComparison.Ordinal)
                || !ulong.TryParse(argument.AsSpan(equals + 1, argument.Length - equals - 3), NumberStyles.None, CultureInfo.InvariantCulture, out var kilobytes)) return null;
            targets[argument[..equals]] = kilobytes;
        }

        return targets;
    }
}
