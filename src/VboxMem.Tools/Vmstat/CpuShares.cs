using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Vmstat;

/// <summary>CPU time as shares of the whole, in rounded per cent; see VmstatLine's header for the formula.</summary>
/// <param name="Divisor">The ticks of all shares together, at least 1.</param>
internal readonly record struct CpuShares(ulong User, ulong System, ulong Idle, ulong IoWait, ulong Steal, ulong Guest, long Divisor)
{
    internal static CpuShares SinceBoot(in CpuTicks total)
    {
        var debt = 0L;
        return Between(default, total, ref debt);
    }

    /// <summary>Idle time may run backwards for a moment; what it lost is taken from the next line.</summary>
    internal static CpuShares Between(in CpuTicks before, in CpuTicks now, ref long idleDebt)
    {
        unchecked
        {
            var user = Difference(now.User, before.User) + Difference(now.Nice, before.Nice);
            var system = Difference(now.System, before.System) + Difference(now.Irq, before.Irq) + Difference(now.SoftIrq, before.SoftIrq);
            var idle = Difference(now.Idle, before.Idle) + idleDebt;
            var ioWait = Difference(now.IoWait, before.IoWait);
            var steal = Difference(now.Steal, before.Steal);
            var guest = Difference(now.Guest, before.Guest) + Difference(now.GuestNice, before.GuestNice);

            idleDebt = Math.Min(idle, 0);
            idle = Math.Max(idle, 0);

            var divisor = user + system + idle + ioWait + steal;
            if (divisor == 0)
            {
                divisor = 1;
                idle = 1;
            }

            user = user >= guest ? user - guest : 0;
            ulong Percent(long ticks) => (ulong)((100 * ticks + divisor / 2) / divisor);
            return new CpuShares(
                Percent(user), Percent(system), Percent(idle), Percent(ioWait), Percent(steal), Percent(guest), divisor);
        }
    }

    private static long Difference(ulong now, ulong before) => unchecked((long)(now - before));
}
