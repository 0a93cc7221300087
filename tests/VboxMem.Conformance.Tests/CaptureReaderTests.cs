// Goal: what the other conformance tests stand on is read completely.
// Method: a few figures spelled out from one capture, and identities that the kernel guarantees across files, for all of them.

using VboxMem.Testing;

namespace VboxMem.Conformance.Tests;

public sealed class CaptureReaderTests
{
    public static TheoryData<string> Shapes => new(Capture.Shapes);

    [Fact]
    public void All_thirty_static_captures_are_found() => Assert.Equal(30, Capture.Shapes.Count);

    [Fact]
    public void A_capture_reads_as_its_files_say()
    {
        var capture = Capture.Load("ram-1g");
        var dma32 = capture.Zone(0, "DMA32");

        Assert.Equal(2, capture.Machine.Cpus);
        Assert.Equal(990920, capture.Meminfo["MemTotal"]);
        Assert.Equal("256\t256\t32\t0\t0", capture.Sysctls["lowmem_reserve_ratio"]);
        Assert.Equal([0L, 944, 944, 944, 944], capture.Zone(0, "DMA").Protection);
        Assert.Equal(16, dma32.Pagesets[1].VmStatThreshold);
        Assert.Equal(63, dma32.Pagesets[1].BatchPages);
        Assert.Equal(4096, dma32.StartPfn);
        Assert.Equal(32, capture.Zone(0, "Movable").PromoPages);
        Assert.Equal(711, capture.Nodes[0].Stats["nr_shmem"]);
        Assert.Equal(new CapturedLateFreed(1388, 2028, 3940, 1280), capture.Log.LateFreed);
        Assert.Equal(63, capture.Tasks);
        Assert.Equal(187, capture.Slabs.Count);
    }

    [Fact]
    public void A_setting_belongs_to_the_capture_taken_after_it()
    {
        Assert.Equal(new CapturedSetting("min_free_kbytes", "2048"), Capture.Load("minfree-2048-1g/after").Setting);
        Assert.True(Capture.Load("minfree-2048-1g/before").IsAtBoot);
        Assert.Equal(2048, Capture.Load("minfree-2048-1g/after").SysctlNumber("min_free_kbytes"));
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Managed_pages_of_all_zones_make_MemTotal(string shape)
    {
        var capture = Capture.Load(shape);
        Assert.Equal(capture.Meminfo["MemTotal"], capture.Zones.Sum(zone => zone.ManagedPages) * 4);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Every_populated_zone_has_its_statistics_and_a_pageset_per_cpu(string shape)
    {
        var capture = Capture.Load(shape);
        foreach (var zone in capture.Zones.Where(zone => zone.IsPopulated))
        {
            Assert.Equal(18, zone.Stats.Names.Count);
            Assert.Equal(Enumerable.Range(0, capture.Machine.Cpus), zone.Pagesets.Select(pageset => pageset.Cpu));
            Assert.Equal(zone.FreePages, zone.Stats["nr_free_pages"]);
        }
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Every_node_has_forty_seven_statistics(string shape) =>
        Assert.All(Capture.Load(shape).Nodes, node => Assert.Equal(47, node.Stats.Names.Count));
}
