using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Vmstat;

/// <summary>All that a line of vmstat needs of the reading before: counters since boot. What the files lack is null.</summary>
/// <param name="SwappedIn">Pages.</param>
/// <param name="SwappedOut">Pages.</param>
/// <param name="PagedIn">KiB.</param>
/// <param name="PagedOut">KiB.</param>
/// <param name="Interrupts">Served.</param>
/// <param name="ContextSwitches">Made.</param>
/// <param name="Ticks">CPU time of all CPUs.</param>
public readonly record struct VmstatCounters(
    ulong? SwappedIn, ulong? SwappedOut, ulong? PagedIn, ulong? PagedOut, ulong? Interrupts, ulong? ContextSwitches, CpuTicks? Ticks)
{
    public static VmstatCounters Of(VmstatReading reading)
    {
        ArgumentNullException.ThrowIfNull(reading);
        var (events, stat) = (reading.VmStat, reading.Stat);
        return new VmstatCounters(
            events.PSwpIn, events.PSwpOut, events.PgPgIn, events.PgPgOut, stat.Interrupts, stat.ContextSwitches, stat.Total);
    }
}
