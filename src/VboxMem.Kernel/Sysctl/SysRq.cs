// What an operator orders the kernel to do at once, by a letter: a write to /proc/sysrq-trigger.
//
//   e  SIGTERM to every process but init     m  the memory report to the log
//   i  SIGKILL to every process but init     t  a line for each task to the log
//   f  the OOM killer is called              any other letter: the log tells which there are
//
// Models   Linux 6.12 drivers/tty/sysrq.c: __handle_sysrq, moom_callback, send_sig_all; kernel/sched/core.c: sched_show_task (facts: reclaim, 9.4).
//          /proc/sysrq-trigger asks kernel.sysrq for no leave.
// Departs  the letters that reboot, crash, sync, or show what the box has not are unknown to it, and the help names only those above. The OOM
//          killer runs at once, not in a worker's turn. Under t there are no call traces, as tasks have no stacks of calls, and no figures of the
//          scheduler. The console's log level is not raised.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Log;
using VboxMem.Kernel.Oom;
using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Sysctl;

/// <summary>The orders.</summary>
public static class SysRq
{
    private const string Help = "terminate-all-tasks(e) memory-full-oom-kill(f) kill-all-tasks(i) show-memory-usage(m) show-task-states(t) ";
    private const string OomWorker = "kworker/0:1";

    /// <summary>The FPU's registers are to be loaded before it returns to its program: true of all that do not run (TIF_NEED_FPU_LOAD).</summary>
    private const uint NeedsFpuLoad = 0x4000;

    /// <summary>A signal waits (TIF_SIGPENDING).</summary>
    private const uint SignalPending = 0x4;

    /// <summary>Carries out what one write orders: its first letter, or with an underscore before them all of them.</summary>
    public static void Trigger(Machine machine, ReadOnlySpan<byte> written)
    {
        var isBulk = false;
        foreach (var key in written)
        {
            if (key == (byte)'_')
            {
                isBulk = true;
            }
            else
            {
                Handle(machine, key);
            }

            if (!isBulk)
            {
                break;
            }
        }
    }

    private static void Handle(Machine machine, byte key)
    {
        var clock = new LogClock((long)machine.Cpus.Now.Nanoseconds);
        switch (key)
        {
            case (byte)'e':
                Say(machine, clock, "Terminate All Tasks");
                SignalAll(machine, Signal.Terminate);
                break;
            case (byte)'f':
                OomMessages.PrintManualExecution(machine.Log, clock);
                CallOomKiller(machine, clock);
                break;
            case (byte)'i':
                Say(machine, clock, "Kill All Tasks");
                SignalAll(machine, Signal.Kill);
                break;
            case (byte)'m':
                Say(machine, clock, "Show Memory");
                MemoryReport.Print(machine.Log, clock, MemoryReportGather.Of(machine), MemoryReportScope.Whole);
                break;
            case (byte)'t':
                Say(machine, clock, "Show State");
                ShowTasks(machine, clock);
                break;
            default:
                Say(machine, clock, "HELP : " + Help);
                break;
        }
    }

    private static void Say(Machine machine, LogClock clock, string text) => machine.Log.Print(clock.Next(), LogLevel.Info, $"sysrq: {text}");

    private static void SignalAll(Machine machine, Signal signal)
    {
        foreach (var task in machine.Processes.Tasks)
        {
            if (task.IsLeader && !task.IsKernelThread && task.Pid != Scheduler.InitPid)
            {
                SignalDelivery.Send(machine.Scheduler, task, signal);
            }
        }
    }

    private static void CallOomKiller(Machine machine, LogClock clock)
    {
        foreach (var task in machine.Processes.Tasks)
        {
            if (task.IsKernelThread && task.Comm == OomWorker)
            {
                if (!machine.Oom.KillOnOrder(task))
                {
                    Say(machine, clock, "OOM request ignored. No task eligible");
                }

                return;
            }
        }

        Invariant.Holds(false);   // boot makes it
    }

    private static void ShowTasks(Machine machine, LogClock clock)
    {
        foreach (var leader in machine.Processes.Tasks)
        {
            if (!leader.IsLeader)
            {
                continue;
            }

            foreach (var task in leader.Group.Threads)
            {
                ShowTask(machine, clock, task);
            }
        }
    }

    private static void ShowTask(Machine machine, LogClock clock, Process task)
    {
        var isRunning = task.State == TaskState.Running;
        var flags = (isRunning ? 0 : NeedsFpuLoad) | ((task.PendingSignals | task.Group.PendingSignals) != 0 ? SignalPending : 0);
        var comm = task.Comm.Length > 15 ? task.Comm[..15] : task.Comm;
        machine.Log.Print(
            clock.Next(), LogLevel.Info,
            $"task:{comm,-15} state:{LetterOf(task.State)}{(isRunning ? "  running task    " : "")} stack:0     pid:{task.Pid,-5} tgid:{task.ThreadGroupId,-5} ppid:{task.ParentPid,-6} flags:0x{flags:x8}");
    }

    private static char LetterOf(TaskState state) => state switch
    {
        TaskState.Running => 'R',
        TaskState.Sleeping => 'S',
        TaskState.DiskSleep => 'D',
        TaskState.Zombie => 'Z',
        _ => 'I',
    };
}
