// Goal: RAM size, machine kind, CPUs and nodes alone give the zones of a real machine.

using VboxMem.Kernel;
using VboxMem.Kernel.Physical;
using VboxMem.Testing;

namespace VboxMem.Conformance.Tests.Physical;

public sealed class MachineLayoutTests
{
    /// <summary>The recipe's constants are averages over machines that differ by a few pages.</summary>
    private const long TolerancePages = 3;

    public static TheoryData<string> Shapes => CapturedMachines.Shapes;

    [Theory]
    [MemberData(nameof(Shapes))]
    public void The_recipe_gives_the_captured_zones(string shape)
    {
        var capture = Capture.Load(shape);
        using var machine = Machine.Boot(CapturedMachines.ByRecipe(capture));
        foreach (var captured in capture.Zones)
        {
            var zone = machine.Nodes[captured.Node][Enum.Parse<ZoneType>(captured.Name, ignoreCase: true)];
            Assert.Equal(
                (captured.StartPfn, captured.SpannedPages, captured.PresentPages),
                ((long)zone.Extent.Start.Index, zone.Extent.SpannedPages, zone.Extent.PresentPages));
            Assert.InRange((long)zone.ManagedPages, captured.ManagedPages - TolerancePages, captured.ManagedPages + TolerancePages);
        }
    }

    // From the table of measured guests (facts: physical memory, 1.3): RAM, CPUs, MemTotal in kB.
    [Theory]
    [InlineData(256, 1, 218192)]
    [InlineData(512, 2, 475580)]
    [InlineData(700, 2, 663224)]
    [InlineData(1024, 2, 990912)]
    [InlineData(2048, 2, 2021568)]
    [InlineData(3072, 4, 3050140)]
    [InlineData(4096, 2, 4016564)]
    [InlineData(8192, 4, 8138652)]
    [InlineData(16384, 8, 16382804)]
    [InlineData(32768, 8, 32873296)]
    public void MemTotal_of_measured_guests_is_met_within_half_a_percent(int ramMebibytes, int cpus, long memTotalKilobytes)
    {
        using var machine = Machine.Boot(new MachineConfiguration { RamBytes = (ulong)ramMebibytes << 20, Cpus = cpus });
        var total = VboxMem.Kernel.Accounting.MemoryInfo.Of(machine).TotalPages * 4;
        Assert.InRange(total, memTotalKilobytes * 995 / 1000, memTotalKilobytes * 1005 / 1000);
    }
}
