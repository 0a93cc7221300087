using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Procfs.Proc;

/// <summary>Renders <c>/proc/stat</c>: CPU time in 1/100 s, interrupts, context switches, tasks.</summary>
/// <remarks>fs/proc/stat.c: show_stat (facts: virtual memory and tools, 6.6).</remarks>
public static class Stat
{
    private const ulong NanosecondsPerTick = SimTime.NanosecondsPerSecond / 100;

    public static void Render(Machine machine, ProcText text)
    {
        RenderCpus(machine, text);
        RenderInterrupts(machine, text);
        text.Literal("ctxt "u8).Number(machine.Scheduler.ContextSwitches).NewLine();
        text.Literal("btime "u8).Number(machine.Configuration.BootTimeUnixSeconds).NewLine();
        text.Literal("processes "u8).Number(machine.Processes.ForkCount).NewLine();
        text.Literal("procs_running "u8).Number(Reader.RunningTasks(machine)).NewLine();
        text.Literal("procs_blocked "u8).Number((long)machine.Processes.CountIn(TaskState.DiskSleep)).NewLine();

        // HI TIMER NET_TX NET_RX BLOCK IRQ_POLL TASKLET SCHED HRTIMER RCU: of these only timers run so far.
        text.Literal("softirq "u8).Number(machine.TimerInterrupts).Literal(" 0 "u8).Number(machine.TimerInterrupts);
        text.Literal(" 0 0 0 0 0 0 0 0\n"u8);
    }

    private static void RenderCpus(Machine machine, ProcText text)
    {
        text.Literal("cpu "u8);
        for (var kind = 0; kind < CpuTimes.Kinds; kind++)
        {
            var sum = 0UL;
            for (var cpu = 0; cpu < machine.Cpus.Count; cpu++)
            {
                sum += Nanoseconds(machine, cpu, (CpuTimeKind)kind);
            }

            text.Literal(" "u8).Number(sum / NanosecondsPerTick);
        }

        text.NewLine();
        for (var cpu = 0; cpu < machine.Cpus.Count; cpu++)
        {
            text.Literal("cpu"u8).Number((long)cpu);
            for (var kind = 0; kind < CpuTimes.Kinds; kind++)
            {
                text.Literal(" "u8).Number(Nanoseconds(machine, cpu, (CpuTimeKind)kind) / NanosecondsPerTick);
            }

            text.NewLine();
        }
    }

    /// <summary>A guest's time is part of user and nice here, too; the kernel model keeps the kinds apart.</summary>
    private static ulong Nanoseconds(Machine machine, int cpu, CpuTimeKind kind)
    {
        var own = machine.CpuTimes.Read(cpu, kind).Nanoseconds;
        return kind switch
        {
            CpuTimeKind.User => own + machine.CpuTimes.Read(cpu, CpuTimeKind.Guest).Nanoseconds,
            CpuTimeKind.Nice => own + machine.CpuTimes.Read(cpu, CpuTimeKind.GuestNice).Nanoseconds,
            _ => own,
        };
    }

    /// <summary>
    /// All interrupts, then those of each number. Local timer interrupts have none. A disk's come in the vectors of its queues, one
    /// for each CPU, behind that of its configuration: one for each request done.
    /// </summary>
    private static void RenderInterrupts(Machine machine, ProcText text)
    {
        var cpus = machine.Cpus.Count;
        var counts = new ulong[InterruptLines.Count(cpus)];
        var all = machine.TimerInterrupts;
        foreach (var disk in machine.Disks.Disks)
        {
            for (var cpu = 0; cpu < cpus; cpu++)
            {
                all += disk.Interrupts[cpu];
                if (InterruptLines.OfDisk(disk.Index, cpus) + 1 + cpu is var line && line < counts.Length)
                {
                    counts[line] = disk.Interrupts[cpu];
                }
            }
        }

        text.Literal("intr "u8).Number(all);
        foreach (var count in counts)
        {
            text.Literal(" "u8).Number(count);
        }

        text.NewLine();
    }
}
