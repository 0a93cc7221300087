// How a process ends: its memory is taken down in steps, its files are closed, its children go to init, and it stays as a zombie
// until its parent asks for it.
//
// Models   Linux 6.12 kernel/exit.c: do_exit, exit_notify, wait_task_zombie (facts: virtual memory, 3.6).
// Departs  a parent that has no program of its own (init before one is given to it) reaps at once.

namespace VboxMem.Kernel.Sched;

internal static class ProcessExit
{
    private const int Memory = 0;
    private const int Files = 1;

    public static StepResult Step(Machine machine, Process task)
    {
        task.Flags |= ProcessFlags.Exiting;
        if (task.Progress.Phase == Memory)
        {
            if (task.MemoryId != 0 && machine.Memory.StepTearDown(task) != StepResult.Done)
            {
                return StepResult.Continue;
            }

            task.Progress.Phase = Files;
            return StepResult.Continue;
        }

        for (var descriptor = 0; descriptor < task.Files.Count; descriptor++)
        {
            machine.FileCalls.Close(task, descriptor);
        }

        task.ExitCode = (int)task.Request.A;
        BecomeZombie(machine, task);
        return StepResult.Wait;
    }

    /// <summary>wait4 for any child. A zombie is reaped; with none, the task sleeps or learns 0.</summary>
    public static StepResult WaitChild(Machine machine, Process task, out long answer)
    {
        var hasChild = false;
        foreach (var other in machine.Processes.Tasks)
        {
            if (other.ParentPid != task.Pid)
            {
                continue;
            }

            hasChild = true;
            if (other.State == TaskState.Zombie)
            {
                answer = ((long)other.ExitCode << 32) | (uint)other.Pid;
                Reap(machine, task, other);
                return StepResult.Done;
            }
        }

        answer = hasChild ? 0 : SystemCalls.Answer(SystemCallError.NoChild);
        if (!hasChild || task.Request.A == 1 || SignalDelivery.HasHandled(task))
        {
            return StepResult.Done;
        }

        machine.Scheduler.Sleep(task, new Wait(WaitKind.Child, (ulong)task.Pid, SleepDepth.Interruptible));
        return StepResult.Wait;
    }

    private static void BecomeZombie(Machine machine, Process task)
    {
        foreach (var other in machine.Processes.Tasks)
        {
            if (other.ParentPid == task.Pid)
            {
                other.ParentPid = Scheduler.InitPid;
            }
        }

        machine.Scheduler.Retire(task);
        var parent = machine.Processes[task.ParentPid];
        if (parent.Program is null)
        {
            machine.Processes.Orphans.Add(task.Pid);
            return;
        }

        SignalDelivery.Send(machine.Scheduler, parent, Signal.Child);
        machine.Scheduler.WakeAll(WaitKind.Child, (ulong)parent.Pid);
    }

    private static void Reap(Machine machine, Process parent, Process zombie)
    {
        parent.ChildUserNanoseconds += zombie.UserNanoseconds + zombie.ChildUserNanoseconds;
        parent.ChildSystemNanoseconds += zombie.SystemNanoseconds + zombie.ChildSystemNanoseconds;
        parent.ChildMinorFaults += zombie.MinorFaults + zombie.ChildMinorFaults;
        parent.ChildMajorFaults += zombie.MajorFaults + zombie.ChildMajorFaults;
        machine.Processes.Reap(zombie);
    }

    /// <summary>Reaps the zombies whose parent never asks. Called between turns, when no one stands on their stacks.</summary>
    public static void ReapOrphans(Machine machine)
    {
        foreach (var pid in machine.Processes.Orphans)
        {
            var zombie = machine.Processes[pid];
            Reap(machine, machine.Processes[zombie.ParentPid], zombie);
        }

        machine.Processes.Orphans.Clear();
    }
}
