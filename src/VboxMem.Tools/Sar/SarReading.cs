using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Sar;

/// <summary>One reading of the files that the asked reports work from; what none of them needs is null.</summary>
internal sealed class SarReading
{
    internal const string PressureDirectory = "/proc/pressure";

    internal required DateTime Time { get; init; }

    /// <summary>In ticks of 1/100 s, as /proc/uptime has it.</summary>
    internal required ulong UptimeCentiseconds { get; init; }

    /// <summary>Row 0 is the sum the kernel prints, row N + 1 is CPU N. A CPU that is off is all zeros until it is <see cref="SarCpus"/>' turn.</summary>
    internal required CpuTicks[] Cpus { get; init; }

    internal ulong BlockedTasks { get; init; }

    internal SarTraffic Traffic { get; init; }

    internal Meminfo? Meminfo { get; init; }

    internal LoadAverages Load { get; init; }

    internal PressureFile CpuPressure { get; init; }

    internal PressureFile IoPressure { get; init; }

    internal PressureFile MemoryPressure { get; init; }

    internal bool IsBoot { get; private init; }

    /// <summary>The moment of boot, when every counter was 0.</summary>
    internal static SarReading Boot(SarReading now) =>
        new() { Time = now.Time, UptimeCentiseconds = 0, Cpus = new CpuTicks[now.Cpus.Length], IsBoot = true };

    /// <summary>Elapsed time in 1/100 s, at least 1; wraps as sar's when uptime runs backwards.</summary>
    internal static ulong Elapsed(SarReading before, SarReading now) =>
        Math.Max(unchecked(now.UptimeCentiseconds - before.UptimeCentiseconds), 1);
}

/// <summary>Counters of /proc/vmstat since boot; pgpgin and pgpgout in KiB, the rest pages or faults.</summary>
/// <param name="PagesScannedByKswapd">All lines that begin with pgscan_kswapd.</param>
/// <param name="PagesScannedDirectly">All lines that begin with pgscan_direct, pgscan_direct_throttle among them.</param>
/// <param name="PagesStolen">All lines that begin with pgsteal_: by kswapd, directly, and once more as anon and file.</param>
internal readonly record struct SarTraffic(
    ulong KilobytesIn, ulong KilobytesOut, ulong Faults, ulong MajorFaults, ulong PagesFreed,
    ulong PagesScannedByKswapd, ulong PagesScannedDirectly, ulong PagesStolen,
    ulong PagesSwappedIn, ulong PagesSwappedOut)
{
    internal static SarTraffic From(VmStat vmStat)
    {
        ulong byKswapd = 0, directly = 0, stolen = 0;
        for (var i = 0; i < vmStat.Fields.Count; i++)
        {
            var name = vmStat.Fields.Name(i);
            if (!name.StartsWith("pgs", StringComparison.Ordinal)) continue;
            unchecked
            {
                if (name.StartsWith("pgsteal_", StringComparison.Ordinal)) stolen += vmStat.Fields.Value(i);
                else if (name.StartsWith("pgscan_kswapd", StringComparison.Ordinal)) byKswapd += vmStat.Fields.Value(i);
                else if (name.StartsWith("pgscan_direct", StringComparison.Ordinal)) directly += vmStat.Fields.Value(i);
            }
        }

        return new SarTraffic(
            vmStat.PgPgIn ?? 0, vmStat.PgPgOut ?? 0, vmStat.Fields["pgfault"u8] ?? 0, vmStat.Fields["pgmajfault"u8] ?? 0,
            vmStat.Fields["pgfree"u8] ?? 0, byKswapd, directly, stolen, vmStat.PSwpIn ?? 0, vmStat.PSwpOut ?? 0);
    }
}
