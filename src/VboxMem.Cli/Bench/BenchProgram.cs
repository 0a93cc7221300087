using VboxMem.Kernel;
using VboxMem.Kernel.Sched;

namespace VboxMem.Cli.Bench;

/// <summary>A program on the simulated box that does one request at a time, as the benchmark tells it, and waits in between.</summary>
/// <remarks>It is told what to do from outside the box, so that no state hash and no copy of such a box means anything.</remarks>
internal sealed class BenchProgram : UserProgram
{
    private static readonly ProgramImage _image = new(
        "/usr/local/bin/bench", TextBytes: 64 << 10, ReadOnlyBytes: 16 << 10, DataBytes: 16 << 10, BssBytes: 16 << 10,
        StartedBytes: 80 << 10, DirtiedBytes: 16 << 10, Libraries: []);

    private Request _todo;
    private bool _isForked;

    public override ProgramImage Image => _image;

    /// <summary>Waiting to be told is ended by this signal.</summary>
    public override ulong HandledSignals => 1UL << (int)Signal.User1;

    /// <summary>Nothing is left to do.</summary>
    public bool IsIdle { get; private set; }

    /// <summary>The answer to the last request.</summary>
    public long Answer { get; private set; }

    /// <summary>A child that does nothing but exit.</summary>
    public static BenchProgram Child() => new() { _isForked = true };

    /// <summary>Has a request done as soon as the program runs again.</summary>
    public void Tell(in Request request)
    {
        _todo = request;
        IsIdle = false;
    }

    public override Request Next(in Reply last)
    {
        if (_isForked)
        {
            return new Request(RequestKind.Exit);
        }

        if (_todo.Kind != RequestKind.None)
        {
            var request = _todo;
            _todo = default;
            return request;
        }

        if (!IsIdle)
        {
            Answer = last.Value;
            IsIdle = true;
        }

        return new Request(RequestKind.Pause);
    }

    public override UserProgram Clone() => (UserProgram)MemberwiseClone();

    public override void HashInto(StateHash hash) => hash.Add(Image.Path);
}
