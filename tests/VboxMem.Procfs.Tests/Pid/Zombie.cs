using VboxMem.Kernel.Sched;

namespace VboxMem.Procfs.Tests.Pid;

/// <summary>A process that has ended and that its parent does not ask for.</summary>
internal static class Zombie
{
    public static Process In(Box box, uint uid = 0, ulong exitCode = 3, Signal killedBy = Signal.None)
    {
        Request[] last = killedBy == Signal.None ? [new Request(RequestKind.Exit, exitCode)] : [];
        var parent = box.Start(new Requests([new Request(RequestKind.Fork, Program: new Requests(last))]), uid);
        var child = box.Machine.Processes[parent.Pid + 1];
        if (killedBy != Signal.None)
        {
            box.Machine.Kill(child.Pid, killedBy);
            box.Run(100);
        }

        Assert.Equal(TaskState.Zombie, child.State);
        return child;
    }
}
