namespace VboxMem.Kernel.Sched;

/// <summary>Before exec a thread ends all others of its process and becomes the leader.</summary>
/// <remarks>Linux 6.12 fs/exec.c: de_thread. Departs: the old address space is made only afterwards, so exec may still fail then.</remarks>
internal static class ThreadGroupExec
{
    /// <summary>Done: the task is its process's only thread.</summary>
    public static StepResult StepAlone(Machine machine, Process task)
    {
        var group = task.Group;
        if (group.Threads.Count == 1)
        {
            return StepResult.Done;
        }

        if (group.ExecutingPid != task.Pid)
        {
            group.ExecutingPid = task.Pid;
            SignalDelivery.KillOthers(machine.Scheduler, group, task);
        }

        if (group.Threads.Count == 2 && group.Leader != task && group.Leader.State == TaskState.Zombie)
        {
            machine.Processes.TakeLeadership(task);
        }

        if (group.Threads.Count > 1)
        {
            machine.Scheduler.Sleep(task, new Wait(WaitKind.ThreadGroup, (ulong)group.Id, SleepDepth.Killable));
            return StepResult.Wait;
        }

        group.ExecutingPid = 0;
        return StepResult.Done;
    }

    /// <summary>The task dies while it waits.</summary>
    public static void Cancel(Process task)
    {
        if (task.Group.ExecutingPid == task.Pid)
        {
            task.Group.ExecutingPid = 0;
        }
    }
}
