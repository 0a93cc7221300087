// A service that does little but write its log: whole lines through a stdio buffer, at a speed, and a new file when one is full.
//
//   wait --> lines into the buffer --> write --> [ fsync ] --> full? --> close --> unlink the oldest --> open
//                                                                   \--> no files kept: truncate
//
// Departs  without rename(2) the file that is written changes its name, not the full ones: PATH, PATH.1, …, PATH again. It begins with
//          PATH and counts from there, whatever an earlier run of it has left.

using System.Globalization;
using VboxMem.Kernel;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Workloads.Programs;

internal sealed class LogWriter : Service
{
    private const ulong LeastBufferBytes = 4 << 10;
    private const ulong MostBufferBytes = 64 << 10;
    private const ulong BuffersPerSecond = 20;
    private const ulong MostLateNanoseconds = SimTime.NanosecondsPerSecond;

    /// <summary>In front of a line's text, besides the name of the service.</summary>
    private const string Prefix = "2026-11-27T13:56:48.123456+00:00 [12345]: \n";

    private const int Start = 0;
    private const int Opened = 1;
    private const int Waiting = 2;
    private const int Written = 3;
    private const int Synced = 4;
    private const int Truncated = 5;
    private const int Closed = 6;
    private const int Unlinked = 7;

    private static readonly SimTime _syncEvery = SimTime.FromSeconds(5);

    private readonly string[] _names;
    private readonly ushort[] _lineBytes;
    private readonly ulong _bufferBytes;
    private int _name;
    private ulong _descriptor;
    private ulong _due;
    private ulong _syncDue;
    private ulong _fileBytes;
    private ulong _buffered;
    private ulong _bufferedLines;

    public LogWriter(ProgramSetting setting)
        : base(setting)
    {
        Image = Images.Tool(setting.Name, SharedLibraries.Libc);
        _names = NamesOf(Parameters);
        _lineBytes = [.. setting.Scenario.LogLines.Select(line => (ushort)(Prefix.Length + setting.Name.Length + line.Length))];
        _bufferBytes = Parameters.ChunkBytes > 0
            ? Parameters.ChunkBytes
            : Math.Clamp(Parameters.BytesPerSecond / BuffersPerSecond, LeastBufferBytes, MostBufferBytes);
    }

    public override ProgramImage Image { get; }

    /// <summary>What it has written.</summary>
    internal ulong Lines { get; private set; }

    internal ulong Bytes { get; private set; }

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        hash.Add<ulong>([(ulong)_name, _descriptor, _due, _syncDue, _fileBytes, _buffered, _bufferedLines, Lines, Bytes]);
    }

    /// <summary>Lines that find no room are lost; of the files it removes some are not there yet.</summary>
    protected override bool Expects(SystemCallError error) => Stage switch
    {
        Written => error is SystemCallError.NoSpace or SystemCallError.NoMemory or SystemCallError.Io,
        Unlinked => error == SystemCallError.NoEntry,
        _ => false,
    };

    protected override Request Advance(in Reply last)
    {
        switch (Stage)
        {
            case Start:
                return Open();
            case Opened:
                _descriptor = (ulong)last.Value;
                if (_due == 0)
                {
                    (_due, _syncDue) = (last.Now.Nanoseconds, last.Now.Nanoseconds);
                }

                return Wait();
            case Waiting:
                return Write(last);
            case Written:
                return EndWrite(last);
            case Synced:
                return RotateOrWait();
            case Truncated:
                _fileBytes = 0;
                return Wait();
            case Closed:
                _name = (_name + 1) % _names.Length;
                Stage = Unlinked;
                return new Request(RequestKind.Unlink, Path: _names[_name]);
            default:
                _fileBytes = 0;
                return Open();
        }
    }

    private static string[] NamesOf(ProgramParameters parameters)
    {
        var names = new string[1 + parameters.Count];
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = i == 0 ? parameters.Path : string.Create(CultureInfo.InvariantCulture, $"{parameters.Path}.{i}");
        }

        return names;
    }

    private Request Open()
    {
        Stage = Opened;
        return new Request(RequestKind.Open, (ulong)(OpenFlags.Create | OpenFlags.Write | OpenFlags.Append), Path: _names[_name]);
    }

    private Request Wait()
    {
        Stage = Waiting;
        return new Request(RequestKind.SleepUntil, _due);
    }

    /// <summary>Fills the buffer with whole lines, and writes them.</summary>
    private Request Write(in Reply last)
    {
        (_buffered, _bufferedLines) = (0, 0);
        while (true)
        {
            var line = _lineBytes[(int)Random.NextBelow((ulong)_lineBytes.Length)];
            if (_bufferedLines > 0 && _buffered + line > _bufferBytes)
            {
                break;
            }

            _buffered += line;
            _bufferedLines++;
        }

        PlanNext(last.Now.Nanoseconds);
        Stage = Written;
        return new Request(RequestKind.Write, _descriptor, _buffered);
    }

    /// <summary>When the next buffer will be full. What it was kept from for too long it does not make up for.</summary>
    private void PlanNext(ulong now)
    {
        if (Parameters.BytesPerSecond == 0)
        {
            _due = now;
            return;
        }

        var interval = (ulong)((UInt128)_buffered * SimTime.NanosecondsPerSecond / Parameters.BytesPerSecond);
        _due = Math.Max(_due, now - Math.Min(now, MostLateNanoseconds)) + Chance.Around(ref Random, interval, Parameters.JitterPercent);
    }

    private Request EndWrite(in Reply last)
    {
        if (!last.IsError)
        {
            _fileBytes += (ulong)last.Value;
            Bytes += (ulong)last.Value;
            Lines += _bufferedLines;
        }

        if (Parameters.IsSynced && last.Now.Nanoseconds >= _syncDue)
        {
            _syncDue = last.Now.Nanoseconds + (Parameters.Every ?? _syncEvery).Nanoseconds;
            Stage = Synced;
            return new Request(RequestKind.Fsync, _descriptor);
        }

        return RotateOrWait();
    }

    private Request RotateOrWait()
    {
        if (Parameters.SizeBytes == 0 || _fileBytes < Parameters.SizeBytes)
        {
            return Wait();
        }

        Stage = _names.Length == 1 ? Truncated : Closed;
        return _names.Length == 1
            ? new Request(RequestKind.Truncate, _descriptor)
            : new Request(RequestKind.Close, _descriptor);
    }
}
