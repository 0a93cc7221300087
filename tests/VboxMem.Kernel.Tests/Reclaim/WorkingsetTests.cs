using FsCheck.Xunit;
using VboxMem.Kernel.Reclaim;

namespace VboxMem.Kernel.Tests.Reclaim;

public sealed class WorkingsetTests
{
    private static readonly LruSizes _sizes = new(InactiveAnonPages: 1, ActiveAnonPages: 10, InactiveFilePages: 100, ActiveFilePages: 1000);

    [Theory]
    [InlineData(1_004_133UL, 20, 0)]
    [InlineData(1UL << 20, 20, 0)]
    [InlineData((1UL << 20) + 1, 21, 0)]
    [InlineData(1UL << 36, 36, 0)]
    [InlineData((1UL << 36) + 1, 37, 1)]
    public void Buckets_are_single_pages_up_to_256_TiB(ulong pages, int maxOrder, int bucketOrder)
    {
        Assert.Equal(maxOrder, Workingset.MaxOrder(pages));
        Assert.Equal(bucketOrder, Workingset.BucketOrder(pages));
    }

    [Fact]
    public void A_shadow_lies_in_its_word_as_drawn()
    {
        var entry = Workingset.Pack(new EvictionShadow(0x1, 0x2, 0x3, IsWorkingset: true), bucketOrder: 0);

        Assert.Equal((1UL << 28) | (2UL << 12) | (3UL << 2) | 2 | 1, entry);
    }

    [Property]
    public bool A_shadow_survives_packing(ulong clock, ushort memcg, ushort node, bool isWorkingset, byte order)
    {
        var bucketOrder = order % 4;
        var shadow = new EvictionShadow(clock, memcg, (ushort)(node % 1024), isWorkingset);

        var entry = Workingset.Pack(shadow, bucketOrder);
        var kept = Workingset.Unpack(entry, bucketOrder);

        var clockMask = ((1UL << Workingset.TimestampBits) - 1) << bucketOrder;
        return (entry & 1) == 1 && kept == shadow with { Clock = clock & clockMask };
    }

    [Fact]
    public void A_distance_survives_the_wrap_of_the_clock()
    {
        const ulong wrap = 1UL << Workingset.TimestampBits;

        Assert.Equal(30UL, Workingset.RefaultDistance(wrap + 10, wrap - 20));
        Assert.Equal(0UL, Workingset.RefaultDistance(5 * wrap, 0));
        Assert.Equal(wrap - 1, Workingset.RefaultDistance(7, 8));
    }

    // The lists are powers of ten so that each sum names its parts.
    [Theory]
    [InlineData(true, false, 1000)]
    [InlineData(true, true, 1011)]
    [InlineData(false, false, 1100)]
    [InlineData(false, true, 1110)]
    public void A_page_that_would_have_been_kept_by_the_pages_that_could_give_way_activates(bool isFile, bool hasSwap, ulong workingset)
    {
        Assert.True(Workingset.IsActivating(workingset, _sizes, isFile, hasSwap));
        Assert.False(Workingset.IsActivating(workingset + 1, _sizes, isFile, hasSwap));
    }

    [Theory]
    [InlineData(125_000, 1_000_000, 0)]
    [InlineData(125_001, 1_000_000, 1)]
    [InlineData(0, 0, 0)]
    [InlineData(5, 7, 5)]
    public void Shadow_nodes_beyond_an_eighth_of_the_pages_may_go(ulong nodes, ulong pages, ulong freeable) =>
        Assert.Equal(freeable, Workingset.FreeableShadowNodes(nodes, pages));
}
