using VboxMem.Kernel;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Workloads.Malloc;

namespace VboxMem.Workloads.Programs.Cron;

/// <summary>A job: a script of Python that imports modules, takes some memory, holds it a few seconds, writes a little and exits.</summary>
/// <param name="setting">The group's: SizeBytes is what it takes, Hold how long it has it.</param>
/// <param name="job">Which run it is, from 1: its chance is its own.</param>
internal sealed class CronJob(ProgramSetting setting, int job) : Service(setting, $"job#{job}")
{
    public static readonly ProgramImage Executable = SharedLibraries.Executable(
        "/usr/bin/python3.13", 3198, 2887, 579, 466, [SharedLibraries.Libm, SharedLibraries.Zlib, SharedLibraries.Expat, SharedLibraries.Libc],
        startedKilobytes: 3000);

    private const ulong DefaultBytes = 8 << 20;
    private const ulong ChunkBytes = 256 << 10;
    private const ulong PageNanoseconds = 3_000;
    private const ulong LineBytes = 400;
    private const ulong LinesSpread = 20;
    private const ulong ModuleBytes = 24 << 10;
    private static readonly SimTime _defaultHold = SimTime.FromSeconds(3);

    private static readonly string[] _modules =
    [
        .. ((string[])["encodings/__init__", "codecs", "io", "abc", "site", "os", "stat", "posixpath", "re/__init__", "json/decoder", "enum"])
            .Select(static module => $"/usr/lib/python3.13/{module}.cpython-313.pyc"),
    ];

    private const int Importing = 0;
    private const int Allocating = 1;
    private const int Touched = 2;
    private const int Held = 3;
    private const int Opened = 4;
    private const int Written = 5;

    private FileGlances _glances = new(_modules, ModuleBytes);
    private GlibcHeap _heap = new();
    private ulong _allocated;

    public override ProgramImage Image => Executable;

    public override string CommandLine => "/usr/bin/python3\0/usr/local/bin/collect-figures\0";

    private ulong Bytes => Parameters.SizeBytes > 0 ? Parameters.SizeBytes : DefaultBytes;

    public override UserProgram Clone()
    {
        var copy = (CronJob)base.Clone();
        copy._heap = _heap.Clone();
        return copy;
    }

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        _glances.HashInto(hash);
        _heap.HashInto(hash);
        hash.Add(_allocated);
    }

    /// <summary>A refused allocation is the heap's to tell.</summary>
    protected override bool Expects(SystemCallError error) => Stage == Allocating && error == SystemCallError.NoMemory;

    protected override Request Advance(in Reply last)
    {
        switch (Stage)
        {
            case Importing when _glances.TryNext(last, out var glance):
                return glance;
            case Importing:
                return UseHeap(_heap.Allocate(ChunkBytes));
            case Allocating:
                return UseHeap(_heap.Resume(last));
            case Touched when _allocated < Bytes:
                return UseHeap(_heap.Allocate(ChunkBytes));
            case Touched:
                Stage = Held;
                return new Request(RequestKind.Sleep, (Parameters.Hold ?? _defaultHold).Nanoseconds);
            case Held:
                Stage = Opened;
                return new Request(
                    RequestKind.Open, (ulong)(OpenFlags.Create | OpenFlags.Write | OpenFlags.Append), Path: "/var/log/collect-figures.log");
            case Opened:
                Stage = Written;
                return new Request(RequestKind.Write, (ulong)last.Value, LineBytes * (1 + Random.NextBelow(LinesSpread)));
            default:
                return Exit();
        }
    }

    private Request UseHeap(HeapStep step)
    {
        if (!step.IsDone)
        {
            Stage = Allocating;
            return step.Request;
        }

        if (step.Address == 0)
        {
            return new Request(RequestKind.Exit, 1);   // MemoryError
        }

        Stage = Touched;
        _allocated += ChunkBytes;
        return new Request(RequestKind.Touch, step.Address, ChunkBytes, (ulong)TouchKind.Write, PageNanoseconds);
    }
}
