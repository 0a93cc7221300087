// A worker of nginx: one process, one event loop, one request after the other.
//
//   poll --arrival--> accept (an empty slot) --> read --> parse --file--> open, sendfile, close --> respond --> a line of the log
//                          read (a kept one) ^                --page--> make it --------------------^
//
// What fails for want of memory is written to the error log and costs one client its answer, as in nginx; the worker lives on. Only
// memory for its tables it cannot do without: exit code 2, which the master takes as final.
//
// Models   nginx 1.22 to 1.26: ngx_worker_process_cycle, ngx_http_static_handler, ngx_http_log_module with a buffer.
// Departs  one request at a time: a large file keeps the others waiting, where nginx sends a part to each. Clients belong to one worker;
//          what they ask while it is dead is lost. Of an answer broken off there is no line in the log. No timeouts.

using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Workloads.Malloc;
using VboxMem.Workloads.Scenarios;

namespace VboxMem.Workloads.Programs;

internal sealed partial class NginxWorker : Service
{
    /// <summary>www-data.</summary>
    private const uint UserId = 33;

    private const ulong FatalExit = 2;
    private const int DefaultConnections = 64;
    private const ulong LeastTableSlots = 768;
    private const ulong ConnectionBytes = 8 << 10;
    private const ulong PageBufferBytes = 128 << 10;
    private const ulong ParseNanosecondsPerPage = 10_000;
    private const ulong MostSentAtOnce = 2 << 20;
    private const ulong RequestHeaderBytes = 260;
    private const ulong AnswerHeaderBytes = 240;
    private const ulong ErrorPageBytes = 177;
    private const ulong FlushEvery = 5_000_000_000;
    private const ulong RequestsInConnection = 32;
    private const int UserPageShift = 12;

    private const int Start = 0;
    private const int Identified = 1;
    private const int Titled = 2;
    private const int Block = 3;
    private const int BlockWritten = 4;
    private const int Idle = 5;
    private const int Accepted = 6;
    private const int Buffer = 7;
    private const int Read = 8;
    private const int Parsed = 9;
    private const int Opened = 10;
    private const int Sent = 11;
    private const int FileClosed = 12;
    private const int Made = 13;
    private const int Responded = 14;
    private const int LogTouched = 15;
    private const int LogWritten = 16;
    private const int HungUp = 17;
    private const int Freed = 18;
    private const int Reopened = 19;

    private readonly NginxShared _shared;
    private readonly ulong _errorLog;
    private ClientConnections _connections;
    private GlibcHeap _heap;
    private Arrivals _arrivals;
    private AccessLog _log;
    private ulong _accessLog;
    private ulong _signals;
    private int _block;
    private ulong _logBuffer;
    private ulong _pageBuffer;
    private ulong _flushDue;
    private ulong _asked;
    private int _slot;
    private int _item;
    private ulong _file;
    private ulong _sent;
    private ulong _line;
    private bool _isBroken;

    /// <param name="setting">The group's.</param>
    /// <param name="serial">Which of its master's workers it is, from 0, counting all that ever were.</param>
    /// <param name="shared">What it has in common with the others.</param>
    /// <param name="heap">Its master's heap at the fork.</param>
    /// <param name="accessLog">Descriptors that it has from its master.</param>
    /// <param name="errorLog">The other one.</param>
    /// <param name="workers">How many share the clients.</param>
    public NginxWorker(
        ProgramSetting setting, int serial, NginxShared shared, GlibcHeap heap, ulong accessLog, ulong errorLog, int workers)
        : base(setting, $"worker {serial}")
    {
        _shared = shared;
        _heap = heap;
        _accessLog = accessLog;
        _errorLog = errorLog;
        _connections = new ClientConnections(Parameters.Connections > 0 ? Parameters.Connections : DefaultConnections);
        _arrivals = new Arrivals(
            setting.Random($"clients of worker {serial}"), Parameters.RequestsPerSecond, workers, Parameters.JitterPercent);
    }

    public override ProgramImage Image => Images.Nginx;

    public override ulong HandledSignals => (1UL << (int)Signal.Quit) | (1UL << (int)Signal.Terminate) | (1UL << (int)Signal.User1);

    /// <summary>What it has logged.</summary>
    internal AccessLog Log => _log;

    public override UserProgram Clone()
    {
        var copy = (NginxWorker)base.Clone();
        copy._heap = _heap.Clone();
        copy._connections = _connections.Clone();
        return copy;
    }

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        _connections.HashInto(hash);
        _heap.HashInto(hash);
        _arrivals.HashInto(hash);
        _log.HashInto(hash);
        hash.Add<ulong>([_accessLog, _errorLog, _signals, (ulong)_block, _logBuffer, _pageBuffer, _flushDue]);
        hash.Add<ulong>([_asked, (ulong)_slot, (ulong)_item, _file, _sent, _line, _isBroken ? 1UL : 0]);
    }

    protected override bool Expects(SystemCallError error) => NginxShared.Survives(error);

    protected override Request Advance(in Reply last)
    {
        _signals |= 1UL << (int)last.Signal;
        switch (Stage)
        {
            case <= BlockWritten:
                return Prepare(last);
            case Accepted:
                return TakeConnection(last);
            case Buffer:
                return UseBuffer(_heap.Resume(last));
            case Read:
                Stage = Parsed;
                return new Request(
                    RequestKind.Touch, _connections.BufferOf(_slot), ConnectionBytes, (ulong)TouchKind.Write, ParseNanosecondsPerPage);
            case Parsed:
                return _shared.Site.IsPage(_item) ? MakePage() : OpenFile();
            case Opened:
                return BeginFile(last);
            case Sent:
                return SendOn(last);
            case FileClosed:
                return _isBroken ? HangUp() : Respond(AnswerHeaderBytes);
            case Made:
                return Respond(AnswerHeaderBytes + _sent);
            case Responded:
                return AddLine(last);
            case LogTouched:
                Stage = LogWritten;
                return new Request(RequestKind.Write, _accessLog, _log.Waiting);
            case LogWritten:
                return EndFlush(last);
            case HungUp:
                return FreeBuffer(last);
            case Freed:
                _ = _heap.Resume(last);
                return EndConnection(last);
            case Reopened:
                return UseReopened(last);
            default:
                return NextEvent(last);
        }
    }

    private static Request Write(ulong address, ulong bytes) => new(RequestKind.Touch, address, bytes, (ulong)TouchKind.Write);

    /// <summary>Becomes www-data, then makes its tables and buffers.</summary>
    private Request Prepare(in Reply last)
    {
        switch (Stage)
        {
            case Start:
                Stage = Identified;
                return new Request(RequestKind.SetIdentity, UserId, UserId);
            case Identified:
                Stage = Titled;
                return new Request(RequestKind.SetTitle, Path: "nginx: worker process");
            case Block:
                return UseBlock(_heap.Resume(last));
            default:
                Stage = Block;
                var bytes = BytesOfBlock(_block);
                if (bytes > 0)
                {
                    return UseBlock(_heap.Allocate(bytes));
                }

                _arrivals.StartAt(last.Now);
                return NextEvent(last);
        }
    }

    /// <summary>Connections, their read and write events, the log's buffer, the buffer pages are made in; 0: there are no more.</summary>
    private ulong BytesOfBlock(int block)
    {
        var slots = Math.Max(LeastTableSlots, (ulong)_connections.Slots);
        return block switch
        {
            0 => slots * 232,
            1 or 2 => slots * 96,
            3 => AccessLog.BufferBytes,
            4 => PageBufferBytes,
            _ => 0,
        };
    }

    private Request UseBlock(HeapStep step)
    {
        if (!step.IsDone)
        {
            return step.Request;
        }

        if (step.Address == 0)
        {
            return new Request(RequestKind.Exit, FatalExit);
        }

        _logBuffer = _block == 3 ? step.Address : _logBuffer;
        _pageBuffer = _block == 4 ? step.Address : _pageBuffer;
        Stage = BlockWritten;
        return Write(step.Address, BytesOfBlock(_block++));
    }

    private Request NextEvent(in Reply last)
    {
        if (_signals > 1 && TryObey(out var request))
        {
            return request;
        }

        var now = last.Now.Nanoseconds;
        if (_log.Waiting > 0 && now >= _flushDue)
        {
            return Flush();
        }

        if (_arrivals.Next > now)
        {
            Stage = Idle;
            var end = _log.Waiting > 0 ? Math.Min(_arrivals.Next, _flushDue) : _arrivals.Next;
            return new Request(RequestKind.Poll, Request.NoDescriptor, end);
        }

        _asked = _arrivals.Take();
        _slot = (int)Random.NextBelow((ulong)_connections.Slots);
        _item = _shared.Site.Pick(ref Random);
        if (_connections.IsOpen(_slot))
        {
            return ReadRequest();
        }

        Stage = Accepted;
        return new Request(RequestKind.Accept);
    }

    /// <summary>Does what a signal asks for: TERM ends it now, QUIT after its log is written, USR1 opens the log anew.</summary>
    private bool TryObey(out Request request)
    {
        request = Exit();
        if (Has(Signal.Terminate))
        {
            return true;
        }

        if (Has(Signal.Quit))
        {
            request = _log.Waiting > 0 ? Flush() : request;
            return true;
        }

        _signals &= 1;
        Stage = Reopened;
        request = new Request(RequestKind.Open, NginxShared.AppendToLog, Path: NginxShared.AccessLogPath);
        return true;
    }

    private bool Has(Signal signal) => (_signals & (1UL << (int)signal)) != 0;

    private Request UseReopened(in Reply last)
    {
        Stage = Idle;
        if (last.IsError)
        {
            return NginxShared.ErrorLine(_errorLog);
        }

        var old = _accessLog;
        _accessLog = (ulong)last.Value;
        return new Request(RequestKind.Close, old);
    }

    private Client Asker => _shared.Clients[_connections.ClientOf(_slot)];
}
