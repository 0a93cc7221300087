using VboxMem.Kernel;
using VboxMem.Kernel.Sched;

namespace VboxMem.Procfs.Tests;

/// <summary>A program that asks for one thing after the other and then waits for ever, or ends. Its file has all kinds of segments.</summary>
internal sealed class Requests(Request[] requests, bool exits = false) : UserProgram
{
    private int _next;

    /// <summary>Code, constants, data, bss of 100, 40, 12 and 20 kB; a library of 60, 20, 8 and 0 kB.</summary>
    public static ProgramImage File { get; } = new(
        "/usr/bin/requests", 100 << 10, 40 << 10, 12 << 10, 20 << 10, 64 << 10, 16 << 10,
        [new ProgramImage("/usr/lib/x86_64-linux-gnu/libc.so.6", 60 << 10, 20 << 10, 8 << 10, 0, 32 << 10, 8 << 10, [])]);

    public override ProgramImage Image => File;

    public override string CommandLine => "/usr/bin/requests\0--all\0";

    public override ulong HandledSignals => Handled;

    public ulong Handled { get; init; }

    /// <summary>Answers so far.</summary>
    public List<long> Answers { get; private set; } = [];

    public override Request Next(in Reply last)
    {
        if (_next > 0 && Answers.Count < _next)
        {
            Answers.Add(last.Value);
        }

        return _next < requests.Length ? requests[_next++] : new Request(exits ? RequestKind.Exit : RequestKind.Pause);
    }

    public override UserProgram Clone()
    {
        var copy = (Requests)MemberwiseClone();
        copy.Answers = [.. Answers];
        return copy;
    }

    public override void HashInto(StateHash hash) => hash.Add((long)_next);
}
