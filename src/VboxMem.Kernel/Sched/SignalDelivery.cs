// Sending signals and what they do to a task that has not asked for them.
//
// Models   Linux 6.12 kernel/signal.c: complete_signal, signal_wake_up; default actions of signal(7).
// Departs  a signal that a program handles is handed to it with its next answer; there is no queue of siginfo, no blocking of
//          signals, no stopping of tasks.

namespace VboxMem.Kernel.Sched;

public static class SignalDelivery
{
    /// <summary>SIGKILL, which no program handles. Others that end a task are turned into an exit when it next runs.</summary>
    internal const ulong Fatal = 1UL << (int)Signal.Kill;

    /// <summary>Signals whose default is to do nothing.</summary>
    private const ulong Ignored = 1UL << (int)Signal.Child;

    /// <summary>Sends a signal. A sleep that it may end ends.</summary>
    public static void Send(Scheduler scheduler, Process task, Signal signal)
    {
        var bit = 1UL << (int)signal;
        if (task.IsKernelThread || task.State == TaskState.Zombie || (task.Pid == Scheduler.InitPid && !Handles(task, bit))
            || ((Ignored & bit) != 0 && !Handles(task, bit)))
        {
            return;
        }

        task.PendingSignals |= bit;
        if (EndsTask(task, bit))
        {
            task.PendingSignals |= Fatal;
        }

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

    /// <summary>A signal that the task's program handles waits to be taken: interruptible sleeps end.</summary>
    internal static bool HasHandled(Process task) => (task.PendingSignals & (task.Program?.HandledSignals ?? 0)) != 0;

    /// <summary>Takes the lowest pending signal that the task's program handles.</summary>
    internal static Signal TakeHandled(Process task)
    {
        var handled = task.PendingSignals & (task.Program?.HandledSignals ?? 0);
        if (handled == 0)
        {
            return Signal.None;
        }

        var number = System.Numerics.BitOperations.TrailingZeroCount(handled);
        task.PendingSignals &= ~(1UL << number);
        return (Signal)number;
    }

    private static bool Handles(Process task, ulong bit) => ((task.Program?.HandledSignals ?? 0) & bit) != 0;

    private static bool EndsTask(Process task, ulong bit) => bit == Fatal || ((Ignored & bit) == 0 && !Handles(task, bit));
}
