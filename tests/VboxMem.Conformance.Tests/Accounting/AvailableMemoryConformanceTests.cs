// Goal: MemAvailable is the kernel's own figure, to the page.
// Method: the formula, fed the other lines of the same meminfo and the watermarks of zoneinfo, which stand still at rest.

using VboxMem.Kernel.Accounting;
using VboxMem.Testing;

namespace VboxMem.Conformance.Tests.Accounting;

public sealed class AvailableMemoryConformanceTests
{
    public static TheoryData<string> Shapes => new(Capture.Shapes);

    [Theory, MemberData(nameof(Shapes))]
    public void MemAvailable_is_the_captured_one(string shape)
    {
        var capture = Capture.Load(shape);
        var meminfo = capture.Meminfo;

        var available = AvailableMemory.Pages(
            meminfo["MemFree"] / 4,
            capture.TotalReservePages(),
            (meminfo["Active(file)"] + meminfo["Inactive(file)"]) / 4,
            meminfo["KReclaimable"] / 4,
            capture.LowWatermarkPages());

        Assert.Equal(meminfo["MemAvailable"], available * 4);
    }
}
