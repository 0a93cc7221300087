// A backup: reads a tree of files from one end to the other, compresses, writes an archive, rests, and begins again.
//
//   open --> read, compress [, write ] to the end of the file --> [ tell the cache ] --> close --> the next
//   after the last: the rest of the archive, fsync, close --> pause --> the first again
//
// Units    bytes.

using VboxMem.Kernel;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Workloads.Malloc;
using VboxMem.Workloads.Scenarios;

namespace VboxMem.Workloads.Programs;

internal sealed class Backup : Service
{
    private const ulong DefaultBufferBytes = 128 << 10;
    private const ulong PackedPercent = 40;
    private const ulong PackNanosecondsPerPage = 10_000;
    private const ulong ReadNanosecondsPerPage = 1_000;

    private const int Start = 0;
    private const int InBuffer = 1;
    private const int OutBuffer = 2;
    private const int Begin = 3;
    private const int ArchiveOpened = 4;
    private const int FileOpened = 5;
    private const int Waited = 6;
    private const int Read = 7;
    private const int Packed = 8;
    private const int ArchiveWritten = 9;
    private const int Told = 10;
    private const int FileClosed = 11;
    private const int LastWritten = 12;
    private const int Synced = 13;
    private const int Ended = 14;

    private readonly FileSet _files;
    private readonly string _archive;
    private readonly ulong _bufferBytes;
    private GlibcHeap _heap = new();
    private ulong _in;
    private ulong _out;
    private SimTime _started;
    private ulong _done;
    private ulong _pass;
    private int _file;
    private ulong _descriptor;
    private ulong _archiveDescriptor;
    private ulong _packed;

    public Backup(ProgramSetting setting)
        : base(setting)
    {
        Image = Images.Tool(setting.Name, SharedLibraries.Zstd, SharedLibraries.Libc);
        var mix = NginxShared.IsSite(Parameters.Path) ? setting.Scenario.Site : setting.Scenario.Documents;
        _files = new FileSet(Parameters.Path, mix, Parameters.SizeBytes);
        _archive = $"/var/backups/{setting.Name}.tar.zst";
        _bufferBytes = Parameters.ChunkBytes > 0 ? Parameters.ChunkBytes : DefaultBufferBytes;
    }

    public override ProgramImage Image { get; }

    public override UserProgram Clone()
    {
        var copy = (Backup)base.Clone();
        copy._heap = _heap.Clone();
        return copy;
    }

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        _heap.HashInto(hash);
        hash.Add<ulong>([_in, _out, _started.Nanoseconds, _done, _pass, (ulong)_file, _descriptor, _archiveDescriptor, _packed]);
    }

    /// <summary>Of the heap's own requests: then malloc answers NULL, which ends it as well.</summary>
    protected override bool Expects(SystemCallError error) => error == SystemCallError.NoMemory && (Stage is InBuffer or OutBuffer);

    protected override Request Advance(in Reply last)
    {
        switch (Stage)
        {
            case Start:
                Stage = InBuffer;
                return UseBuffer(_heap.Allocate(_bufferBytes));
            case InBuffer or OutBuffer:
                return UseBuffer(_heap.Resume(last));
            case Begin:
                return BeginPass(last);
            case ArchiveOpened:
                _archiveDescriptor = (ulong)last.Value;
                return OpenFile();
            case FileOpened:
                _descriptor = (ulong)last.Value;
                return ReadOn(last);
            case Read:
                return last.Value == 0 ? EndFile() : Pack((ulong)last.Value);
            case Packed when _packed >= _bufferBytes:
                return WriteArchive(ArchiveWritten, _bufferBytes);
            case Told:
                return CloseFile();
            case FileClosed:
                _file++;
                return _file < _files.FileCount ? OpenFile() : EndArchive();
            case LastWritten:
                Stage = Synced;
                return new Request(RequestKind.Fsync, _archiveDescriptor);
            case Synced:
                Stage = Ended;
                return new Request(RequestKind.Close, _archiveDescriptor);
            case Ended:
                return EndPass();
            default:
                return ReadOn(last);
        }
    }

    /// <summary>Buffers for what is read and what is to be written.</summary>
    private Request UseBuffer(HeapStep step)
    {
        if (!step.IsDone)
        {
            return step.Request;
        }

        if (step.Address == 0)
        {
            return new Request(RequestKind.Exit, 1);
        }

        if (Stage == InBuffer)
        {
            _in = step.Address;
            Stage = OutBuffer;
            return UseBuffer(_heap.Allocate(_bufferBytes));
        }

        _out = step.Address;
        Stage = Begin;
        return new Request(RequestKind.Touch, _out, _bufferBytes, (ulong)TouchKind.Write);
    }

    private Request BeginPass(in Reply last)
    {
        _started = last.Now;
        (_done, _file, _packed) = (0, 0, 0);
        if (!Parameters.IsWrite)
        {
            return OpenFile();
        }

        Stage = ArchiveOpened;
        return new Request(RequestKind.Open, (ulong)(OpenFlags.Create | OpenFlags.Write | OpenFlags.Truncate), Path: _archive);
    }

    private Request OpenFile()
    {
        Stage = FileOpened;
        return new Request(RequestKind.Open, (ulong)OpenFlags.Create, _files.BytesOf(_file), Path: _files.PathOf(_file));
    }

    private Request ReadOn(in Reply last)
    {
        var due = Parameters.BytesPerSecond == 0
            ? 0
            : _started.Nanoseconds + (ulong)((UInt128)_done * SimTime.NanosecondsPerSecond / Parameters.BytesPerSecond);
        if (due > last.Now.Nanoseconds)
        {
            Stage = Waited;
            return new Request(RequestKind.SleepUntil, due);
        }

        Stage = Read;
        return new Request(RequestKind.Read, _descriptor, _bufferBytes);
    }

    /// <summary>Goes through what was read: to compress it, or just to check it.</summary>
    private Request Pack(ulong bytes)
    {
        _done += bytes;
        _packed += Parameters.IsWrite ? bytes * PackedPercent / 100 : 0;
        Stage = Packed;
        return new Request(
            RequestKind.Touch, _in, bytes, (ulong)TouchKind.Write, Parameters.IsWrite ? PackNanosecondsPerPage : ReadNanosecondsPerPage);
    }

    private Request WriteArchive(int next, ulong bytes)
    {
        Stage = next;
        _packed -= bytes;
        return new Request(RequestKind.Write, _archiveDescriptor, bytes);
    }

    private Request EndFile()
    {
        if (!Parameters.IsDroppedBehind)
        {
            return CloseFile();
        }

        Stage = Told;
        return new Request(RequestKind.Fadvise, _descriptor, D: (ulong)FileAdvice.DontNeed);
    }

    private Request CloseFile()
    {
        Stage = FileClosed;
        return new Request(RequestKind.Close, _descriptor);
    }

    private Request EndArchive() => Parameters.IsWrite ? WriteArchive(LastWritten, _packed) : EndPass();

    private Request EndPass()
    {
        _pass++;
        if (Parameters.Passes != 0 && _pass == Parameters.Passes)
        {
            return Exit();
        }

        Stage = Begin;
        return new Request(RequestKind.Sleep, Parameters.Pause.Nanoseconds);
    }
}
