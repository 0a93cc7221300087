using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Tests;

/// <summary>A process of a test's machine, that can be asked for system calls.</summary>
internal sealed class AProcess
{
    public const ulong Page = 4096;
    public const ulong Mebibyte = 1 << 20;

    /// <summary>An executable without a file: a stack, vvar and vdso are all that it has.</summary>
    public static readonly ProgramImage EmptyImage = new("/bin/asked", 0, 0, 0, 0, 0, 0, []);

    private const int MostMilliseconds = 2_000_000;

    private AskedProgram _program;

    private AProcess(Machine machine, Process task, AskedProgram program)
    {
        Machine = machine;
        Task = task;
        _program = program;
    }

    public Machine Machine { get; }

    public Process Task { get; }

    public MemoryDescriptor Memory => Machine.Memory[Task.MemoryId];

    /// <summary>Starts a process and lets it exec.</summary>
    public static AProcess On(Machine machine, uint uid = 1000, ProgramImage? image = null)
    {
        var program = new AskedProgram(image ?? EmptyImage);
        var task = machine.Spawn(program, uid) ?? throw new InvalidOperationException("no memory for a task");
        var process = new AProcess(machine, task, program);
        process.RunUntil(() => task.Request.Kind == RequestKind.Pause);
        return process;
    }

    public long Ask(in Request request)
    {
        var before = _program.Answers.Count;
        AskWithoutWaiting(request);
        RunUntil(() => _program.Answers.Count > before || !IsAlive);
        return IsAlive ? _program.Answers[^1] : long.MinValue;
    }

    /// <summary>Makes the request its next act.</summary>
    public void AskWithoutWaiting(in Request request)
    {
        _program.Want(request);
        Machine.Kill(Task.Pid, Signal.User1);
    }

    /// <summary>Becomes another program and waits until that runs.</summary>
    public void Become(AskedProgram program, string path)
    {
        AskWithoutWaiting(new Request(RequestKind.Execute, Path: path, Program: program));
        RunUntil(() => Task.Program == program && Task.Request.Kind == RequestKind.Pause);
        _program = program;
    }

    /// <summary>A child of this process, itself one that can be asked; null when fork failed.</summary>
    public AProcess? Fork(out long answer)
    {
        var program = new AskedProgram(_program.Image);
        answer = Ask(new Request(RequestKind.Fork, Program: program));
        return answer > 0 ? new AProcess(Machine, Machine.Processes[(int)answer], program) : null;
    }

    public long Map(ulong bytes, MapFlags flags = MapFlags.ReadWrite | MapFlags.Anonymous, ulong at = 0, int descriptor = -1, ulong offset = 0) =>
        Ask(new Request(RequestKind.Mmap, bytes, (ulong)flags | at, (ulong)descriptor, offset));

    public long Unmap(ulong address, ulong bytes) => Ask(new Request(RequestKind.Munmap, address, bytes));

    public long Protect(ulong address, ulong bytes, MapFlags rights) => Ask(new Request(RequestKind.Mprotect, address, bytes, (ulong)rights));

    public long Advise(ulong address, ulong bytes, Advice advice) => Ask(new Request(RequestKind.Madvise, address, bytes, (ulong)advice));

    public long Touch(ulong address, ulong bytes, TouchKind kind = TouchKind.Write) =>
        Ask(new Request(RequestKind.Touch, address, bytes, (ulong)kind));

    public long Lock(ulong address, ulong bytes) => Ask(new Request(RequestKind.Mlock, address, bytes));

    public void Exit()
    {
        AskWithoutWaiting(new Request(RequestKind.Exit));
        RunUntil(() => !IsAlive);
    }

    public bool IsAlive => Machine.Processes.TryGet(Task.Pid, out var task) && task == Task && task.State != TaskState.Zombie;

    private void RunUntil(Func<bool> isDone)
    {
        for (var i = 0; i < MostMilliseconds && !isDone(); i++)
        {
            Machine.RunUntil(Machine.Now.Plus(new SimTime(200_000)));
        }

        if (!isDone())
        {
            throw new InvalidOperationException($"task {Task.Pid} is still at {Task.Request.Kind}, phase {Task.Progress.Phase}");
        }
    }
}
