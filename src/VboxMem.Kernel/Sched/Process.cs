// A task (task_struct): what it is, what it is doing, what it has used. Threads of one address space do not exist: every task
// is a process of its own, or a kernel thread.

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

    /// <summary>Chosen by the OOM killer (TIF_MEMDIE).</summary>
    OomVictim = 8,

    /// <summary>The first to be killed should memory run out (OOM_SCORE origin): swapoff.</summary>
    OomOrigin = 16,

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
}

/// <summary>How far a request has come. Which field means what is the request's own business.</summary>
public struct RequestProgress
{
    public int Phase;
    public ulong Position;
    public ulong Done;
    public ulong Extra;
}

public sealed class Process
{
    private readonly SlabObject[] _kernelObjects;
    private Request _request;

    public Process(int pid, int parentPid, string name, TaskState state, VmallocArea stack, SlabObject[] kernelObjects)
    {
        Pid = pid;
        ParentPid = parentPid;
        Name = name;
        State = state;
        Stack = stack;
        _kernelObjects = kernelObjects;
        Allocation = new AllocationAttempt();
        Files = [];
    }

    private Process(Process other)
    {
        Pid = other.Pid;
        ParentPid = other.ParentPid;
        Name = other.Name;
        State = other.State;
        Stack = other.Stack;
        _kernelObjects = (SlabObject[])other._kernelObjects.Clone();
        Allocation = other.Allocation.Clone();
        SlowPath = other.SlowPath?.Clone();
        Files = [.. other.Files];
        Program = other.Program?.Clone();
        CopyScalars(other);
    }

    public int Pid { get; }

    public int ParentPid { get; set; }

    /// <summary>comm: at most 15 characters.</summary>
    public string Name { get; set; }

    public TaskState State { get; internal set; }

    public ProcessFlags Flags { get; set; }

    public bool IsKernelThread => Has(ProcessFlags.KernelThread);

    public KernelThreadBody Body { get; internal set; }

    /// <summary>Operand of <see cref="Body"/>.</summary>
    public int BodyOperand { get; internal set; }

    public uint Uid { get; set; }

    public uint Gid { get; set; }

    /// <summary>Pid of its process group's leader (pgrp), and of its session's (sid).</summary>
    public int ProcessGroup { get; set; }

    public int Session { get; set; }

    /// <summary>Number of its session's terminal, as /proc/PID/stat has it (pts/N: 34816 + N); 0: none.</summary>
    public int Terminal { get; set; }

    /// <summary>Path of its control group. A name alone so far: no group limits or counts anything.</summary>
    public string Cgroup { get; set; } = "/";

    /// <summary>Its arguments (cmdline), each ended by a zero character; empty for kernel threads.</summary>
    public string CommandLine { get; set; } = "";

    public int Nice { get; set; }

    /// <summary>oom_score_adj, -1000..1000, and the lowest value it may be given without privilege.</summary>
    public short OomScoreAdj { get; set; }

    public short OomScoreAdjMin { get; set; }

    /// <summary>Id of the memory descriptor in <see cref="Machine.Memory"/>; 0: none (kernel threads, zombies).</summary>
    public int MemoryId { get; set; }

    /// <summary>Path of the program it runs; empty for kernel threads.</summary>
    public string Executable { get; set; } = "";

    /// <summary>Open files by descriptor: ids in the machine's table of open files, 0 where closed.</summary>
    public List<int> Files { get; }

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

    /// <summary>Signals that wait to be taken, by bit (1 &lt;&lt; number).</summary>
    public ulong PendingSignals { get; internal set; }

    public bool HasFatalSignal => (PendingSignals & SignalDelivery.Fatal) != 0;

    /// <summary>CPU it runs on, or ran on last.</summary>
    public int Cpu { get; internal set; }

    /// <summary>Weighted run time, in nanoseconds of a nice-0 task.</summary>
    public ulong VirtualRuntime { get; internal set; }

    public ulong UserNanoseconds { get; internal set; }

    public ulong SystemNanoseconds { get; internal set; }

    public ulong ChildUserNanoseconds { get; internal set; }

    public ulong ChildSystemNanoseconds { get; internal set; }

    public ulong MinorFaults { get; set; }

    public ulong MajorFaults { get; set; }

    public ulong ChildMinorFaults { get; internal set; }

    public ulong ChildMajorFaults { get; internal set; }

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

    /// <summary>One object of each of <see cref="ProcessTable.KernelObjectCaches"/>, in that order.</summary>
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

    public Process Clone() => new(this);

    public void HashInto(StateHash hash)
    {
        hash.Add(((ulong)(uint)Pid << 32) | (uint)ParentPid);
        hash.Add(Name);
        hash.Add(((ulong)State << 48) | ((ulong)Flags << 16) | ((ulong)Body << 8) | (uint)BodyOperand);
        hash.Add(((ulong)Uid << 32) | (uint)Nice);
        hash.Add(((ulong)Gid << 32) | (uint)Terminal);
        hash.Add(((ulong)(uint)ProcessGroup << 32) | (uint)Session);
        hash.Add(Cgroup);
        hash.Add(CommandLine);
        hash.Add(((long)OomScoreAdj << 16) | (ushort)OomScoreAdjMin);
        hash.Add((long)MemoryId);
        hash.Add(Executable);
        hash.Add(StartTime.Nanoseconds);
        hash.Add((long)ExitCode);
        Program?.HashInto(hash);
        Request.HashInto(hash);
        hash.Add(((ulong)(uint)Progress.Phase << 32) ^ Progress.Position);
        hash.Add(Progress.Done);
        hash.Add(Progress.Extra);
        Chance.HashInto(hash);
        SwapIn.HashInto(hash);
        hash.Add((long)FaultOrigin);
        Allocation.HashInto(hash);
        SlowPath?.HashInto(hash);
        hash.Add(((ulong)Wait.Kind << 16) | ((ulong)Wait.Depth << 8) | (Wait.IsMemoryStall ? 2UL : 0) | (Wait.IsIo ? 1UL : 0));
        hash.Add(Wait.Key);
        hash.Add(WakeTime.Nanoseconds);
        hash.Add(PendingSignals);
        hash.Add(((ulong)(uint)Cpu << 32) | (uint)DirtiedDisk);
        hash.Add(VirtualRuntime);
        hash.Add(UserNanoseconds);
        hash.Add(SystemNanoseconds);
        hash.Add(ChildUserNanoseconds);
        hash.Add(ChildSystemNanoseconds);
        hash.Add(MinorFaults);
        hash.Add(MajorFaults);
        hash.Add(ChildMinorFaults);
        hash.Add(ChildMajorFaults);
        hash.Add(VoluntarySwitches);
        hash.Add(InvoluntarySwitches);
        hash.Add(IoWaitNanoseconds);
        hash.Add(ReadCharacters);
        hash.Add(WrittenCharacters);
        hash.Add((ReadCalls << 32) ^ WriteCalls);
        hash.Add(ReadBytes);
        hash.Add(WrittenBytes);
        hash.Add(CancelledWriteBytes);
        Dirtying.HashInto(hash);
        hash.Add(IsDirtyStopped);
        hash.Add(StoppedDirtiedPages);
        hash.Add(StateSince.Nanoseconds);
        foreach (var file in Files)
        {
            hash.Add((long)file);
        }

        hash.Add<SlabObject>(KernelObjects);
    }

    private void CopyScalars(Process other)
    {
        Flags = other.Flags;
        Body = other.Body;
        BodyOperand = other.BodyOperand;
        Uid = other.Uid;
        Gid = other.Gid;
        ProcessGroup = other.ProcessGroup;
        Session = other.Session;
        Terminal = other.Terminal;
        Cgroup = other.Cgroup;
        CommandLine = other.CommandLine;
        Nice = other.Nice;
        OomScoreAdj = other.OomScoreAdj;
        OomScoreAdjMin = other.OomScoreAdjMin;
        MemoryId = other.MemoryId;
        Executable = other.Executable;
        StartTime = other.StartTime;
        ExitCode = other.ExitCode;
        Request = other.Request with { Program = other.Request.Program?.Clone() };
        Progress = other.Progress;
        Chance = other.Chance;
        SwapIn = other.SwapIn;
        FaultOrigin = other.FaultOrigin;
        Wait = other.Wait;
        WakeTime = other.WakeTime;
        PendingSignals = other.PendingSignals;
        Cpu = other.Cpu;
        VirtualRuntime = other.VirtualRuntime;
        UserNanoseconds = other.UserNanoseconds;
        SystemNanoseconds = other.SystemNanoseconds;
        ChildUserNanoseconds = other.ChildUserNanoseconds;
        ChildSystemNanoseconds = other.ChildSystemNanoseconds;
        MinorFaults = other.MinorFaults;
        MajorFaults = other.MajorFaults;
        ChildMinorFaults = other.ChildMinorFaults;
        ChildMajorFaults = other.ChildMajorFaults;
        VoluntarySwitches = other.VoluntarySwitches;
        InvoluntarySwitches = other.InvoluntarySwitches;
        IoWaitNanoseconds = other.IoWaitNanoseconds;
        ReadCharacters = other.ReadCharacters;
        WrittenCharacters = other.WrittenCharacters;
        ReadCalls = other.ReadCalls;
        WriteCalls = other.WriteCalls;
        ReadBytes = other.ReadBytes;
        WrittenBytes = other.WrittenBytes;
        CancelledWriteBytes = other.CancelledWriteBytes;
        Dirtying = other.Dirtying;
        DirtiedDisk = other.DirtiedDisk;
        IsDirtyStopped = other.IsDirtyStopped;
        StoppedDirtiedPages = other.StoppedDirtiedPages;
        StateSince = other.StateSince;
    }
}
