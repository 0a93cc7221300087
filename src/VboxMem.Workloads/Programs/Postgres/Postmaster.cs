// The postmaster: makes shared memory, forks the processes of the cluster and keeps them going. When one of them crashes, what it may have
// left in shared memory cannot be trusted: all others are ended and everything begins anew.
//
//   map shared memory --> fork each child --> wait for one to die --exit 0 or 1--> fork it again
//                                                                 --else-------> SIGQUIT to all, reap all, unmap, from the start
//
// Models   PostgreSQL 17 postmaster/postmaster.c: HandleChildCrash, PostmasterStateMachine; Debian's packaging (cluster_name 17/main).
// Departs  backends serve one client each from the start on; there is no recovery from WAL before the first queries, no checkpoint
//          at shutdown.

using VboxMem.Kernel;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Workloads.Programs.Postgres;

/// <summary>
/// SizeBytes: shared_buffers (128 MiB). WorkingSetBytes: blocks that queries go to (half of the buffers). Workers: backends. RequestsPerSecond:
/// queries, over all of them. Every: between two checkpoints (5 min). Path: where the tables are.
/// </summary>
internal sealed class Postmaster : Service
{
    /// <summary>postgres of Debian 13.</summary>
    public static readonly ProgramImage Executable = SharedLibraries.Executable(
        "/usr/lib/postgresql/17/bin/postgres", 5915, 3823, 243, 219,
        [
            SharedLibraries.Zstd, SharedLibraries.Lz4, SharedLibraries.Xml, SharedLibraries.Pam, SharedLibraries.Ssl, SharedLibraries.Crypto,
            SharedLibraries.Gssapi, SharedLibraries.Zlib, SharedLibraries.Libm, SharedLibraries.Ldap, SharedLibraries.IcuI18n,
            SharedLibraries.IcuCommon, SharedLibraries.IcuData, SharedLibraries.Systemd, SharedLibraries.Libc,
        ],
        startedKilobytes: 3200);

    private const int Helpers = 6;
    private const int WorstOrderlyExit = 1;
    private const ulong RetryNanoseconds = SimTime.NanosecondsPerSecond;
    private const ulong LogLineBytes = 180;

    private const int Start = 0;
    private const int Mapped = 1;
    private const int Forking = 2;
    private const int Forked = 3;
    private const int Watching = 4;
    private const int Ending = 5;
    private const int Reaping = 6;
    private const int LogOpened = 7;
    private const int LogWritten = 8;
    private const int LogClosed = 9;
    private const int Polling = 10;

    private readonly Database _database;
    private int[] _children;
    private int _next;
    private int _serial;
    private ulong _shared;
    private ulong _log;
    private bool _isStopping;

    public Postmaster(ProgramSetting setting)
        : base(setting)
    {
        _database = new Database(setting);
        _children = new int[Helpers + _database.Workers];
    }

    public override ProgramImage Image => Executable;

    public override string CommandLine =>
        Image.Path + "\0-D\0/var/lib/postgresql/17/main\0-c\0config_file=/etc/postgresql/17/main/postgresql.conf\0";

    /// <summary>The death of a child; smart, fast and immediate shutdown: here they are one.</summary>
    public override ulong HandledSignals =>
        (1UL << (int)Signal.Child) | (1UL << (int)Signal.Terminate) | (1UL << (int)Signal.Interrupt) | (1UL << (int)Signal.Quit);

    public override UserProgram Clone()
    {
        var copy = (Postmaster)base.Clone();
        copy._children = (int[])_children.Clone();
        return copy;
    }

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        foreach (var child in _children)
        {
            hash.Add((long)child);
        }

        hash.Add(((ulong)(uint)_next << 32) | (uint)_serial);
        hash.Add(_shared);
        hash.Add(_log);
        hash.Add(_isStopping);
    }

    protected override bool Expects(SystemCallError error) => error switch
    {
        SystemCallError.NoMemory => Stage == Forked,
        SystemCallError.NoProcess => Stage == Ending,
        SystemCallError.NoChild => Stage is Reaping or Watching,
        _ => false,
    };

    protected override Request Advance(in Reply last)
    {
        _isStopping |= last.Signal is not (Signal.None or Signal.Child);
        switch (Stage)
        {
            case Start:
                return Become(Mapped, new Request(
                    RequestKind.Mmap, _database.SharedBytes, (ulong)(MapFlags.ReadWrite | MapFlags.Shared | MapFlags.Anonymous)));
            case Mapped:
                _shared = (ulong)last.Value;
                return Become(Forking, new Request(RequestKind.Touch, _shared, _database.ControlBytes, (ulong)TouchKind.Write));
            case Forked when !last.IsError:
                _children[_next] = (int)last.Value;
                return ForkMissing(last);
            case Forked:
                return Become(Forking, new Request(RequestKind.Sleep, RetryNanoseconds));   // could not fork new process: again later
            case Forking or Polling:
                return ForkMissing(last);
            case Watching when last.ChildPid == 0 && last.Signal == Signal.None && !_isStopping && !last.IsError:
                return Become(Polling, new Request(RequestKind.Poll, Request.NoDescriptor));
            case Watching:
                return OnDeath(last);
            case Ending:
                return EndAll();
            case Reaping:
                return ReapAll(last);
            default:
                return TellCrash(last);
        }
    }

    private Request Become(int stage, in Request request)
    {
        Stage = stage;
        return request;
    }

    private Request ForkMissing(in Reply last)
    {
        if (_isStopping)
        {
            return BeginEnd();
        }

        _next = Array.IndexOf(_children, 0);
        return _next < 0
            ? Become(Watching, new Request(RequestKind.WaitChild, 1))
            : Become(Forked, new Request(RequestKind.Fork, Program: MakeChild(last.Pid)));
    }

    private PostgresProcess MakeChild(int pid)
    {
        var cluster = new PostgresProcess.Cluster(_database, _shared, pid);
        var serial = _serial++;
        return _next switch
        {
            0 => new Checkpointer(Setting, cluster, serial),
            1 => BackgroundProcess.BackgroundWriter(Setting, cluster, serial),
            2 => BackgroundProcess.WalWriter(Setting, cluster, serial),
            3 => BackgroundProcess.AutovacuumLauncher(Setting, cluster, serial),
            4 => new Prewarmer(Setting, cluster, serial),
            5 => BackgroundProcess.ReplicationLauncher(Setting, cluster, serial),
            _ => new Backend(Setting, cluster, _next - Helpers, serial),
        };
    }

    /// <summary>A child has died, or a signal has come.</summary>
    private Request OnDeath(in Reply last)
    {
        var child = Array.IndexOf(_children, last.ChildPid);
        if (last.ChildPid == 0 || child < 0)
        {
            return ForkMissing(last);
        }

        _children[child] = 0;
        return last.ChildExitCode <= WorstOrderlyExit ? ForkMissing(last) : BeginEnd();
    }

    private Request BeginEnd()
    {
        _next = 0;
        return EndAll();
    }

    /// <summary>Ends all children that live: by SIGTERM to stop, by SIGQUIT after a crash.</summary>
    private Request EndAll()
    {
        while (_next < _children.Length)
        {
            var pid = _children[_next++];
            if (pid != 0)
            {
                return Become(Ending, new Request(RequestKind.Kill, (ulong)pid, (ulong)(_isStopping ? Signal.Terminate : Signal.Quit)));
            }
        }

        return Become(Reaping, new Request(RequestKind.WaitChild));
    }

    private Request ReapAll(in Reply last)
    {
        if (!last.IsError)
        {
            return new Request(RequestKind.WaitChild);
        }

        Array.Clear(_children);
        return _isStopping
            ? Exit()
            : Become(LogOpened, new Request(
                RequestKind.Open, (ulong)(OpenFlags.Create | OpenFlags.Write | OpenFlags.Append), Path: _database.LogFile));
    }

    /// <summary>"terminating connection because of crash of another server process", then everything anew.</summary>
    private Request TellCrash(in Reply last)
    {
        switch (Stage)
        {
            case LogOpened:
                _log = (ulong)last.Value;
                return Become(LogWritten, new Request(RequestKind.Write, _log, LogLineBytes * (ulong)_database.Workers));
            case LogWritten:
                return Become(LogClosed, new Request(RequestKind.Close, _log));
            default:
                return Become(Start, new Request(RequestKind.Munmap, _shared, _database.SharedBytes));
        }
    }
}
