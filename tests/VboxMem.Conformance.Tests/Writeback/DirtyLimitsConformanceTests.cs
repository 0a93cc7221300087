// Goal: the dirty limits are the kernel's own, to the page.
// Method: the formula, fed the free and file pages of the same reading of vmstat that shows the limits: no tolerance is needed.
// (zoneinfo and meminfo were read some milliseconds before and after it, and their free pages differ in a few captures.)

using VboxMem.Kernel.Writeback;
using VboxMem.Testing;

namespace VboxMem.Conformance.Tests.Writeback;

public sealed class DirtyLimitsConformanceTests
{
    public static TheoryData<string> Shapes => new(Capture.Shapes);

    [Theory, MemberData(nameof(Shapes))]
    public void Both_thresholds_are_the_captured_ones(string shape)
    {
        var capture = Capture.Load(shape);
        var vmstat = capture.Vmstat;
        var settings = new DirtySettings(
            (int)capture.SysctlNumber("dirty_ratio"),
            (int)capture.SysctlNumber("dirty_background_ratio"),
            capture.SysctlNumber("dirty_bytes"),
            capture.SysctlNumber("dirty_background_bytes"));

        var limits = DirtyLimits.For(settings, DirtyLimits.DirtyablePages(
            vmstat["nr_free_pages"], capture.TotalReservePages(), vmstat["nr_active_file"] + vmstat["nr_inactive_file"]));

        Assert.Equal(vmstat["nr_dirty_threshold"], limits.Threshold);
        Assert.Equal(vmstat["nr_dirty_background_threshold"], limits.Background);
    }
}
