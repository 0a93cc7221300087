namespace VboxMem.Tools.Processes;

/// <summary>The files of <c>/proc/PID</c> that a tool wants read; each costs an open and a read a process.</summary>
[Flags]
public enum ProcessFiles
{
    None = 0,
    Stat = 1 << 0,
    Status = 1 << 1,
    Statm = 1 << 2,
    CommandLine = 1 << 3,
    Environment = 1 << 4,
    ControlGroup = 1 << 5,
    OomScore = 1 << 6,
    OomScoreAdjustment = 1 << 7,
    Rollup = 1 << 8,
    Io = 1 << 9,
    WaitChannel = 1 << 10,
    Executable = 1 << 11,
    LoginUser = 1 << 12,
    Name = 1 << 13,
    AutoGroup = 1 << 14,
    Smaps = 1 << 15,
    Maps = 1 << 16,

    /// <summary>Who owns the directory: top and smem take the user from there.</summary>
    Owner = 1 << 17,
}
