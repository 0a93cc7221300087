using VboxMem.Kernel.Block;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Tests.Sched;

/// <summary>A machine whose programs compute, sleep and wait for a disk.</summary>
internal sealed class SchedBox : IDisposable
{
    public SchedBox(int cpus = 1, ulong latencyNanoseconds = 5_000_000)
    {
        var disk = new DiskConfiguration("vda", 1UL << 30, 100 << 20, 50 << 20, latencyNanoseconds, 0, IsRotational: false);
        Machine = Machine.Boot(AMachine.Of(128, cpus) with { Disks = [disk], Mounts = [new MountConfiguration("/mnt", 0)] });
    }

    public Machine Machine { get; }

    public void Dispose() => Machine.Dispose();

    public Process Start(ScriptLine[] lines, int nice = 0, int rounds = 1, bool exits = false, ulong handled = 0) =>
        Machine.Spawn(new ScriptedProgram(lines, rounds, exits) { Handled = handled }, nice: nice)!;

    public Process Compute(ulong milliseconds, int nice = 0) => Start([Script.Compute(milliseconds)], nice);

    public void Run(ulong milliseconds) => Machine.RunUntil(Machine.Now.Plus(SimTime.FromMilliseconds(milliseconds)));

    public void RunUntil(Func<bool> isDone, int mostMilliseconds = 30_000)
    {
        for (var i = 0; i < mostMilliseconds && !isDone(); i++)
        {
            Run(1);
        }

        Assert.True(isDone(), "what was waited for did not happen");
    }

    public static ulong Ran(Process task) => task.UserNanoseconds + task.SystemNanoseconds;

    public static ScriptedProgram ProgramOf(Process task) => (ScriptedProgram)task.Program!;
}
