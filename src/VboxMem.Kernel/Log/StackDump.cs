// Who is running where, and by which way it got there: the lines every kernel warning has after its first one.
//
// Models   Linux 6.12 lib/dump_stack.c: dump_stack_print_info, show_stack, on an untainted kernel without kdump loaded.

namespace VboxMem.Kernel.Log;

/// <summary>The task that dumps its stack.</summary>
/// <param name="HardwareName">What the firmware calls the machine; null without firmware tables.</param>
/// <param name="Workqueue">Queue and function of a worker, <c>events moom_callback</c>; null for any other task.</param>
public readonly record struct RunningTask(int Cpu, uint Uid, int Pid, string Comm, string? HardwareName, string? Workqueue = null);

/// <summary>Writes a stack dump.</summary>
public static class StackDump
{
    // Linux writes release, the build's number and its package, the latter with a blank of its own.
    private const string Version = KernelVersion.Release + " #1  " + KernelVersion.Package;

    public static void Print(KernelLog log, LogClock clock, in RunningTask task, TraceEnd end, AllocationOrigin origin)
    {
        log.Print(clock.Next(), LogLevel.Warning, $"CPU: {task.Cpu} UID: {task.Uid} PID: {task.Pid} Comm: {task.Comm} Not tainted {Version}");
        if (task.HardwareName is not null) log.Print(clock.Next(), LogLevel.Warning, $"Hardware name: {task.HardwareName}");
        if (task.Workqueue is not null) log.Print(clock.Next(), LogLevel.Warning, $"Workqueue: {task.Workqueue}");
        CallTrace.Print(log, clock, end, origin);
    }
}
