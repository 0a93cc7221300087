using VboxMem.Kernel;
using VboxMem.Kernel.Sched;

namespace VboxMem.Workloads.Programs;

/// <summary>A forked child between fork and exec: it does up to two things to itself, and becomes another program.</summary>
/// <param name="parent">The image it was forked from.</param>
/// <param name="program">What it becomes.</param>
/// <param name="first">What it does before; Kind None: nothing.</param>
/// <param name="second">What it does then.</param>
internal sealed class Launch(ProgramImage parent, UserProgram program, Request first = default, Request second = default) : UserProgram
{
    private const ulong CannotExecute = 126;

    private readonly UserProgram _program = program;
    private int _next;

    public override ProgramImage Image => parent;

    public override Request Next(in Reply last)
    {
        if (last.IsError)
        {
            return new Request(RequestKind.Exit, CannotExecute);
        }

        while (_next < 2)
        {
            var act = _next++ == 0 ? first : second;
            if (act.Kind != RequestKind.None)
            {
                return act;
            }
        }

        return new Request(RequestKind.Execute, Path: _program.Image.Path, Program: _program);
    }

    public override UserProgram Clone() => new Launch(parent, _program.Clone(), first, second) { _next = _next };

    public override void HashInto(StateHash hash)
    {
        hash.Add(parent.Comm);
        first.HashInto(hash);
        second.HashInto(hash);
        hash.Add((long)_next);
        _program.HashInto(hash);
    }
}
