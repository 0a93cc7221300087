// One step of a task's work: of a kernel thread's body, of the slow path of an allocation, or of what its program asked for.
//
// Kernel paths never wait inside a C# call. A step does a little and returns; if it must wait, the task sleeps and the step is
// done again afterwards, from its start. So every request can be stopped between any two steps, and all that is pending is data.

namespace VboxMem.Kernel.Sched;

internal static class TaskStep
{
    public static StepResult Run(Machine machine, Process task)
    {
        if (task.Allocation.IsPending)
        {
            return machine.SlowPath.Step(task);
        }

        if (task.Body != KernelThreadBody.None)
        {
            return RunBody(machine, task);
        }

        if (task.HasFatalSignal && !task.Has(ProcessFlags.Exiting))
        {
            Abandon(machine, task);
        }

        if (task.Request.Kind == RequestKind.None)
        {
            Begin(task, machine, ReplyTo(task, machine, 0));
        }

        var result = SystemCalls.Step(machine, task, out var answer);
        if (task.Allocation.IsPending)
        {
            return StepResult.Continue;   // whatever it says, it has to be done again
        }

        if (result == StepResult.Done)
        {
            task.Allocation.Reset(machine.Allocator);
            var reply = ReplyTo(task, machine, answer);
            task.Request = default;
            if (!task.HasFatalSignal)
            {
                Begin(task, machine, reply);
            }

            return StepResult.Continue;
        }

        return result;
    }

    private static Reply ReplyTo(Process task, Machine machine, long answer) =>
        new(answer, machine.Cpus.Now, task.ThreadGroupId, SignalDelivery.TakeHandled(task), task.Pid, task.Group.Shared);

    private static void Begin(Process task, Machine machine, in Reply reply)
    {
        task.Progress = default;
        task.Request = task.Program is { } program ? program.Next(reply) : new Request(RequestKind.Exit);
        if (task.Request.Kind is not (RequestKind.Touch or RequestKind.Compute))
        {
            machine.Cpus.SpendInKernel(machine.Costs.SystemCall);
        }
    }

    /// <summary>A fatal signal has come, or another thread ends them all: drops what the task was doing and lets it exit.</summary>
    private static void Abandon(Machine machine, Process task)
    {
        task.Allocation.Reset(machine.Allocator);
        SystemCalls.Cancel(machine, task);
        task.Progress = default;
        task.Request = new Request(RequestKind.ExitThread, (ulong)task.Group.ExitCode);
    }

    private static StepResult RunBody(Machine machine, Process task)
    {
        var result = task.Body switch
        {
            KernelThreadBody.Kswapd => machine.Kswapds[task.BodyOperand].Step(task),
            KernelThreadBody.Flusher => machine.Flushers[task.BodyOperand].Step(task),
            KernelThreadBody.Kcompactd => machine.Kcompactds[task.BodyOperand].Step(machine, task),
            KernelThreadBody.OomReaper => machine.OomReaper.Step(task),
            _ => throw new InvariantBrokenException($"task {task.Pid} has no body"),
        };
        Invariant.Holds(result != StepResult.Done);
        return result;
    }
}
