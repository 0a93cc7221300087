// Who runs on a CPU, and for how long: a turn goes from switching in to what made it end.

using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Sched;

public sealed partial class Scheduler
{
    /// <summary>The queue that runs next, or null when all CPUs are idle.</summary>
    internal RunQueue? NextToRun()
    {
        RunQueue? next = null;
        foreach (var queue in _queues)
        {
            if (queue.HasWork && (next is null || queue.Clock < next.Clock))
            {
                next = queue;
            }
        }

        return next;
    }

    /// <summary>Lets the next task of a queue run for a turn.</summary>
    internal void RunTurn(RunQueue queue, Machine machine)
    {
        _cpus.BeginTurn(queue.Cpu, queue.Clock);
        _times.AccountUntil(queue.Cpu, IdleKind(queue), queue.Clock);
        var task = queue.Current ?? SwitchIn(queue);
        CurrentTask = task;
        _cpus.SpendInKernel(queue.InterruptNanoseconds);
        queue.InterruptNanoseconds = 0;
        StepResult result;
        do
        {
            result = TaskStep.Run(machine, task);
        }
        while (result == StepResult.Continue && task.State == TaskState.Running && !_cpus.IsTurnOver && !machine.HasPanicked);

        CurrentTask = null;
        Invariant.Holds(result != StepResult.Wait || task.State != TaskState.Running || task.Allocation.IsPending);
        EndTurn(queue, task);
    }

    private Process SwitchIn(RunQueue queue)
    {
        RecordPressure(queue, queue.Clock);
        var task = queue.TakeFirst();
        queue.Current = task;
        queue.RanNanoseconds = 0;
        queue.CountArrival(task);
        queue.MinVirtualRuntime = Math.Max(queue.MinVirtualRuntime, task.VirtualRuntime);
        ContextSwitches++;
        _cpus.SpendInKernel(_costs.ContextSwitch);
        return task;
    }

    private void EndTurn(RunQueue queue, Process task)
    {
        if (_cpus.UserNanoseconds + _cpus.SystemNanoseconds < ShortestTurnNanoseconds)
        {
            _cpus.SpendInKernel(ShortestTurnNanoseconds);
        }

        var (user, system) = (_cpus.UserNanoseconds, _cpus.SystemNanoseconds);
        _times.Spend(queue.Cpu, task.Nice > 0 ? CpuTimeKind.Nice : CpuTimeKind.User, user);
        _times.Spend(queue.Cpu, CpuTimeKind.System, system);
        task.UserNanoseconds += user;
        task.SystemNanoseconds += system;
        var ticksBefore = queue.Clock.Nanoseconds / SimTime.NanosecondsPerTick;
        queue.Clock = new SimTime(queue.Clock.Nanoseconds + user + system);
        queue.BusyNanoseconds += user + system;
        var ticks = (queue.Clock.Nanoseconds / SimTime.NanosecondsPerTick) - ticksBefore;
        queue.TimerInterrupts += ticks;
        task.LastRan = queue.Clock;
        task.VirtualRuntime += Weights.ToVirtual(user + system, task.Nice);
        queue.RanNanoseconds += user + system;
        if (task.State != TaskState.Running)
        {
            task.VoluntarySwitches++;
            LeaveCpu(queue);
        }
        else if (ticks > 0 && queue.QueuedCount > 0 && queue.RanNanoseconds >= _slice && queue.First.VirtualRuntime < task.VirtualRuntime)
        {
            RecordPressure(queue, queue.Clock);
            queue.PutBackCurrent();
        }

        if (ticks > 0 && queue.HasWork)
        {
            _balance.Tick(queue);
        }
    }

    private void LeaveCpu(RunQueue queue)
    {
        RecordPressure(queue, queue.Clock);
        queue.Current = null;
        if (queue.QueuedCount == 0)
        {
            _balance.RanDry(queue);
        }
    }

    private void Enqueue(Process task, int cpu, SimTime now)
    {
        var queue = _queues[cpu];
        RecordPressure(queue, now);
        if (!queue.HasWork)
        {
            _times.AccountUntil(cpu, IdleKind(queue), now);
            queue.Clock = now > queue.Clock ? now : queue.Clock;
        }

        if (task.Cpu != cpu)
        {
            _queues[task.Cpu].HandOver(task, queue, now);
        }

        var floor = queue.MinVirtualRuntime - Math.Min(queue.MinVirtualRuntime, _slice / 2);
        task.VirtualRuntime = Math.Max(task.VirtualRuntime, floor);
        task.State = TaskState.Running;
        task.StateSince = now;
        task.QueuedSince = now;
        queue.CountRunnable(task, now);
        queue.MemoryStalled += task.Has(ProcessFlags.MemoryStall) ? 1 : 0;
        queue.Add(task);
        Preempt(queue, task);
    }

    /// <summary>A woken task that has had much less than the running one takes its place at the end of the turn.</summary>
    private void Preempt(RunQueue queue, Process woken)
    {
        if (queue.Current is { } current && current != CurrentTask
            && woken.VirtualRuntime + (_slice / 2) < current.VirtualRuntime)
        {
            queue.PutBackCurrent();
        }
    }
}
