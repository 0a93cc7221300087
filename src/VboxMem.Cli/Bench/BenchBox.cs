using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Cli.Bench;

/// <summary>A simulated box with one program on it: has it do things, and says how long the host took to simulate them.</summary>
internal sealed class BenchBox : IDisposable
{
    /// <summary>The box runs on in steps of this until the program is done: about a thousand turns.</summary>
    private const ulong StepNanoseconds = 50_000_000;

    private readonly BenchProgram _program = new();
    private readonly int _pid;

    private BenchBox(MachineConfiguration configuration, bool hasHugePages)
    {
        Machine = Machine.Boot(configuration);
        var isSet = Machine.TrySetThp(0, hasHugePages ? "always"u8 : "never"u8);
        Invariant.Holds(isSet);
        var task = Machine.Spawn(_program);
        Invariant.Holds(task is not null);
        _pid = task.Pid;
        RunToIdle();
    }

    public Machine Machine { get; }

    /// <summary>The program's memory.</summary>
    public MemoryDescriptor Memory => Machine.Memory[Machine.Processes[_pid].MemoryId];

    /// <summary>Boots a box and starts the program.</summary>
    /// <param name="configuration">The box.</param>
    /// <param name="hasHugePages">Huge pages wherever there can be one, or never.</param>
    public static BenchBox Boot(MachineConfiguration configuration, bool hasHugePages) => new(configuration, hasHugePages);

    public void Dispose() => Machine.Dispose();

    /// <summary>Has a request done.</summary>
    /// <returns>The host's nanoseconds.</returns>
    public double Do(in Request request)
    {
        _program.Tell(request);
        var error = Machine.Kill(_pid, Signal.User1);
        Invariant.Holds(error == SystemCallError.None);
        var start = BenchClock.Now;
        RunToIdle();
        return BenchClock.Since(start);
    }

    /// <summary>Has a request done that answers something.</summary>
    public ulong Ask(in Request request)
    {
        Do(request);
        Invariant.Holds(_program.Answer >= 0);
        return (ulong)_program.Answer;
    }

    /// <summary>Lets simulated time pass, so that nothing of what was done goes on.</summary>
    public void Settle() => Machine.RunUntil(Machine.Now.Plus(SimTime.FromSeconds(1)));

    public ulong Map(ulong bytes) => Ask(new Request(RequestKind.Mmap, bytes, (ulong)(MapFlags.ReadWrite | MapFlags.Anonymous)));

    public double Touch(ulong address, ulong bytes, TouchKind kind) => Do(new Request(RequestKind.Touch, address, bytes, (ulong)kind));

    public double Unmap(ulong address, ulong bytes) => Do(new Request(RequestKind.Munmap, address, bytes));

    private void RunToIdle()
    {
        while (!_program.IsIdle)
        {
            Invariant.Holds(!Machine.HasPanicked);
            Machine.RunUntil(Machine.Now.Plus(new SimTime(StepNanoseconds)));
        }
    }
}
