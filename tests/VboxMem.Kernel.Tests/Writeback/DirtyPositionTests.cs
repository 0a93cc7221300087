// Goal: the factor is what Linux computes, on the facts' example box (free run 139404, set point 162676, limit 185948 pages).
// Method: figures worked by hand, in the kernel's integers.

using FsCheck.Xunit;
using VboxMem.Kernel.Writeback;

namespace VboxMem.Kernel.Tests.Writeback;

public sealed class DirtyPositionTests
{
    private const ulong Threshold = 185_948;
    private const ulong Background = 92_860;
    private const ulong SetPoint = 162_676;
    private const ulong Bandwidth = BandwidthState.InitialBandwidth;

    [Fact]
    public void Free_run_and_set_point_are_those_of_the_facts()
    {
        Assert.Equal(139_404UL, At(0, 0).FreeRunPages);
        Assert.Equal(SetPoint, At(0, 0).SetPointPages(Threshold));
        Assert.True(At(139_404, 0).IsFreeRunning);
        Assert.False(At(139_405, 0).IsFreeRunning);
    }

    [Theory]
    [InlineData(SetPoint, 1024)]
    [InlineData(139_404, 2045)]              // x = 1023: 1024 + 1021
    [InlineData(SetPoint + 11_636, 896)]     // x = -511: 1024 - 128
    [InlineData(Threshold - 1, 2)]           // x = -1023: 1024 - 1022
    [InlineData(0, 2048)]
    public void The_cubic_is_flat_at_the_set_point_and_steep_at_the_ends(ulong dirty, ulong expected) =>
        Assert.Equal(expected, DirtyPosition.Cubic(SetPoint, dirty, Threshold));

    [Fact]
    public void At_the_limit_writers_stop()
    {
        Assert.Equal(0UL, At(Threshold, 0).Ratio(Threshold, Bandwidth));
        Assert.NotEqual(0UL, At(Threshold, 0).Ratio(Threshold + 1, Bandwidth));
    }

    // Device set point 162673, line ends at 367469: (367469 - dirty) / 204797 of 1024; below 92974 the reserve helps.
    [Theory]
    [InlineData(SetPoint, 1023)]
    [InlineData(400_000, 256)]
    [InlineData(46_487, 3208)]
    [InlineData(10, 14_696)]
    public void A_device_is_pulled_to_its_own_set_point(ulong deviceDirty, ulong expected) =>
        Assert.Equal(expected, At(SetPoint, deviceDirty).Ratio(Threshold, Bandwidth));

    // Share (185948 - 162676) / 8 = 2909 instead of 0; set point 2544, line to 8609: 1024 * 8609 / 6065 = 1453, times 8.
    [Fact]
    public void A_device_that_was_idle_is_honoured_with_a_part_of_what_is_left() =>
        Assert.Equal(11_624UL, (At(SetPoint, 0) with { DeviceThresholdPages = 0 }).Ratio(Threshold, Bandwidth));

    [Fact]
    public void A_device_over_its_share_matters_only_above_the_threshold()
    {
        Assert.True(At(Threshold + 1, Threshold + 1).IsDeviceOverLimit);
        Assert.False(At(Threshold, Threshold + 1).IsDeviceOverLimit);
        Assert.False(At(Threshold + 1, Threshold).IsDeviceOverLimit);
    }

    [Property(MaxTest = 300)]
    public bool More_dirty_pages_never_speed_a_writer_up(uint dirty, ushort more)
    {
        var low = (ulong)dirty % Threshold;
        var high = low + more;

        return DirtyPosition.Cubic(SetPoint, high, Threshold) <= DirtyPosition.Cubic(SetPoint, low, Threshold)
            && DirtyPosition.Cubic(SetPoint, low, Threshold) <= 2 * DirtyPosition.One;
    }

    private static DirtyPosition At(ulong dirty, ulong deviceDirty) => new(dirty, Threshold, Background, deviceDirty, Threshold);
}
