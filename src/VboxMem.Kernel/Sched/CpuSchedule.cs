namespace VboxMem.Kernel.Sched;

/// <summary>What /proc/schedstat tells of a CPU, as far as it is counted without schedstats switched on.</summary>
/// <param name="BusyNanoseconds">Time that tasks ran.</param>
/// <param name="DelayNanoseconds">Time that tasks had waited when they came to run.</param>
/// <param name="Timeslices">How often a task came to run.</param>
public readonly record struct CpuSchedule(ulong BusyNanoseconds, ulong DelayNanoseconds, ulong Timeslices);
