// Goal: where the CPUs together can hide more free pages than lie between two marks, the exact count is asked for (facts: physical memory, 3).

using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Tests.Physical;

public sealed class DriftMarkTests
{
    [Theory]
    [InlineData(256, 1, false)]
    [InlineData(256, 64, true)]
    [InlineData(500, 64, true)]
    public void The_drift_mark_lies_above_high_by_what_can_be_hidden(int ramMebibytes, int cpus, bool canHide)
    {
        using var machine = AMachine.Booted(ramMebibytes, cpus);
        var zone = machine.Nodes[0][ZoneType.Dma32];
        var hidden = (ulong)(cpus * zone.Stats.Threshold);
        Assert.Equal(canHide, hidden > zone.Marks.LowPages - zone.Marks.MinPages);
        Assert.Equal(canHide ? zone.Marks.HighPages + hidden : 0, zone.DriftMarkPages);
    }

    // khugepaged raises the marks later in boot, and nothing works the drift mark out anew.
    [Fact]
    public void The_drift_mark_stays_where_boot_put_it()
    {
        using var machine = AMachine.Booted(1024, cpus: 64);
        var zone = machine.Nodes[0][ZoneType.Dma32];
        var atBoot = zone.DriftMarkPages;
        Assert.InRange(atBoot, (ulong)(64 * zone.Stats.Threshold), zone.Marks.HighPages);
        Assert.Equal(Kernel.Sysctl.SysctlResult.Done, machine.Sysctls.Write("min_free_kbytes", "1024"u8));
        Assert.Equal(atBoot, zone.DriftMarkPages);
    }
}
