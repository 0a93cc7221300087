// A JVM: makes objects at a speed, collects when it has no room, and uses its live data in between.
//
//   allocate: eden grows, page by page at first, over the same pages again after each collection
//   eden full --> young collection: cards of old, survivors, promotion        old full --> full collection: all that lives is moved
//   a part of the heap is used for the first time --> committed: mapped readable and writable over the reservation
//   refused --> the heap stays as large as it is; live data that does not fit --> OutOfMemoryError, exit code 3
//
// Collections stop the program: what was to be allocated meanwhile is allocated behind them, as fast as it goes.
//
// Models   OpenJDK 21: os_linux.cpp: os::pd_reserve_memory, os::pd_commit_memory; -XX:+ExitOnOutOfMemoryError.
// Departs  one thread does it all; memory is given back only after full collections, and only if PartBytes says how much is kept.

using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Workloads.Programs.Java;

/// <summary>
/// SizeBytes: -Xmx (256 MiB), committed by ChunkBytes (4 MiB). BytesPerSecond: what it allocates (16 MiB), give or take JitterPercent.
/// WorkingSetBytes: live data (a quarter). PartBytes: what a full collection keeps beyond that; 0: everything.
/// </summary>
internal sealed class JavaMachine : Service
{
    private static readonly ProgramImage _executable = SharedLibraries.Executable(
        "/usr/lib/jvm/java-21-openjdk-amd64/bin/java", 1, 3, 1, 1,
        [
            SharedLibraries.Of("/usr/lib/jvm/java-21-openjdk-amd64/lib/libjli.so", 38, 18, 2, 1),
            SharedLibraries.Of("/usr/lib/jvm/java-21-openjdk-amd64/lib/server/libjvm.so", 15248, 5653, 1045, 410, startedKilobytes: 10000),
            SharedLibraries.Of("/usr/lib/jvm/java-21-openjdk-amd64/lib/libjava.so", 54, 68, 7, 1),
            SharedLibraries.Of("/usr/lib/jvm/java-21-openjdk-amd64/lib/libjimage.so", 9, 9, 2, 1),
            SharedLibraries.Of("/usr/lib/jvm/java-21-openjdk-amd64/lib/libnio.so", 34, 41, 2, 1),
            SharedLibraries.Of("/usr/lib/jvm/java-21-openjdk-amd64/lib/libnet.so", 28, 15, 2, 1),
            SharedLibraries.Zlib, SharedLibraries.StandardCpp, SharedLibraries.Libm, SharedLibraries.Gcc, SharedLibraries.Libc,
        ]);

    private const ulong PageBytes = 4096;
    private const ulong DefaultHeap = 256 << 20;
    private const ulong LeastHeap = 2 << 20;   // "Too small maximum heap"
    private const ulong DefaultSpeed = 16 << 20;
    private const ulong DefaultPart = 4 << 20;
    private const ulong MostStepBytes = 1 << 20;
    private const ulong StepsPerSecond = 20;
    private const ulong LiveTouchBytes = 64 << 10;
    private const ulong CardsShare = 64;
    private const ulong CompiledBytes = 256 << 10;
    private const ulong OutOfMemory = 3;

    /// <summary>Of the processor, at each page: making objects, following them, copying them.</summary>
    private const ulong AllocateNanoseconds = 2_000;
    private const ulong MarkNanoseconds = 1_500;
    private const ulong CopyNanoseconds = 3_000;

    private const int Begin = 0;
    private const int Starting = 1;
    private const int Running = 2;
    private const int Committing = 3;
    private const int Allocated = 4;
    private const int UsedLive = 5;
    private const int Scanned = 6;
    private const int Copied = 7;
    private const int Promoted = 8;
    private const int Marked = 9;
    private const int Moved = 10;
    private const int GivenBack = 11;

    private readonly ulong _stepBytes;
    private JavaStart _start;
    private JavaHeap _heap;
    private ulong _base;
    private ulong _oldCommitted;
    private ulong _edenCommitted;
    private bool _isOld;
    private ulong _due;
    private ulong _compiled;
    private ulong _promoted;
    private ulong _committing;

    public JavaMachine(ProgramSetting setting)
        : base(setting)
    {
        var bytes = Parameters.SizeBytes > 0 ? Math.Max(Parameters.SizeBytes, LeastHeap) : DefaultHeap;
        _heap = new JavaHeap(bytes, Parameters.WorkingSetBytes > 0 ? Parameters.WorkingSetBytes / PageBytes * PageBytes : bytes / 4);
        _start = new JavaStart(bytes);
        _stepBytes = Math.Min(Math.Clamp(Speed / StepsPerSecond / PageBytes * PageBytes, PageBytes, MostStepBytes), _heap.EdenBytes);
    }

    public override ProgramImage Image => _executable;

    public override string CommandLine =>
        $"java\0-Xmx{_heap.Bytes >> 20}m\0-XX:+ExitOnOutOfMemoryError\0-jar\0/opt/{Setting.Name}/{Setting.Name}.jar\0";

    private ulong Speed => Parameters.BytesPerSecond > 0 ? Parameters.BytesPerSecond : DefaultSpeed;

    private ulong PartToCommit => Parameters.ChunkBytes > 0 ? (Parameters.ChunkBytes + PageBytes - 1) / PageBytes * PageBytes : DefaultPart;

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        _start.HashInto(hash);
        _heap.HashInto(hash);
        ReadOnlySpan<ulong> words = [_base, _oldCommitted, _edenCommitted, _isOld ? 1UL : 0, _due, _compiled, _promoted, _committing];
        hash.Add(words);
    }

    /// <summary>A part of the heap that is refused.</summary>
    protected override bool Expects(SystemCallError error) => error == SystemCallError.NoMemory && Stage == Committing;

    protected override Request Advance(in Reply last)
    {
        switch (Stage)
        {
            case Begin:
                return Become(Starting, new Request(
                    RequestKind.Mmap, _heap.Bytes, (ulong)(MapFlags.Anonymous | MapFlags.NoReserve)));
            case Starting:
                _base = _base == 0 ? (ulong)last.Value : _base;
                if (_start.TryNext(last, out var request))
                {
                    return request;
                }

                _due = last.Now.Nanoseconds;
                _compiled = JavaStart.CodeCacheStartBytes;
                return CommitSurvivors();
            case Committing:
                return AfterCommit(last);
            case Allocated:
                return UseLive(last);
            case Running or UsedLive:
                return Run(last);
            default:
                return GoOnCollecting(last);
        }
    }

    private Request Become(int stage, in Request request)
    {
        Stage = stage;
        return request;
    }

    private Request Touch(int stage, ulong offset, ulong bytes, TouchKind kind, ulong nanoseconds) =>
        Become(stage, new Request(RequestKind.Touch, _base + offset, bytes, (ulong)kind, nanoseconds));

    /// <summary>Both survivor spaces are usable from the start on.</summary>
    private Request CommitSurvivors() => Become(UsedLive, Commit(_heap.EdenOffset + _heap.EdenBytes, 2 * _heap.SurvivorBytes));

    private Request Commit(ulong offset, ulong bytes) => new(
        RequestKind.Mmap, bytes, (_base + offset) | (ulong)(MapFlags.ReadWrite | MapFlags.Anonymous | MapFlags.Fixed));

    /// <summary>Waits until the next objects are due, and makes them, or room for them.</summary>
    private Request Run(in Reply last)
    {
        Stage = Running;
        if (_due > last.Now.Nanoseconds)
        {
            return new Request(RequestKind.SleepUntil, _due);
        }

        if (!_heap.HasRoomInEden(_stepBytes))
        {
            return _heap.EdenUsed == 0 ? new Request(RequestKind.Exit, OutOfMemory) : Collect();
        }

        if (_heap.EdenUsed + _stepBytes > _edenCommitted)
        {
            _isOld = false;
            _committing = Math.Min(Math.Max(PartToCommit, _stepBytes), _heap.EdenBytes - _edenCommitted);
            return Become(Committing, Commit(_heap.EdenOffset + _edenCommitted, _committing));
        }

        _due += Chance.Around(ref Random, SimTime.NanosecondsPerSecond * _stepBytes / Speed, Parameters.JitterPercent);
        return Touch(Allocated, _heap.Take(_stepBytes), _stepBytes, TouchKind.Write, AllocateNanoseconds);
    }

    private Request AfterCommit(in Reply last)
    {
        ref var committed = ref _isOld ? ref _oldCommitted : ref _edenCommitted;
        if (last.IsError && _isOld)
        {
            _heap.LimitOld(committed);
        }
        else if (last.IsError)
        {
            _heap.LimitEden(committed);
        }
        else
        {
            committed += _committing;
        }

        return _isOld ? Collect() : Run(last);
    }

    /// <summary>The application looks at some of its live data.</summary>
    private Request UseLive(in Reply last)
    {
        var live = Math.Min(_heap.OldUsed, _heap.LiveBytes);
        if (live == 0)
        {
            return Run(last);
        }

        var bytes = Math.Min(LiveTouchBytes, live);
        var offset = Random.NextBelow(((live - bytes) / PageBytes) + 1) * PageBytes;
        return Touch(UsedLive, offset, bytes, TouchKind.Read, 0);
    }

    /// <summary>Begins a collection: a full one first, if old has no room; more of old is committed first, if that is all it lacks.</summary>
    private Request Collect()
    {
        if (_heap.NeedsFullCollection)
        {
            return _heap.OldUsed <= _heap.LiveBytes
                ? new Request(RequestKind.Exit, OutOfMemory)   // nothing that it could free
                : Touch(Marked, 0, Math.Max(PageBytes, _heap.LiveBytes), TouchKind.Read, MarkNanoseconds);
        }

        var needed = _heap.OldUsed + _heap.NextPromotion;
        if (needed > _oldCommitted)
        {
            _isOld = true;
            _committing = Math.Min(Math.Max(PartToCommit, AlignUp(needed - _oldCommitted)), _heap.OldBytes - _oldCommitted);
            return Become(Committing, Commit(_oldCommitted, _committing));
        }

        // Cards: the part of old that points into eden.
        var cards = Math.Max(PageBytes, _heap.OldUsed / CardsShare / PageBytes * PageBytes);
        var offset = _heap.OldUsed > cards ? Random.NextBelow((_heap.OldUsed - cards) / PageBytes) * PageBytes : 0;
        return _heap.OldUsed == 0 ? CopySurvivors() : Touch(Scanned, offset, Math.Min(cards, _heap.OldUsed), TouchKind.Read, MarkNanoseconds);
    }

    private static ulong AlignUp(ulong bytes) => (bytes + PageBytes - 1) / PageBytes * PageBytes;

    private Request CopySurvivors()
    {
        _promoted = _heap.CollectYoung();
        return Touch(Copied, _heap.SurvivorOffset, _heap.Survived, TouchKind.Write, CopyNanoseconds);
    }

    private Request GoOnCollecting(in Reply last)
    {
        switch (Stage)
        {
            case Scanned:
                return CopySurvivors();
            case Copied when _promoted > 0:
                return Touch(Promoted, _heap.OldUsed - _promoted, _promoted, TouchKind.Write, CopyNanoseconds);
            case Copied or Promoted:
                return Compile(last);
            case Marked:
                return Touch(Moved, 0, Math.Max(PageBytes, _heap.LiveBytes), TouchKind.Write, CopyNanoseconds);
            case Moved:
                _heap.CollectOld();
                return GiveBack();
            default:
                return Collect();
        }
    }

    /// <summary>Between collections the compilers have made more code.</summary>
    private Request Compile(in Reply last)
    {
        if (_compiled + CompiledBytes > JavaStart.CodeCacheBytes)
        {
            return Run(last);
        }

        _compiled += CompiledBytes;
        return Become(UsedLive, new Request(
            RequestKind.Touch, _start.CodeCache + _compiled - CompiledBytes, CompiledBytes, (ulong)TouchKind.Write, CopyNanoseconds));
    }

    /// <summary>After a full collection: what is committed of old beyond the live data and what is to be kept goes back, if asked to.</summary>
    private Request GiveBack()
    {
        var kept = AlignUp(_heap.OldUsed + Parameters.PartBytes);
        if (Parameters.PartBytes == 0 || kept >= _oldCommitted)
        {
            return Collect();
        }

        var (offset, bytes) = (kept, _oldCommitted - kept);
        _oldCommitted = kept;
        return Become(GivenBack, new Request(
            RequestKind.Mmap, bytes, (_base + offset) | (ulong)(MapFlags.Anonymous | MapFlags.Fixed | MapFlags.NoReserve)));
    }
}
