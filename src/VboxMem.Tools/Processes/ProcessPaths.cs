namespace VboxMem.Tools.Processes;

/// <summary>
/// The paths of one process's files, each made when it is first asked for, so that a further reading makes no strings; and what else is
/// kept of it from one reading to the next.
/// </summary>
internal sealed class ProcessPaths(string directory)
{
    private string? _stat, _status, _statm, _commandLine, _environment, _controlGroup, _oomScore, _oomScoreAdjustment;
    private string? _rollup, _io, _waitChannel, _executable, _loginUser, _name, _autoGroup, _smaps, _maps, _tasks;

    internal string Directory { get; } = directory;

    /// <summary>When the process started that was found there last; another one may have its number since.</summary>
    internal ulong StartTicks { get; set; }

    internal IdleTexts? Idle { get; set; }

    internal string Tasks => _tasks ??= Directory + "/task";

    internal string Executable => _executable ??= Directory + "/exe";

    /// <summary>The path of one file.</summary>
    internal string Of(ProcessFiles file) => file switch
    {
        ProcessFiles.Stat => _stat ??= Directory + "/stat",
        ProcessFiles.Status => _status ??= Directory + "/status",
        ProcessFiles.Statm => _statm ??= Directory + "/statm",
        ProcessFiles.CommandLine => _commandLine ??= Directory + "/cmdline",
        ProcessFiles.Environment => _environment ??= Directory + "/environ",
        ProcessFiles.ControlGroup => _controlGroup ??= Directory + "/cgroup",
        ProcessFiles.OomScore => _oomScore ??= Directory + "/oom_score",
        ProcessFiles.OomScoreAdjustment => _oomScoreAdjustment ??= Directory + "/oom_score_adj",
        ProcessFiles.Rollup => _rollup ??= Directory + "/smaps_rollup",
        ProcessFiles.Io => _io ??= Directory + "/io",
        ProcessFiles.WaitChannel => _waitChannel ??= Directory + "/wchan",
        ProcessFiles.LoginUser => _loginUser ??= Directory + "/loginuid",
        ProcessFiles.Name => _name ??= Directory + "/comm",
        ProcessFiles.AutoGroup => _autoGroup ??= Directory + "/autogroup",
        ProcessFiles.Smaps => _smaps ??= Directory + "/smaps",
        ProcessFiles.Maps => _maps ??= Directory + "/maps",
        _ => throw new ArgumentOutOfRangeException(nameof(file), file, null),
    };
}
