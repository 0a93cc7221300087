// swapon and swapoff: one system call, and an exit code.
//
// Models   util-linux 2.41 (Debian 13): its words for errors; exit code 255 of swapon, 2 (no memory) and 4 of swapoff.

using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Workloads.Programs;

/// <summary>Puts a disk into use as swap, or takes it out of use.</summary>
/// <param name="isOn">Into use.</param>
/// <param name="disk">Its path.</param>
/// <param name="priority">Of swapon; below 0: the kernel's choice.</param>
public sealed class SwapCommand(bool isOn, string disk, int priority) : SpawnedCommand
{
    private const int SwapOnFailed = 255;
    private const int SwapOffNoMemory = 2;
    private const int SwapOffFailed = 4;

    private Step _step;
    private SystemCallError _error;
    private SimTime _answeredAt;

    private enum Step : byte
    {
        Start,
        Asked,
        Answered,
    }

    public override ProgramImage Image => isOn ? Images.SwapOn : Images.SwapOff;

    public override string CommandLine => $"{Name}\0{disk}\0";

    public string Disk => disk;

    /// <summary>The kernel has answered.</summary>
    public override bool IsAnswered => _step == Step.Answered;

    /// <summary>When it has.</summary>
    public SimTime AnsweredAt => _answeredAt;

    /// <summary>What it answered.</summary>
    public SystemCallError Error => _error;

    public override int ExitStatus => _error switch
    {
        SystemCallError.None => 0,
        _ when isOn => SwapOnFailed,
        SystemCallError.NoMemory => SwapOffNoMemory,
        _ => SwapOffFailed,
    };

    /// <summary>The words of what it says of an error, with <paramref name="reason"/>, the C library's words for it.</summary>
    public string Complaint(string reason) => isOn && _error == SystemCallError.NoEntry
        ? $"{Name}: cannot open {disk}: {reason}"
        : $"{Name}: {disk}: {Name} failed: {reason}";

    /// <summary>swapon or swapoff.</summary>
    public override string Name => isOn ? "swapon" : "swapoff";

    public override Request Next(in Reply last)
    {
        if (_step == Step.Start)
        {
            _step = Step.Asked;
            return isOn
                ? new Request(RequestKind.SwapOn, unchecked((ulong)priority), Path: disk)
                : new Request(RequestKind.SwapOff, Path: disk);
        }

        _step = Step.Answered;
        _error = last.Error;
        _answeredAt = last.Now;
        return new Request(RequestKind.Exit, (ulong)ExitStatus);
    }

    public override UserProgram Clone() => (UserProgram)MemberwiseClone();   // fields are plain values

    public override void HashInto(StateHash hash)
    {
        hash.Add(isOn);
        hash.Add(disk);
        hash.Add((long)priority);
        hash.Add(((ulong)_step << 32) | (uint)_error);
        hash.Add(_answeredAt.Nanoseconds);
    }
}
