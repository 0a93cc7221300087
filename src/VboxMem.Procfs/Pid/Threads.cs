using VboxMem.Kernel;
using VboxMem.Kernel.Sched;

namespace VboxMem.Procfs.Pid;

/// <summary>Which tasks are processes, and which threads belong to one. The only place that knows.</summary>
internal static class Threads
{
    /// <summary>A process, by the pid of its leader. A child that fork has not finished is nobody's yet.</summary>
    public static bool TryFindProcess(Machine machine, int pid, out Process leader) =>
        machine.Processes.TryGet(pid, out leader!) && IsVisible(leader);

    /// <summary>A thread of a process.</summary>
    public static bool TryFindThread(Machine machine, Process leader, int tid, out Process thread) =>
        machine.Processes.TryGet(tid, out thread!) && thread.Group == leader.Group;

    /// <summary>Adds the pids of all processes, ascending.</summary>
    public static void AddProcesses(Machine machine, List<string> names)
    {
        foreach (var task in machine.Processes.Tasks)
        {
            if (IsVisible(task))
            {
                names.Add(NameOf(task));
            }
        }
    }

    /// <summary>The name of a task's directory.</summary>
    public static string NameOf(Process task) => task.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static bool IsVisible(Process task) => task.IsLeader && !task.Has(ProcessFlags.New);
}
