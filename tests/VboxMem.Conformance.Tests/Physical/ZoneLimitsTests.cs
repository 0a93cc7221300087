// Goal: given a machine's zones and late-freed pages, every limit the kernel derives is the captured one, to the page.
// Method: boot a machine with the captured zones, write what the capture's author wrote, compare with its zoneinfo.

using VboxMem.Kernel;
using VboxMem.Kernel.Physical;
using VboxMem.Kernel.Virtual;
using VboxMem.Testing;

namespace VboxMem.Conformance.Tests.Physical;

public sealed class ZoneLimitsTests
{
    public static TheoryData<string> Shapes => CapturedMachines.Shapes;

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Watermarks_equal_the_captured_ones(string shape)
    {
        var capture = Capture.Load(shape);
        using var machine = CapturedMachines.Boot(capture);
        foreach (var captured in capture.Zones)
        {
            var marks = ZoneOf(machine, captured).Marks;
            Assert.Equal(
                (captured.MinPages, captured.LowPages, captured.HighPages, captured.PromoPages),
                ((long)marks.MinPages, (long)marks.LowPages, (long)marks.HighPages, (long)marks.PromoPages));
        }

        Assert.Equal(capture.SysctlNumber("min_free_kbytes"), (long)machine.Tunables.MinFreeKilobytes);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Lowmem_reserves_equal_the_captured_ones(string shape)
    {
        var capture = Capture.Load(shape);
        using var machine = CapturedMachines.Boot(capture);
        foreach (var captured in capture.Zones)
        {
            Assert.Equal(captured.Protection, ZoneOf(machine, captured).LowmemReservePages.Select(static pages => (long)pages));
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Per_cpu_batches_and_counter_thresholds_equal_the_captured_ones(string shape)
    {
        var capture = Capture.Load(shape);
        using var machine = CapturedMachines.Boot(capture);
        foreach (var captured in capture.Zones)
        {
            var zone = ZoneOf(machine, captured);
            Assert.Equal(captured.Pagesets.Count, zone.PerCpu.Length);
            foreach (var pageset in captured.Pagesets)
            {
                Assert.Equal(pageset.BatchPages, zone.PerCpu[pageset.Cpu].BatchPages);
                Assert.Equal(pageset.VmStatThreshold, zone.Stats.Threshold);
            }
        }
    }

    [Fact]
    public void A_fixed_share_of_the_zone_fixes_the_limit_of_per_cpu_lists()
    {
        var capture = Capture.Load("pcphigh-8-1g/after");
        using var machine = CapturedMachines.Boot(capture);
        var fixedLimits = 0;
        foreach (var captured in capture.Zones.Where(static zone => zone.Name == "DMA32"))
        {
            foreach (var pageset in captured.Pagesets.Where(static pageset => pageset.HighPages > 0))
            {
                var pages = ZoneOf(machine, captured).PerCpu[pageset.Cpu];
                Assert.Equal((pageset.HighPages, pageset.HighPages), (pages.HighMinPages, pages.HighMaxPages));
                fixedLimits++;
            }
        }

        Assert.True(fixedLimits > 0, "the capture has no pageset in use");
    }

    /// <summary>
    /// A pageset used since its limits were last computed has High within them; one that was not shows 0, or a limit from
    /// before, as after a write to a tunable: those captures say nothing here.
    /// </summary>
    public static TheoryData<string> ShapesAtBoot => [.. Capture.Shapes.Where(static shape => Capture.Load(shape).IsAtBoot)];

    [Theory]
    [MemberData(nameof(ShapesAtBoot))]
    public void A_floating_limit_lies_where_the_captured_one_may(string shape)
    {
        var capture = Capture.Load(shape);
        using var machine = CapturedMachines.Boot(capture);
        var within = 0;
        foreach (var captured in capture.Zones)
        {
            foreach (var pageset in captured.Pagesets)
            {
                var pages = ZoneOf(machine, captured).PerCpu[pageset.Cpu];
                within += pageset.HighPages >= pages.HighMinPages && pageset.HighPages <= pages.HighMaxPages ? 1 : 0;
            }
        }

        Assert.True(within > 0, "no captured limit lies between the computed ones");
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Commit_limit_and_total_equal_the_captured_ones(string shape)
    {
        var capture = Capture.Load(shape);
        using var machine = CapturedMachines.Boot(capture);
        var total = 0UL;
        foreach (var node in machine.Nodes)
        {
            total += node.ManagedPages;
        }

        Assert.Equal(capture.Meminfo["MemTotal"], (long)total * 4);
        var limit = Overcommit.CommitLimitPages((long)total, 0, 0, machine.Tunables.OvercommitRatio, (long)machine.Tunables.OvercommitKilobytes);
        Assert.Equal(capture.Meminfo["CommitLimit"], limit * 4);
    }

    private static Zone ZoneOf(Machine machine, CapturedZone captured) =>
        machine.Nodes[captured.Node][Enum.Parse<ZoneType>(captured.Name, ignoreCase: true)];
}
