// What can be done to a box, through the doors that Linux has: orders and signals, files, programs, limits. One implementation for the
// console, scripts and the profile's timeline.

using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Session.History;
using VboxMem.Workloads.Programs;

namespace VboxMem.Session;

/// <summary>A program that was started on the box.</summary>
/// <param name="Task">Its process; null: it had gone already when the box was copied.</param>
/// <param name="Program">The program.</param>
public sealed record SpawnedProcess(Process? Task, SpawnedCommand Program)
{
    private const int KilledBy = 128;

    /// <summary>The signal that it was killed by; 0: it was not.</summary>
    public int KilledBySignal => !Program.IsAnswered && Task?.Group is { IsExiting: true, ExitCode: > KilledBy } group ? group.ExitCode - KilledBy : 0;
}

/// <summary>What can be ordered of a group.</summary>
public enum GroupOrder
{
    Start,
    Stop,
    Restart,
}

/// <summary>What can be done to one box.</summary>
public sealed class BoxVerbs
{
    private readonly Machine _machine;
    private readonly IFileTree _tree;
    private readonly IActLog? _log;

    /// <param name="machine">The machine.</param>
    /// <param name="tree">Its files.</param>
    /// <param name="groups">Its groups.</param>
    /// <param name="log">Who is told of all that is done by these verbs; what is written to the tree, that tells itself.</param>
    internal BoxVerbs(Machine machine, IFileTree tree, BoxGroups groups, IActLog? log = null) =>
        (_machine, _tree, Groups, _log) = (machine, tree, groups, log);

    /// <summary>The groups of the box.</summary>
    public BoxGroups Groups { get; }

    public SimTime Now => _machine.Now;

    /// <summary>The swap areas of the profile and their priorities, below 0: the kernel's choice. What /etc/fstab has.</summary>
    public IEnumerable<(string Device, int Priority)> ConfiguredSwaps =>
        _machine.Configuration.Swaps.Select(swap => ("/dev/" + _machine.Configuration.Disks[swap.Disk].Name, swap.Priority));

    /// <summary>Writes to a file, as one write(2) by root.</summary>
    public Errno Write(string path, ReadOnlySpan<byte> content) => _tree.TryWrite(path, content);

    /// <summary>Starts a program as a child of init.</summary>
    /// <returns>Null: no memory for it, or too many tasks.</returns>
    public SpawnedProcess? Spawn(SpawnedCommand program)
    {
        _log?.Note(new SpawnAct((SpawnedCommand)program.Clone()));
        return _machine.Spawn(program) is { } task ? new SpawnedProcess(task, program) : null;
    }

    /// <summary>Starts, stops or restarts a group.</summary>
    /// <returns>Null, or why it could not be done.</returns>
    public string? Order(GroupOrder order, string group)
    {
        _log?.Note(new GroupAct(order, group));
        return order switch
        {
            GroupOrder.Start => Groups.Start(group),
            GroupOrder.Stop => Groups.Stop(group),
            _ => Groups.Restart(group),
        };
    }

    /// <summary>Changes a limit of a process, as prlimit(2) by root; null: that half stays as it is.</summary>
    public Errno TrySetLimit(int pid, LimitKind kind, ulong? soft, ulong? hard)
    {
        if (!_machine.Processes.TryGet(pid, out var task) || task.Has(ProcessFlags.New))
        {
            return Errno.ESRCH;
        }

        _log?.Note(new LimitAct(pid, kind, soft, hard));
        var now = task.Group.Limits[kind];
        return task.Group.Limits.TrySet(kind, soft ?? now.Soft, hard ?? now.Hard) ? Errno.None : Errno.EINVAL;
    }

    /// <summary>Whether a process that was started has ended.</summary>
    public bool IsGone(SpawnedProcess process) =>
        process.Task is null || !_machine.Processes.TryGet(process.Task.Pid, out var task) || task != process.Task || task.State == TaskState.Zombie;

    /// <summary>The same process on this box, which is a copy of the one that it was started on, and in the state of that one still.</summary>
    internal SpawnedProcess CopyOf(SpawnedProcess process)
    {
        if (process.Task is { } task && _machine.Processes.TryGet(task.Pid, out var copy) && copy.StartTime == task.StartTime)
        {
            var program = task.Program == process.Program ? copy.Program
                : task.Request.Program == process.Program ? copy.Request.Program
                : process.Program.Clone();
            return new SpawnedProcess(copy, (SpawnedCommand)program!);
        }

        return new SpawnedProcess(null, (SpawnedCommand)process.Program.Clone());
    }
}
