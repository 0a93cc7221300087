// nginx's master: reads the configuration as root, opens the logs, forks workers and looks after them.
//
//   CHLD: reap, fork another in its place        HUP: fork new workers, QUIT to the old ones        USR1: open the log anew, tell workers
//   TERM, INT: TERM to all, wait, exit           QUIT: QUIT to all, wait, exit
//
// Models   nginx 1.22 to 1.26: ngx_master_process_cycle, ngx_reap_children.
// Departs  it does not become a daemon by a fork of its own. HUP does not read the configuration again: parameters stay. No KILL to
//          workers that a TERM does not end.

using VboxMem.Kernel;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;
using VboxMem.Workloads.Malloc;

namespace VboxMem.Workloads.Programs;

internal sealed class NginxMaster : Service
{
    private const string Arguments = "/usr/sbin/nginx -g daemon on; master_process on;";
    private const int DefaultWorkers = 2;
    private const int FatalExit = 2;
    private const ulong FailedExit = 1;
    private const ulong ConfigurationBytes = 1446;
    private const ulong PoolBytes = 120 << 10;
    private const ulong PidBytes = 6;

    /// <summary>In place of a worker's pid: one is to be forked; none is, for good.</summary>
    private const int Wanted = -1;
    private const int GivenUp = 0;

    private const int Start = 0;
    private const int Opened = 1;
    private const int Read = 2;
    private const int Closed = 3;
    private const int Pool = 4;
    private const int PoolWritten = 5;
    private const int ErrorLogOpened = 6;
    private const int AccessLogOpened = 7;
    private const int PidOpened = 8;
    private const int PidWritten = 9;
    private const int PidClosed = 10;
    private const int Forked = 11;
    private const int Reaped = 12;
    private const int Reopened = 13;
    private const int Idle = 14;

    private readonly NginxShared _shared;
    private GlibcHeap _heap = new();
    private int[] _workers;
    private List<int> _old = [];
    private ulong _signals;
    private ulong _file;
    private ulong _accessLog;
    private ulong _errorLog;
    private int _serial;
    private int _slot;
    private bool _isStopping;
    private bool _isReloading;
    private Signal _message;
    private int _nextToTell;

    public NginxMaster(ProgramSetting setting)
        : base(setting)
    {
        _shared = NginxShared.For(setting);
        _workers = new int[Parameters.Workers > 0 ? Parameters.Workers : DefaultWorkers];
        Array.Fill(_workers, Wanted);
    }

    public override ProgramImage Image => Images.Nginx;

    public override string CommandLine => "/usr/sbin/nginx\0-g\0daemon on; master_process on;\0";

    public override ulong HandledSignals { get; } = BitOf(Signal.Hangup) | BitOf(Signal.Interrupt) | BitOf(Signal.Quit)
        | BitOf(Signal.Terminate) | BitOf(Signal.User1) | BitOf(Signal.Child);

    public override UserProgram Clone()
    {
        var copy = (NginxMaster)base.Clone();
        copy._heap = _heap.Clone();
        copy._workers = [.. _workers];
        copy._old = [.. _old];
        return copy;
    }

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        _heap.HashInto(hash);
        hash.Add<int>(_workers);
        hash.Add<int>(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_old));
        hash.Add<ulong>([_signals, _file, _accessLog, _errorLog, (ulong)_serial, (ulong)_slot, (ulong)_message, (ulong)_nextToTell]);
        hash.Add(_isStopping);
        hash.Add(_isReloading);
    }

    /// <summary>Without its logs and its memory it does not start; later it says so in the error log, and goes on.</summary>
    protected override bool Expects(SystemCallError error) => error switch
    {
        SystemCallError.NoMemory when Stage == Pool => true,   // malloc answers it
        _ => Stage >= Forked && (NginxShared.Survives(error) || error is SystemCallError.NoChild or SystemCallError.NoProcess),
    };

    protected override Request Advance(in Reply last)
    {
        _signals |= BitOf(last.Signal);
        switch (Stage)
        {
            case < Forked:
                return Prepare(last);
            case Forked:
                return TakeWorker(last);
            case Reaped when last.ChildPid > 0:
                Bury(last.ChildPid, last.ChildExitCode);
                return Reap();
            case Reopened:
                return UseReopened(last);
            default:
                return Act();
        }
    }

    private static ulong BitOf(Signal signal) => 1UL << (int)signal;

    private Request Prepare(in Reply last)
    {
        switch (Stage++)
        {
            case Start:
                return new Request(RequestKind.Open, (ulong)OpenFlags.Create, ConfigurationBytes, Path: "/etc/nginx/nginx.conf");
            case Opened:
                _file = (ulong)last.Value;
                return new Request(RequestKind.Read, _file, ConfigurationBytes);
            case Read:
                return new Request(RequestKind.Close, _file);
            case Closed:
                return UsePool(_heap.Allocate(PoolBytes));
            case Pool:
                return UsePool(_heap.Resume(last));
            case PoolWritten:
                return new Request(RequestKind.Open, NginxShared.AppendToLog, Path: NginxShared.ErrorLogPath);
            case ErrorLogOpened:
                _errorLog = (ulong)last.Value;
                return new Request(RequestKind.Open, NginxShared.AppendToLog, Path: NginxShared.AccessLogPath);
            case AccessLogOpened:
                _accessLog = (ulong)last.Value;
                return new Request(
                    RequestKind.Open, (ulong)(OpenFlags.Create | OpenFlags.Write | OpenFlags.Truncate), Path: "/run/nginx.pid");
            case PidOpened:
                _file = (ulong)last.Value;
                return new Request(RequestKind.Write, _file, PidBytes);
            case PidWritten:
                return new Request(RequestKind.Close, _file);
            default:
                Stage = Idle;
                return new Request(RequestKind.SetTitle, Path: "nginx: master process " + Arguments);
        }
    }

    /// <summary>What it reads its configuration into.</summary>
    private Request UsePool(HeapStep step)
    {
        Stage = step.IsDone ? PoolWritten : Pool;
        return !step.IsDone ? step.Request
            : step.Address == 0 ? new Request(RequestKind.Exit, FailedExit)
            : new Request(RequestKind.Touch, step.Address, PoolBytes, (ulong)TouchKind.Write);
    }

    /// <summary>The next thing there is to do; with none it waits for a signal.</summary>
    private Request Act()
    {
        Stage = Idle;
        if (_message != Signal.None && TryTellNext(out var message))
        {
            return message;
        }

        if (TryTake(Signal.Child))
        {
            return Reap();
        }

        if (_isStopping)
        {
            return HasWorkers() ? new Request(RequestKind.Pause, 1) : Exit();
        }

        _slot = Array.IndexOf(_workers, Wanted);
        return _slot >= 0 ? Fork() : Obey();
    }

    private Request Obey()
    {
        if (_isReloading)
        {
            _isReloading = false;
            return Tell(Signal.Quit, from: _workers.Length);
        }

        if (TryTake(Signal.Terminate) || TryTake(Signal.Interrupt))
        {
            _isStopping = true;
            return Tell(Signal.Terminate);
        }

        if (TryTake(Signal.Quit))
        {
            _isStopping = true;
            return Tell(Signal.Quit);
        }

        if (TryTake(Signal.Hangup))
        {
            return Reload();
        }

        if (TryTake(Signal.User1))
        {
            Stage = Reopened;
            return new Request(RequestKind.Open, NginxShared.AppendToLog, Path: NginxShared.AccessLogPath);
        }

        return new Request(RequestKind.Pause, 1);
    }

    private bool TryTake(Signal signal)
    {
        var isSet = (_signals & BitOf(signal)) != 0;
        _signals &= ~BitOf(signal);
        return isSet;
    }

    private bool HasWorkers() => _old.Count > 0 || Array.Exists(_workers, static pid => pid > 0);

    private Request Fork()
    {
        Stage = Forked;
        var worker = new NginxWorker(Setting, _serial++, _shared, _heap.Clone(), _accessLog, _errorLog, _workers.Length);
        return new Request(RequestKind.Fork, Program: worker);
    }

    /// <summary>A worker is there; or there was no memory for one, and the master does without.</summary>
    private Request TakeWorker(in Reply last)
    {
        _workers[_slot] = last.IsError ? GivenUp : (int)last.Value;
        Stage = Idle;
        return last.IsError ? NginxShared.ErrorLine(_errorLog) : Act();
    }

    private Request Reap()
    {
        Stage = Reaped;
        return new Request(RequestKind.WaitChild, 1);
    }

    private void Bury(int pid, int exitCode)
    {
        var slot = Array.IndexOf(_workers, pid);
        if (slot < 0)
        {
            _old.Remove(pid);
            return;
        }

        _workers[slot] = _isStopping || exitCode == FatalExit ? GivenUp : Wanted;
    }

    private Request Reload()
    {
        foreach (ref var pid in _workers.AsSpan())
        {
            if (pid > 0)
            {
                _old.Add(pid);
            }

            pid = Wanted;
        }

        _isReloading = true;
        return Act();
    }

    private Request UseReopened(in Reply last)
    {
        if (last.IsError)
        {
            Stage = Idle;
            return NginxShared.ErrorLine(_errorLog);
        }

        var old = _accessLog;
        _accessLog = (ulong)last.Value;
        _message = Signal.User1;
        _nextToTell = 0;
        Stage = Idle;
        return new Request(RequestKind.Close, old);
    }

    private Request Tell(Signal message, int from = 0)
    {
        _message = message;
        _nextToTell = from;
        return Act();
    }

    /// <summary>Sends the message to the next worker, the present ones first, then those that were told to go; false: all have it.</summary>
    private bool TryTellNext(out Request request)
    {
        while (_nextToTell < _workers.Length + _old.Count)
        {
            var next = _nextToTell++;
            var pid = next < _workers.Length ? _workers[next] : _old[next - _workers.Length];
            if (pid > 0)
            {
                request = new Request(RequestKind.Kill, (ulong)pid, (ulong)_message);
                return true;
            }
        }

        _message = Signal.None;
        request = default;
        return false;
    }
}
