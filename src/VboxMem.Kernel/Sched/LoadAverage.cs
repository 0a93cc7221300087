// The load average: how many tasks ran or waited for a disk, averaged with three half-lives in 11-bit fixed point.
//
// Models   Linux 6.12 kernel/sched/loadavg.c (facts: virtual memory and tools, 6.6).

using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Sched;

public struct LoadAverage
{
    /// <summary>Five seconds and a tick: the odd tick keeps the sample from beating with periodic work.</summary>
    public static readonly SimTime Period = SimTime.FromTicks((5 * SimTime.TicksPerSecond) + 1);

    private const int FixedShift = 11;
    private const ulong FixedOne = 1 << FixedShift;

    private ulong _one;
    private ulong _five;
    private ulong _fifteen;

    /// <summary>Takes a sample.</summary>
    /// <param name="active">Tasks running or in uninterruptible sleep.</param>
    public void Sample(int active)
    {
        var load = (ulong)active * FixedOne;
        _one = Decay(_one, 1884, load);
        _five = Decay(_five, 2014, load);
        _fifteen = Decay(_fifteen, 2037, load);
    }

    /// <summary>One, five and fifteen minutes, in hundredths, rounded as /proc/loadavg shows them.</summary>
    public readonly (uint One, uint Five, uint Fifteen) Hundredths => (ToHundredths(_one), ToHundredths(_five), ToHundredths(_fifteen));

    public readonly void HashInto(StateHash hash)
    {
        hash.Add(_one);
        hash.Add(_five);
        hash.Add(_fifteen);
    }

    private static ulong Decay(ulong average, ulong weight, ulong load)
    {
        var sum = (average * weight) + (load * (FixedOne - weight));
        return (sum + (load >= average ? FixedOne - 1 : 0)) / FixedOne;
    }

    private static uint ToHundredths(ulong average)
    {
        var rounded = average + (FixedOne / 200);
        return (uint)((rounded >> FixedShift) * 100 + (((rounded & (FixedOne - 1)) * 100) >> FixedShift));
    }
}
