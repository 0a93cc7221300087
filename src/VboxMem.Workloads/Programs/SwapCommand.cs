// swapon and swapoff: a system call for each disk, one after the other, and an exit code.
//
// Models   util-linux 2.41 (Debian 13): its words for errors; exit code 255 of swapon, 2 (no memory) and 4 of swapoff.
// Departs  of several disks that fail the last decides the exit code.

using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Workloads.Programs;

/// <summary>A disk that is to be put into use as swap, or taken out of use.</summary>
/// <param name="Disk">Its path.</param>
/// <param name="Priority">Of swapon; below 0: the kernel's choice.</param>
public readonly record struct SwapDisk(string Disk, int Priority);

/// <summary>Puts disks into use as swap, or takes them out of use.</summary>
public sealed class SwapCommand : SpawnedCommand
{
    private const int SwapOnFailed = 255;
    private const int SwapOffNoMemory = 2;
    private const int SwapOffFailed = 4;

    private readonly bool _isOn;
    private readonly IReadOnlyList<SwapDisk> _disks;

    /// <summary>What the kernel has answered, disk by disk.</summary>
    private SystemCallError[] _answers = [];
    private bool _isAsked;
    private SimTime _answeredAt;

    /// <param name="isOn">Into use.</param>
    /// <param name="disks">The disks, one at least.</param>
    public SwapCommand(bool isOn, IReadOnlyList<SwapDisk> disks)
    {
        Invariant.Holds(disks.Count > 0);
        (_isOn, _disks) = (isOn, disks);
    }

    /// <param name="isOn">Into use.</param>
    /// <param name="disk">Its path.</param>
    /// <param name="priority">Of swapon; below 0: the kernel's choice.</param>
    public SwapCommand(bool isOn, string disk, int priority)
        : this(isOn, [new SwapDisk(disk, priority)])
    {
    }

    public override ProgramImage Image => _isOn ? Images.SwapOn : Images.SwapOff;

    public override string CommandLine => $"{Name}\0{string.Concat(_disks.Select(static disk => disk.Disk + "\0"))}";

    /// <summary>The disks, in their order.</summary>
    public string Disk => string.Join(' ', _disks.Select(static disk => disk.Disk));

    /// <summary>The kernel has answered for all.</summary>
    public override bool IsAnswered => _answers.Length == _disks.Count;

    /// <summary>When it last has.</summary>
    public SimTime AnsweredAt => _answeredAt;

    /// <summary>The last error that it answered.</summary>
    public SystemCallError Error => Array.FindLast(_answers, static answer => answer != SystemCallError.None);

    public override int ExitStatus => Error switch
    {
        SystemCallError.None => 0,
        _ when _isOn => SwapOnFailed,
        SystemCallError.NoMemory => SwapOffNoMemory,
        _ => SwapOffFailed,
    };

    /// <summary>swapon or swapoff.</summary>
    public override string Name => _isOn ? "swapon" : "swapoff";

    /// <summary>What it says of each error, in the order of the disks.</summary>
    /// <param name="describe">The C library's words for an error.</param>
    public IEnumerable<string> Complaints(Func<SystemCallError, string> describe)
    {
        for (var index = 0; index < _answers.Length; index++)
        {
            var (disk, error) = (_disks[index].Disk, _answers[index]);
            if (error != SystemCallError.None)
            {
                yield return _isOn && error == SystemCallError.NoEntry
                    ? $"{Name}: cannot open {disk}: {describe(error)}"
                    : $"{Name}: {disk}: {Name} failed: {describe(error)}";
            }
        }
    }

    public override Request Next(in Reply last)
    {
        if (_isAsked)
        {
            _answers = [.. _answers, last.Error];   // a new array: a copy of the program has the old one
            _answeredAt = last.Now;
        }

        _isAsked = true;
        if (IsAnswered)
        {
            return new Request(RequestKind.Exit, (ulong)ExitStatus);
        }

        var (disk, priority) = _disks[_answers.Length];
        return _isOn
            ? new Request(RequestKind.SwapOn, unchecked((ulong)priority), Path: disk)
            : new Request(RequestKind.SwapOff, Path: disk);
    }

    public override UserProgram Clone() => (UserProgram)MemberwiseClone();   // what its fields refer to never changes

    public override void HashInto(StateHash hash)
    {
        hash.Add(_isOn);
        foreach (var (disk, priority) in _disks)
        {
            hash.Add(disk);
            hash.Add((long)priority);
        }

        hash.Add(_isAsked);
        foreach (var answer in _answers)
        {
            hash.Add((ulong)answer);
        }

        hash.Add(_answeredAt.Nanoseconds);
    }
}
