// How a task ends, and with the last thread its process: its memory is left, or taken down in steps by the last that has it; the
// last one closes the files; children go to init; the leader stays as a zombie until its parent asks for the process.
//
//   thread ends --> word at ClearChildTid cleared, memory left --> zombie --between turns--> released, what it used stays with its group
//   leader ends --> the same, but it stays; when it is the last of its group the parent is told
//
// Models   Linux 6.12 kernel/exit.c: do_exit, do_group_exit, exit_mm, exit_notify, release_task, wait_task_zombie; kernel/fork.c:
//          mm_release (facts: virtual memory, 3.4, 3.6).
// Departs  a parent that has no program of its own (init before one is given to it) reaps at once. Children are their parent's
//          process's, not of one of its threads.

namespace VboxMem.Kernel.Sched;

internal static class ProcessExit
{
    private const int Memory = 0;
    private const int Files = 1;

    /// <summary>exit_group: all threads end, this one first.</summary>
    public static StepResult StepGroup(Machine machine, Process task)
    {
        if (!task.Has(ProcessFlags.Exiting))
        {
            SignalDelivery.EndGroup(machine.Scheduler, task.Group, (int)task.Request.A, except: task);
        }

        return StepThread(machine, task);
    }

    /// <summary>exit: this task ends.</summary>
    public static StepResult StepThread(Machine machine, Process task)
    {
        if (!task.Has(ProcessFlags.Exiting))
        {
            task.Flags |= ProcessFlags.Exiting;
            Futex.ReleaseTid(machine, task);
        }

        if (task.Progress.Phase == Memory)
        {
            if (task.MemoryId != 0 && machine.Memory.StepLeave(task) != StepResult.Done)
            {
                return StepResult.Continue;
            }

            task.Progress.Phase = Files;
            return StepResult.Continue;
        }

        if (task.Group.IsLastAlive(task))
        {
            for (var descriptor = 0; descriptor < task.Files.Count; descriptor++)
            {
                machine.FileCalls.Close(task, descriptor);
            }
        }

        task.ExitCode = task.Group.IsExiting ? task.Group.ExitCode : (int)task.Request.A;
        BecomeZombie(machine, task);
        return StepResult.Wait;
    }

    /// <summary>wait4 for any child. A zombie is reaped; with none, the task sleeps or learns 0.</summary>
    public static StepResult WaitChild(Machine machine, Process task, out long answer)
    {
        var hasChild = false;
        foreach (var other in machine.Processes.Tasks)
        {
            if (!other.IsLeader || other.ParentPid != task.ThreadGroupId || other.Has(ProcessFlags.New))
            {
                continue;
            }

            hasChild = true;
            if (IsWholeProcessDead(other))
            {
                answer = ((long)(other.Group.IsExiting ? other.Group.ExitCode : other.ExitCode) << 32) | (uint)other.Pid;
                Reap(machine, task.Group, other);
                return StepResult.Done;
            }
        }

        answer = hasChild ? 0 : SystemCalls.Answer(SystemCallError.NoChild);
        if (!hasChild || task.Request.A == 1 || SignalDelivery.HasHandled(task))
        {
            return StepResult.Done;
        }

        machine.Scheduler.Sleep(task, new Wait(WaitKind.Child, (ulong)task.ThreadGroupId, SleepDepth.Interruptible));
        return StepResult.Wait;
    }

    /// <summary>Releases the dead tasks that no one asks for. Called between turns, when no one stands on their stacks.</summary>
    public static void ReleaseDead(Machine machine)
    {
        var dead = machine.Processes.Dead;
        for (var i = 0; i < dead.Count; i++)   // the end of a leader's last thread adds the leader
        {
            var task = machine.Processes[dead[i]];
            if (task.IsLeader)
            {
                Reap(machine, machine.Processes[task.ParentPid].Group, task);
                continue;
            }

            var group = task.Group;
            machine.Processes.Reap(task);
            if (IsWholeProcessDead(group.Leader))
            {
                TellParent(machine, group);
            }

            WakeExecuting(machine, group);
        }

        dead.Clear();
    }

    /// <summary>A zombie leader whose other threads have all been released (delay_group_leader).</summary>
    private static bool IsWholeProcessDead(Process leader) => leader.State == TaskState.Zombie && leader.Group.Threads.Count == 1;

    private static void BecomeZombie(Machine machine, Process task)
    {
        machine.Scheduler.Retire(task);
        var group = task.Group;
        if (group.IsLastAlive(task))
        {
            GiveChildrenToInit(machine, group);
        }

        if (!task.IsLeader)
        {
            machine.Processes.Dead.Add(task.Pid);
        }
        else if (IsWholeProcessDead(task))
        {
            TellParent(machine, group);
        }
        else
        {
            WakeExecuting(machine, group);
        }
    }

    private static void GiveChildrenToInit(Machine machine, ThreadGroup group)
    {
        foreach (var other in machine.Processes.Tasks)
        {
            if (other.IsLeader && other.ParentPid == group.Id)
            {
                other.ParentPid = Scheduler.InitPid;
                if (IsWholeProcessDead(other))
                {
                    TellParent(machine, other.Group);   // no one had asked for it
                }
            }
        }
    }

    private static void TellParent(Machine machine, ThreadGroup group)
    {
        var parent = machine.Processes[group.ParentPid];
        if (parent.Program is null)
        {
            machine.Processes.Dead.Add(group.Id);
            return;
        }

        SignalDelivery.Send(machine.Scheduler, parent, Signal.Child);
        machine.Scheduler.WakeAll(WaitKind.Child, (ulong)parent.Pid);
    }

    /// <summary>A thread in exec may go on when it is alone, but for a dead leader.</summary>
    private static void WakeExecuting(Machine machine, ThreadGroup group)
    {
        if (group.ExecutingPid != 0)
        {
            machine.Scheduler.WakeAll(WaitKind.ThreadGroup, (ulong)group.Id);
        }
    }

    private static void Reap(Machine machine, ThreadGroup parent, Process zombie)
    {
        var used = zombie.Group.Usage();
        parent.ChildUserNanoseconds += used.UserNanoseconds + zombie.Group.ChildUserNanoseconds;
        parent.ChildSystemNanoseconds += used.SystemNanoseconds + zombie.Group.ChildSystemNanoseconds;
        parent.ChildMinorFaults += used.MinorFaults + zombie.Group.ChildMinorFaults;
        parent.ChildMajorFaults += used.MajorFaults + zombie.Group.ChildMajorFaults;
        machine.Processes.Reap(zombie);
    }
}
