// systemd-journald: takes lines from a socket and appends them to a file that it has mapped, window by window.
//
//   a line --> page of the file's header, a bucket of its hash table, the entry at the tail: written through the mapping
//   tail leaves its window --> the next 8 MiB are mapped; file full --> grown by 8 MiB; at 128 MiB --> begun anew
//   five minutes after the first line that is not on the disk, or at once for a critical one --> fsync
//
// Models   systemd 257 journald: SyncIntervalSec 5 min, FILE_SIZE_INCREASE and window size of mmap-cache.c 8 MiB, SystemMaxFileSize 128 MiB.
// Departs  a full file is removed, where systemd keeps it under another name until it needs the space; a restarted one writes over
//          what is there. Nothing is compressed.

using VboxMem.Kernel;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;
using VboxMem.Workloads.Malloc;

namespace VboxMem.Workloads.Programs.Journald;

/// <summary>
/// SizeBytes: how large the file grows (128 MiB). Every: how late a line may be on the disk (5 min). Path: the file.
/// </summary>
internal sealed class JournalDaemon : Service
{
    public static readonly ProgramImage Executable = SharedLibraries.Executable(
        "/usr/lib/systemd/systemd-journald", 113, 71, 9, 1,
        [
            SharedLibraries.SystemdShared, SharedLibraries.Acl, SharedLibraries.Cap, SharedLibraries.Crypt, SharedLibraries.Mount,
            SharedLibraries.Crypto, SharedLibraries.Pam, SharedLibraries.Seccomp, SharedLibraries.Selinux, SharedLibraries.Libm,
            SharedLibraries.Libc,
        ]);

    private const ulong PageBytes = 4096;
    private const ulong WindowBytes = 8 << 20;
    private const ulong DefaultMostBytes = 128 << 20;

    /// <summary>Header and hash tables in front of the entries.</summary>
    private const ulong TablesBytes = 3584 << 10;

    /// <summary>Objects that an entry takes beside its message: fields seen before are only pointed to.</summary>
    private const ulong EntryBytes = 640;

    private const ulong CacheBytes = 1536 << 10;
    private const ulong LineNanoseconds = 15_000;
    private const ulong UsedCodeBytes = 64 << 10;
    private static readonly SimTime _defaultSync = SimTime.FromSeconds(300);

    private const int Begin = 0;
    private const int Caching = 1;
    private const int Cached = 2;
    private const int Bound = 3;
    private const int Opened = 4;
    private const int MappedTables = 5;
    private const int MappedTail = 6;
    private const int Waiting = 7;
    private const int Receiving = 8;
    private const int Header = 9;
    private const int Hashed = 10;
    private const int Grown = 11;
    private const int Appended = 12;
    private const int UnmappedTail = 13;
    private const int Synced = 14;
    private const int Rotating = 15;
    private const int RotatedTail = 16;
    private const int RotatedFile = 17;
    private const int Removed = 18;
    private const int Unlinked = 19;
    private const int Dispatching = 20;

    private readonly string _path;
    private GlibcHeap _heap = new();
    private ulong _socket;
    private ulong _file;
    private ulong _fileBytes = WindowBytes;
    private ulong _tables;
    private ulong _window;
    private ulong _windowStart;
    private ulong _tail = TablesBytes;
    private ulong _entryBytes;
    private ulong _syncDue;

    public JournalDaemon(ProgramSetting setting)
        : base(setting)
    {
        var machineId = setting.Scenario.Seed * 0x9E37_79B9_7F4A_7C15;
        _path = setting.Parameters.Path.Length > 0
            ? setting.Parameters.Path
            : $"/var/log/journal/{machineId:x16}{machineId ^ 0x5851_F42D_4C95_7F2D:x16}/system.journal";
    }

    public override ProgramImage Image => Executable;

    private ulong MostBytes => Parameters.SizeBytes > 0 ? Math.Max(2 * WindowBytes, Parameters.SizeBytes) : DefaultMostBytes;

    private ulong SyncAfter => (Parameters.Every ?? _defaultSync).Nanoseconds;

    public override UserProgram Clone()
    {
        var copy = (JournalDaemon)base.Clone();
        copy._heap = _heap.Clone();
        return copy;
    }

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        _heap.HashInto(hash);
        ReadOnlySpan<ulong> words =
            [_socket, _file, _fileBytes, _tables, _window, _windowStart, _tail, _entryBytes, _syncDue];
        hash.Add(words);
    }

    /// <summary>No line there; no space: the file is begun anew.</summary>
    protected override bool Expects(SystemCallError error) =>
        (error == SystemCallError.Again && Stage == Receiving) || (error == SystemCallError.NoSpace && Stage == Grown);

    protected override Request Advance(in Reply last)
    {
        switch (Stage)
        {
            case Begin:
                return UseCaches(_heap.Allocate(CacheBytes));
            case Caching:
                return UseCaches(_heap.Resume(last));
            case Cached:
                return Become(Bound, new Request(RequestKind.Bind, Path: Journal.Socket));
            case Bound:
                _socket = (ulong)last.Value;
                return Open();
            case Opened:
                _file = (ulong)last.Value;
                return Become(MappedTables, Map(0));
            case MappedTables:
                _tables = (ulong)last.Value;
                return Become(MappedTail, Map(_windowStart = 0));
            case MappedTail:
                _window = (ulong)last.Value;
                return _entryBytes > 0 ? Append() : Wait(last);
            case Waiting or Receiving:
                return Receive(last);
            case Dispatching:
                return Become(Header, new Request(RequestKind.Touch, _tables, PageBytes, (ulong)TouchKind.Write, LineNanoseconds));
            case Header or Hashed or Grown or UnmappedTail:
                return GoOnWithEntry(last);
            case Appended:
                return EndEntry(last);
            case Unlinked:
                return Open();
            case Synced:
                return Become(Receiving, new Request(RequestKind.ReceiveFrom, _socket));
            default:
                return GoOnWithRotation();
        }
    }

    private Request Become(int stage, in Request request)
    {
        Stage = stage;
        return request;
    }

    private Request UseCaches(HeapStep step)
    {
        if (!step.IsDone)
        {
            return Become(Caching, step.Request);
        }

        return step.Address == 0
            ? new Request(RequestKind.Exit, 1)
            : Become(Cached, new Request(RequestKind.Touch, step.Address, CacheBytes, (ulong)TouchKind.Write));
    }

    private Request Open() => Become(
        Opened, new Request(RequestKind.Open, (ulong)(OpenFlags.Create | OpenFlags.Write), WindowBytes, Path: _path));

    private Request Map(ulong offset) =>
        new(RequestKind.Mmap, WindowBytes, (ulong)(MapFlags.ReadWrite | MapFlags.Shared), _file, offset);

    private Request Wait(in Reply last)
    {
        if (_syncDue != 0 && last.Now.Nanoseconds >= _syncDue)
        {
            return Sync();
        }

        return Become(Waiting, new Request(RequestKind.Poll, _socket, _syncDue));
    }

    private Request Sync()
    {
        _syncDue = 0;
        return Become(Synced, new Request(RequestKind.Fsync, _file));
    }

    private Request Receive(in Reply last)
    {
        if (Stage == Waiting)
        {
            return last.Value == 1 ? Become(Receiving, new Request(RequestKind.ReceiveFrom, _socket)) : Wait(last);
        }

        if (last.IsError)
        {
            return Wait(last);
        }

        _entryBytes = Journal.BytesOf((ulong)last.Value) + EntryBytes;
        if (Journal.PriorityOf((ulong)last.Value) <= Journal.Critical)
        {
            _syncDue = last.Now.Nanoseconds;
        }
        else if (_syncDue == 0)
        {
            _syncDue = last.Now.Nanoseconds + SyncAfter;
        }

        return Become(Dispatching, ProgramCode.Run(UsedCodeBytes));
    }

    private Request GoOnWithEntry(in Reply last)
    {
        switch (Stage)
        {
            case Header:
                var bucket = 1 + Random.NextBelow((TablesBytes / PageBytes) - 1);
                return Become(Hashed, new Request(RequestKind.Touch, _tables + (bucket * PageBytes), PageBytes, (ulong)TouchKind.Write));
            case Hashed when _tail + _entryBytes > MostBytes:
                return BeginRotation();
            case Hashed when _tail + _entryBytes > _fileBytes:
                return Become(Grown, new Request(RequestKind.Truncate, _file, _fileBytes + WindowBytes));
            case Grown when last.IsError:
                return BeginRotation();
            case Grown:
                _fileBytes += WindowBytes;
                return Append();
            case UnmappedTail:
                return Become(MappedTail, Map(_windowStart));
            default:
                return Append();
        }
    }

    /// <summary>Writes the entry, once the window that it begins in is mapped. Entries do not go over the end of a window.</summary>
    private Request Append()
    {
        if (_tail + _entryBytes > _windowStart + WindowBytes)
        {
            _windowStart += WindowBytes;
            _tail = _windowStart;
            return Become(UnmappedTail, new Request(RequestKind.Munmap, _window, WindowBytes));
        }

        return Become(Appended, new Request(
            RequestKind.Touch, _window + _tail - _windowStart, _entryBytes, (ulong)TouchKind.Write));
    }

    private Request EndEntry(in Reply last)
    {
        _tail += _entryBytes;
        _entryBytes = 0;
        return _syncDue <= last.Now.Nanoseconds ? Sync() : Become(Receiving, new Request(RequestKind.ReceiveFrom, _socket));
    }

    private Request BeginRotation() => Become(Rotating, new Request(RequestKind.Fsync, _file));

    private Request GoOnWithRotation()
    {
        switch (Stage)
        {
            case Rotating:
                return Become(RotatedTail, new Request(RequestKind.Munmap, _window, WindowBytes));
            case RotatedTail:
                return Become(RotatedFile, new Request(RequestKind.Munmap, _tables, WindowBytes));
            case RotatedFile:
                return Become(Removed, new Request(RequestKind.Close, _file));
            default:
                (_fileBytes, _tail, _syncDue) = (WindowBytes, TablesBytes, 0);
                return Become(Unlinked, new Request(RequestKind.Unlink, Path: _path));
        }
    }
}
