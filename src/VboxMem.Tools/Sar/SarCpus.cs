// CPU time between two readings: of every CPU, and of all together as the sum of those that were on at both.
//
// Counters do not always go forward. Idle and iowait restart from zero when a CPU comes back, and iowait may fall on its own;
// guest time may overtake user time. sar mends each in its way, and so does this:
//   C1  idle lower than before: it was 0 before.
//   C2  iowait lower than before: it was as now before, if idle grew; else it was 0.
//   C3  user - guest lower than before: the loss is added to the interval; nice - nice guest likewise.
//   C4  a CPU without a line keeps its last figures and is not shown; one without earlier figures is not shown either.
//
// Units   ticks of 1/100 s; arithmetic wraps as C's unsigned long long.

using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Sar;

internal sealed class SarCpus
{
    private SarCpus(CpuTicks[] before, CpuTicks[] now)
    {
        Before = before;
        Now = now;
        IsOff = new bool[now.Length];
    }

    /// <summary>Row 0 is all together, row N + 1 is CPU N; mended.</summary>
    internal CpuTicks[] Before { get; }

    internal CpuTicks[] Now { get; }

    /// <summary>Rows that are not shown.</summary>
    internal bool[] IsOff { get; }

    /// <summary>Ticks of all CPUs in the interval, at least 1.</summary>
    internal ulong Total { get; private set; }

    internal static SarCpus Between(SarReading before, SarReading now)
    {
        var cpus = new SarCpus([.. before.Cpus], now.Cpus);
        if (now.Cpus.Length == 1) cpus.Total = cpus.Mend(0);
        else cpus.AddUp(before.IsBoot);
        cpus.Total = Math.Max(cpus.Total, 1);
        return cpus;
    }

    /// <summary>Ticks of one CPU in the interval; 0 when its counters stood still.</summary>
    internal ulong Interval(int row) => Mend(row);

    private void AddUp(bool sinceBoot)
    {
        CpuTicks sumBefore = default, sumNow = default;
        unchecked
        {
            for (var row = 1; row < Now.Length; row++)
            {
                if (Sum(Now[row]) == 0)
                {
                    Now[row] = Before[row];
                    IsOff[row] = true;
                }

                if (Sum(Before[row]) == 0 && !sinceBoot)
                {
                    IsOff[row] = true;
                    continue;
                }

                Total += Mend(row);
                sumBefore = Plus(sumBefore, Before[row]);
                sumNow = Plus(sumNow, Now[row]);
            }
        }

        Before[0] = sumBefore;
        Now[0] = sumNow;
    }

    private ulong Mend(int row)
    {
        const ulong overflown = ulong.MaxValue - 0x7ffff;   // counters beyond it have wrapped rather than restarted
        ref var before = ref Before[row];
        ref readonly var now = ref Now[row];
        unchecked
        {
            if (now.IoWait < before.IoWait && before.IoWait < overflown)
                before = before with { IoWait = now.Idle > before.Idle || before.Idle >= overflown ? now.IoWait : 0 };
            if (now.Idle < before.Idle && before.Idle < overflown) before = before with { Idle = 0 };

            ulong lost = 0;
            if (now.User - now.Guest < before.User - before.Guest) lost += before.User - before.Guest - (now.User - now.Guest);
            if (now.Nice - now.GuestNice < before.Nice - before.GuestNice) lost += before.Nice - before.GuestNice - (now.Nice - now.GuestNice);
            return Sum(now) - Sum(before) + lost;
        }
    }

    /// <summary>All of a CPU's time; guest time is part of user time.</summary>
    private static ulong Sum(in CpuTicks ticks) => unchecked(
        ticks.User + ticks.Nice + ticks.System + ticks.Idle + ticks.IoWait + ticks.Irq + ticks.SoftIrq + ticks.Steal);

    private static CpuTicks Plus(in CpuTicks left, in CpuTicks right) => unchecked(new CpuTicks(
        left.User + right.User, left.Nice + right.Nice, left.System + right.System, left.Idle + right.Idle, left.IoWait + right.IoWait,
        left.Irq + right.Irq, left.SoftIrq + right.SoftIrq, left.Steal + right.Steal, left.Guest + right.Guest, left.GuestNice + right.GuestNice));
}
