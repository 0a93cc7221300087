// A Redis: one process that keeps everything in memory, serves commands one by one, and forks now and then to write it all to a file.
//
//   start --> reads the dump file into memory --> serves
//   command --> one page of the data, most of them of its working set; every fifth writes it --> answer
//   every so often --> fork: the child writes the dump file; pages that the parent writes meanwhile are copied
//   fork refused --> logged; writes are refused until a save succeeds; tried again after 5 s
//
// Models   Redis 8: rdb.c: rdbSaveBackground; server.c: serverCron at hz 10, stop-writes-on-bgsave-error, CONFIG_BGSAVE_RETRY_DELAY;
//          jemalloc takes memory from the kernel in large pieces and keeps it; disable-thp yes.
// Departs  the dump file is half as large as the data and is written over in place, without a temporary name; the memory of a value
//          that is written is used again for it.

using VboxMem.Kernel;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Workloads.Programs.Redis;

/// <summary>
/// SizeBytes: its data (64 MiB), in mappings of ChunkBytes (16 MiB). WorkingSetBytes: the part that nine of ten commands go to (a fifth).
/// RequestsPerSecond: commands, over Connections. Every: between two saves (never). Path: the dump file.
/// </summary>
internal sealed class RedisServer : Service
{
    public static readonly ProgramImage Executable = SharedLibraries.Executable(
        "/usr/bin/redis-server", 1667, 1058, 292, 178,
        [
            SharedLibraries.Jemalloc, SharedLibraries.Libm, SharedLibraries.StandardCpp, SharedLibraries.Systemd, SharedLibraries.Ssl,
            SharedLibraries.Crypto, SharedLibraries.Gcc, SharedLibraries.Libc,
        ]);

    private const ulong PageBytes = 4096;
    private const ulong DefaultBytes = 64 << 20;
    private const ulong DefaultChunkBytes = 16 << 20;
    private const ulong DumpShare = 2;
    private const ulong LoadNanoseconds = 12_000;
    private const ulong CommandNanoseconds = 4_000;
    private const ulong AnswerBytes = 120;
    private const ulong UsedCodeBytes = 224 << 10;
    private const ulong LogLineBytes = 90;
    private const ulong CommandsOfWrite = 5;
    private const ulong InTen = 9;   // of ten commands, those that go to the working set
    private const ulong CronNanoseconds = 100_000_000;
    private static readonly SimTime _retryDelay = SimTime.FromSeconds(5);

    private const int Begin = 0;
    private const int LogOpened = 1;
    private const int DumpOpened = 2;
    private const int Mapped = 3;
    private const int Advised = 4;
    private const int Loaded = 5;
    private const int DumpClosed = 6;
    private const int Connecting = 7;
    private const int Idle = 8;
    private const int Command = 9;
    private const int Forked = 10;
    private const int Reaped = 11;
    private const int Cron = 12;

    private readonly ulong _chunkBytes;
    private readonly ulong _bytes;
    private readonly ulong _workingPages;
    private readonly string _path;
    private ulong[] _chunks;
    private int _loaded;
    private ulong _log;
    private ulong _dump;
    private ulong _firstConnection;
    private int _connected;
    private ulong _nextCommand;
    private ulong _asked;
    private ulong _nextCron;
    private ulong _nextSave;
    private bool _isSaving;
    private bool _hasFailed;

    public RedisServer(ProgramSetting setting)
        : base(setting)
    {
        _chunkBytes = Parameters.ChunkBytes > 0 ? AlignUp(Parameters.ChunkBytes, PageBytes) : DefaultChunkBytes;
        _bytes = AlignUp(Parameters.SizeBytes > 0 ? Parameters.SizeBytes : DefaultBytes, PageBytes);
        var working = Parameters.WorkingSetBytes > 0 ? Math.Min(Parameters.WorkingSetBytes, _bytes) : _bytes / 5;
        _workingPages = Math.Max(1, working / PageBytes);
        _chunks = new ulong[(_bytes + _chunkBytes - 1) / _chunkBytes];
        _path = Parameters.Path.Length > 0 ? Parameters.Path : "/var/lib/redis/dump.rdb";
    }

    public override ProgramImage Image => Executable;

    public override string CommandLine => Image.Path + " 127.0.0.1:6379\0";

    private int Connections => Math.Max(1, Parameters.Connections);

    private ulong MeanGap => SimTime.NanosecondsPerSecond / Math.Max(1, Parameters.RequestsPerSecond);

    public override UserProgram Clone()
    {
        var copy = (RedisServer)base.Clone();
        copy._chunks = (ulong[])_chunks.Clone();
        return copy;
    }

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        hash.Add<ulong>(_chunks);
        ReadOnlySpan<ulong> words =
        [
            (uint)_loaded, _log, _dump, _firstConnection, (uint)_connected, _nextCommand, _asked, _nextCron, _nextSave,
            (_isSaving ? 2UL : 0) | (_hasFailed ? 1UL : 0),
        ];
        hash.Add(words);
    }

    /// <summary>A fork that is refused, and a child that somebody else has reaped.</summary>
    protected override bool Expects(SystemCallError error) =>
        (error == SystemCallError.NoMemory && Stage == Forked) || (error == SystemCallError.NoChild && Stage == Reaped);

    protected override Request Advance(in Reply last)
    {
        switch (Stage)
        {
            case Begin:
                return Become(LogOpened, new Request(
                    RequestKind.Open, (ulong)(OpenFlags.Create | OpenFlags.Write | OpenFlags.Append), Path: "/var/log/redis/redis-server.log"));
            case LogOpened:
                _log = (ulong)last.Value;
                return Become(DumpOpened, new Request(RequestKind.Open, (ulong)OpenFlags.Create, _bytes / DumpShare, Path: _path));
            case DumpOpened:
                _dump = (ulong)last.Value;
                return MapChunk();
            case Mapped or Advised or Loaded or DumpClosed:
                return GoOnLoading(last);
            case Connecting:
                return Connect(last);
            case Command:
                Stage = Idle;
                return new Request(RequestKind.Respond, Connection(), AnswerBytes, _asked, Path: Setting.Name);
            case Cron:
                return LookAfterSave(last);
            case Forked:
                return AfterFork(last);
            case Reaped:
                return AfterLook(last);
            default:
                return Serve(last);
        }
    }

    private static ulong AlignUp(ulong value, ulong step) => (value + step - 1) / step * step;

    private Request Become(int stage, in Request request)
    {
        Stage = stage;
        return request;
    }

    private ulong BytesOfChunk(int chunk) => Math.Min(_chunkBytes, _bytes - ((ulong)chunk * _chunkBytes));

    private Request MapChunk() => Become(Mapped, new Request(
        RequestKind.Mmap, BytesOfChunk(_loaded), (ulong)(MapFlags.ReadWrite | MapFlags.Anonymous)));

    private Request GoOnLoading(in Reply last)
    {
        var bytes = BytesOfChunk(Math.Min(_loaded, _chunks.Length - 1));
        switch (Stage)
        {
            case Mapped:
                _chunks[_loaded] = (ulong)last.Value;
                return Become(Advised, new Request(RequestKind.Madvise, _chunks[_loaded], bytes, (ulong)Advice.NoHugePage));
            case Advised:
                return Become(Loaded, new Request(RequestKind.Read, _dump, bytes / DumpShare));
            case Loaded:
                var address = _chunks[_loaded++];
                Stage = DumpClosed;
                return new Request(RequestKind.Touch, address, bytes, (ulong)TouchKind.Write, LoadNanoseconds);
            default:
                return _loaded < _chunks.Length
                    ? MapChunk()
                    : Become(Connecting, new Request(RequestKind.Close, _dump));
        }
    }

    /// <summary>Clients connect; descriptors follow each other, as nothing else is opened.</summary>
    private Request Connect(in Reply last)
    {
        if (_connected == 1)
        {
            _firstConnection = (ulong)last.Value;
        }

        if (_connected < Connections)
        {
            _connected++;
            return new Request(RequestKind.Accept);
        }

        var now = last.Now.Nanoseconds;
        _nextCommand = Parameters.RequestsPerSecond == 0 ? ulong.MaxValue : now + NextArrivalAfter(MeanGap);
        _nextCron = now + CronNanoseconds;
        _nextSave = Parameters.Every is { } every ? now + every.Nanoseconds : ulong.MaxValue;
        return Serve(last);
    }

    private ulong Connection() => _firstConnection + Random.NextBelow((ulong)Connections);

    private Request Serve(in Reply last)
    {
        Stage = Idle;
        var now = last.Now.Nanoseconds;
        if (now >= _nextCron)
        {
            _nextCron = now + CronNanoseconds;
            return Become(Cron, ProgramCode.Run(UsedCodeBytes));
        }

        if (_nextCommand > now)
        {
            return new Request(RequestKind.Poll, Request.NoDescriptor, Math.Min(_nextCommand, _nextCron));
        }

        return Obey();
    }

    /// <summary>serverCron: looks after the child that saves, or makes one.</summary>
    private Request LookAfterSave(in Reply last)
    {
        if (_isSaving)
        {
            return Become(Reaped, new Request(RequestKind.WaitChild, 1));
        }

        return last.Now.Nanoseconds >= _nextSave
            ? Become(Forked, new Request(RequestKind.Fork, Program: MakeSaver()))
            : Serve(last);
    }

    private Request Obey()
    {
        _asked = _nextCommand;
        _nextCommand += NextArrivalAfter(MeanGap);
        var page = Random.NextBelow(10) < InTen ? Random.NextBelow(_workingPages) : Random.NextBelow(_bytes / PageBytes);
        var writes = Random.NextBelow(CommandsOfWrite) == 0 && !_hasFailed;   // else: MISCONF
        return Become(Command, new Request(
            RequestKind.Touch, AddressOf(page), PageBytes, (ulong)(writes ? TouchKind.Write : TouchKind.Read), CommandNanoseconds));
    }

    private ulong AddressOf(ulong page)
    {
        var offset = page * PageBytes;
        return _chunks[offset / _chunkBytes] + (offset % _chunkBytes);
    }

    private RedisSaver MakeSaver() => new(Setting, (ulong[])_chunks.Clone(), _chunkBytes, _bytes, _path);

    private Request AfterFork(in Reply last)
    {
        Stage = Idle;
        _isSaving = !last.IsError;
        if (last.IsError)
        {
            Fail(last);
        }

        return new Request(RequestKind.Write, _log, LogLineBytes);   // "Background saving started" or "Can't save in background"
    }

    private Request AfterLook(in Reply last)
    {
        if (!last.IsError && last.ChildPid == 0)
        {
            return Serve(last);   // it is still at it
        }

        Stage = Idle;
        _isSaving = false;
        if (last.IsError || last.ChildExitCode != 0)
        {
            Fail(last);
        }
        else
        {
            _hasFailed = false;
            _nextSave = last.Now.Nanoseconds + Parameters.Every.GetValueOrDefault(_retryDelay).Nanoseconds;
        }

        return new Request(RequestKind.Write, _log, LogLineBytes);   // "Background saving terminated with success", or not
    }

    private void Fail(in Reply last)
    {
        _hasFailed = true;
        _nextSave = last.Now.Nanoseconds + _retryDelay.Nanoseconds;
    }
}
