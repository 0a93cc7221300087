namespace VboxMem.Tools.Processes;

/// <summary>
/// One reading of a process or thread: the files that were asked for and were there. Sizes, times and names are as the kernel wrote
/// them; what a tool derives from them is the tool's matter.
/// </summary>
public sealed class ProcessRecord
{
    private Part<PidStatus> _status = Part<PidStatus>.None;
    private Part<PidRollup> _rollup = Part<PidRollup>.None;
    private Part<PidIo> _io = Part<PidIo>.None;

    internal ProcessRecord(ProcessPaths paths, int pid, int tgid)
    {
        Paths = paths;
        Pid = pid;
        Tgid = tgid;
    }

    internal ProcessPaths Paths { get; }

    /// <summary>What <c>/proc</c> or <c>task</c> lists it by: the thread's own number.</summary>
    public int Pid { get; internal set; }

    /// <summary>The process it belongs to; equal to <see cref="Pid"/> for the first thread.</summary>
    public int Tgid { get; internal set; }

    /// <summary>The files that could be read. Of the others everything is 0 or empty, as of a process that may not be looked at.</summary>
    public ProcessFiles Have { get; internal set; }

    /// <summary>Owner of the directory: the effective user, unless the process is one that nobody may look at.</summary>
    public uint DirectoryUser { get; internal set; }

    public uint DirectoryGroup { get; internal set; }

    /// <summary>The name (comm), raw bytes, from stat if that was read, else from status or comm.</summary>
    public ReadOnlyMemory<byte> Name { get; internal set; }

    public PidStat Stat;

    public ref readonly PidStatus Status => ref _status.Value;

    public ref readonly PidRollup Rollup => ref _rollup.Value;

    public ref readonly PidIo Io => ref _io.Value;

    public PidStatm Statm { get; internal set; }

    /// <summary>The arguments, each ended by a NUL; empty for kernel threads and zombies.</summary>
    public ReadOnlyMemory<byte> CommandLine { get; internal set; }

    public ReadOnlyMemory<byte> Environment { get; internal set; }

    public ReadOnlyMemory<byte> ControlGroup { get; internal set; }

    public ReadOnlyMemory<byte> WaitChannel { get; internal set; }

    public ReadOnlyMemory<byte> Smaps { get; internal set; }

    public ReadOnlyMemory<byte> Maps { get; internal set; }

    /// <summary>Content of status, which <see cref="PidStatus.Groups"/> is a range of.</summary>
    internal ReadOnlyMemory<byte> StatusText { get; set; }

    /// <summary>Target of <c>exe</c>; empty where there is none.</summary>
    public string Executable { get; internal set; } = "";

    public int OomScore { get; internal set; }

    public int OomScoreAdjustment { get; internal set; }

    /// <summary>The user who logged in; -1: nobody did, or the kernel does not say.</summary>
    public int LoginUser { get; internal set; } = -1;

    public int AutoGroup { get; internal set; } = -1;

    public int AutoGroupNice { get; internal set; }

    /// <summary>From status if that was read, else from stat.</summary>
    public byte State => Status.State != 0 ? Status.State : Stat.State;

    /// <summary>From status if that was read, which knows better; else from stat; at least 1.</summary>
    public int Threads
    {
        get
        {
            var threads = (Have & ProcessFiles.Status) != 0 ? Status.Threads : Stat.Threads;
            return threads == 0 ? 1 : threads;
        }
    }

    public int ParentPid => Status.State != 0 ? Status.ParentPid : Stat.ParentPid;

    /// <summary>Effective user: of status if that was read, else the owner of the directory.</summary>
    public uint EffectiveUser => Status.HasUser ? Status.EffectiveUser : DirectoryUser;

    public uint EffectiveGroup => Status.HasGroup ? Status.EffectiveGroup : DirectoryGroup;

    public bool IsThread => Pid != Tgid;

    public bool Has(ProcessFiles files) => (Have & files) == files;

    internal void Set(in PidStatus status) => _status = new Part<PidStatus>(status);

    internal void Set(in PidRollup rollup) => _rollup = new Part<PidRollup>(rollup);

    internal void Set(in PidIo io) => _io = new Part<PidIo>(io);

    /// <summary>A file that is read of few processes: it takes room in the records of those alone.</summary>
    private sealed class Part<T>(T value)
        where T : struct
    {
        public static readonly Part<T> None = new(default);

        public readonly T Value = value;
    }
}
