using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.Auditing;

/// <summary>The scheduler's invariants S1 to S4: every task is where its state says, and each queue's counts are those of its tasks.</summary>
internal static class SchedulerAudit
{
    public static void Check(Machine machine)
    {
        var queues = machine.Scheduler.Queues;
        var counts = new (int Runnable, int Stalled, int RunnableStalled, int IoWaiters, ulong Weight)[queues.Length];
        foreach (var task in machine.Processes.Tasks)
        {
            if (task.Has(ProcessFlags.New) || task.State == TaskState.Zombie)
            {
                continue;
            }

            var queue = queues[task.Cpu];
            Audit.Require(task.Affinity.Allows(machine.Cpus, task.Cpu), $"task {task.Pid} is on CPU {task.Cpu}, where it may not run");
            CheckPlace(machine, task, queue);
            ref var count = ref counts[task.Cpu];
            var isRunnable = task.State == TaskState.Running;
            var isStalled = task.Has(ProcessFlags.MemoryStall);
            count.Runnable += isRunnable ? 1 : 0;
            count.Weight += isRunnable ? Weights.Of(task.Nice) : 0;
            count.Stalled += isStalled ? 1 : 0;
            count.RunnableStalled += isRunnable && isStalled ? 1 : 0;
            count.IoWaiters += !isRunnable && task.Wait.IsIo ? 1 : 0;
        }

        foreach (var queue in queues)
        {
            var (runnable, stalled, runnableStalled, ioWaiters, weight) = counts[queue.Cpu];
            Same(queue, "runnable tasks", queue.Runnable, runnable);
            Same(queue, "queued and current tasks", queue.QueuedCount + (queue.Current is null ? 0 : 1), runnable);
            Same(queue, "tasks in a memory stall", queue.MemoryStalled, stalled);
            Same(queue, "runnable tasks in a memory stall", queue.RunnableStalled, runnableStalled);
            Same(queue, "tasks that wait for I/O", queue.IoWaiters, ioWaiters);
            Audit.Same($"weight of CPU {queue.Cpu}", queue.Weight, weight);
        }
    }

    private static void CheckPlace(Machine machine, Process task, RunQueue queue)
    {
        if (task.State == TaskState.Running)
        {
            var places = queue.Current == task ? 1 : 0;
            for (var i = 0; i < queue.QueuedCount; i++)
            {
                places += queue.QueuedAt(i) == task ? 1 : 0;
            }

            Audit.Require(places == 1, $"runnable task {task.Pid} is {places} times in the queue of CPU {task.Cpu}");
            Audit.Require(task.Wait.Kind == WaitKind.None, $"runnable task {task.Pid} waits for {task.Wait.Kind}");
            return;
        }

        Audit.Require(
            task.Wait.Kind == WaitKind.None || machine.Scheduler.CountInWaitTable(task) == 1, $"sleeping task {task.Pid} is not in the wait table once");
        Audit.Require(
            task.Wait.Depth != SleepDepth.Interruptible || task.Wait.Kind is WaitKind.PfMemAlloc or WaitKind.None || !task.Has(ProcessFlags.MemoryStall),
            $"task {task.Pid} waits for {task.Wait.Kind} in a memory stall");
    }

    private static void Same(RunQueue queue, string what, int kept, int counted) =>
        Audit.Require(kept == counted, $"CPU {queue.Cpu}: {what}: kept {kept}, counted {counted}");
}
