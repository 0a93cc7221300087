// The machine's dirty limit as it slides: up with the threshold at once, down in small steps, so that writers are not stopped dead
// when memory gets scarce under them.
//
// Invariants
//   D1  The limit in force is not below the threshold.
//
// Units    pages; ticks of 4 ms.
// Models   Linux 6.12 struct wb_domain, domain_update_dirty_limit, hard_dirty_limit, writeback_set_ratelimit (facts: reclaim,
//          7.4 step 3).

using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Writeback;

/// <summary>Writeback state of the machine. Plain data.</summary>
public struct DirtyDomain
{
    /// <summary>Limits and bandwidths are brought up to date no more often than this: 200 ms.</summary>
    internal const ulong IntervalTicks = SimTime.TicksPerSecond / 5;

    private const int DownShift = 5;

    /// <summary>The limit as it slides (dirty_limit).</summary>
    public ulong LimitPages;

    /// <summary>When it last did.</summary>
    public ulong LimitStampTicks;

    /// <summary>The machine's recent writeouts.</summary>
    public WriteoutClock Writeouts;

    /// <summary>The state after boot.</summary>
    /// <param name="thresholdPages">The dirty threshold then.</param>
    public static DirtyDomain AtBoot(ulong thresholdPages) => new() { LimitPages = thresholdPages };

    /// <summary>The limit in force: writers stop at it.</summary>
    public readonly ulong HardLimitPages(ulong thresholdPages) => Math.Max(thresholdPages, LimitPages);

    /// <summary>Lets the limit slide, if 200 ms have passed.</summary>
    /// <param name="thresholdPages">The dirty threshold now.</param>
    /// <param name="dirtyPages">Pages dirty or under writeback.</param>
    /// <param name="nowTicks">The present.</param>
    public void UpdateLimit(ulong thresholdPages, ulong dirtyPages, ulong nowTicks)
    {
        if (nowTicks < LimitStampTicks + IntervalTicks)
        {
            return;
        }

        LimitStampTicks = nowTicks;
        if (LimitPages < thresholdPages)
        {
            LimitPages = thresholdPages;
            return;
        }

        var target = Math.Max(thresholdPages, dirtyPages);
        if (LimitPages > target)
        {
            LimitPages -= (LimitPages - target) >> DownShift;
        }
    }

    public readonly void HashInto(StateHash hash)
    {
        hash.Add(LimitPages);
        hash.Add(LimitStampTicks);
        Writeouts.HashInto(hash);
    }
}
