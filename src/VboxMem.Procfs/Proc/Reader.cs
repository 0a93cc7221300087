using VboxMem.Kernel;
using VboxMem.Kernel.Sched;

namespace VboxMem.Procfs.Proc;

/// <summary>The program that reads the files.</summary>
/// <remarks>
/// On Linux it is a task of the box and runs while the kernel counts the tasks: procs_running and loadavg are never 0. Here
/// it is not one of the box's tasks (departure), so that reading changes nothing; it is counted all the same.
/// </remarks>
internal static class Reader
{
    public static long RunningTasks(Machine machine) => machine.Processes.CountIn(TaskState.Running) + 1;

    public static long AllTasks(Machine machine) => machine.Processes.Count + 1;
}
