// An interactive bash of somebody who is logged in: reads its start-up files, runs a short command now and then, and exits after a while.
//
// Models   bash 5.2 as a login shell: /etc/profile, ~/.profile, ~/.bashrc; a child of its own for each command.

using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Workloads.Malloc;
using VboxMem.Workloads.Scenarios;

namespace VboxMem.Workloads.Programs;

internal sealed class LoginShell : Service
{
    public static readonly ProgramImage Executable = SharedLibraries.Executable(
        "/usr/bin/bash", 804, 412, 48, 45, [SharedLibraries.Tinfo, SharedLibraries.Libc]);

    private const ulong HeapBytes = 1400 << 10;
    private const ulong HeapChunkBytes = 100 << 10;
    private static readonly SimTime _defaultLength = SimTime.FromSeconds(180);
    private static readonly SimTime _defaultPause = SimTime.FromSeconds(12);

    private const int Begin = 0;
    private const int Allocating = 1;
    private const int Touched = 2;
    private const int Looking = 3;
    private const int Thinking = 4;
    private const int Forked = 5;
    private const int Running = 6;

    private GlibcHeap _heap = new();
    private FileGlances _glances;
    private ulong _allocated;
    private ulong _end;
    private int _commands;

    /// <param name="setting">The group's: Hold is how long sessions last on average, Pause how long somebody thinks between two commands.</param>
    /// <param name="person">Whose shell.</param>
    /// <param name="part">Its stream of chance.</param>
    public LoginShell(ProgramSetting setting, Account person, string part)
        : base(setting, part) => _glances = new FileGlances(
        [
            "/etc/profile", "/etc/bash.bashrc", "/etc/inputrc", "/usr/share/bash-completion/bash_completion",
            $"{person.Home}/.profile", $"{person.Home}/.bashrc", $"{person.Home}/.bash_history",
        ]);

    public override ProgramImage Image => Executable;

    public override string CommandLine => "-bash\0";

    public override UserProgram Clone()
    {
        var copy = (LoginShell)base.Clone();
        copy._heap = _heap.Clone();
        return copy;
    }

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        _heap.HashInto(hash);
        _glances.HashInto(hash);
        hash.Add(_allocated);
        hash.Add(_end);
        hash.Add((long)_commands);
    }

    /// <summary>A file that cannot be read, a fork that is refused: it says so and prompts again. The heap tells of its own refusals.</summary>
    protected override bool Expects(SystemCallError error) => Stage == Looking
        || (error == SystemCallError.NoMemory && Stage is Forked or Allocating) || (error == SystemCallError.NoChild && Stage == Running);

    protected override Request Advance(in Reply last)
    {
        switch (Stage)
        {
            case Begin:
                _end = last.Now.Nanoseconds + NextArrivalAfter((Parameters.Hold ?? _defaultLength).Nanoseconds);
                return UseHeap(_heap.Allocate(HeapChunkBytes));
            case Allocating:
                return UseHeap(_heap.Resume(last));
            case Touched when _allocated < HeapBytes:
                return UseHeap(_heap.Allocate(HeapChunkBytes));
            case Touched or Looking:
                Stage = Looking;
                return _glances.TryNext(last, out var glance) ? glance : Think(last);
            case Thinking when last.Now.Nanoseconds >= _end:
                return Exit();
            case Thinking:
                return RunCommand();
            case Forked when !last.IsError:
                Stage = Running;
                return new Request(RequestKind.WaitChild);
            default:
                return Think(last);
        }
    }

    private Request UseHeap(HeapStep step)
    {
        if (!step.IsDone)
        {
            Stage = Allocating;
            return step.Request;
        }

        if (step.Address == 0)
        {
            return new Request(RequestKind.Exit, 2);   // xmalloc: cannot allocate
        }

        Stage = Touched;
        _allocated += HeapChunkBytes;
        return new Request(RequestKind.Touch, step.Address, HeapChunkBytes, (ulong)TouchKind.Write);
    }

    private Request Think(in Reply last)
    {
        Stage = Thinking;
        var pause = Parameters.Pause.Nanoseconds > 0 ? Parameters.Pause.Nanoseconds : _defaultPause.Nanoseconds;
        var until = last.Now.Nanoseconds + NextArrivalAfter(pause);
        return new Request(RequestKind.SleepUntil, Math.Min(until, Math.Max(_end, last.Now.Nanoseconds)));
    }

    private Request RunCommand()
    {
        Stage = Forked;
        _commands++;
        var command = (int)Random.NextBelow((ulong)ShellCommand.Kinds);
        return new Request(RequestKind.Fork, Program: new Launch(Executable, new ShellCommand(Setting, command)));
    }
}
