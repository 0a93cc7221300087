using VboxMem.Kernel.Physical;

namespace VboxMem.Kernel.Tests.Physical;

public sealed class DirectMapTests
{
    private const ulong BootSmallPages = 10 * 512;   // the first 2 MiB and nine splits

    [Fact]
    public void Low_memory_is_mapped_from_address_zero_holes_included()
    {
        var map = DirectMap.AtBoot(Memory((1, 0x9f), (0x100, 0x40000)));

        Assert.Equal(new DirectMap(BootSmallPages, 0x40000 - BootSmallPages), map);
    }

    [Fact]
    public void The_unaligned_end_of_a_range_is_in_small_pages()
    {
        var map = DirectMap.AtBoot(Memory((1, 0x9f), (0x100, 0x3ffe0)));

        Assert.Equal(new DirectMap(BootSmallPages + 0x1e0, 0x3fe00 - BootSmallPages), map);
    }

    [Fact]
    public void Memory_above_4_gib_is_mapped_without_the_hole_before_it()
    {
        var map = DirectMap.AtBoot(Memory((1, 0x9f), (0x100, 0xc0000), (0x100000, 0x140000), (0x140000, 0x140001)));

        Assert.Equal(new DirectMap(BootSmallPages + 1, 0xc0000 + 0x40000 - BootSmallPages), map);
    }

    [Fact]
    public void Large_pages_are_whole()
    {
        Assert.Equal(0u, DirectMap.AtBoot(Memory((1, 0x9f), (0x100, 0x12345), (0x100003, 0x1f0007))).LargePages % 512);
    }

    [Fact]
    public void A_machine_of_a_few_megabytes_is_all_small_pages()
    {
        Assert.Equal(new DirectMap(0x800, 0), DirectMap.AtBoot(Memory((1, 0x9f), (0x100, 0x800))));
    }

    private static BootMemory Memory(params (uint Start, uint End)[] ranges) =>
        new(ranges.Select(static range => new MemoryRange(new PfnRange(new Pfn(range.Start), new Pfn(range.End)), 0)).ToArray(), []);
}
