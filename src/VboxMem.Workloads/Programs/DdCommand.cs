// dd: copies a file of the box, or zeros, to another file of the box, or to nowhere, block by block through the page cache.
//
//   buffer --> open input [, skip] --> open output [, truncate, seek] --> read, write, read, write … --> [ sync ] --> exit
//
// Units    bytes.
// Models   GNU coreutils 9.7: dd.
// Departs  /dev/zero costs what writing the buffer does, and /dev/null nothing.

using VboxMem.Kernel;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Workloads.Malloc;

namespace VboxMem.Workloads.Programs;

/// <summary>What dd is asked for.</summary>
/// <param name="Input">A path; /dev/zero for zeros.</param>
/// <param name="Output">A path; /dev/null for nowhere.</param>
/// <param name="BlockBytes">bs.</param>
/// <param name="Count">Blocks at most; null: to the end.</param>
/// <param name="SkippedBlocks">Blocks of the input to begin behind.</param>
/// <param name="SoughtBlocks">Blocks of the output to begin behind.</param>
/// <param name="IsTruncating">Cuts the output off where it begins to write.</param>
/// <param name="IsSynced">Has the output written to its disk before it ends.</param>
public sealed record DdOptions(
    string Input, string Output, ulong BlockBytes, ulong? Count, ulong SkippedBlocks, ulong SoughtBlocks, bool IsTruncating, bool IsSynced);

/// <summary>Where dd has failed.</summary>
public enum DdFailure
{
    None,
    Memory,
    OpenInput,
    OpenOutput,
    Read,
    Write,
    Sync,
}

public sealed class DdCommand(DdOptions options) : SpawnedCommand
{
    public const string Zeros = "/dev/zero";
    public const string Nowhere = "/dev/null";

    /// <summary>Clearing a page in user space: 40 GB/s.</summary>
    private const ulong NanosecondsPerZeroPage = 100;

    private GlibcHeap _heap = new();
    private Step _step;
    private ulong _buffer;
    private ulong _input;
    private ulong _output;
    private ulong _read;
    private ulong _inHand;
    private ulong _bytes;
    private SimTime _startedAt;
    private SimTime _endedAt;
    private SystemCallError _error;
    private ulong _wholeIn;
    private ulong _partIn;
    private ulong _wholeOut;
    private ulong _partOut;

    private enum Step : byte
    {
        Start,
        Buffer,
        BufferTouched,
        InputOpened,
        Skipped,
        OutputOpened,
        Truncated,
        Sought,
        Read,
        Written,
        Synced,
        Answered,
    }

    public override ProgramImage Image => Images.Dd;

    public override string CommandLine => $"dd\0if={options.Input}\0of={options.Output}\0";

    public override string Name => "dd";

    public override bool IsAnswered => _step == Step.Answered;

    public override int ExitStatus => Failure == DdFailure.None ? 0 : 1;

    /// <summary>Where it has failed.</summary>
    public DdFailure Failure { get; private set; }

    /// <summary>Why.</summary>
    public SystemCallError Error => _error;

    /// <summary>Blocks read whole and in part, written whole and in part.</summary>
    public (ulong WholeIn, ulong PartIn, ulong WholeOut, ulong PartOut) Records => (_wholeIn, _partIn, _wholeOut, _partOut);

    /// <summary>Bytes written.</summary>
    public ulong Bytes => _bytes;

    /// <summary>From when the files were open to the end.</summary>
    public SimTime Elapsed => new(_endedAt.Nanoseconds - _startedAt.Nanoseconds);

    private ulong Block => options.BlockBytes;

    public override Request Next(in Reply last)
    {
        switch (_step)
        {
            case Step.Start:
                _step = Step.Buffer;
                return UseBuffer(_heap.Allocate(Block), last);
            case Step.Buffer:
                return UseBuffer(_heap.Resume(last), last);
            case Step.BufferTouched:
                return OpenInput(last);
            case Step.InputOpened when last.IsError:
                return Fail(DdFailure.OpenInput, last);
            case Step.InputOpened:
                _input = (ulong)last.Value;
                _step = Step.Skipped;
                return options.SkippedBlocks > 0 ? new Request(RequestKind.Seek, _input, options.SkippedBlocks * Block) : OpenOutput(last);
            case Step.Skipped:
                return OpenOutput(last);
            case Step.OutputOpened when last.IsError:
                return Fail(DdFailure.OpenOutput, last);
            case Step.OutputOpened:
                _output = (ulong)last.Value;
                return PlaceOutput(last);
            case Step.Truncated when last.IsError:
                return Fail(DdFailure.OpenOutput, last);
            case Step.Truncated:
                return SeekOutput(last);
            case Step.Sought:
                _startedAt = last.Now;
                return ReadOn(last);
            case Step.Read when last.IsError:
                return Fail(DdFailure.Read, last);
            case Step.Read:
                return TakeBlock(last);
            case Step.Written:
                return NoteWritten(last);
            case Step.Synced when last.IsError:
                return Fail(DdFailure.Sync, last);
            default:
                return End(last);
        }
    }

    public override UserProgram Clone()
    {
        var copy = (DdCommand)MemberwiseClone();
        copy._heap = _heap.Clone();
        return copy;
    }

    public override void HashInto(StateHash hash)
    {
        _heap.HashInto(hash);
        hash.Add(options.Input);
        hash.Add(options.Output);
        hash.Add<ulong>([
            Block, options.Count ?? ulong.MaxValue, options.SkippedBlocks, options.SoughtBlocks, (options.IsTruncating ? 1UL : 0) | (options.IsSynced ? 2UL : 0),
            ((ulong)_step << 32) | (uint)_error, (ulong)Failure, _buffer, _input, _output, _read, _inHand, _bytes, _startedAt.Nanoseconds, _endedAt.Nanoseconds,
            _wholeIn, _partIn, _wholeOut, _partOut]);
    }

    private Request UseBuffer(HeapStep step, in Reply last)
    {
        if (!step.IsDone)
        {
            return step.Request;
        }

        _buffer = step.Address;
        _startedAt = last.Now;
        if (_buffer == 0)
        {
            Failure = DdFailure.Memory;
            _error = SystemCallError.NoMemory;
            return End(last);
        }

        _step = Step.BufferTouched;
        return new Request(RequestKind.Touch, _buffer, Block, (ulong)TouchKind.Write);
    }

    private Request OpenInput(in Reply last)
    {
        _step = Step.InputOpened;
        return options.Input == Zeros ? OpenOutput(last) : new Request(RequestKind.Open, (ulong)OpenFlags.Read, Path: options.Input);
    }

    private Request OpenOutput(in Reply last)
    {
        if (options.Output == Nowhere)
        {
            _startedAt = last.Now;
            return ReadOn(last);
        }

        _step = Step.OutputOpened;
        var truncate = options.IsTruncating && options.SoughtBlocks == 0 ? OpenFlags.Truncate : OpenFlags.Read;
        return new Request(RequestKind.Open, (ulong)(OpenFlags.Create | OpenFlags.Write | truncate), Path: options.Output);
    }

    private Request PlaceOutput(in Reply last)
    {
        if (options.SoughtBlocks == 0 || !options.IsTruncating)
        {
            return SeekOutput(last);
        }

        _step = Step.Truncated;
        return new Request(RequestKind.Truncate, _output, options.SoughtBlocks * Block);
    }

    private Request SeekOutput(in Reply last)
    {
        if (options.SoughtBlocks == 0)
        {
            _startedAt = last.Now;
            return ReadOn(last);
        }

        _step = Step.Sought;
        return new Request(RequestKind.Seek, _output, options.SoughtBlocks * Block);
    }

    private Request ReadOn(in Reply last)
    {
        if (options.Count is { } count && _wholeIn + _partIn >= count)
        {
            return SyncOrEnd(last);
        }

        _step = Step.Read;
        return options.Input == Zeros
            ? new Request(RequestKind.Touch, _buffer, Block, (ulong)TouchKind.WriteZeros, NanosecondsPerZeroPage)
            : new Request(RequestKind.Read, _input, Block);
    }

    private Request TakeBlock(in Reply last)
    {
        _read = _inHand = options.Input == Zeros ? Block : (ulong)last.Value;
        if (_read == 0)
        {
            return SyncOrEnd(last);
        }

        _ = _read == Block ? _wholeIn++ : _partIn++;
        return WriteOn(last);
    }

    private Request WriteOn(in Reply last)
    {
        if (options.Output == Nowhere)
        {
            CountOut(_inHand);
            return ReadOn(last);
        }

        _step = Step.Written;
        return new Request(RequestKind.Write, _output, _inHand);
    }

    private Request NoteWritten(in Reply last)
    {
        if (last.IsError || last.Value == 0)
        {
            return Fail(DdFailure.Write, last);
        }

        if ((ulong)last.Value == _inHand)
        {
            CountOut(_inHand);
            return ReadOn(last);
        }

        // Less than it should have: the rest is tried again, and that says why.
        _bytes += (ulong)last.Value;
        _inHand -= (ulong)last.Value;
        return new Request(RequestKind.Write, _output, _inHand);
    }

    private void CountOut(ulong bytes)
    {
        _bytes += bytes;
        _ = _read == Block ? _wholeOut++ : _partOut++;
    }

    private Request SyncOrEnd(in Reply last)
    {
        if (!options.IsSynced || options.Output == Nowhere)
        {
            return End(last);
        }

        _step = Step.Synced;
        return new Request(RequestKind.Fsync, _output);
    }

    private Request Fail(DdFailure failure, in Reply last)
    {
        Failure = failure;
        _error = last.Error;
        _partOut += failure == DdFailure.Write && _inHand < _read ? 1UL : 0;
        return End(last);
    }

    private Request End(in Reply last)
    {
        _endedAt = last.Now;
        _step = Step.Answered;
        return new Request(RequestKind.Exit, (ulong)ExitStatus);
    }
}
