// How a process makes another: a task, a copy of its memory, its files. The copy takes many steps; the child does not run, and is
// no one's, until it is whole. Of a process of many threads only the one that forks is copied.
//
// Models   Linux 6.12 kernel/fork.c: copy_process (facts: virtual memory, 3.5).
// Departs  every fork copies the address space: there is no vfork.

namespace VboxMem.Kernel.Sched;

internal static class ProcessFork
{
    private const int MakeTask = 0;
    private const int CopyMemory = 1;

    public static StepResult Step(Machine machine, Process parent, out long answer)
    {
        answer = 0;
        if (parent.Progress.Phase == MakeTask)
        {
            if (machine.Processes.TryFork(parent, out var refusal) is not { } made)
            {
                answer = SystemCalls.Answer(refusal);
                return StepResult.Done;
            }

            machine.Cpus.SpendInKernel(machine.Costs.Fork);
            Inherit(parent, made);
            parent.Progress.Extra = (ulong)made.Pid;
            parent.Progress.Phase = CopyMemory;
            return StepResult.Continue;
        }

        var child = machine.Processes[(int)parent.Progress.Extra];
        var result = machine.Memory.StepCopy(parent, child, out var error);
        if (result != StepResult.Done)
        {
            return result;
        }

        if (machine.Scheduler.CurrentTask!.Allocation.IsPending)
        {
            return StepResult.Continue;
        }

        if (error != SystemCallError.None)
        {
            machine.Processes.Reap(child);
            answer = SystemCalls.Answer(error);
            return StepResult.Done;
        }

        machine.FileCalls.CopyDescriptors(parent, child);
        child.Program = parent.Request.Program;
        child.Group.Shared = parent.Group.Shared?.Clone();
        machine.Scheduler.Start(child);
        answer = child.Pid;
        return StepResult.Done;
    }

    /// <summary>The parent dies in the middle of it: so does the child, which has never run.</summary>
    public static void Cancel(Machine machine, Process parent)
    {
        if (parent.Progress.Phase == CopyMemory)
        {
            var child = machine.Processes[(int)parent.Progress.Extra];
            machine.Memory.TearDownAtOnce(child);
            machine.Processes.Reap(child);
        }
    }

    private static void Inherit(Process parent, Process child)
    {
        child.Flags = ProcessFlags.New | ProcessFlags.ForkedWithoutExec | (parent.Flags & ProcessFlags.UsedPrivileges);
        child.Uid = parent.Uid;
        child.Gid = parent.Gid;
        child.ProcessGroup = parent.ProcessGroup;
        child.Session = parent.Session;
        child.Terminal = parent.Terminal;
        child.Cgroup = parent.Cgroup;
        child.CommandLine = parent.CommandLine;
        child.Nice = parent.Nice;
        child.OomScoreAdj = parent.OomScoreAdj;
        child.OomScoreAdjMin = parent.OomScoreAdjMin;
        child.Group.Limits = parent.Group.Limits;
        child.Executable = parent.Executable;
        child.Chance = parent.Chance.Split();
        child.Cpu = parent.Cpu;
        child.VirtualRuntime = parent.VirtualRuntime;
    }
}
