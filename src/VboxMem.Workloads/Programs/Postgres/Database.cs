// Where a PostgreSQL cluster keeps what it has: shared memory and files. Plans only; nothing here is state.
//
//   shared memory   control data (buffer descriptors, locks) | WAL buffers | shared buffers, 8 KiB each
//   files           base/: tables of 64 MiB; block b of the database is block b % 8192 of table b / 8192
//                   pg_wal/: segments of 16 MiB, used in turn
//
// A block has one buffer that it may be in: its number modulo the number of buffers. Blocks below that number are those that stay in
// the shared buffers; the others are read into theirs and gone when they are next wanted.
//
// Units    bytes, blocks of 8 KiB.
// Models   PostgreSQL 17: storage/buffer, access/transam/xlog.c; sizes of shared memory by CalculateShmemSize.
// Departs  the clock sweep keeps no usage counts: which blocks stay is fixed. WAL segments are written over without new names.

using VboxMem.Kernel.Time;

namespace VboxMem.Workloads.Programs.Postgres;

/// <summary>The layout of a cluster. Immutable; shared by all its processes and their copies.</summary>
internal sealed class Database
{
    public const ulong BlockBytes = 8192;
    public const ulong BlocksOfTable = 8192;
    public const ulong SegmentBytes = 16 << 20;
    public const int Segments = 5;

    /// <summary>Descriptor, hash entry and lock of a buffer.</summary>
    private const ulong BytesOfBuffer = 144;

    /// <summary>Lock tables, process array, commit logs and their like.</summary>
    private const ulong FixedBytes = 6 << 20;

    private const ulong DefaultBuffers = (128 << 20) / BlockBytes;
    private const ulong WalShare = 32;

    /// <summary>Number of the first table's file: the first that is not of the system's own.</summary>
    private const int FirstTable = 16385;

    private readonly string[] _tables;
    private readonly string[] _segments;

    public Database(ProgramSetting setting)
    {
        var parameters = setting.Parameters;
        Name = setting.Name;
        Buffers = parameters.SizeBytes > 0 ? Math.Max(1, parameters.SizeBytes / BlockBytes) : DefaultBuffers;
        Blocks = parameters.WorkingSetBytes > 0 ? Math.Max(1, parameters.WorkingSetBytes / BlockBytes) : Math.Max(1, Buffers / 2);
        Workers = Math.Max(1, parameters.Workers);
        MeanGapNanoseconds = parameters.RequestsPerSecond == 0
            ? 0
            : Math.Max(1, SimTime.NanosecondsPerSecond * (ulong)Workers / parameters.RequestsPerSecond);
        var directory = parameters.Path.Length > 0 ? parameters.Path : "/var/lib/postgresql/17/main/base";
        var cluster = directory[..Math.Max(directory.LastIndexOf('/'), 0)];
        var tables = (int)((Blocks + BlocksOfTable - 1) / BlocksOfTable);
        _tables = [.. Enumerable.Range(0, tables).Select(number => $"{directory}/16384/{FirstTable + number}")];
        _segments = [.. Enumerable.Range(1, Segments).Select(number => $"{cluster}/pg_wal/0000000100000000{number:X8}")];
        ControlFile = $"{cluster}/global/pg_control";
        CheckpointerSocket = $"/run/postgresql/.s.{setting.Name}.{setting.Instance}.checkpointer";
        LogFile = $"/var/log/postgresql/{setting.Name}-17-main.log";
    }

    public string Name { get; }

    /// <summary>Shared buffers.</summary>
    public ulong Buffers { get; }

    /// <summary>Blocks that queries go to.</summary>
    public ulong Blocks { get; }

    /// <summary>Backends.</summary>
    public int Workers { get; }

    /// <summary>Between two queries of one backend, on average; 0: none ever.</summary>
    public ulong MeanGapNanoseconds { get; }

    public ReadOnlySpan<string> Tables => _tables;

    public ReadOnlySpan<string> WalSegments => _segments;

    public string ControlFile { get; }

    public string CheckpointerSocket { get; }

    public string LogFile { get; }

    /// <summary>Control data: written when the cluster starts.</summary>
    public ulong ControlBytes => AlignUp(FixedBytes + (Buffers * BytesOfBuffer), BlockBytes);

    public ulong WalBufferBytes => Math.Clamp(AlignUp(Buffers * BlockBytes / WalShare, BlockBytes), 8 * BlockBytes, SegmentBytes);

    public ulong SharedBytes => BufferOffset(0) + (Buffers * BlockBytes);

    /// <summary>Where in shared memory the buffer of a block begins.</summary>
    public ulong BufferOffset(ulong block) => ControlBytes + WalBufferBytes + (block % Buffers * BlockBytes);

    /// <summary>Where in shared memory a page of the WAL is put together.</summary>
    public ulong WalBufferOffset(ulong page) => ControlBytes + (page * BlockBytes % WalBufferBytes);

    /// <summary>The block stays in the shared buffers.</summary>
    public bool IsBuffered(ulong block) => block < Buffers;

    public ulong TableBytes(int table) => Math.Min(Blocks - ((ulong)table * BlocksOfTable), BlocksOfTable) * BlockBytes;

    private static ulong AlignUp(ulong value, ulong step) => (value + step - 1) / step * step;
}
