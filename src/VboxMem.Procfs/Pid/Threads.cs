using VboxMem.Kernel;
using VboxMem.Kernel.Sched;

namespace VboxMem.Procfs.Pid;

/// <summary>Which tasks are processes, and which threads belong to one. The only place that knows.</summary>
/// <remarks>Departs: every process has one thread, whose TID is its PID.</remarks>
internal static class Threads
{
    /// <summary>A process, by the pid of its leader. A child that fork has not finished is nobody's yet.</summary>
    public static bool TryFindProcess(Machine machine, int pid, out Process leader) =>
        machine.Processes.TryGet(pid, out leader!) && IsVisible(leader);

    /// <summary>A thread of a process.</summary>
    public static bool TryFindThread(Machine machine, Process leader, int tid, out Process thread)
    {
        _ = machine;
        thread = leader;
        return tid == leader.Pid;
    }

    /// <summary>All threads of a process, its leader first.</summary>
    public static IReadOnlyList<Process> Of(Machine machine, Process leader)
    {
        _ = machine;
        return [leader];
    }

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

    /// <summary>The pid of a thread's process (tgid).</summary>
    public static int LeaderOf(Process thread) => thread.Pid;

    /// <summary>The name of a task's directory.</summary>
    public static string NameOf(Process task) => task.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static bool IsVisible(Process task) => task.IsKernelThread || task.State != TaskState.Idle;
}
