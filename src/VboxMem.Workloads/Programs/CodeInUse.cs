// The code that a program must have in memory to get from one event to the next: part of its executable and of the C library.
//
//   begin --> Executable --> Library --> the program's first request      a request that waits --> Executable --> Library --> the wait
//
// A process that was forked maps this code anew as it comes to it; one that has slept while memory was short reads it again.
//
// Units    bytes.
// Departs  the code is run once between two waits, just before the second one. How much of it is in use between two events is an
//          estimate: an eighth of what starting reads, and half of that when it begins.

using VboxMem.Kernel;
using VboxMem.Kernel.Sched;

namespace VboxMem.Workloads.Programs;

/// <summary>Puts the running of its code in front of a program's waits, and of its first request. A value, copied with its program.</summary>
internal struct CodeInUse
{
    private const ulong PageBytes = 4096;
    private const ulong PartAtStart = 2;
    private const ulong PartInLoop = 8;

    private Request _wait;
    private Step _step;

    private enum Step : byte
    {
        Fresh,
        Executable,
        Library,
        Idle,
    }

    /// <summary>The program wants to do this next: it does, or runs its code first when it is going to wait.</summary>
    public Request InFrontOf(in Request next, ProgramImage image)
    {
        if (!Waits(next))
        {
            return next;
        }

        _wait = next;
        return RunExecutable(image);
    }

    /// <summary>Goes on with running code, if it is about that.</summary>
    /// <param name="last">The answer to the last request.</param>
    /// <param name="image">What the program runs.</param>
    /// <param name="next">What comes now.</param>
    /// <param name="reply">What the program is told, when it is asked: of a wait that a signal came before, that it was interrupted.</param>
    /// <returns>False: the program is asked what comes now.</returns>
    public bool TryGoOn(in Reply last, ProgramImage image, out Request next, out Reply reply)
    {
        reply = last;
        next = default;
        switch (_step)
        {
            case Step.Idle:
                return false;
            case Step.Fresh:
                next = RunExecutable(image);
                return true;
            default:
                break;
        }

        if (last.IsError || last.Signal != Signal.None)
        {
            End();
            reply = last.IsError ? last : last with { Value = 0 };
            return false;
        }

        if (_step == Step.Executable && image.Libraries.Count > 0)
        {
            _step = Step.Library;
            next = Run(TouchKind.RunLibrary, image.Libraries[^1]);
            return true;
        }

        next = _wait;
        reply = last with { Value = 0 };
        End();
        return next.Kind != RequestKind.None;
    }

    public readonly void HashInto(StateHash hash)
    {
        hash.Add((ulong)_step);
        _wait.HashInto(hash);
    }

    private void End()
    {
        _step = Step.Idle;
        _wait = default;
    }

    private Request RunExecutable(ProgramImage image)
    {
        _step = Step.Executable;
        return Run(TouchKind.Run, image);
    }

    private readonly Request Run(TouchKind kind, ProgramImage image)
    {
        var code = Math.Min(image.TextBytes, image.StartedBytes - Math.Min(image.HeaderBytes, image.StartedBytes));
        var part = _wait.Kind == RequestKind.None ? PartAtStart : PartInLoop;
        return new Request(RequestKind.Touch, 0, Math.Max(PageBytes, code / part), (ulong)kind);
    }

    private static bool Waits(in Request request) => request.Kind switch
    {
        RequestKind.Poll or RequestKind.Sleep or RequestKind.SleepUntil or RequestKind.Pause => true,
        RequestKind.WaitChild => request.A == 0,
        _ => false,
    };
}
