// The checkpointer: every so often writes all dirty buffers to the table files, spread over most of the time to the next checkpoint, makes
// sure that they are on the disk, and notes in pg_control that they are.
//
// Models   PostgreSQL 17 postmaster/checkpointer.c, bufmgr.c: BufferSync; checkpoint_completion_target 0.9; log_checkpoints on.
// Departs  backends tell it how many buffers they have made dirty, by datagrams, not in shared memory, and not which: it writes as
//          many, evenly spread over the buffers. A buffer that was changed twice counts twice.

using VboxMem.Kernel;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Workloads.Programs.Postgres;

internal sealed class Checkpointer : PostgresProcess
{
    private const ulong SpreadPercent = 90;
    private const ulong LeastEveryNanoseconds = SimTime.NanosecondsPerSecond / 10;
    private const ulong ControlFileBytes = 8192;
    private const ulong LogLineBytes = 240;
    private static readonly SimTime _defaultEvery = SimTime.FromSeconds(300);

    private const int Begin = 0;
    private const int Bound = 1;
    private const int Waiting = 2;
    private const int Receiving = 3;
    private const int Reading = 4;
    private const int Writing = 5;
    private const int Syncing = 6;
    private const int OpenedControl = 7;
    private const int WroteControl = 8;
    private const int SyncedControl = 9;
    private const int OpenedLog = 10;
    private const int Logged = 11;

    private TableFiles _files;
    private ulong _socket;
    private ulong _control;
    private ulong _log;
    private ulong _dirty;
    private ulong _started;
    private ulong _toWrite;
    private ulong _written;
    private ulong _block;
    private int _table;
    private bool _isUnderWay;

    public Checkpointer(ProgramSetting setting, in Cluster cluster, int serial)
        : base(setting, cluster, "checkpointer", serial) => _files = new TableFiles(Database);

    private ulong Every => Math.Max((Parameters.Every ?? _defaultEvery).Nanoseconds, LeastEveryNanoseconds);

    /// <summary>Buffers that may be dirty at all.</summary>
    private ulong Candidates => Math.Min(Database.Buffers, Database.Blocks);

    public override UserProgram Clone()
    {
        var copy = (Checkpointer)base.Clone();
        copy._files = _files.Clone();
        return copy;
    }

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        _files.HashInto(hash);
        ReadOnlySpan<ulong> words =
            [_socket, _control, _log, _dirty, _started, _toWrite, _written, _block, (ulong)(uint)_table, _isUnderWay ? 1UL : 0];
        hash.Add(words);
    }

    protected override bool Expects(SystemCallError error) =>
        base.Expects(error) || (error == SystemCallError.Again && Stage == Receiving);

    protected override Request Work(in Reply last)
    {
        switch (Stage)
        {
            case Begin:
                return Become(Bound, new Request(RequestKind.Bind, Path: Database.CheckpointerSocket));
            case Bound:
                _socket = (ulong)last.Value;
                _started = last.Now.Nanoseconds;
                return Wait(last);
            case Waiting when last.Value == 1:
                return Become(Receiving, new Request(RequestKind.ReceiveFrom, _socket));
            case Receiving when !last.IsError:
                _dirty += (ulong)last.Value;
                return new Request(RequestKind.ReceiveFrom, _socket);
            case Waiting or Receiving:
                return Wait(last);
            case Reading or Writing:
                return WriteBlock(last);
            case Syncing:
                return SyncTables();
            case OpenedControl or WroteControl or SyncedControl:
                return NoteEnd(last);
            case OpenedLog:
                _log = (ulong)last.Value;
                return Become(Logged, new Request(RequestKind.Write, _log, LogLineBytes));
            default:
                _isUnderWay = false;
                return Wait(last);
        }
    }

    private Request Become(int stage, in Request request)
    {
        Stage = stage;
        return request;
    }

    /// <summary>Waits until the next block, or the next checkpoint, is due.</summary>
    private Request Wait(in Reply last)
    {
        Stage = Waiting;
        if (MustLook(last, out var look))
        {
            return look;
        }

        var due = _isUnderWay ? DueOfNextBlock() : _started + Every;
        if (due > last.Now.Nanoseconds)
        {
            return new Request(RequestKind.Poll, _socket, Math.Min(due, NextLook));
        }

        if (!_isUnderWay)
        {
            _started = last.Now.Nanoseconds;
            if (_dirty == 0)
            {
                return Wait(last);   // nothing has changed: no checkpoint
            }

            _isUnderWay = true;
            (_toWrite, _dirty, _written, _block) = (Math.Min(_dirty, Candidates), 0, 0, 0);
        }

        return NextBlock();
    }

    private ulong DueOfNextBlock() => _started + (ulong)((UInt128)(Every / 100 * SpreadPercent) * _written / _toWrite);

    /// <summary>The next dirty buffer, in the order of blocks; when there is none, the files are synced.</summary>
    private Request NextBlock()
    {
        if (_written == _toWrite)
        {
            _table = 0;
            return SyncTables();
        }

        // As many blocks as are left, evenly spread over what is left of the buffers.
        var left = Candidates - _block;
        var blocks = _toWrite - _written;
        _block += Random.NextBelow(Math.Max(1, (2 * left / blocks) - 1)) % (left - blocks + 1);
        _files.Plan(RequestKind.Write, _block, 1);
        return Become(Reading, new Request(
            RequestKind.Touch, Shared + Database.BufferOffset(_block), Database.BlockBytes, (ulong)TouchKind.Read));
    }

    private Request WriteBlock(in Reply last)
    {
        Stage = Writing;
        if (_files.TryNext(last, out var request))
        {
            return request;
        }

        _written++;
        _block++;
        return Wait(last);
    }

    private Request SyncTables()
    {
        for (; _table < Database.Tables.Length; _table++)
        {
            if (_files.DescriptorOf(_table) >= 0)
            {
                return Become(Syncing, new Request(RequestKind.Fsync, (ulong)_files.DescriptorOf(_table++)));
            }
        }

        return Become(OpenedControl, new Request(
            RequestKind.Open, (ulong)(OpenFlags.Create | OpenFlags.Write), ControlFileBytes, Path: Database.ControlFile));
    }

    private Request NoteEnd(in Reply last)
    {
        switch (Stage)
        {
            case OpenedControl:
                _control = (ulong)last.Value;
                return Become(WroteControl, new Request(RequestKind.Write, _control, ControlFileBytes));
            case WroteControl:
                return Become(SyncedControl, new Request(RequestKind.Fsync, _control));
            case SyncedControl when _control != 0:
                var closed = _control;
                _control = 0;
                return new Request(RequestKind.Close, closed);
            case SyncedControl when _log == 0:
                return Become(OpenedLog, new Request(
                    RequestKind.Open, (ulong)(OpenFlags.Create | OpenFlags.Write | OpenFlags.Append), Path: Database.LogFile));
            default:
                return Become(Logged, new Request(RequestKind.Write, _log, LogLineBytes));
        }
    }
}
