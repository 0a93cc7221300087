using VboxMem.Kernel;
using VboxMem.Kernel.Time;
using VboxMem.Procfs.Sys;

namespace VboxMem.Procfs.Proc;

/// <summary>Renders <c>/proc/schedstat</c>: each CPU's run time and waits, then a line for each domain it is balanced in.</summary>
/// <remarks>
/// kernel/sched/stats.c: show_schedstat, version 16; Documentation/scheduler/sched-stats.rst. Of a CPU's figures the last three are always
/// counted; all others, those of domains too, only while kernel.sched_schedstats is 1, which it never is here. A domain is a package, which is
/// a node, and all packages together; one with a single CPU is none.
/// </remarks>
internal static class Schedstat
{
    /// <summary>The clock of ticks starts five minutes before it wraps around at 32 bits.</summary>
    private const ulong FirstTick = (1UL << 32) - (300 * 250);

    private const int DomainFigures = (3 * 8) + 12;

    public static void Render(Machine machine, ProcText text)
    {
        text.Literal("version 16\ntimestamp "u8).Number(FirstTick + (machine.Now.Nanoseconds / SimTime.NanosecondsPerTick)).NewLine();
        for (var cpu = 0; cpu < machine.Cpus.Count; cpu++)
        {
            var schedule = machine.Scheduler.ScheduleOf(cpu);
            text.Literal("cpu"u8).Number((long)cpu).Literal(" 0 0 0 0 0 0 "u8).Number(schedule.BusyNanoseconds);
            text.Literal(" "u8).Number(schedule.DelayNanoseconds).Literal(" "u8).Number(schedule.Timeslices).NewLine();
            RenderDomains(machine, machine.Cpus.NodeOf(cpu), text);
        }
    }

    private static void RenderDomains(Machine machine, int package, ProcText text)
    {
        var (inPackage, all) = (new bool[machine.Cpus.Count], new bool[machine.Cpus.Count]);
        var count = 0;
        for (var cpu = 0; cpu < all.Length; cpu++)
        {
            all[cpu] = true;
            inPackage[cpu] = machine.Cpus.NodeOf(cpu) == package;
            count += inPackage[cpu] ? 1 : 0;
        }

        var level = 0L;
        if (count > 1)
        {
            RenderDomain(level++, inPackage, text);
        }

        if (count < all.Length)
        {
            RenderDomain(level, all, text);
        }
    }

    private static void RenderDomain(long level, bool[] cpus, ProcText text)
    {
        text.Literal("domain"u8).Number(level).Literal(" "u8);
        NodeList.AppendMask(cpus, text);
        for (var figure = 0; figure < DomainFigures; figure++)
        {
            text.Literal(" 0"u8);
        }

        text.NewLine();
    }
}
