// Goal: the DMA zone, which boot alone uses, ends up as on the captured machines: one pageblock untyped, so unmovable, and the
//       128 KiB pool for atomic DMA cut out of it.

using System.Globalization;
using VboxMem.Kernel;
using VboxMem.Kernel.Physical;
using VboxMem.Testing;

namespace VboxMem.Conformance.Tests.Physical;

public sealed class PageblockTypeTests
{
    [Theory]
    [InlineData("ram-1g")]
    [InlineData("ram-2g")]
    [InlineData("cpus-8-1g")]
    [InlineData("lowmem-1-1-1-0-0-1g/before")]
    public void The_dma_zones_free_blocks_are_the_captured_ones(string shape)
    {
        var capture = Capture.Load(shape);
        using var machine = Machine.Boot(CapturedMachines.ByRecipe(capture));
        var line = capture.Text("buddyinfo").Split('\n').First(static line => line.StartsWith("Node 0, zone      DMA ", StringComparison.Ordinal));
        var captured = line[line.IndexOf("DMA", StringComparison.Ordinal)..].Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1);
        var buddy = machine.Nodes[0][ZoneType.Dma].Buddy;
        Assert.Equal(captured, Enumerable.Range(0, PageGeometry.OrderCount).Select(order => buddy.FreeBlocks(order).ToString(CultureInfo.InvariantCulture)));
    }
}
