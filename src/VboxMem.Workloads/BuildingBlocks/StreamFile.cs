using VboxMem.Kernel;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;
using VboxMem.Workloads.Malloc;

namespace VboxMem.Workloads.BuildingBlocks;

/// <summary>Reads a file from end to end with read(2), or writes one with write(2): so many times, at a speed.</summary>
internal sealed class StreamFile(string name, ProgramParameters parameters) : BuildingBlock(name, parameters)
{
    private const ulong DefaultChunk = 128 << 10;

    private const int Start = 0;
    private const int Allocate = 1;
    private const int Open = 2;
    private const int Opened = 3;
    private const int Stream = 4;
    private const int Synced = 5;
    private const int Closed = 6;
    private const int Rest = 7;
    private const int End = 8;
    private const int Wait = 9;

    private GlibcHeap _heap = new();
    private ulong _descriptor;
    private ulong _done;
    private ulong _pass;

    private ulong Chunk => Parameters.ChunkBytes > 0 ? Parameters.ChunkBytes : DefaultChunk;

    private RequestKind Direction => Parameters.IsWrite ? RequestKind.Write : RequestKind.Read;

    protected override Request Advance(in Reply last)
    {
        switch (Stage)
        {
            case Start:
                Stage = Allocate;
                return UseBuffer(_heap.Allocate(Chunk));
            case Allocate:
                return UseBuffer(_heap.Resume(last));
            case Open:
                Stage = Opened;
                var flags = OpenFlags.Create | (Parameters.IsWrite ? OpenFlags.Write | OpenFlags.Truncate : OpenFlags.Read);
                return new Request(RequestKind.Open, (ulong)flags, Parameters.IsWrite ? 0 : Parameters.SizeBytes, Path: Parameters.Path);
            case Open or Rest:
                return OpenFile();
            case Opened:
                _descriptor = (ulong)last.Value;
                _done = 0;
                Stage = Stream;
                StartPacing(last);
                return StreamOn(last);
            case Stream when last.Value == 0:
                return EndFile();   // it is shorter than was said
            case Stream:
                _done += (ulong)last.Value;
                return StreamOn(last);
            case Wait:
                Stage = Stream;
                return StreamOn(last);
            case Synced:
                return Close();
            case Closed:
                return EndPass();
            default:
                return Exit();
        }
    }

    public override UserProgram Clone()
    {
        var copy = (StreamFile)base.Clone();
        copy._heap = _heap.Clone();
        return copy;
    }

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        _heap.HashInto(hash);
        hash.Add(_descriptor);
        hash.Add(_done);
        hash.Add(_pass);
    }

    /// <summary>What read(2) fills, or write(2) takes from: malloc'd, and in memory from the first call on.</summary>
    private Request UseBuffer(HeapStep step)
    {
        if (!step.IsDone)
        {
            return step.Request;
        }

        Stage = Open;
        return step.Address == 0
            ? new Request(RequestKind.Exit, 1)
            : new Request(RequestKind.Touch, step.Address, Chunk, (ulong)TouchKind.Write);
    }

    private Request OpenFile()
    {
        Stage = Opened;
        return Parameters.IsWrite
            ? new Request(RequestKind.Open, (ulong)(OpenFlags.Create | OpenFlags.Write | OpenFlags.Truncate), Path: Parameters.Path)
            : new Request(RequestKind.Open, (ulong)OpenFlags.Create, Parameters.SizeBytes, Path: Parameters.Path);
    }

    private Request StreamOn(in Reply last)
    {
        if (_done >= Parameters.SizeBytes)
        {
            return EndFile();
        }

        if (IsAhead(last, _done, out var wait))
        {
            Stage = Wait;
            return wait;
        }

        return new Request(Direction, _descriptor, Math.Min(Chunk, Parameters.SizeBytes - _done));
    }

    private Request EndFile()
    {
        if (Parameters.IsSynced)
        {
            Stage = Synced;
            return new Request(RequestKind.Fsync, _descriptor);
        }

        return Close();
    }

    private Request Close()
    {
        Stage = Closed;
        return new Request(RequestKind.Close, _descriptor);
    }

    private Request EndPass()
    {
        _pass++;
        if (Parameters.Passes != 0 && _pass == Parameters.Passes)
        {
            Stage = End;
            return Hold();
        }

        Stage = Rest;
        return new Request(RequestKind.Sleep, Parameters.Pause.Nanoseconds);
    }
}
