// Waiting for a word of memory that threads share to change, and the word that is cleared when a thread ends (pthread_join's).
//
// Models   Linux 6.12 kernel/futex/waitwake.c: futex_wait, futex_wake; kernel/fork.c: mm_release.
// Departs  the words are those of the process's UserSharedState, so only threads of one process wait for each other.

namespace VboxMem.Kernel.Sched;

internal static class Futex
{
    private const int MemoryIdShift = 47;

    /// <summary>Sleeps while the word at A has the value B. EAGAIN: it has another one already.</summary>
    public static StepResult StepWait(Machine machine, Process task, out long answer)
    {
        answer = 0;
        if (task.Progress.Phase != 0)
        {
            answer = SignalDelivery.HasHandled(task) ? SystemCalls.Answer(SystemCallError.Interrupted) : 0;
            return StepResult.Done;
        }

        var address = task.Request.A;
        if (task.Group.Shared is not { } shared || shared.Load(address) != (uint)task.Request.B)
        {
            answer = SystemCalls.Answer(SystemCallError.Again);
            return StepResult.Done;
        }

        task.Progress.Phase = 1;
        machine.Scheduler.Sleep(task, new Wait(WaitKind.Futex, KeyOf(task, address), SleepDepth.Interruptible));
        return StepResult.Wait;
    }

    /// <summary>Wakes at most B threads that wait for the word at A. Answers how many.</summary>
    public static long Wake(Machine machine, Process task) =>
        machine.Scheduler.Wake(WaitKind.Futex, KeyOf(task, task.Request.A), (int)Math.Min(task.Request.B, int.MaxValue));

    /// <summary>A thread ends: its tid word is cleared if there are others to see it, and one that waits for that is woken.</summary>
    public static void ReleaseTid(Machine machine, Process task)
    {
        if (task.ClearChildTid == 0 || task.MemoryId == 0)
        {
            return;
        }

        if (machine.Memory[task.MemoryId].Users > 1)
        {
            task.Group.Shared?.Store(task.ClearChildTid, 0);
            machine.Scheduler.Wake(WaitKind.Futex, KeyOf(task, task.ClearChildTid), 1);
        }

        task.ClearChildTid = 0;
    }

    /// <summary>Addresses of two processes that share a key wake each other for nothing, which a futex may.</summary>
    private static ulong KeyOf(Process task, ulong address) => address ^ ((ulong)task.MemoryId << MemoryIdShift);
}
