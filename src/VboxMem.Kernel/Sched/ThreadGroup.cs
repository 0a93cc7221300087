// A process as its threads share it (signal_struct, sighand_struct, files_struct): one leader and any number of other threads.
//
//   clone of a thread --> joins at the end      exit of a thread --> it leaves, and what it has used stays in Exited
//   exit of the leader --> it stays, a zombie, until the others are gone      exec of another thread --> that one becomes the leader
//
// Invariants
//   H1  The leader is the first thread, and its pid is the group's id, for as long as the group exists.
//   H2  Threads that have memory have the same; no thread of another group has it.
//   H3  Once the group is exiting, each of its threads has a fatal signal, or is on its way out.
//
// Units    as in Process.
// Models   Linux 6.12 include/linux/sched/signal.h: signal_struct; kernel/exit.c: __exit_signal (facts: virtual memory, 3.4, 3.6).
// Departs  descriptors, handlers and credentials are shared by the threads of one process and by no one else.

using VboxMem.Kernel.Slab;

namespace VboxMem.Kernel.Sched;

public sealed class ThreadGroup
{
    private readonly List<Process> _threads = [];
    private readonly SlabObject[] _kernelObjects;
    private TaskUsage _exited;
    private ProcessLimits _limits = ProcessLimits.Usual;

    internal ThreadGroup(int id, int parentPid, SlabObject[] kernelObjects)
    {
        Id = id;
        ParentPid = parentPid;
        _kernelObjects = kernelObjects;
    }

    /// <summary>tgid: the pid of the process.</summary>
    public int Id { get; }

    /// <summary>The process that is told of its end.</summary>
    public int ParentPid { get; internal set; }

    /// <summary>All threads that have not been released, the leader first, then by the order in which they were made.</summary>
    public IReadOnlyList<Process> Threads => _threads;

    public Process Leader => _threads[0];

    /// <summary>oom_score_adj, -1000..1000, and the lowest value it may be given without privilege.</summary>
    public short OomScoreAdj { get; internal set; }

    public short OomScoreAdjMin { get; internal set; }

    /// <summary>See <see cref="Process.ProcessGroup"/> and what follows there.</summary>
    public int ProcessGroup { get; internal set; }

    public int Session { get; internal set; }

    public int Terminal { get; internal set; }

    public string Cgroup { get; internal set; } = "/";

    public string CommandLine { get; internal set; } = "";

    /// <summary>Chosen by the OOM killer (signal_struct.oom_mm).</summary>
    public bool IsOomVictim { get; internal set; }

    /// <summary>The thread that the OOM killer named, by its pid and name then; 0 and empty: none.</summary>
    public int OomVictimPid { get; internal set; }

    public string OomVictimName { get; internal set; } = "";

    /// <summary>The first to be killed should memory run out (oom_flag_origin): a thread of it is in swapoff.</summary>
    public bool IsOomOrigin { get; internal set; }

    /// <summary>Signals sent to the process that wait for a thread that handles them, by bit (1 &lt;&lt; number).</summary>
    public ulong PendingSignals { get; internal set; }

    /// <summary>All threads are ending (SIGNAL_GROUP_EXIT), and the process's exit code is known.</summary>
    public bool IsExiting { get; internal set; }

    /// <summary>The process's exit code, once <see cref="IsExiting"/>; else that of its leader is.</summary>
    public int ExitCode { get; internal set; }

    /// <summary>The thread that waits in exec for the others to be gone (group_exec_task), by its pid; 0: none.</summary>
    internal int ExecutingPid { get; set; }

    /// <summary>Its limits that can be changed.</summary>
    public ref ProcessLimits Limits => ref _limits;

    /// <summary>What threads used that are gone.</summary>
    public ref readonly TaskUsage Exited => ref _exited;

    /// <summary>What children used that have been waited for.</summary>
    public ulong ChildUserNanoseconds { get; internal set; }

    public ulong ChildSystemNanoseconds { get; internal set; }

    public ulong ChildMinorFaults { get; internal set; }

    public ulong ChildMajorFaults { get; internal set; }

    /// <summary>Open files by descriptor: ids in the machine's table of open files, 0 where closed.</summary>
    public List<int> Files { get; } = [];

    /// <summary>What the threads share in user space; null: nothing.</summary>
    public UserSharedState? Shared { get; internal set; }

    /// <summary>One object of each of <see cref="ProcessTable.GroupCaches"/>, in that order.</summary>
    internal SlabObject[] KernelObjects => _kernelObjects;

    /// <summary>What all its threads have used, those that are gone included.</summary>
    public TaskUsage Usage()
    {
        var sum = _exited;
        foreach (var thread in _threads)
        {
            sum.Add(thread);
        }

        return sum;
    }

    /// <summary>The first thread that still has its memory (find_lock_task_mm); null: none.</summary>
    public Process? FindTaskWithMemory()
    {
        foreach (var thread in _threads)
        {
            if (thread.MemoryId != 0)
            {
                return thread;
            }
        }

        return null;
    }

    /// <summary>Every thread but this one is a zombie, or there is no other.</summary>
    public bool IsLastAlive(Process task)
    {
        foreach (var thread in _threads)
        {
            if (thread != task && thread.State != TaskState.Zombie)
            {
                return false;
            }
        }

        return true;
    }

    internal void Add(Process thread) => _threads.Add(thread);

    /// <summary>A thread is gone for good; what it used stays.</summary>
    internal void Remove(Process thread)
    {
        Invariant.Holds(_threads.Remove(thread));
        _exited.Add(thread);
    }

    /// <summary>Another thread becomes the leader.</summary>
    internal void Lead(Process thread)
    {
        Invariant.Holds(_threads.Remove(thread));
        _threads.Insert(0, thread);
    }

    /// <summary>A copy without threads.</summary>
    internal ThreadGroup CloneEmpty()
    {
        var copy = new ThreadGroup(Id, ParentPid, (SlabObject[])_kernelObjects.Clone())
        {
            OomScoreAdj = OomScoreAdj,
            OomScoreAdjMin = OomScoreAdjMin,
            ProcessGroup = ProcessGroup,
            Session = Session,
            Terminal = Terminal,
            Cgroup = Cgroup,
            CommandLine = CommandLine,
            IsOomVictim = IsOomVictim,
            OomVictimPid = OomVictimPid,
            OomVictimName = OomVictimName,
            IsOomOrigin = IsOomOrigin,
            PendingSignals = PendingSignals,
            IsExiting = IsExiting,
            ExitCode = ExitCode,
            ExecutingPid = ExecutingPid,
            ChildUserNanoseconds = ChildUserNanoseconds,
            ChildSystemNanoseconds = ChildSystemNanoseconds,
            ChildMinorFaults = ChildMinorFaults,
            ChildMajorFaults = ChildMajorFaults,
            Shared = Shared?.Clone(),
            _exited = _exited,
            _limits = _limits,
        };
        copy.Files.AddRange(Files);
        return copy;
    }

    internal void HashInto(StateHash hash)
    {
        hash.Add(((ulong)(uint)Id << 32) | (uint)ParentPid);
        hash.Add(((long)OomScoreAdj << 16) | (ushort)OomScoreAdjMin);
        hash.Add(((ulong)(uint)ProcessGroup << 32) | (uint)Session);
        hash.Add((long)Terminal);
        hash.Add(Cgroup);
        hash.Add(CommandLine);
        hash.Add((IsOomVictim ? 1UL : 0) | (IsOomOrigin ? 2UL : 0) | (IsExiting ? 4UL : 0));
        hash.Add(((ulong)(uint)OomVictimPid << 32) | (uint)ExecutingPid);
        hash.Add(OomVictimName);
        hash.Add(PendingSignals);
        hash.Add((long)ExitCode);
        _exited.HashInto(hash);
        _limits.HashInto(hash);
        hash.Add(ChildUserNanoseconds);
        hash.Add(ChildSystemNanoseconds);
        hash.Add(ChildMinorFaults);
        hash.Add(ChildMajorFaults);
        foreach (var file in Files)
        {
            hash.Add((long)file);
        }

        Shared?.HashInto(hash);
        hash.Add<SlabObject>(_kernelObjects);
        foreach (var thread in _threads)
        {
            thread.HashInto(hash);
        }
    }
}
