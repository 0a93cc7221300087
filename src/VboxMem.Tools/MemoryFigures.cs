// What procps's library makes of /proc/meminfo; free, vmstat and top share it.
//
// Invariants
//   M1  available  MemAvailable; MemFree where MemAvailable is missing, 0 or above MemTotal.
//   M2  used       MemTotal - available; MemTotal - MemFree where that is negative.
//   M3  cache      Cached + SReclaimable.
//   M4  used of swap, low and high: total - free, 0 where free is not below total.
//   M5  low        LowTotal and LowFree; MemTotal and MemFree where LowTotal is missing or 0 (64-bit kernels).
//
// Arithmetic wraps as C's unsigned long and is shown signed, so absurd files give procps's absurd figures.
//
// Units   kB.
// Models  facts: virtual memory and tools, 7.1.

using VboxMem.Tools.Parsing;

namespace VboxMem.Tools;

/// <summary>Memory and swap in kB. What meminfo lacks counts as 0 here, as procps prints it.</summary>
public readonly record struct MemoryFigures(
    long Total, long Used, long Free, long Shared, long Buffers, long Cache, long Available,
    long Active, long Inactive,
    long LowTotal, long LowFree, long HighTotal, long HighFree,
    long SwapTotal, long SwapUsed, long SwapFree,
    long CommitLimit, long Committed)
{
    /// <summary>free's column <c>buff/cache</c>.</summary>
    public long BuffersAndCache => unchecked(Buffers + Cache);

    public long LowUsed => Below(LowFree, LowTotal);

    public long HighUsed => Below(HighFree, HighTotal);

    public static MemoryFigures From(Meminfo meminfo)
    {
        ArgumentNullException.ThrowIfNull(meminfo);
        var total = meminfo.MemTotal ?? 0;
        var free = meminfo.MemFree ?? 0;
        var available = meminfo.MemAvailable ?? 0;
        if (available == 0 || available > total) available = free;

        var used = Signed(unchecked(total - available));
        if (used < 0) used = Signed(unchecked(total - free));

        var swapTotal = meminfo.SwapTotal ?? 0;
        var swapFree = meminfo.SwapFree ?? 0;
        var hasLow = meminfo.LowTotal is > 0;

        return new MemoryFigures(
            Signed(total), used, Signed(free), Signed(meminfo.Shmem),
            Signed(meminfo.Buffers), Signed(unchecked((meminfo.Cached ?? 0) + (meminfo.SReclaimable ?? 0))), Signed(available),
            Signed(meminfo.Active), Signed(meminfo.Inactive),
            Signed(hasLow ? meminfo.LowTotal : total), Signed(hasLow ? meminfo.LowFree : free),
            Signed(meminfo.HighTotal), Signed(meminfo.HighFree),
            Signed(swapTotal), Below(Signed(swapFree), Signed(swapTotal)), Signed(swapFree),
            Signed(meminfo.CommitLimit), Signed(meminfo.CommittedAs));
    }

    /// <summary>How far one is below the other; 0 where it is not.</summary>
    private static long Below(long part, long whole) =>
        unchecked((ulong)part < (ulong)whole ? whole - part : 0);

    private static long Signed(ulong? value) => unchecked((long)(value ?? 0));
}
