// A task (task_struct): what it is, what it is doing, what it has used. A process is a group of tasks, its threads, or one alone;
// what they share is in their ThreadGroup.

using VboxMem.Kernel.Log;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Slab;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;
using VboxMem.Kernel.Writeback;

namespace VboxMem.Kernel.Sched;

/// <summary>What a task is doing, by the letter /proc shows.</summary>
public enum TaskState
{
    Running,
    Sleeping,
    DiskSleep,
    Zombie,
    Idle,
}

/// <summary>Standing of a task that is not a state (Linux's PF_ flags and thread-info flags).</summary>
[Flags]
public enum ProcessFlags : uint
{
    None = 0,
    KernelThread = 1,

    /// <summary>Its memory is being, or has been, taken down.</summary>
    Exiting = 2,

    /// <summary>Works to free memory: may use all reserves and never reclaims itself (PF_MEMALLOC).</summary>
    MemAlloc = 4,

    /// <summary>Forked and has not called exec since (PF_FORKNOEXEC).</summary>
    ForkedWithoutExec = 32,

    /// <summary>Inside a stall on memory (PSI).</summary>
    MemoryStall = 64,

    /// <summary>Has used superuser privileges (PF_SUPERPRIV).</summary>
    UsedPrivileges = 128,

    /// <summary>The page fault under way had to read from a disk, or waited for I/O: it will count as a major one.</summary>
    MajorFault = 256,

    /// <summary>A page fault has dirtied a file page, and the dirty limits are yet to be looked at (balance_dirty_pages).</summary>
    OwesBalance = 512,

    /// <summary>It is being made: no one's yet, and nobody sees it (TASK_NEW).</summary>
    New = 1024,
}

/// <summary>The body of a kernel thread: what runs when it is woken. None: it sleeps for ever.</summary>
public enum KernelThreadBody : byte
{
    None,

    /// <summary>Operand: node.</summary>
    Kswapd,

    /// <summary>Operand: disk.</summary>
    Flusher,
    OomReaper,

    /// <summary>Operand: node.</summary>
    Kcompactd,
}

/// <summary>How far a request has come. Which field means what is the request's own business.</summary>
public struct RequestProgress
{
    public int Phase;
    public ulong Position;
    public ulong Done;
    public ulong Extra;
}

public sealed partial class Process
{
    private readonly SlabObject[] _kernelObjects;
    private Request _request;

    internal Process(int pid, ThreadGroup group, string name, TaskState state, VmallocArea stack, SlabObject[] kernelObjects)
    {
        Pid = pid;
        Group = group;
        Name = name;
        State = state;
        Stack = stack;
        _kernelObjects = kernelObjects;
        Allocation = new AllocationAttempt();
        group.Add(this);
    }

    /// <summary>Its own number: what user space calls tid, and the pid of the process for the leader of a group.</summary>
    public int Pid { get; internal set; }

    /// <summary>What it shares with the other threads of its process.</summary>
    public ThreadGroup Group { get; }

    /// <summary>tgid: what user space calls the pid of the process.</summary>
    public int ThreadGroupId => Group.Id;

    public bool IsLeader => Group.Leader == this;

    /// <summary>The process that is told of its process's end.</summary>
    public int ParentPid
    {
        get => Group.ParentPid;
        set => Group.ParentPid = value;
    }

    /// <summary>comm: at most 15 characters.</summary>
    public string Name { get; set; }

    /// <summary>Its name in the log: a worker's is without what it works on, which /proc adds.</summary>
    internal string Comm => IsKernelThread && Name.StartsWith("kworker/", StringComparison.Ordinal) && !Name.StartsWith("kworker/R-", StringComparison.Ordinal)
        && Name.IndexOf('-', StringComparison.Ordinal) is var dash && dash > 0 ? Name[..dash] : Name;

    public TaskState State { get; internal set; }

    public ProcessFlags Flags { get; set; }

    public bool IsKernelThread => Has(ProcessFlags.KernelThread);

    public KernelThreadBody Body { get; internal set; }

    /// <summary>Operand of <see cref="Body"/>.</summary>
    public int BodyOperand { get; internal set; }

    public uint Uid { get; set; }

    public uint Gid { get; set; }

    /// <summary>Pid of its process group's leader (pgrp), and of its session's (sid).</summary>
    public int ProcessGroup
    {
        get => Group.ProcessGroup;
        set => Group.ProcessGroup = value;
    }

    public int Session
    {
        get => Group.Session;
        set => Group.Session = value;
    }

    /// <summary>Number of its session's terminal, as /proc/PID/stat has it (pts/N: 34816 + N); 0: none.</summary>
    public int Terminal
    {
        get => Group.Terminal;
        set => Group.Terminal = value;
    }

    /// <summary>Path of its control group. A name alone so far: no group limits or counts anything.</summary>
    public string Cgroup
    {
        get => Group.Cgroup;
        set => Group.Cgroup = value;
    }

    /// <summary>Its arguments (cmdline), each ended by a zero character; empty for kernel threads.</summary>
    public string CommandLine
    {
        get => Group.CommandLine;
        set => Group.CommandLine = value;
    }

    public int Nice { get; set; }

    /// <summary>oom_score_adj, -1000..1000, and the lowest value it may be given without privilege.</summary>
    public short OomScoreAdj
    {
        get => Group.OomScoreAdj;
        set => Group.OomScoreAdj = value;
    }

    public short OomScoreAdjMin
    {
        get => Group.OomScoreAdjMin;
        set => Group.OomScoreAdjMin = value;
    }

    /// <summary>Id of the memory descriptor in <see cref="Machine.Memory"/>; 0: none (kernel threads, zombies).</summary>
    public int MemoryId { get; set; }

    /// <summary>Path of the program it runs; empty for kernel threads.</summary>
    public string Executable { get; set; } = "";

    /// <summary>Open files by descriptor: ids in the machine's table of open files, 0 where closed.</summary>
    public List<int> Files => Group.Files;

    /// <summary>The open file its request works on, held because another thread might close it meanwhile (fdget); 0: none.</summary>
    internal int HeldFile { get; set; }

    /// <summary>Address of the word that is cleared when it ends (CLONE_CHILD_CLEARTID); 0: none.</summary>
    internal ulong ClearChildTid { get; set; }

    /// <summary>The kernel stack: 16 KiB of vmalloc.</summary>
    public VmallocArea Stack { get; }

    public SimTime StartTime { get; internal set; }

    public int ExitCode { get; internal set; }

    public UserProgram? Program { get; internal set; }

    /// <summary>What it is doing for its program; Kind None between two requests.</summary>
    public Request Request
    {
        get => _request;
        internal set => _request = value;
    }

    internal ref readonly Request RequestReference => ref _request;

    public RequestProgress Progress;

    /// <summary>Its stream of chance: what it draws moves nothing elsewhere.</summary>
    internal Prng Chance;

    /// <summary>How far a swap-in has come that it waits for.</summary>
    internal Swap.SwapInProgress SwapIn;

    /// <summary>What the throttling of writers counts of it.</summary>
    public TaskDirtying Dirtying = TaskDirtying.Fresh;

    /// <summary>What its page fault is about, for the reports of failed allocations; meaningless outside a fault.</summary>
    public AllocationOrigin FaultOrigin { get; set; }

    public AllocationAttempt Allocation { get; }

    /// <summary>Its way through the allocator's slow path; null until it first takes it.</summary>
    internal Reclaim.SlowPathState? SlowPath { get; set; }

    /// <summary>What it sleeps for.</summary>
    public Wait Wait { get; internal set; }

    /// <summary>When its timer ends the sleep; zero: never. Distinguishes this sleep's timer from those of earlier ones.</summary>
    public SimTime WakeTime { get; internal set; }

    /// <summary>Signals sent to it alone that wait to be taken, by bit (1 &lt;&lt; number); those to its process wait in its group.</summary>
    public ulong PendingSignals { get; internal set; }

    public bool HasFatalSignal => (PendingSignals & SignalDelivery.Fatal) != 0;

    /// <summary>CPU it runs on, or ran on last.</summary>
    public int Cpu { get; internal set; }

    /// <summary>Where it may run.</summary>
    public CpuAffinity Affinity { get; internal set; } = CpuAffinity.Any;

    /// <summary>How much of the time it has been runnable of late, by its weight; it counts in the load of the queue of <see cref="Cpu"/>.</summary>
    internal LoadTracking Load;

    /// <summary>When it last had a CPU.</summary>
    internal SimTime LastRan { get; set; }

    /// <summary>Weighted run time, in nanoseconds of a nice-0 task.</summary>
    public ulong VirtualRuntime { get; internal set; }

    public ulong UserNanoseconds { get; internal set; }

    public ulong SystemNanoseconds { get; internal set; }

    public ulong MinorFaults { get; set; }

    public ulong MajorFaults { get; set; }

    public ulong VoluntarySwitches { get; internal set; }

    public ulong InvoluntarySwitches { get; internal set; }

    /// <summary>Time asleep for I/O: delayacct_blkio_ticks.</summary>
    public ulong IoWaitNanoseconds { get; internal set; }

    /// <summary>/proc/PID/io: bytes and calls of read and write; bytes from and to disks.</summary>
    public ulong ReadCharacters { get; set; }

    public ulong WrittenCharacters { get; set; }

    public ulong ReadCalls { get; set; }

    public ulong WriteCalls { get; set; }

    public ulong ReadBytes { get; set; }

    public ulong WrittenBytes { get; set; }

    public ulong CancelledWriteBytes { get; set; }

    /// <summary>Disk whose pages it dirtied last; -1: none yet.</summary>
    public int DirtiedDisk { get; set; } = -1;

    /// <summary>The dirty limit stopped it: it is looked at again after its pause, for the pages it had dirtied then.</summary>
    public bool IsDirtyStopped { get; set; }

    public ulong StoppedDirtiedPages { get; set; }

    /// <summary>Since when it sleeps or waits for a CPU.</summary>
    internal SimTime StateSince { get; set; }

    /// <summary>Since when it waits for a CPU, while it does.</summary>
    internal SimTime QueuedSince { get; set; }

    /// <summary>/proc/PID/schedstat: time it has waited for a CPU, and how often it got one.</summary>
    public ulong RunDelayNanoseconds { get; internal set; }

    public ulong Timeslices { get; internal set; }

    /// <summary>One object of each of <see cref="ProcessTable.TaskCaches"/>, in that order.</summary>
    internal SlabObject[] KernelObjects => _kernelObjects;

    public bool Has(ProcessFlags flag) => (Flags & flag) != 0;

    /// <summary>Sets oom_score_adj as a write to /proc/PID/oom_score_adj by root does: the recorded minimum follows.</summary>
    /// <returns>Invalid (EINVAL) outside -1000..1000.</returns>
    public SystemCallError SetOomScoreAdj(long value)
    {
        if (value is < -1000 or > 1000)
        {
            return SystemCallError.Invalid;
        }

        OomScoreAdj = (short)value;
        OomScoreAdjMin = (short)value;
        return SystemCallError.None;
    }

    /// <summary>What it was doing when it asked for memory, by its request and by what it asks for: decides the call trace of a report.</summary>
    internal AllocationOrigin OriginOf(GfpFlags gfp)
    {
        var isUserPage = (gfp & GfpFlags.HighUserMovable) == GfpFlags.HighUserMovable;
        return Request.Kind switch
        {
            RequestKind.Touch when isUserPage => (gfp & GfpFlags.Zero) != 0 ? AllocationOrigin.AnonymousFault : FaultOrigin,
            RequestKind.Touch => AllocationOrigin.PageTableFault,
            RequestKind.Read or RequestKind.Write when (gfp & GfpFlags.Movable) != 0 => AllocationOrigin.FileSyscall,
            RequestKind.Execute => AllocationOrigin.ExecPageTable,
            _ => AllocationOrigin.KernelObject,
        };
    }
}
