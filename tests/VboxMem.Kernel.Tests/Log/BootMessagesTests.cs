// Goal: machines no capture shows (memoryless nodes, Movable zones, odd numbers of CPUs, no RAM disk) boot with proper lines too.
// Method: a small machine changed in one respect. The captured machines are compared in VboxMem.Conformance.Tests.

using System.Text;
using VboxMem.Kernel.Log;

namespace VboxMem.Kernel.Tests.Log;

public sealed class BootMessagesTests
{
    private static readonly BootFacts Small = new()
    {
        Version = "Linux version 6.12.107\n",
        CommandLine = "ro",
        MemoryMap = [new(new(0, 0x9fc00), E820Type.Usable), new(new(0x100000, 0x4000_0000), E820Type.Usable)],
        Zones =
        [
            new(ZoneType.Dma, new(0x1000, 0x100_0000)), new(ZoneType.Dma32, new(0x100_0000, 0x4000_0000)),
            new(ZoneType.Normal, default), new(ZoneType.Device, default),
        ],
        Nodes = [NodeOf(0, [0, 1, 2], [0])],
        Unavailable = [],
        HashTables = [],
        PresentPages = 262_014,
        ManagedPages = 247_000,
        FreeKilobytes = 978_416,
        ReservedKilobytes = 65_772,
        LateFreed = new(0, 2028, 3940, 1280),
    };

    [Theory]
    [InlineData(3, "pcpu-alloc: [0] 0 1 2 - ")]   // a wasted unit is allowed for three CPUs
    [InlineData(5, "pcpu-alloc: [0] 0 1 [0] 2 3 [0] 4 - ")]
    [InlineData(12, "pcpu-alloc: [0] 00 01 02 03 [0] 04 05 06 07 ", "pcpu-alloc: [0] 08 09 10 11 ")]
    public void Per_cpu_units_share_blocks_as_far_as_little_is_wasted(int cpus, params string[] lines)
    {
        var texts = Print(Small with { Nodes = [NodeOf(0, Enumerable.Range(0, cpus), [0])] });

        Assert.Equal(lines, texts.Where(text => text.StartsWith("pcpu-alloc: [", StringComparison.Ordinal)));
    }

    [Fact]
    public void Secondary_cpus_are_listed_node_by_node_with_room_for_the_first()
    {
        var texts = Print(Small with { Nodes = [NodeOf(0, Enumerable.Range(0, 2), [0, 1]), NodeOf(1, Enumerable.Range(2, 2), [1, 0])] });

        Assert.Contains(".... node  #0, CPUs:      #1", texts);
        Assert.Contains(".... node  #1, CPUs:   #2 #3", texts);
        Assert.Contains("smp: Brought up 2 nodes, 4 CPUs", texts);
    }

    [Fact]
    public void A_node_without_memory_is_set_up_as_such()
    {
        var texts = Print(Small with { Nodes = [NodeOf(0, [0], [0, 1]), NodeOf(1, [1], [1, 0]) with { Memory = [] }] });

        Assert.Contains("Initmem setup node 1 as memoryless", texts);
        Assert.DoesNotContain(texts, text => text.StartsWith("  node   1:", StringComparison.Ordinal));
    }

    [Fact]
    public void A_Movable_zone_is_announced_where_it_starts() =>
        Assert.Contains("  Node 0: 0x0000000030000000", Print(Small with { Nodes = [Small.Nodes[0] with { MovableStart = 0x3000_0000 }] }));

    [Theory]
    [InlineData(2_559UL, "off")]
    [InlineData(2_560UL, "on")]
    public void Grouping_needs_a_pageblock_for_every_type(ulong pages, string state) =>
        Assert.Contains($"Built 1 zonelists, mobility grouping {state}.  Total pages: {pages}", Print(Small with { PresentPages = pages }));

    [Fact]
    public void Without_a_RAM_disk_nothing_is_said_of_one()
    {
        Assert.DoesNotContain(Print(Small), text => text.Contains("initr", StringComparison.Ordinal) || text.Contains("RAMDISK", StringComparison.Ordinal));
        Assert.Contains("Freeing initrd memory: 30720K", Print(Small with
        {
            Initrd = new(0x3e00_0000, 0x3fe0_0000),
            LateFreed = Small.LateFreed with { InitrdKilobytes = 30720 },
        }));
    }

    [Fact]
    public void The_time_of_the_last_message_is_returned()
    {
        var log = new KernelLog();

        var ready = BootMessages.Print(log, Small);

        log.TryRead(log.NextSequence - 1, out var last);
        Assert.Equal("Run /sbin/init as init process", Encoding.UTF8.GetString(last.Text));
        Assert.Equal(ready, last.Nanoseconds);
    }

    private static BootNode NodeOf(int id, IEnumerable<int> cpus, IReadOnlyList<int> fallback) => new()
    {
        Id = id,
        Memory = [new(0x1000, 0x9f000), new(0x100000, 0x4000_0000)],
        Cpus = cpus.ToArray(),
        FallbackOrder = fallback,
    };

    private static List<string> Print(BootFacts facts)
    {
        var log = new KernelLog();
        BootMessages.Print(log, facts);
        var texts = new List<string>();
        foreach (var record in log.RecordsFrom(0)) texts.Add(Encoding.UTF8.GetString(record.Text));
        return texts;
    }
}
