// The processes and threads of a tree, read as procps reads them: only the files a tool asks for, in the order of the listing.
//
// Invariants
//   R1  A process whose stat was asked for and cannot be read, or is empty, has ended meanwhile: it is left out.
//   R2  Any other file that cannot be read leaves its values 0 or empty; who reads finds out by ProcessRecord.Have.
//   R3  A file that is there but malformed is an error that names file, line and what is allowed.
//
// Cost    a read a file and process, one object a process; path strings are kept from reading to reading.
// Models  procps-ng 4.0's readproc; facts: virtual memory and tools, 6.1 to 6.5.

using System.Buffers.Text;
using System.Globalization;
using VboxMem.FileTree;

namespace VboxMem.Tools.Processes;

/// <summary>Reads the processes of one tree. Make one and keep it for repeated readings.</summary>
/// <param name="tree">The files.</param>
/// <param name="proc">Where in them /proc is; empty: they are those of /proc.</param>
public sealed class ProcessReader(IFileTree tree, string proc = "/proc")
{
    private Dictionary<long, ProcessPaths> _paths = [];

    /// <summary>
    /// Command line and wait channel of who has not run since the reading before are taken from there, if status is read too: most
    /// processes sleep most of the time. For trees whose time only goes on.
    /// </summary>
    public bool KeepsTextsOfIdle { get; init; }

    /// <summary>All processes, in the order in which /proc lists them.</summary>
    /// <exception cref="ProcFormatException">A file of a process is malformed.</exception>
    public Errno TryReadAll(ProcessFiles files, List<ProcessRecord> processes)
    {
        ArgumentNullException.ThrowIfNull(processes);
        processes.Clear();
        var errno = tree.TryList(Folder, out var names);
        if (errno != Errno.None) return errno;
        foreach (var name in names)
        {
            if (TryParsePid(name, out var pid) && TryRead(pid, files) is { } process) processes.Add(process);
        }

        ForgetPathsOfTheGone(processes.Count);
        return Errno.None;
    }

    /// <summary>
    /// All threads of all processes, the threads of a process together; a process without <c>task</c> has none. Where even
    /// <c>/proc/self</c> has no <c>task</c> there are no threads to be seen, and the processes stand for them.
    /// </summary>
    /// <exception cref="ProcFormatException">A file of a thread is malformed.</exception>
    public Errno TryReadAllThreads(ProcessFiles files, List<ProcessRecord> threads)
    {
        ArgumentNullException.ThrowIfNull(threads);
        threads.Clear();
        if (!HasThreads) return TryReadAll(files, threads);
        var errno = tree.TryList(Folder, out var names);
        if (errno != Errno.None) return errno;
        foreach (var name in names)
        {
            if (TryParsePid(name, out var pid)) ReadThreads(pid, files, threads);
        }

        ForgetPathsOfTheGone(threads.Count);
        return Errno.None;
    }

    /// <summary>
    /// Adds the threads of one process. As in procps's library the first thread is read from the process's own files: it has the
    /// times and faults of all.
    /// </summary>
    public void ReadThreads(int tgid, ProcessFiles files, List<ProcessRecord> threads)
    {
        ArgumentNullException.ThrowIfNull(threads);
        if (!HasThreads)
        {
            if (TryRead(tgid, files) is { } process) threads.Add(process);
            return;
        }

        if (tree.TryList(PathsOf(tgid, 0).Tasks, out var names) != Errno.None) return;
        foreach (var name in names)
        {
            if (!TryParsePid(name, out var tid)) continue;
            if (TryFill(new ProcessRecord(PathsOf(tgid, tid == tgid ? 0 : tid), tid, tgid), files) is not { } thread) break;
            threads.Add(thread);
        }
    }

    /// <summary>One process, or a thread by its number, which /proc does not list but answers to.</summary>
    /// <returns>Null: it is not there, or has ended.</returns>
    /// <exception cref="ProcFormatException">A file of the process is malformed.</exception>
    public ProcessRecord? TryRead(int pid, ProcessFiles files) => TryFill(new ProcessRecord(PathsOf(pid, 0), pid, pid), files);

    private string Folder => proc.Length == 0 ? "/" : proc;

    private bool HasThreads => tree.TryStat(proc + "/self/task", out _) == Errno.None;

    internal static bool TryParsePid(string name, out int pid)
    {
        pid = 0;
        return name.Length > 0 && name[0] is > '0' and <= '9'
            && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out pid);
    }

    private ProcessPaths PathsOf(int tgid, int tid)
    {
        var key = ((long)tgid << 32) | (uint)tid;
        if (_paths.TryGetValue(key, out var paths)) return paths;
        paths = new ProcessPaths(tid == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{proc}/{tgid}")
            : string.Create(CultureInfo.InvariantCulture, $"{proc}/{tgid}/task/{tid}"));
        _paths.Add(key, paths);
        return paths;
    }

    private void ForgetPathsOfTheGone(int living)
    {
        if (_paths.Count > 64 + (4 * living)) _paths = [];
    }

    private ProcessRecord? TryFill(ProcessRecord process, ProcessFiles files)
    {
        if ((files & ProcessFiles.Owner) != 0)
        {
            if (tree.TryStat(process.Paths.Directory, out var owner) != Errno.None) return null;
            process.DirectoryUser = owner.UserId;
            process.DirectoryGroup = owner.GroupId;
            process.Have |= ProcessFiles.Owner;
        }

        if ((files & ProcessFiles.Stat) != 0 && !TryFillStat(process)) return null;
        if ((files & ProcessFiles.Status) != 0) FillStatus(process);
        if ((files & (ProcessFiles.Statm | ProcessFiles.Rollup | ProcessFiles.Io)) != 0) FillFigures(process, files);
        if ((files & (ProcessFiles.CommandLine | ProcessFiles.Environment | ProcessFiles.ControlGroup
            | ProcessFiles.WaitChannel | ProcessFiles.Smaps | ProcessFiles.Maps | ProcessFiles.Name)) != 0) FillTexts(process, files);
        if ((files & (ProcessFiles.OomScore | ProcessFiles.OomScoreAdjustment | ProcessFiles.LoginUser)) != 0) FillNumbers(process, files);
        if ((files & ProcessFiles.AutoGroup) != 0) FillAutoGroup(process);
        if ((files & ProcessFiles.Executable) != 0 && tree.TryReadLink(process.Paths.Executable, out var target) == Errno.None)
        {
            process.Executable = target;
            process.Have |= ProcessFiles.Executable;
        }

        return process.Have == ProcessFiles.None ? null : process;
    }

    private bool TryFillStat(ProcessRecord process)
    {
        if (!TryRead(process, ProcessFiles.Stat, out var content)) return false;
        process.Stat = PidStat.Parse(content.Span, process.Paths.Of(ProcessFiles.Stat), out var name);
        process.Name = content[name];
        if (KeepsTextsOfIdle && process.Paths.StartTicks != process.Stat.StartTicks)
            (process.Paths.StartTicks, process.Paths.Idle) = (process.Stat.StartTicks, null);
        return true;
    }

    private void FillStatus(ProcessRecord process)
    {
        if (!TryRead(process, ProcessFiles.Status, out var content)) return;
        process.Set(PidStatus.Parse(content.Span, process.Paths.Of(ProcessFiles.Status), out var name));
        process.StatusText = content;
        if (!process.Has(ProcessFiles.Stat)) process.Name = ProcessName.Unescape(content[name]);
        if (process.Status.Threads == 0) return;   // kernels that do not count threads tell no group either
        process.Pid = process.Status.Pid;
        process.Tgid = process.Status.Tgid;
    }

    private void FillFigures(ProcessRecord process, ProcessFiles files)
    {
        if ((files & ProcessFiles.Statm) != 0 && TryRead(process, ProcessFiles.Statm, out var content))
            process.Statm = PidStatm.Parse(content.Span, process.Paths.Of(ProcessFiles.Statm));
        if ((files & ProcessFiles.Rollup) != 0 && TryRead(process, ProcessFiles.Rollup, out content))
            process.Set(PidRollup.Parse(content.Span, process.Paths.Of(ProcessFiles.Rollup)));
        if ((files & ProcessFiles.Io) != 0 && TryRead(process, ProcessFiles.Io, out content))
            process.Set(PidIo.Parse(content.Span, process.Paths.Of(ProcessFiles.Io)));
    }

    private void FillTexts(ProcessRecord process, ProcessFiles files)
    {
        var idle = IdleOf(process);
        if ((files & ProcessFiles.CommandLine) != 0 && TryReadUnlessKept(process, ProcessFiles.CommandLine, idle?.CommandLine ?? default, out var content))
        {
            process.CommandLine = content;
            idle?.CommandLine = content;
        }

        if ((files & ProcessFiles.WaitChannel) != 0 && TryReadUnlessKept(process, ProcessFiles.WaitChannel, idle?.WaitChannel ?? default, out content))
        {
            process.WaitChannel = content;
            idle?.WaitChannel = content;
        }

        if ((files & ProcessFiles.Environment) != 0 && TryRead(process, ProcessFiles.Environment, out content)) process.Environment = content;
        if ((files & ProcessFiles.ControlGroup) != 0 && TryRead(process, ProcessFiles.ControlGroup, out content)) process.ControlGroup = content;
        if ((files & ProcessFiles.Smaps) != 0 && TryRead(process, ProcessFiles.Smaps, out content)) process.Smaps = content;
        if ((files & ProcessFiles.Maps) != 0 && TryRead(process, ProcessFiles.Maps, out content)) process.Maps = content;
        if ((files & ProcessFiles.Name) != 0 && TryRead(process, ProcessFiles.Name, out content))
            process.Name = content[..content.Span.TrimEnd((byte)'\n').Length];
    }

    private IdleTexts? IdleOf(ProcessRecord process)
    {
        if (!KeepsTextsOfIdle || !IdleTexts.CanTell(process.Status)) return null;
        if (process.Paths.Idle is { } idle && idle.IsOf(process.Status)) return idle;
        return process.Paths.Idle = new IdleTexts(process.Status);
    }

    private bool TryReadUnlessKept(ProcessRecord process, ProcessFiles file, ReadOnlyMemory<byte> kept, out ReadOnlyMemory<byte> content)
    {
        if (kept.IsEmpty) return TryRead(process, file, out content);
        content = kept;
        process.Have |= file;
        return true;
    }

    private void FillNumbers(ProcessRecord process, ProcessFiles files)
    {
        if ((files & ProcessFiles.OomScore) != 0) process.OomScore = ReadNumber(process, ProcessFiles.OomScore) ?? 0;
        if ((files & ProcessFiles.OomScoreAdjustment) != 0) process.OomScoreAdjustment = ReadNumber(process, ProcessFiles.OomScoreAdjustment) ?? 0;
        if ((files & ProcessFiles.LoginUser) != 0) process.LoginUser = ReadNumber(process, ProcessFiles.LoginUser) ?? -1;
    }

    /// <summary>A file of one number. 4294967295 stands for -1, as in loginuid.</summary>
    private int? ReadNumber(ProcessRecord process, ProcessFiles file)
    {
        if (!TryRead(process, file, out var content)) return null;
        var text = content.Span.Trim(" \t\n"u8);
        if (Utf8Parser.TryParse(text, out long number, out var length) && length == text.Length && number is >= int.MinValue and <= uint.MaxValue)
            return unchecked((int)number);
        throw new ProcFormatException(process.Paths.Of(file), 1,
            $"\"{Parsing.LineReader.Quote(text)}\", allowed is a whole number from {int.MinValue} to {uint.MaxValue}");
    }

    /// <summary>Such as <c>/autogroup-123 nice 0</c>.</summary>
    private void FillAutoGroup(ProcessRecord process)
    {
        if (!TryRead(process, ProcessFiles.AutoGroup, out var content)) return;
        var text = content.Span;
        if (!text.StartsWith("/autogroup-"u8)) return;
        text = text["/autogroup-"u8.Length..];
        if (!Utf8Parser.TryParse(text, out int group, out var length)) return;
        process.AutoGroup = group;
        text = text[length..];
        if (text.StartsWith(" nice "u8) && Utf8Parser.TryParse(text[" nice "u8.Length..], out int nice, out _)) process.AutoGroupNice = nice;
    }

    /// <summary>An empty file is as good as none: the process ended between open and read.</summary>
    private bool TryRead(ProcessRecord process, ProcessFiles file, out ReadOnlyMemory<byte> content)
    {
        if (tree.TryRead(process.Paths.Of(file), out content) != Errno.None || content.IsEmpty) return false;
        process.Have |= file;
        return true;
    }
}
