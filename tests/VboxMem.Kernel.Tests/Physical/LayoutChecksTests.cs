// Goal: a description that is no machine is refused in words, never with a broken invariant or an index out of range.

using VboxMem.Kernel.Auditing;
using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Tests.Physical;

public sealed class LayoutChecksTests
{
    private static readonly ZoneConfiguration _dma = new() { Node = 0, Zone = ZoneType.Dma, StartPfn = 1, SpannedPages = 4095, PresentPages = 3998, ManagedPages = 3840 };
    private static readonly ZoneConfiguration _dma32 = new()
    {
        Node = 0, Zone = ZoneType.Dma32, StartPfn = 4096, SpannedPages = 258016, PresentPages = 258016, ManagedPages = 243890, LateFreedPages = 2159,
    };

    public static TheoryData<string, MachineConfiguration> Impossible => new()
    {
        { "managed of", Zones(_dma with { ManagedPages = 3999 }) },
        { "late-freed of", Zones(_dma with { LateFreedPages = 3841 }) },
        { "present of", Zones(_dma with { SpannedPages = 3000 }) },
        { "there are 1 nodes", Zones(_dma32 with { Node = 1 }) },
        { "multiple of 1024", Zones(_dma32 with { StartPfn = 4097 }) },
        { "share a block", Zones(_dma with { SpannedPages = 4096 }) },
        { "overlap", Zones(_dma32 with { Zone = ZoneType.Normal }, _dma32) },
        { "does not fit behind", Zones(_dma with { PresentPages = 50, ManagedPages = 10 }) },
        { "needs a CPU", AMachine.Of(512, cpus: 0) },
        { "distances", AMachine.WithNodes(2, 512) with { Nodes = [Node([10]), Node([10, 20])] } },
        { "at most 8", AMachine.WithNodes(9, 128) },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public void What_contradicts_itself_is_refused_in_words(string message, MachineConfiguration configuration)
    {
        var error = Assert.Throws<MachineLayoutException>(() => Machine.Boot(configuration));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(50_000)]
    public void The_last_zone_may_end_in_a_hole_of_any_size(uint holePages)
    {
        using var machine = Machine.Boot(Zones(_dma, _dma32 with { SpannedPages = _dma32.PresentPages + holePages }));
        Assert.Equal(_dma32.ManagedPages, machine.Nodes[0][ZoneType.Dma32].ManagedPages);
        Audit.Check(machine);
    }

    private static MachineConfiguration Zones(params ZoneConfiguration[] zones) => AMachine.Of(1024) with
    {
        Zones = zones is [{ Zone: ZoneType.Dma }] ? [zones[0], _dma32] : zones,
    };

    private static NodeConfiguration Node(int[] distances) => new() { RamBytes = 512UL << 20, Cpus = 1, Distances = distances };
}
