// Goal: every size reaches the least cache that holds it, in the family its flags ask for.
// Method: all sizes of all families, by the name and object size of the cache they reach.

using VboxMem.Kernel.Slab;

namespace VboxMem.Kernel.Tests.Slab;

public sealed class KmallocCachesTests
{
    private static readonly int[] Sizes = [8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192];

    [Theory]
    [InlineData(KmallocFamily.Normal, "kmalloc-")]
    [InlineData(KmallocFamily.Reclaimable, "kmalloc-rcl-")]
    [InlineData(KmallocFamily.Accounted, "kmalloc-cg-")]
    [InlineData(KmallocFamily.Dma, "dma-kmalloc-")]
    [InlineData(KmallocFamily.Message, "msg_msg-")]
    [InlineData(KmallocFamily.UserCopy, "memdup_user-")]
    public void Every_size_reaches_the_least_cache_that_holds_it(KmallocFamily family, string prefix)
    {
        var caches = SlabCacheTable.For(nodes: 1);
        for (var bytes = 1; bytes <= KmallocCaches.MaxCacheBytes; bytes++)
        {
            var expected = Sizes.First(size => size >= bytes);
            var cache = caches[KmallocCaches.IndexFor(bytes, family)];

            Assert.Equal(expected, cache.ObjectSize);
            Assert.Equal(expected < 1024 ? $"{prefix}{expected}" : $"{prefix}{expected / 1024}k", cache.Name);
        }
    }

    [Fact]
    public void Dma_goes_before_reclaimable_and_reclaimable_before_accounted()
    {
        Assert.Equal(KmallocFamily.Dma, KmallocCaches.FamilyFor(dma: true, reclaimable: true, accounted: true));
        Assert.Equal(KmallocFamily.Reclaimable, KmallocCaches.FamilyFor(dma: false, reclaimable: true, accounted: true));
        Assert.Equal(KmallocFamily.Accounted, KmallocCaches.FamilyFor(dma: false, reclaimable: false, accounted: true));
        Assert.Equal(KmallocFamily.Normal, KmallocCaches.FamilyFor(dma: false, reclaimable: false, accounted: false));
    }

    [Theory]
    [InlineData(8193, 2)]
    [InlineData(16384, 2)]
    [InlineData(16385, 3)]
    [InlineData(32768, 3)]
    [InlineData(4 << 20, 10)]
    public void Larger_requests_take_whole_pages(int bytes, int order) => Assert.Equal(order, KmallocCaches.PageOrderFor(bytes));

    [Fact]
    public void Sizes_that_belong_elsewhere_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => KmallocCaches.IndexFor(0, KmallocFamily.Normal));
        Assert.Throws<ArgumentOutOfRangeException>(() => KmallocCaches.IndexFor(8193, KmallocFamily.Normal));
        Assert.Throws<ArgumentOutOfRangeException>(() => KmallocCaches.PageOrderFor(8192));
    }
}
