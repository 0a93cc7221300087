// From a request to the code that serves it.

using VboxMem.Kernel.Time;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Kernel.Sched;

internal static class SystemCalls
{
    /// <summary>Does a step of the task's request.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="task">The running task.</param>
    /// <param name="answer">What the program learns, when the result is Done; negative: an error.</param>
    public static StepResult Step(Machine machine, Process task, out long answer)
    {
        answer = 0;
        ref readonly var request = ref task.RequestReference;
        switch (request.Kind)
        {
            case RequestKind.Exit:
                return ProcessExit.StepGroup(machine, task);
            case RequestKind.ExitThread:
                return ProcessExit.StepThread(machine, task);
            case RequestKind.Compute:
                return Compute(machine, task);
            case RequestKind.Sleep:
                return SleepFor(machine, task, WakeTimeOf(machine, task, request.A));
            case RequestKind.SleepUntil:
                return SleepFor(machine, task, new SimTime(request.A));
            case RequestKind.Pause:
                return Pause(machine, task);
            case RequestKind.Fork:
                return ProcessFork.Step(machine, task, out answer);
            case RequestKind.CloneThread:
                return ThreadClone.Step(machine, task, out answer);
            case RequestKind.FutexWait:
                return Futex.StepWait(machine, task, out answer);
            case RequestKind.FutexWake:
                answer = Futex.Wake(machine, task);
                return StepResult.Done;
            case RequestKind.CountCpus:
                answer = machine.Cpus.Count;
                return StepResult.Done;
            case RequestKind.SetName:
                task.Name = ProgramImage.Truncated(request.Path!);
                return StepResult.Done;
            case RequestKind.Execute:
                return machine.Exec.Step(task, out answer);
            case RequestKind.WaitChild:
                return ProcessExit.WaitChild(machine, task, out answer);
            case RequestKind.Kill:
                answer = Kill(machine, (int)request.A, (Signal)request.B);
                return StepResult.Done;
            case RequestKind.SetOomScoreAdj:
                answer = Answer(task.SetOomScoreAdj((long)request.A));
                return StepResult.Done;
            case RequestKind.SwapOff:
                return machine.Swap.StepSwapOff(task, out answer);
            case RequestKind.Touch:
                return machine.UserAccess.Step(task, out answer);
            case >= RequestKind.Mmap and <= RequestKind.Munlockall:
                return machine.MemoryCalls.Step(task, out answer);
            default:
                return machine.FileCalls.Step(task, out answer);
        }
    }

    /// <summary>Undoes what a request has done half-way that would otherwise be lost.</summary>
    public static void Cancel(Machine machine, Process task)
    {
        machine.FileCalls.LetGoOfHeld(task);
        MmapLock.Release(machine, task);
        switch (task.Request.Kind)
        {
            case RequestKind.Fork:
                ProcessFork.Cancel(machine, task);
                break;
            case RequestKind.Execute:
                machine.Exec.Cancel(task);
                break;
            case RequestKind.SwapOff:
                machine.Swap.CancelSwapOff(task);
                break;
            default:
                break;
        }
    }

    public static long Answer(SystemCallError error) => -(long)error;

    private static StepResult Compute(Machine machine, Process task)
    {
        var left = task.Request.A - task.Progress.Done;
        var now = Math.Min(left, CpuContext.LongestTurnNanoseconds);
        machine.Cpus.SpendInProgram(now);
        task.Progress.Done += now;
        return task.Progress.Done == task.Request.A ? StepResult.Done : StepResult.Continue;
    }

    private static SimTime WakeTimeOf(Machine machine, Process task, ulong nanoseconds)
    {
        if (task.Progress.Phase == 0)
        {
            task.Progress.Phase = 1;
            task.Progress.Position = machine.Cpus.Now.Nanoseconds + nanoseconds;
        }

        return new SimTime(task.Progress.Position);
    }

    private static StepResult SleepFor(Machine machine, Process task, SimTime end)
    {
        if (machine.Cpus.Now >= end || SignalDelivery.HasHandled(task))
        {
            return StepResult.Done;
        }

        machine.Scheduler.Sleep(task, new Wait(WaitKind.Timer, (ulong)task.Pid, SleepDepth.Interruptible), end);
        return StepResult.Wait;
    }

    private static StepResult Pause(Machine machine, Process task)
    {
        if (SignalDelivery.HasHandled(task))
        {
            return StepResult.Done;
        }

        machine.Scheduler.Sleep(task, new Wait(WaitKind.Timer, (ulong)task.Pid, SleepDepth.Interruptible));
        return StepResult.Wait;
    }

    private static long Kill(Machine machine, int pid, Signal signal)
    {
        if (!machine.Processes.TryGet(pid, out var target) || target.Has(ProcessFlags.New))
        {
            return Answer(SystemCallError.NoProcess);
        }

        SignalDelivery.Send(machine.Scheduler, target, signal);
        return 0;
    }
}
