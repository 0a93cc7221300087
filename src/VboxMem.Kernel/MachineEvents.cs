// What happens by the clock, outside of all tasks: timers of sleepers, disks that have done a request, and the periodic work of the kernel.
//
// Models   Linux 6.12 mm/vmstat.c: vmstat_update; kernel/sched/loadavg.c: calc_load_tick; kernel/sched/psi.c: psi_avgs_work.

using VboxMem.Kernel.Accounting;
using VboxMem.Kernel.Block;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Pressure;
using VboxMem.Kernel.Reclaim;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Kernel;

internal sealed class MachineEvents(Machine machine, VmstatUpkeep vmstat)
{
    /// <summary>The CPU that keeps the time for all (tick_do_timer_cpu).</summary>
    private const int TimekeepingCpu = 0;

    private readonly ulong[] _idleInterrupts = new ulong[machine.Cpus.Count];
    private LoadAverage _load;

    public LoadAverage Load => _load;

    /// <summary>Local timer interrupts of a CPU while it was idle.</summary>
    public ulong IdleInterruptsOf(int cpu) => _idleInterrupts[cpu];

    public MachineEvents Clone(Machine other, VmstatUpkeep othersVmstat)
    {
        var copy = new MachineEvents(other, othersVmstat) { _load = _load };
        _idleInterrupts.CopyTo(copy._idleInterrupts, 0);
        return copy;
    }

    /// <summary>Starts the periodic work of an idle machine.</summary>
    public void StartTimers()
    {
        for (var cpu = 0; cpu < machine.Cpus.Count; cpu++)
        {
            // Spread over the tick, as round_jiffies spreads the CPUs.
            machine.Timeline.Post(machine.Now.Plus(SimTime.FromTicks(1 + (ulong)(3 * cpu))), EventKind.VmstatUpdate, (uint)cpu);
        }

        machine.Timeline.Post(machine.Now.Plus(LoadAverage.Period), EventKind.LoadAverageSample, 0);
        machine.Timeline.Post(machine.Now.Plus(StallTracker.Period), EventKind.PressureSample, 0);
        PostCgroupStats();
        foreach (var kcompactd in machine.Kcompactds)
        {
            kcompactd.SetTimer(machine, machine.Now);
        }
    }

    /// <summary>An event is due now.</summary>
    public void Handle(TimedEvent due)
    {
        switch (due.Kind)
        {
            case EventKind.VmstatUpdate:
                UpdateVmstat((int)due.Operand);
                break;
            case EventKind.LoadAverageSample:
                _idleInterrupts[TimekeepingCpu]++;
                _load.Sample(machine.Processes.CountIn(TaskState.Running) + machine.Processes.CountIn(TaskState.DiskSleep));
                machine.Timeline.Post(machine.Now.Plus(LoadAverage.Period), EventKind.LoadAverageSample, 0);
                break;
            case EventKind.TaskTimer:
                machine.Scheduler.TimerExpired((int)due.Operand, due.Due);
                break;
            case EventKind.DiskCompletion:
                Complete(machine.Disks.Complete(due.Operand));
                break;
            case EventKind.PressureSample:
                machine.Scheduler.RecordAllPressure(machine.Now);
                machine.Stalls.Advance(machine.Now);
                machine.Timeline.Post(machine.Now.Plus(StallTracker.Period), EventKind.PressureSample, 0);
                break;
            case EventKind.OomReap:
                machine.OomReaper.Queue((int)due.Operand);
                break;
            case EventKind.KcompactdLook:
                machine.Kcompactds[due.Operand].TimerExpired(machine, due.Due);
                break;
            case EventKind.CgroupStats:
                GatherCgroupStats();
                PostCgroupStats();
                break;
            case EventKind.LaptopTimer:
                machine.LaptopMode.Expired((int)due.Operand);
                break;
            default:
                throw new InvariantBrokenException($"event {due.Kind} at {machine.Now} has no handler");
        }
    }

    private void GatherCgroupStats()
    {
        foreach (var vector in machine.Lru.Vectors)
        {
            vector.GatherStats();
        }
    }

    /// <summary>The rounds have gone on since the kernel came up.</summary>
    private void PostCgroupStats()
    {
        var period = LruvecStats.Period.Nanoseconds;
        machine.Timeline.Post(new SimTime(((machine.Now.Nanoseconds / period) + 1) * period), EventKind.CgroupStats, 0);
    }

    /// <summary>The once-a-second upkeep of a CPU. Its kworker runs where there is work, and on CPU 0, which looks for it.</summary>
    private void UpdateVmstat(int cpu)
    {
        machine.Cpus.SwitchTo(cpu);
        if (vmstat.Refresh(cpu) || cpu == 0)
        {
            _idleInterrupts[cpu]++;
            machine.Scheduler.CountRoundTrip();
        }

        var interval = (ulong)Math.Max(1, machine.Tunables.StatIntervalSeconds);
        machine.Timeline.Post(machine.Now.Plus(SimTime.FromSeconds(interval)), EventKind.VmstatUpdate, (uint)cpu);
    }

    /// <summary>A disk has done a request: its pages are filled, or clean.</summary>
    private void Complete(in DiskRequest request)
    {
        switch (request.Kind)
        {
            case DiskRequestKind.FileRead:
                machine.FilePages.ReadDone(request);
                break;
            case DiskRequestKind.FileWrite:
                machine.Dirty.WriteDone(request);
                break;
            case DiskRequestKind.SwapRead:
                machine.Swap.ReadDone(request);
                break;
            default:
                machine.Swap.WriteDone(request);
                break;
        }

        SwapBacklog.RequestDone(machine, request.Disk);
        machine.LaptopMode.RequestDone(request.Disk);
    }
}
