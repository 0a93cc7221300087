// From a request to the code that serves it.

using VboxMem.Kernel.Accounting;
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
            case RequestKind.ReadFigure:
                machine.Cpus.SpendInKernel(machine.Costs.SystemCall);
                answer = MemoryFigures.Pages(machine, task, (MemoryFigure)request.A);
                return StepResult.Done;
            case RequestKind.SetName:
                task.Name = ProgramImage.Truncated(request.Path!);
                return StepResult.Done;
            case RequestKind.Execute:
                return machine.Exec.Step(task, out answer);
            case RequestKind.WaitChild:
                return ProcessExit.WaitChild(machine, task, out answer);
            case RequestKind.Kill:
                answer = request.Path is { } cgroup
                    ? KillGroup(machine, cgroup, (Signal)request.B)
                    : Kill(machine, (int)request.A, (Signal)request.B);
                return StepResult.Done;
            case RequestKind.SetOomScoreAdj:
                answer = Answer(task.SetOomScoreAdj((long)request.A));
                return StepResult.Done;
            case >= RequestKind.SetIdentity and <= RequestKind.SetTitle:
                answer = Answer(SetAttribute(machine, task));
                return StepResult.Done;
            case >= RequestKind.Poll and <= RequestKind.Accept:
                return machine.Sockets.Step(task, out answer);
            case RequestKind.SwapOn:
                answer = Answer(machine.Swap.SwapOn(task));
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

    /// <summary>setuid, setpriority, setsid and their like, as root does them: what a service is given before it starts.</summary>
    private static SystemCallError SetAttribute(Machine machine, Process task)
    {
        ref readonly var request = ref task.RequestReference;
        switch (request.Kind)
        {
            case RequestKind.SetIdentity:
                task.Uid = (uint)request.A;
                task.Gid = (uint)request.B;
                return SystemCallError.None;
            case RequestKind.SetNice:
                machine.Scheduler.SetNice(task, Math.Clamp((int)(long)request.A, -20, 19));
                return SystemCallError.None;
            case RequestKind.SetSession when task.ProcessGroup == task.Pid:
                return SystemCallError.NotPermitted;   // it leads a group already
            case RequestKind.SetSession:
                task.Session = task.Pid;
                task.ProcessGroup = task.Pid;
                task.Terminal = (int)request.A;
                return SystemCallError.None;
            case RequestKind.JoinCgroup:
                task.Cgroup = request.Path!;
                return SystemCallError.None;
            default:
                task.CommandLine = request.Path! + '\0';
                return SystemCallError.None;
        }
    }

    /// <summary>A signal to each process of a control group, as a reader of its cgroup.procs sends it. Answers how many.</summary>
    private static long KillGroup(Machine machine, string cgroup, Signal signal)
    {
        var count = 0L;
        foreach (var target in machine.Processes.Tasks)
        {
            if (target.Cgroup == cgroup && target.State != TaskState.Zombie)
            {
                SignalDelivery.Send(machine.Scheduler, target, signal);
                machine.Cpus.SpendInKernel(machine.Costs.SystemCall);
                count++;
            }
        }

        return count;
    }

    private static long Kill(Machine machine, int pid, Signal signal)
    {
        if (!machine.Processes.TryGet(pid, out var target) || target.Has(ProcessFlags.New))
        {
            return Answer(SystemCallError.NoProcess);
        }

        if (signal != Signal.None)
        {
            SignalDelivery.Send(machine.Scheduler, target, signal);
        }

        return 0;
    }
}
