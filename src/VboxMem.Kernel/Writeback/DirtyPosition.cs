// How far the dirty pages are from where they should be, as a factor for the speed of their writers.
//
// The set point lies halfway between the free run (below it nobody waits) and the limit. The factor is 2 at the free run and below,
// 1 at the set point, 0 at the limit, along a cubic that is flat around the set point. A second, straight line does the same for
// the device's own share, and a device that has almost nothing to write is never starved.
//
//   factor 2 |----.                         1 + x^3,  x = (set point - dirty) / (limit - set point)
//            |     `.____
//          1 |           `----.____
//            |                     `.
//          0 |_______________________`.____ dirty
//              free run   set point   limit
//
// Units    pages; pages a second; factors in 1/1024.
// Models   Linux 6.12 pos_ratio_polynom, wb_position_ratio, dirty_freerun_ceiling (facts: reclaim, 7.4 steps 2 to 4).
// Departs  no device is of the strict kind (BDI_CAP_STRICTLIMIT: FUSE), which is held to its own share alone.

namespace VboxMem.Kernel.Writeback;

/// <summary>Dirty pages against their limits, for the machine and for one device, at one moment.</summary>
/// <param name="DirtyPages">Pages dirty or under writeback (nr_dirty + nr_writeback).</param>
/// <param name="ThresholdPages">The dirty threshold.</param>
/// <param name="BackgroundPages">The background threshold.</param>
/// <param name="DeviceDirtyPages">The device's part of the dirty pages.</param>
/// <param name="DeviceThresholdPages">Its part of the threshold; see <see cref="WriteoutShare.Of"/>.</param>
public readonly record struct DirtyPosition(
    ulong DirtyPages, ulong ThresholdPages, ulong BackgroundPages, ulong DeviceDirtyPages, ulong DeviceThresholdPages)
{
    /// <summary>A factor of 1.</summary>
    public const ulong One = 1UL << RatioShift;

    internal const int RatioShift = 10;

    private const int FractionShift = 16;

    /// <summary>Up to here nobody waits.</summary>
    public ulong FreeRunPages => (ThresholdPages + BackgroundPages) / 2;

    public bool IsFreeRunning => DirtyPages <= FreeRunPages;

    /// <summary>The device is over its share while the machine is over the threshold: its writers are looked at every 8 pages.</summary>
    public bool IsDeviceOverLimit => DeviceDirtyPages > DeviceThresholdPages && DirtyPages > ThresholdPages;

    /// <summary>Where the dirty pages should settle.</summary>
    /// <param name="limitPages">The limit in force (<see cref="DirtyDomain.HardLimitPages"/>).</param>
    public ulong SetPointPages(ulong limitPages) => (FreeRunPages + limitPages) / 2;

    /// <summary>The factor; 0 stops writers.</summary>
    /// <param name="limitPages">The limit in force.</param>
    /// <param name="averageBandwidth">What the device writes, smoothed (<see cref="BandwidthState.AverageBandwidth"/>).</param>
    public ulong Ratio(ulong limitPages, ulong averageBandwidth)
    {
        if (DirtyPages >= limitPages)
        {
            return 0;
        }

        var setPoint = SetPointPages(limitPages);
        var ratio = Cubic(setPoint, DirtyPages, limitPages);

        // A device that was idle for long is honoured with a part of what is left.
        var share = Math.Max(Math.Min(DeviceThresholdPages, ThresholdPages), (limitPages - DirtyPages) / 8);
        ratio = AlongDeviceLine(ratio, setPoint, share, averageBandwidth);

        var reserve = share / 2;
        if (DeviceDirtyPages < reserve)
        {
            ratio = DeviceDirtyPages > reserve / 8 ? ratio * reserve / DeviceDirtyPages : ratio * 8;
        }

        return ratio;
    }

    /// <summary>1 at the set point and 0 at the limit, held between 0 and 2.</summary>
    internal static ulong Cubic(ulong setPoint, ulong dirtyPages, ulong limitPages)
    {
        var x = ((long)setPoint - (long)dirtyPages) * (1L << RatioShift) / (long)((limitPages - setPoint) | 1);
        var ratio = x;
        ratio = (ratio * x) >> RatioShift;
        ratio = (ratio * x) >> RatioShift;
        return (ulong)Math.Clamp(ratio + (long)One, 0, 2 * (long)One);
    }

    /// <summary>Scales by a line that is 1 at the device's set point; no lower than a quarter.</summary>
    private ulong AlongDeviceLine(ulong ratio, ulong setPoint, ulong share, ulong averageBandwidth)
    {
        var fraction = (share << FractionShift) / (ThresholdPages | 1);
        var deviceSetPoint = (setPoint * fraction) >> FractionShift;

        // Eight seconds of writing when the device has the whole threshold, its own share when it has little of it. The difference
        // wraps, as it does in Linux, when what is left honours the device with more than the threshold.
        var span = ((ThresholdPages - share + (8 * averageBandwidth)) * fraction) >> FractionShift;
        var end = deviceSetPoint + span;
        return DeviceDirtyPages < end - (span / 4) ? ratio * (end - DeviceDirtyPages) / ((end - deviceSetPoint) | 1) : ratio / 4;
    }
}
