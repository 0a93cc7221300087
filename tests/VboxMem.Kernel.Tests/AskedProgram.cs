using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Tests;

/// <summary>A program that does what a test asks of it, one request at a time, and sleeps in between.</summary>
internal sealed class AskedProgram(ProgramImage image) : UserProgram
{
    private readonly Queue<Request> _wanted = [];
    private bool _isAsked;

    public override ProgramImage Image => image;

    public override ulong HandledSignals => 1UL << (int)Signal.User1;

    /// <summary>Answers so far.</summary>
    public List<long> Answers { get; } = [];

    public void Want(in Request request) => _wanted.Enqueue(request);

    public override Request Next(in Reply last)
    {
        if (_isAsked)
        {
            Answers.Add(last.Value);
        }

        _isAsked = _wanted.TryDequeue(out var next);
        return _isAsked ? next : new Request(RequestKind.Pause);
    }

    public override UserProgram Clone()
    {
        var copy = new AskedProgram(image) { _isAsked = _isAsked };
        foreach (var request in _wanted)
        {
            copy._wanted.Enqueue(request);
        }

        copy.Answers.AddRange(Answers);
        return copy;
    }

    public override void HashInto(StateHash hash)
    {
        hash.Add(_isAsked);
        hash.Add((long)Answers.Count);
        foreach (var request in _wanted)
        {
            request.HashInto(hash);
        }
    }
}
