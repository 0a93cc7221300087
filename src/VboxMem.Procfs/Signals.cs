// kill(2) from outside the box, by root.
//
// Models   Linux 6.12 kernel/signal.c: kill_something_info. Root is refused nothing, and a kernel thread takes no notice.
// Departs  the sender is no process of the box, so it has no process group: pid 0 finds nobody. Tasks are never stopped: the signals
//          that would stop them answer ENOTSUP, and SIGCONT does nothing.

using VboxMem.FileTree;
using VboxMem.Kernel;
using VboxMem.Kernel.Sched;

namespace VboxMem.Procfs;

internal static class Signals
{
    private const int Last = 64;
    private const int FirstOfStopping = 19;
    private const int LastOfStopping = 22;
    private const int Everybody = -1;

    public static Errno Send(Machine machine, int pid, int signal)
    {
        if (signal is < 0 or > Last)
        {
            return Errno.EINVAL;
        }

        if (pid > 0)
        {
            return !machine.Processes.TryGet(pid, out var task) || task.Has(ProcessFlags.New) ? Errno.ESRCH : SendTo(machine, task, signal);
        }

        var result = Errno.ESRCH;
        foreach (var task in machine.Processes.Tasks)
        {
            if (task.IsLeader && !task.Has(ProcessFlags.New) && IsMeant(task, pid))
            {
                result = SendTo(machine, task, signal);
            }
        }

        return result;
    }

    private static bool IsMeant(Process task, int pid) =>
        pid == Everybody ? task.Pid > Scheduler.InitPid && !task.IsKernelThread : pid < 0 && task.ProcessGroup == -(long)pid;

    private static Errno SendTo(Machine machine, Process task, int signal)
    {
        if (signal is >= FirstOfStopping and <= LastOfStopping)
        {
            return Errno.ENOTSUP;
        }

        return machine.Kill(task.Pid, (Signal)signal) == SystemCallError.None ? Errno.None : Errno.ESRCH;
    }
}
