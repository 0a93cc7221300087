using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Kernel.Time;

namespace VboxMem.Procfs.Proc;

/// <summary>Renders <c>/proc/uptime</c>: seconds since boot, and idle seconds summed over CPUs, both cut to hundredths.</summary>
/// <remarks>fs/proc/uptime.c: uptime_proc_show.</remarks>
public static class Uptime
{
    private const ulong NanosecondsPerHundredth = SimTime.NanosecondsPerSecond / 100;

    public static void Render(Machine machine, ProcText text)
    {
        var idle = 0UL;
        for (var cpu = 0; cpu < machine.Cpus.Count; cpu++)
        {
            idle += machine.CpuTimes.Read(cpu, CpuTimeKind.Idle).Nanoseconds;
        }

        text.Hundredths(machine.Now.Nanoseconds / NanosecondsPerHundredth).Literal(" "u8);
        text.Hundredths(idle / NanosecondsPerHundredth).NewLine();
    }
}
