// What a device writes, as it is measured, and the speed that its writers are held to.
//
// The bandwidth is a running average over about four seconds of pages completed; a second average follows it. The writers' base
// speed is steered so that pages are dirtied as fast as they are written: it moves towards (speed x factor x bandwidth / measured
// dirtying), by an eighth of the gap at most, and only where that also brings the dirty pages nearer to their set point.
//
// Invariants
//   B1  Average and rate limit are at least 1.
//
// Units    pages a second; ticks of 4 ms; counts of pages since boot.
// Models   Linux 6.12 wb_update_write_bandwidth, wb_update_dirty_ratelimit, __wb_update_bandwidth, wb_bandwidth_estimate_start
//          (facts: reclaim, 7.4 step 5).

using VboxMem.Kernel.Time;

namespace VboxMem.Kernel.Writeback;

/// <summary>Writeback state of one device. Plain data; starts as <see cref="AtBoot"/>.</summary>
public struct BandwidthState
{
    /// <summary>What a device is taken for before it is measured: 100 MiB/s.</summary>
    public const ulong InitialBandwidth = 100 << 8;

    private const int PeriodShift = 10;
    private const ulong PeriodTicks = 1UL << PeriodShift;

    /// <summary>Measured over the last four seconds (write_bandwidth).</summary>
    public ulong WriteBandwidth;

    /// <summary>The same, smoothed (avg_write_bandwidth).</summary>
    public ulong AverageBandwidth;

    /// <summary>What one writer may dirty at a factor of 1 (dirty_ratelimit).</summary>
    public ulong DirtyRatelimit;

    /// <summary>Where the last measurement would have put it.</summary>
    public ulong BalancedRatelimit;

    /// <summary>Pages dirtied on the device, at the last measurement.</summary>
    public ulong DirtiedStamp;

    /// <summary>Pages written to it, at the last measurement.</summary>
    public ulong WrittenStamp;

    /// <summary>When that was.</summary>
    public ulong StampTicks;

    /// <summary>Its writers exceed their share and are looked at more often.</summary>
    public bool IsOverLimit;

    /// <summary>A device that has just appeared.</summary>
    public static BandwidthState AtBoot(ulong nowTicks) => new()
    {
        WriteBandwidth = InitialBandwidth,
        AverageBandwidth = InitialBandwidth,
        DirtyRatelimit = InitialBandwidth,
        BalancedRatelimit = InitialBandwidth,
        StampTicks = nowTicks,
    };

    /// <summary>True when the last measurement is more than 200 ms old.</summary>
    public readonly bool IsUpdateDue(ulong nowTicks) => nowTicks > StampTicks + DirtyDomain.IntervalTicks;

    /// <summary>Measures the bandwidth, as the flusher does after a chunk.</summary>
    /// <param name="nowTicks">The present.</param>
    /// <param name="dirtiedPages">Pages dirtied on the device since boot.</param>
    /// <param name="writtenPages">Pages written to it since boot.</param>
    public void Update(ulong nowTicks, ulong dirtiedPages, ulong writtenPages)
    {
        UpdateBandwidth(Math.Max(nowTicks - StampTicks, 1), writtenPages);
        Stamp(nowTicks, dirtiedPages, writtenPages);
    }

    /// <summary>The same, and steers the rate limit, as a throttled writer does.</summary>
    /// <param name="domain">The machine's; its limit slides.</param>
    /// <param name="position">Dirty pages against their limits.</param>
    /// <param name="ratio">The factor that follows from it (<see cref="DirtyPosition.Ratio"/>).</param>
    /// <param name="nowTicks">The present.</param>
    /// <param name="dirtiedPages">Pages dirtied on the device since boot.</param>
    /// <param name="writtenPages">Pages written to it since boot.</param>
    public void UpdateWithRatelimit(
        ref DirtyDomain domain, in DirtyPosition position, ulong ratio, ulong nowTicks, ulong dirtiedPages, ulong writtenPages)
    {
        domain.UpdateLimit(position.ThresholdPages, position.DirtyPages, nowTicks);
        var limit = domain.HardLimitPages(position.ThresholdPages);
        var isBelowSetPoint = position.DirtyPages < position.SetPointPages(limit);
        var elapsed = Math.Max(nowTicks - StampTicks, 1);
        var dirtyRate = (dirtiedPages - DirtiedStamp) * SimTime.TicksPerSecond / elapsed;
        SteerRatelimit(ratio, dirtyRate, isBelowSetPoint);
        Update(nowTicks, dirtiedPages, writtenPages);
    }

    /// <summary>Work starts on a device that was idle: the idle time is not to be measured.</summary>
    /// <param name="nowTicks">The present.</param>
    /// <param name="dirtiedPages">Pages dirtied on the device since boot.</param>
    /// <param name="writtenPages">Pages written to it since boot.</param>
    /// <param name="hasWriteback">Pages of it are under writeback already.</param>
    public void StartEstimate(ulong nowTicks, ulong dirtiedPages, ulong writtenPages, bool hasWriteback)
    {
        if (nowTicks - StampTicks > SimTime.TicksPerSecond && !hasWriteback)
        {
            Stamp(nowTicks, dirtiedPages, writtenPages);
        }
    }

    public readonly void HashInto(StateHash hash)
    {
        hash.Add(WriteBandwidth);
        hash.Add(AverageBandwidth);
        hash.Add(DirtyRatelimit);
        hash.Add(BalancedRatelimit);
        hash.Add(DirtiedStamp);
        hash.Add(WrittenStamp);
        hash.Add(StampTicks);
        hash.Add(IsOverLimit);
    }

    private void Stamp(ulong nowTicks, ulong dirtiedPages, ulong writtenPages)
    {
        DirtiedStamp = dirtiedPages;
        WrittenStamp = writtenPages;
        StampTicks = nowTicks;
    }

    private void UpdateBandwidth(ulong elapsed, ulong writtenPages)
    {
        var old = WriteBandwidth;
        var average = AverageBandwidth;
        var bandwidth = (writtenPages - Math.Min(writtenPages, WrittenStamp)) * SimTime.TicksPerSecond;
        if (elapsed > PeriodTicks)
        {
            bandwidth /= elapsed;
            average = bandwidth;
        }
        else
        {
            bandwidth = (bandwidth + (old * (PeriodTicks - elapsed))) >> PeriodShift;

            // Follows only while the measurements keep going the same way: a spike is left out.
            if (average > old && old >= bandwidth)
            {
                average -= (average - old) >> 3;
            }
            else if (average < old && old <= bandwidth)
            {
                average += (old - average) >> 3;
            }
        }

        WriteBandwidth = bandwidth;
        AverageBandwidth = Math.Max(average, 1);
    }

    private void SteerRatelimit(ulong ratio, ulong dirtyRate, bool isBelowSetPoint)
    {
        var limit = DirtyRatelimit;
        var taskLimit = ((limit * ratio) >> DirtyPosition.RatioShift) + 1;
        var balanced = Math.Min(taskLimit * AverageBandwidth / (dirtyRate | 1), AverageBandwidth);

        var step = 0UL;
        if (isBelowSetPoint)
        {
            var lowest = Math.Min(BalancedRatelimit, Math.Min(balanced, taskLimit));
            step = lowest > limit ? lowest - limit : 0;
        }
        else
        {
            var highest = Math.Max(BalancedRatelimit, Math.Max(balanced, taskLimit));
            step = limit > highest ? limit - highest : 0;
        }

        // The nearer the goal, the smaller the step: the goal itself trembles.
        var shift = limit / ((2 * step) + 1);
        step = shift < 64 ? ((step >> (int)shift) + 7) / 8 : 0;
        limit = limit < balanced ? limit + step : limit - step;

        DirtyRatelimit = Math.Max(limit, 1);
        BalancedRatelimit = balanced;
    }
}
