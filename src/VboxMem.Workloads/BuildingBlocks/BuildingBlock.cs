// A building block: a small program with parameters. A step counter says what comes next; answers of the kernel are checked, and a
// refusal (ENOMEM, ENOSPC) ends the program with exit code 1, as a real one would after perror().

using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Workloads.BuildingBlocks;

public abstract class BuildingBlock : UserProgram
{
    private const ulong Failure = 1;

    private SimTime _started;
    private int _step;

    protected BuildingBlock(string name, ProgramParameters parameters)
    {
        Parameters = parameters;
        Image = Images.Static(name);
    }

    public sealed override ProgramImage Image { get; }

    protected ProgramParameters Parameters { get; }

    /// <summary>What the program has come to; 0 at its start.</summary>
    protected int Stage
    {
        get => _step;
        set => _step = value;
    }

    public sealed override Request Next(in Reply last)
    {
        if (last.IsError && !Expects(last.Error))
        {
            return new Request(RequestKind.Exit, Failure);
        }

        return Advance(last);
    }

    public override UserProgram Clone() => (UserProgram)MemberwiseClone();   // fields are plain values

    public override void HashInto(StateHash hash)
    {
        hash.Add(Image.Comm);
        hash.Add((long)_step);
        hash.Add(_started.Nanoseconds);
    }

    /// <summary>The next request, the last one having been met.</summary>
    protected abstract Request Advance(in Reply last);

    /// <summary>Whether an error is an answer the program can live with.</summary>
    protected virtual bool Expects(SystemCallError error) => false;

    /// <summary>Starts measuring: the speed counts from here.</summary>
    protected void StartPacing(in Reply last) => _started = last.Now;

    /// <summary>Whether the program is ahead of its speed, having done so many bytes since it started pacing; then what to wait for.</summary>
    protected bool IsAhead(in Reply last, ulong doneBytes, out Request wait)
    {
        wait = default;
        if (Parameters.BytesPerSecond == 0)
        {
            return false;
        }

        var due = _started.Nanoseconds + (ulong)((UInt128)doneBytes * SimTime.NanosecondsPerSecond / Parameters.BytesPerSecond);
        wait = new Request(RequestKind.SleepUntil, due);
        return due > last.Now.Nanoseconds;
    }

    /// <summary>Sleeps as long as the program is to hold on to what it has.</summary>
    protected Request Hold() => Parameters.Hold is { } hold
        ? new Request(RequestKind.Sleep, hold.Nanoseconds)
        : new Request(RequestKind.Pause);

    protected static Request Exit() => new(RequestKind.Exit);
}
