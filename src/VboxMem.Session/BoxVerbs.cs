// What can be done to a box, through the doors that Linux has: orders and signals, files, programs, limits. One implementation for the
// console, scripts and the profile's timeline.

using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Workloads.Programs;

namespace VboxMem.Session;

/// <summary>A program that was started on the box.</summary>
/// <param name="Task">Its process.</param>
/// <param name="Program">The program.</param>
public sealed record SpawnedProcess(Process Task, SpawnedCommand Program)
{
    private const int KilledBy = 128;

    /// <summary>The signal that it was killed by; 0: it was not.</summary>
    public int KilledBySignal => !Program.IsAnswered && Task.Group is { IsExiting: true, ExitCode: > KilledBy } group ? group.ExitCode - KilledBy : 0;
}

/// <summary>What can be done to one box.</summary>
public sealed class BoxVerbs
{
    private readonly Machine _machine;
    private readonly IFileTree _tree;

    internal BoxVerbs(Machine machine, IFileTree tree, BoxGroups groups) => (_machine, _tree, Groups) = (machine, tree, groups);

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
    public SpawnedProcess? Spawn(SpawnedCommand program) => _machine.Spawn(program) is { } task ? new SpawnedProcess(task, program) : null;

    /// <summary>Changes a limit of a process, as prlimit(2) by root; null: that half stays as it is.</summary>
    public Errno TrySetLimit(int pid, LimitKind kind, ulong? soft, ulong? hard)
    {
        if (!_machine.Processes.TryGet(pid, out var task) || task.Has(ProcessFlags.New))
        {
            return Errno.ESRCH;
        }

        var now = task.Group.Limits[kind];
        return task.Group.Limits.TrySet(kind, soft ?? now.Soft, hard ?? now.Hard) ? Errno.None : Errno.EINVAL;
    }

    /// <summary>Whether a process that was started has ended.</summary>
    public bool IsGone(SpawnedProcess process) =>
        !_machine.Processes.TryGet(process.Task.Pid, out var task) || task != process.Task || task.State == TaskState.Zombie;
}
