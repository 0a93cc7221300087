// Sending signals and what they do to a process that has not asked for them.
//
//   to a process --no thread handles it--> all its threads end     --one does--> waits in the group; the first such thread is woken
//   to a thread, for what it did itself  --it does not handle it--> all threads of its process end
//
// Models   Linux 6.12 kernel/signal.c: complete_signal, signal_wake_up, force_sig_fault, zap_other_threads; default actions of signal(7).
// Departs  a signal that a program handles is handed to it with its next answer; there is no queue of siginfo, no stopping of tasks.
//          A thread whose program does not handle a signal that another thread's does has it blocked.

namespace VboxMem.Kernel.Sched;

public static class SignalDelivery
{
    /// <summary>SIGKILL, which no program handles. What ends a process is turned into an exit of each of its threads when it next runs.</summary>
    internal const ulong Fatal = 1UL << (int)Signal.Kill;

    private const int ExitCodeOfSignal = 128;

    /// <summary>Signals whose default is to do nothing.</summary>
    private const ulong Ignored =
        (1UL << (int)Signal.Child) | (1UL << (int)Signal.Continue) | (1UL << (int)Signal.Urgent) | (1UL << (int)Signal.WindowChange);

    /// <summary>Sends a signal to a task's process. Sleeps that it may end end.</summary>
    public static void Send(Scheduler scheduler, Process task, Signal signal)
    {
        var group = task.Group;
        var bit = BitOf(signal);
        if (task.IsKernelThread || task.Has(ProcessFlags.New))
        {
            return;
        }

        if (FindTaker(group, bit) is { } taker)
        {
            group.PendingSignals |= bit;
            WakeIfAllowed(scheduler, taker);
        }
        else if ((Ignored & bit) == 0 && group.Id != Scheduler.InitPid)
        {
            EndGroup(scheduler, group, ExitCodeOfSignal + (int)signal, except: null);
        }
    }

    /// <summary>Sends a signal to a running task for what it has just done.</summary>
    public static void Force(Scheduler scheduler, Process task, Signal signal)
    {
        var bit = BitOf(signal);
        if (Handles(task, bit))
        {
            task.PendingSignals |= bit;
        }
        else if (task.ThreadGroupId != Scheduler.InitPid && !task.IsKernelThread)
        {
            EndGroup(scheduler, task.Group, ExitCodeOfSignal + (int)signal, except: null);
        }
    }

    /// <summary>A signal that the task's program handles waits to be taken: interruptible sleeps end.</summary>
    internal static bool HasHandled(Process task) =>
        ((task.PendingSignals | task.Group.PendingSignals) & (task.Program?.HandledSignals ?? 0)) != 0;

    /// <summary>Takes the lowest pending signal that the task's program handles, those sent to it alone first.</summary>
    internal static Signal TakeHandled(Process task)
    {
        var handled = task.Program?.HandledSignals ?? 0;
        if ((task.PendingSignals & handled) != 0)
        {
            var own = System.Numerics.BitOperations.TrailingZeroCount(task.PendingSignals & handled);
            task.PendingSignals &= ~(1UL << own);
            return (Signal)own;
        }

        if ((task.Group.PendingSignals & handled) == 0)
        {
            return Signal.None;
        }

        var number = System.Numerics.BitOperations.TrailingZeroCount(task.Group.PendingSignals & handled);
        task.Group.PendingSignals &= ~(1UL << number);
        return (Signal)number;
    }

    /// <summary>All threads of a process are to end (do_group_exit); the first reason decides the exit code.</summary>
    internal static void EndGroup(Scheduler scheduler, ThreadGroup group, int exitCode, Process? except)
    {
        if (group.IsExiting)
        {
            return;
        }

        group.IsExiting = true;
        group.ExitCode = exitCode;
        KillOthers(scheduler, group, except);
    }

    /// <summary>All threads but one are to end (zap_other_threads).</summary>
    internal static void KillOthers(Scheduler scheduler, ThreadGroup group, Process? except)
    {
        foreach (var thread in group.Threads)
        {
            if (thread != except && thread.State != TaskState.Zombie)
            {
                thread.PendingSignals |= Fatal;
                WakeIfAllowed(scheduler, thread);
            }
        }
    }

    /// <summary>The first living thread whose program handles a signal; null: none does.</summary>
    private static Process? FindTaker(ThreadGroup group, ulong bit)
    {
        foreach (var thread in group.Threads)
        {
            if (Handles(thread, bit) && thread.State != TaskState.Zombie && !thread.Has(ProcessFlags.Exiting))
            {
                return thread;
            }
        }

        return null;
    }

    private static void WakeIfAllowed(Scheduler scheduler, Process task)
    {
        var ends = task.Wait.Depth switch
        {
            SleepDepth.Interruptible => true,
            SleepDepth.Killable => task.HasFatalSignal,
            _ => false,
        };
        if (ends)
        {
            scheduler.Wake(task);
        }
    }

    /// <summary>No program handles the last of the real-time signals, 64, which has no bit.</summary>
    private static ulong BitOf(Signal signal) => (int)signal < 64 ? 1UL << (int)signal : 0;

    private static bool Handles(Process task, ulong bit) => bit != Fatal && ((task.Program?.HandledSignals ?? 0) & bit) != 0;
}
