// A small server with a leak: each request leaves some memory allocated for good, in pieces of very different sizes. All of it is
// written, so it must be kept; none of it is used again, so it can only be swapped out.
//
//   poll --arrival--> read --> work --> [ malloc --> write ] until what the request leaks is there --> respond
//
// Units    bytes.
// Departs  no threads: one request after the other. Clients keep their connections as long as it lives.

using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Workloads.Malloc;

namespace VboxMem.Workloads.Programs;

internal sealed class LeakyServer : Service
{
    private const ulong DefaultRequestsPerSecond = 20;
    private const int DefaultConnections = 4;
    private const ulong WorkBytes = 32 << 10;
    private const ulong WorkNanosecondsPerPage = 25_000;
    private const ulong UsedOfLiveBytes = 32 << 10;
    private const ulong RequestBytes = 420;
    private const ulong AnswerBytes = 1800;
    private const ulong LeastPieceBytes = 64;
    private const ulong PieceDoublings = 12;   // up to 256 KiB

    private const int Start = 0;
    private const int Working = 1;
    private const int Live = 2;
    private const int Written = 3;
    private const int Connecting = 4;
    private const int Idle = 5;
    private const int Read = 6;
    private const int Used = 7;
    private const int Leaking = 8;
    private const int Leaked = 9;

    private readonly ulong _requestsPerSecond;
    private int[] _connections;
    private GlibcHeap _heap = new();
    private Arrivals _arrivals;
    private ulong _work;
    private ulong _live;
    private int _connected;
    private int _asker;
    private ulong _asked;
    private ulong _piece;
    private long _owed;
    private ulong _remainder;

    public LeakyServer(ProgramSetting setting)
        : base(setting)
    {
        Image = Images.Server(setting.Name);
        _requestsPerSecond = Parameters.RequestsPerSecond > 0 ? Parameters.RequestsPerSecond : DefaultRequestsPerSecond;
        _connections = new int[Parameters.Connections > 0 ? Parameters.Connections : DefaultConnections];
        _arrivals = new Arrivals(setting.Random("clients"), _requestsPerSecond, parts: 1, Parameters.JitterPercent);
    }

    public override ProgramImage Image { get; }

    /// <summary>What it has leaked so far.</summary>
    internal ulong LeakedBytes { get; private set; }

    public override UserProgram Clone()
    {
        var copy = (LeakyServer)base.Clone();
        copy._heap = _heap.Clone();
        copy._connections = [.. _connections];
        return copy;
    }

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        _heap.HashInto(hash);
        _arrivals.HashInto(hash);
        hash.Add<int>(_connections);
        hash.Add<ulong>([_work, _live, (ulong)_connected, (ulong)_asker, _asked, _piece, (ulong)_owed, _remainder, LeakedBytes]);
    }

    /// <summary>Of the heap's own requests: then malloc answers NULL, which ends it as well.</summary>
    protected override bool Expects(SystemCallError error) =>
        error == SystemCallError.NoMemory && (Stage is Working or Live or Leaking);

    protected override Request Advance(in Reply last)
    {
        switch (Stage)
        {
            case Start:
                Stage = Working;
                return UseWork(_heap.Allocate(WorkBytes));
            case Working:
                return UseWork(_heap.Resume(last));
            case Live:
                return UseLive(_heap.Resume(last));
            case Written:
                return Accept();
            case Connecting:
                return Connect(last);
            case Read:
                Stage = _live == 0 ? Leaked : Used;
                return new Request(RequestKind.Touch, _work, WorkBytes, (ulong)TouchKind.Write, WorkNanosecondsPerPage);
            case Used:
                Stage = Leaked;
                return UseLiveMemory();
            case Leaking:
                return UsePiece(_heap.Resume(last));
            case Leaked:
                return LeakOn();
            default:
                return NextEvent(last);
        }
    }

    private static Request OutOfMemory() => new(RequestKind.Exit, 1);

    private Request UseWork(HeapStep step)
    {
        if (!step.IsDone)
        {
            return step.Request;
        }

        _work = step.Address;
        if (_work == 0)
        {
            return OutOfMemory();
        }

        if (Parameters.WorkingSetBytes == 0)
        {
            return Accept();
        }

        Stage = Live;
        return UseLive(_heap.Allocate(Parameters.WorkingSetBytes));
    }

    /// <summary>What it needs to live: in memory from the start, and used by each request in part.</summary>
    private Request UseLive(HeapStep step)
    {
        if (!step.IsDone)
        {
            return step.Request;
        }

        _live = step.Address;
        if (_live == 0)
        {
            return OutOfMemory();
        }

        Stage = Written;
        return new Request(RequestKind.Touch, _live, Parameters.WorkingSetBytes, (ulong)TouchKind.Write);
    }

    private Request UseLiveMemory()
    {
        var used = Math.Min(UsedOfLiveBytes, Parameters.WorkingSetBytes);
        var at = Random.NextBelow(Parameters.WorkingSetBytes - used + 1);
        return new Request(RequestKind.Touch, _live + at, used, (ulong)TouchKind.Read);
    }

    private Request Accept()
    {
        Stage = Connecting;
        return new Request(RequestKind.Accept);
    }

    /// <summary>Takes the connections of its clients, which stay open.</summary>
    private Request Connect(in Reply last)
    {
        _connections[_connected++] = (int)last.Value;
        if (_connected < _connections.Length)
        {
            return Accept();
        }

        _arrivals.StartAt(last.Now);
        return NextEvent(last);
    }

    private Request NextEvent(in Reply last)
    {
        if (_arrivals.Next > last.Now.Nanoseconds)
        {
            Stage = Idle;
            return new Request(RequestKind.Poll, Request.NoDescriptor, _arrivals.Next);
        }

        _asked = _arrivals.Take();
        _asker = (_asker + 1) % _connections.Length;
        OweForRequest();
        Stage = Read;
        return new Request(RequestKind.Read, (ulong)_connections[_asker], RequestBytes);
    }

    /// <summary>What a request leaks: its part of the speed, give or take the jitter. What is leaked too much or too little counts for the next.</summary>
    private void OweForRequest()
    {
        if (Parameters.SizeBytes > 0 && LeakedBytes >= Parameters.SizeBytes)
        {
            return;
        }

        _remainder += Chance.Around(ref Random, Parameters.BytesPerSecond, Parameters.JitterPercent);
        _owed += (long)(_remainder / _requestsPerSecond);
        _remainder %= _requestsPerSecond;
    }

    private Request LeakOn()
    {
        if (_owed <= 0)
        {
            Stage = Idle;
            return new Request(RequestKind.Respond, (ulong)_connections[_asker], AnswerBytes, _asked, Path: Setting.Name);
        }

        var least = LeastPieceBytes << (int)Random.NextBelow(PieceDoublings);
        _piece = least + Random.NextBelow(least);
        Stage = Leaking;
        return UsePiece(_heap.Allocate(_piece));
    }

    private Request UsePiece(HeapStep step)
    {
        if (!step.IsDone)
        {
            return step.Request;
        }

        if (step.Address == 0)
        {
            return OutOfMemory();
        }

        _owed -= (long)_piece;
        LeakedBytes += _piece;
        Stage = Leaked;
        return new Request(RequestKind.Touch, step.Address, _piece, (ulong)TouchKind.Write);
    }
}
