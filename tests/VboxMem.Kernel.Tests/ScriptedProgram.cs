using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Tests;

/// <summary>One line of a script.</summary>
/// <param name="Request">What is asked.</param>
/// <param name="AnswerOf">Line whose answer is added to the request's A: an address, a descriptor; -1: none.</param>
internal readonly record struct ScriptLine(Request Request, int AnswerOf = -1);

/// <summary>A program that goes through a list of requests once or over and over, and then sleeps for ever or ends.</summary>
internal sealed class ScriptedProgram(ScriptLine[] lines, int rounds = 1, bool exits = false, int repeatFrom = 0) : UserProgram
{
    private readonly ScriptLine[] _lines = lines;
    private long[] _answers = new long[lines.Length];
    private int _next;
    private int _roundsLeft = rounds;
    private int _asked = -1;

    public override ProgramImage Image { get; } = new("/bin/scripted", 4096, 0, 0, 0, 0, 0, []);

    public override ulong HandledSignals => Handled;

    public ulong Handled { get; init; }

    /// <summary>What its threads share.</summary>
    public SharedWords? Words { get; init; }

    public override UserSharedState? MakeShared() => Words?.Clone();

    /// <summary>Answers of the last round, line by line.</summary>
    public ReadOnlySpan<long> Answers => _answers;

    public int Done { get; private set; }

    /// <summary>The signal that came last.</summary>
    public Signal LastSignal { get; private set; }

    public override Request Next(in Reply last)
    {
        LastSignal = last.Signal == Signal.None ? LastSignal : last.Signal;
        if (_asked >= 0)
        {
            _answers[_asked] = last.Value;
            _asked = -1;
            Done++;
        }

        if (_next == _lines.Length && --_roundsLeft > 0)
        {
            _next = repeatFrom;
        }

        if (_next >= _lines.Length)
        {
            return exits ? new Request(RequestKind.Exit) : new Request(RequestKind.Pause);
        }

        _asked = _next++;
        var line = _lines[_asked];
        if (line.Request.Program is { } program)
        {
            return line.Request with { Program = program.Clone() };   // each round starts one of its own
        }

        return line.AnswerOf < 0 ? line.Request : line.Request with { A = line.Request.A + (ulong)_answers[line.AnswerOf] };
    }

    public override UserProgram Clone()
    {
        var copy = (ScriptedProgram)MemberwiseClone();
        copy._answers = (long[])_answers.Clone();
        return copy;
    }

    public override void HashInto(StateHash hash)
    {
        hash.Add<long>(_answers);
        hash.Add(((long)_next << 32) | (uint)_asked);
        hash.Add(((long)_roundsLeft << 32) | (uint)Done);
        hash.Add((long)LastSignal);
    }
}
