// A kernel of answers by the book: every request is met at once, time passes in sleeps and by a fixed cost of each other request.

using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Workloads.Tests;

internal sealed class ScriptedKernel(UserProgram program)
{
    public const ulong FirstMapping = 0x7000_0000_0000;
    public const ulong Descriptor = 3;
    public const int FirstConnection = 100;

    private readonly Dictionary<RequestKind, int> _made = [];
    private ulong _break = 0x5555_5555_0000;
    private ulong _nextMapping = FirstMapping;
    private int _children;
    private int _accepted;
    private Reply _last = new(0, SimTime.FromSeconds(100), 7, Shared: program.MakeShared());

    /// <summary>What a request of a kind costs in nanoseconds; sleeps cost what they ask for.</summary>
    public Dictionary<RequestKind, ulong> Costs { get; } = [];

    /// <summary>The error that the nth request of a kind, from 0, is answered with.</summary>
    public Dictionary<(RequestKind Kind, int Number), SystemCallError> Refusals { get; } = [];

    /// <summary>The signal that comes with the answer to the nth request, from 0.</summary>
    public Dictionary<int, Signal> Signals { get; } = [];

    /// <summary>What is in the file; reads end there.</summary>
    public ulong FileBytes { get; set; } = ulong.MaxValue;

    public List<Request> Requests { get; } = [];

    /// <summary>When each request was made, since the program started, in nanoseconds.</summary>
    public List<ulong> Times { get; } = [];

    public List<UserProgram> Children { get; } = [];

    /// <summary>What the program's threads share. None of them runs: each has ended when it is waited for.</summary>
    public UserSharedState? Shared => _last.Shared;

    private ulong Read { get; set; }

    /// <summary>Lets the program make requests until it exits, waits for a signal, or has made so many.</summary>
    public ScriptedKernel Run(int most = 10_000)
    {
        for (var count = 0; count < most; count++)
        {
            var request = NextBesidesCode();
            Requests.Add(request);
            Times.Add(_last.Now.Nanoseconds - SimTime.FromSeconds(100).Nanoseconds);
            var signal = Signals.GetValueOrDefault(Requests.Count - 1);
            if (request.Kind == RequestKind.Exit || (request.Kind == RequestKind.Pause && signal == Signal.None)) break;
            _last = new Reply(Answer(request), NowAfter(request), 7, signal, Shared: Shared);
        }

        return this;
    }

    /// <summary>What the program asks for next; its code is always there and takes no time to run.</summary>
    private Request NextBesidesCode()
    {
        var request = program.Next(_last);
        while (request.Kind == RequestKind.Touch && (TouchKind)request.C >= TouchKind.Run)
        {
            request = program.Next(new Reply(0, _last.Now, 7, Shared: Shared));
        }

        return request;
    }

    /// <summary>A kernel in the same state, for a copy of the program.</summary>
    public ScriptedKernel CopyFor(UserProgram other)
    {
        var copy = new ScriptedKernel(other)
        {
            _break = _break, _nextMapping = _nextMapping, _children = _children, _accepted = _accepted, _last = _last, Read = Read, FileBytes = FileBytes,
        };
        foreach (var (kind, count) in _made)
        {
            copy._made.Add(kind, count);
        }

        return copy;
    }

    public IEnumerable<Request> Of(RequestKind kind) => Requests.Where(request => request.Kind == kind);

    public IEnumerable<RequestKind> Kinds => Requests.Select(static request => request.Kind);

    private SimTime NowAfter(in Request request) => request.Kind switch
    {
        RequestKind.Sleep => _last.Now.Plus(new SimTime(request.A)),
        RequestKind.SleepUntil when request.A > _last.Now.Nanoseconds => new SimTime(request.A),
        RequestKind.Poll when request.B > _last.Now.Nanoseconds => new SimTime(request.B),
        _ => _last.Now.Plus(new SimTime(Costs.GetValueOrDefault(request.Kind))),
    };

    private long Answer(Request request)
    {
        var number = _made[request.Kind] = _made.GetValueOrDefault(request.Kind, -1) + 1;
        if (Refusals.TryGetValue((request.Kind, number), out var error))
        {
            var isBrk = request.Kind == RequestKind.Brk && error == SystemCallError.NoMemory;
            return isBrk ? (long)_break : -(long)error;   // brk answers the old end
        }

        switch (request.Kind)
        {
            case RequestKind.Mmap:
                _nextMapping += request.A;
                return (long)(_nextMapping - request.A);
            case RequestKind.Brk:
                _break = request.A == 0 ? _break : request.A;
                return (long)_break;
            case RequestKind.Open:
                Read = 0;
                return (long)Descriptor;
            case RequestKind.Read:
                var read = Math.Min(request.B, FileBytes - Read);
                Read += read;
                return (long)read;
            case RequestKind.Write or RequestKind.SendFile:
                return (long)request.B;
            case RequestKind.Accept:
                return FirstConnection + _accepted++;
            case RequestKind.Fork:
                Children.Add(request.Program!);
                return ++_children;
            case RequestKind.CloneThread:
                Shared!.Store(request.A, 100);
                return 100;
            case RequestKind.FutexWait:
                Shared!.Store(request.A, 0);
                return 0;
            case RequestKind.WaitChild:
                return _children > 0 ? _children-- : -(long)SystemCallError.NoChild;
            default:
                return 0;
        }
    }
}
