// A backend: serves the queries of one client connection, one after the other.
//
//   query --> index pages (always in the shared buffers) --> a few blocks of tables --in the shared buffers--> touched
//                                                                                   --not there--> its buffer's old content is written
//         --> a sort in memory, sometimes --> a commit, if it changes something --> answer           back if dirty; read from the file
//
// Models   PostgreSQL 17 backend: bufmgr.c: ReadBuffer_common, FlushBuffer; work_mem 4 MB; synchronous_commit on.
// Departs  a client asks again as its own clock says, without waiting for the answer: what comes too early waits in line.

using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Workloads.Malloc;

namespace VboxMem.Workloads.Programs.Postgres;

internal sealed class Backend : PostgresProcess
{
    /// <summary>Catalogue caches: what it has of its own once it is warm.</summary>
    private const ulong CacheChunkBytes = 64 << 10;
    private const int CacheChunks = 32;

    /// <summary>Blocks of indices and catalogues that every query goes through.</summary>
    private const ulong TopBlocks = 64;

    private const int BlocksOfQuery = 3;
    private const ulong QueriesOfWrite = 4;
    private const ulong QueriesOfSort = 16;
    private const ulong SortStepBytes = 256 << 10;
    private const ulong SortSteps = 16;

    /// <summary>Code that a query is parsed, planned and run by.</summary>
    private const ulong PlanCodeBytes = 32 << 10;

    /// <summary>Of the processor, at each page: planning, and going through a block.</summary>
    private const ulong PlanNanoseconds = 10_000;
    private const ulong BlockNanoseconds = 8_000;
    private const ulong SortNanoseconds = 1_500;

    private const ulong SmallestRecord = 300;
    private const ulong RecordSpread = 2400;
    private const ulong AnswerBytes = 1200;

    /// <summary>Blocks it has made dirty before it tells the checkpointer.</summary>
    private const ulong ReportEvery = 16;

    private const int FirstClientPort = 40112;

    private const int Begin = 0;
    private const int Cache = 1;
    private const int Connected = 2;
    private const int Idle = 3;
    private const int Access = 4;
    private const int WriteBack = 5;
    private const int Fill = 6;
    private const int Sort = 7;
    private const int Sorting = 8;
    private const int Freeing = 9;
    private const int Commit = 10;
    private const int Report = 11;
    private const int Answered = 12;
    private const int Planning = 13;

    private TableFiles _files;
    private WalWriting _wal;
    private GlibcHeap _heap = new();
    private int _chunks;
    private ulong _connection;
    private ulong _nextQuery;
    private ulong _asked;
    private int _blocksLeft;
    private bool _isWriting;
    private bool _isSorting;
    private ulong _block;
    private ulong _dirtyVictim = ulong.MaxValue;
    private ulong _sortAddress;
    private ulong _sortBytes;
    private ulong _dirtied;

    /// <param name="setting">The group's.</param>
    /// <param name="cluster">What it has from its postmaster.</param>
    /// <param name="number">Which of the connections it serves, from 0.</param>
    /// <param name="serial">Which child of the postmaster it is.</param>
    public Backend(ProgramSetting setting, in Cluster cluster, int number, int serial)
        : base(setting, cluster, $"app app 10.0.0.20({FirstClientPort + number}) idle", serial)
    {
        _files = new TableFiles(Database);
        _wal = new WalWriting(Database, number);
    }

    protected override ulong UsedCodeBytes => 1792 << 10;

    public override UserProgram Clone()
    {
        var copy = (Backend)base.Clone();
        copy._files = _files.Clone();
        copy._heap = _heap.Clone();
        return copy;
    }

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        _files.HashInto(hash);
        _wal.HashInto(hash);
        _heap.HashInto(hash);
        hash.Add(((ulong)(uint)_chunks << 32) | (uint)_blocksLeft);
        hash.Add(_connection);
        hash.Add(_nextQuery);
        hash.Add(_asked);
        hash.Add(_isWriting);
        hash.Add(_isSorting);
        hash.Add(_block);
        hash.Add(_dirtyVictim);
        hash.Add(_sortAddress);
        hash.Add(_sortBytes);
        hash.Add(_dirtied);
    }

    /// <summary>No memory for a sort ends the query, not the backend; a checkpointer that is not there yet is told later.</summary>
    protected override bool Expects(SystemCallError error) => base.Expects(error)
        || (error == SystemCallError.NoMemory && Stage is Sort or Cache)
        || (error == SystemCallError.ConnectionRefused && Stage == Report);

    protected override Request Work(in Reply last) => Stage switch
    {
        Begin or Cache => WarmUp(last),
        Connected => StartServing(last),
        Idle => Wait(last),
        Planning => LookUpTop(),
        Access => GoOnWithQuery(last),
        WriteBack or Fill => GoOnWithFile(last),
        Sort or Sorting or Freeing => GoOnWithSort(last),
        Commit => GoOnWithCommit(last),
        Report => Respond(),
        _ => Wait(last),
    };

    private Request Become(int stage, in Request request)
    {
        Stage = stage;
        return request;
    }

    /// <summary>Fills its caches of the catalogue, chunk by chunk.</summary>
    private Request WarmUp(in Reply last)
    {
        if (Stage == Cache)
        {
            var step = _heap.Resume(last);
            return step.IsDone ? UseChunk(step.Address) : step.Request;
        }

        if (_chunks == CacheChunks)
        {
            return Become(Connected, new Request(RequestKind.Accept));
        }

        _chunks++;
        var allocation = _heap.Allocate(CacheChunkBytes);
        return allocation.IsDone ? UseChunk(allocation.Address) : Become(Cache, allocation.Request);
    }

    private Request UseChunk(ulong address) => address == 0
        ? new Request(RequestKind.Exit, 1)   // FATAL: out of memory
        : Become(Begin, new Request(RequestKind.Touch, address, CacheChunkBytes, (ulong)TouchKind.Write));

    private Request StartServing(in Reply last)
    {
        _connection = (ulong)last.Value;
        _nextQuery = Database.MeanGapNanoseconds == 0 ? ulong.MaxValue : last.Now.Nanoseconds + NextArrivalAfter(Database.MeanGapNanoseconds);
        return Wait(last);
    }

    /// <summary>Waits for the client, or takes its next query.</summary>
    private Request Wait(in Reply last)
    {
        Stage = Idle;
        if (MustLook(last, out var look))
        {
            return look;
        }

        if (_nextQuery > last.Now.Nanoseconds)
        {
            return new Request(RequestKind.Poll, Request.NoDescriptor, Math.Min(_nextQuery, NextLook));
        }

        _asked = _nextQuery;
        _nextQuery += NextArrivalAfter(Database.MeanGapNanoseconds);
        _blocksLeft = BlocksOfQuery;
        _isWriting = Random.NextBelow(QueriesOfWrite) == 0;
        _isSorting = !_isWriting && Random.NextBelow(QueriesOfSort) == 0;
        return Become(Planning, ProgramCode.RunSome(ref Random, UsedCodeBytes, PlanCodeBytes, PlanNanoseconds));
    }

    private Request LookUpTop()
    {
        var top = Random.NextBelow(Math.Min(TopBlocks, Math.Min(Database.Buffers, Database.Blocks)));
        return Become(Access, Touch(top, TouchKind.Read, BlockNanoseconds));
    }

    private Request Touch(ulong block, TouchKind kind, ulong nanoseconds) => new(
        RequestKind.Touch, Shared + Database.BufferOffset(block), Database.BlockBytes, (ulong)kind, nanoseconds);

    /// <summary>The next block, and what comes behind the last one.</summary>
    private Request GoOnWithQuery(in Reply last)
    {
        if (_blocksLeft == 0)
        {
            return _isWriting ? BeginCommit(last) : _isSorting ? BeginSort() : Respond();
        }

        _blocksLeft--;
        _block = Random.NextBelow(Database.Blocks);
        var changes = _isWriting && _blocksLeft == 0;
        _dirtied += changes ? 1UL : 0;
        if (Database.IsBuffered(_block))
        {
            return Touch(_block, changes ? TouchKind.Write : TouchKind.Read, BlockNanoseconds);
        }

        var victim = _dirtyVictim;
        _dirtyVictim = changes ? _block : ulong.MaxValue;
        if (victim != ulong.MaxValue)
        {
            _files.Plan(RequestKind.Write, victim, 1);
            return Become(WriteBack, Touch(victim, TouchKind.Read, 0));
        }

        return ReadBlock(last);
    }

    private Request ReadBlock(in Reply last)
    {
        _files.Plan(RequestKind.Read, _block, 1);
        Stage = Fill;
        return GoOnWithFile(last);
    }

    private Request GoOnWithFile(in Reply last)
    {
        if (_files.TryNext(last, out var request))
        {
            return request;
        }

        return Stage == WriteBack ? ReadBlock(last) : Become(Access, Touch(_block, TouchKind.Write, BlockNanoseconds));
    }

    private Request BeginSort()
    {
        _sortBytes = SortStepBytes * (1 + Random.NextBelow(SortSteps));
        var step = _heap.Allocate(_sortBytes);
        Stage = Sort;
        return step.IsDone ? TouchSort(step.Address) : step.Request;
    }

    private Request GoOnWithSort(in Reply last)
    {
        if (Stage == Sorting)
        {
            var free = _heap.Free(_sortAddress);
            Stage = Freeing;
            return free.IsDone ? Respond() : free.Request;
        }

        var step = _heap.Resume(last);
        if (!step.IsDone)
        {
            return step.Request;
        }

        return Stage == Sort ? TouchSort(step.Address) : Respond();
    }

    private Request TouchSort(ulong address)
    {
        _sortAddress = address;
        return address == 0
            ? Respond()   // ERROR: out of memory
            : Become(Sorting, new Request(RequestKind.Touch, address, _sortBytes, (ulong)TouchKind.Write, SortNanoseconds));
    }

    private Request BeginCommit(in Reply last)
    {
        _wal.Plan(SmallestRecord + Random.NextBelow(RecordSpread));
        Stage = Commit;
        return GoOnWithCommit(last);
    }

    private Request GoOnWithCommit(in Reply last)
    {
        if (_wal.TryNext(last, Shared, out var request))
        {
            return request;
        }

        if (_dirtied < ReportEvery)
        {
            return Respond();
        }

        var dirtied = _dirtied;
        _dirtied = 0;
        return Become(Report, new Request(RequestKind.SendTo, dirtied, sizeof(ulong), Path: Database.CheckpointerSocket));
    }

    private Request Respond() =>
        Become(Answered, new Request(RequestKind.Respond, _connection, AnswerBytes, _asked, Path: Database.Name));
}
