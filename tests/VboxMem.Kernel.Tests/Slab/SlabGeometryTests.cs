// Goal: the layout rules hold for every object size and flag, not only for the caches a captured machine happens to have.
// Method: properties over many sizes, the corner cases by hand, and the limits of facts 7.2 that slabinfo does not show.

using FsCheck;
using FsCheck.Xunit;
using VboxMem.Kernel.Slab;

namespace VboxMem.Kernel.Tests.Slab;

public sealed class SlabGeometryTests
{
    [Property(MaxTest = 2000)]
    public void Objects_fit_their_slab_and_the_fallback_slab(PositiveInt objectSize, NonNegativeInt flags, PositiveInt cpus)
    {
        var size = 1 + objectSize.Get * 37 % 8192;
        var geometry = SlabGeometry.For(size, 0, (SlabFlags)(flags.Get & 0x7f), 1 + cpus.Get % 64, 64);

        Assert.True(geometry.Size >= geometry.ObjectSize);
        Assert.Equal(0, geometry.Size % geometry.Align);
        Assert.Equal((4096 << geometry.Order) / geometry.Size, geometry.ObjectsPerSlab);
        Assert.Equal((4096 << geometry.MinOrder) / geometry.Size, geometry.MinObjects);
        Assert.InRange(geometry.MinOrder, 0, geometry.Order);
        Assert.True(geometry.MinObjects >= 1);
        Assert.True(geometry.CpuPartialSlabs * geometry.ObjectsPerSlab >= 2 * geometry.CpuPartialObjects);
    }

    [Property(MaxTest = 500)]
    public void Up_to_half_a_slab_may_be_wasted_and_no_more(PositiveInt objectSize, PositiveInt cpus)
    {
        var geometry = SlabGeometry.For(1 + objectSize.Get * 37 % 8192, 0, SlabFlags.None, 1 + cpus.Get % 64, 64);

        Assert.True((4096 << geometry.Order) - geometry.ObjectsPerSlab * geometry.Size <= (4096 << geometry.Order) / 2);
    }

    [Theory]
    [InlineData(40, 64)]
    [InlineData(32, 32)]
    [InlineData(16, 16)]
    [InlineData(7, 8)]
    [InlineData(65, 128)]
    public void Cache_line_alignment_lets_small_objects_share_a_line(int objectSize, int size) =>
        Assert.Equal(size, SlabGeometry.For(objectSize, 0, SlabFlags.HwCacheAlign, 2, 2).Size);

    [Theory]
    [InlineData(SlabFlags.None, 96)]
    [InlineData(SlabFlags.Constructor, 104)]
    [InlineData(SlabFlags.TypesafeByRcu, 104)]
    [InlineData(SlabFlags.Constructor | SlabFlags.TypesafeByRcu, 104)]
    [InlineData(SlabFlags.TypesafeByRcu | SlabFlags.OwnFreePointer, 96)]
    public void A_free_pointer_lies_outside_only_where_a_free_object_must_stay_intact(SlabFlags flags, int size) =>
        Assert.Equal(size, SlabGeometry.For(96, 0, flags, 2, 2).Size);

    [Theory]
    [InlineData(8, 5)]         // 2^3 / 2 = 1, raised
    [InlineData(1024, 5)]
    [InlineData(4096, 6)]
    [InlineData(8192, 6)]
    [InlineData(1 << 20, 10)]
    public void Empty_slabs_kept_grow_with_the_logarithm_of_the_size(int objectSize, int minPartial) =>
        Assert.Equal(minPartial, SlabGeometry.For(objectSize, 0, SlabFlags.None, 2, 2).MinPartial);

    [Theory]
    [InlineData(192, 120, 12)]    // 21 to a slab: 240 / 21
    [InlineData(256, 52, 7)]      // 16 to a slab
    [InlineData(1024, 24, 3)]     // 16 to a slab of 4 pages
    [InlineData(4096, 6, 2)]      // 8 to a slab of 8 pages
    public void Partial_slabs_of_a_cpu_are_limited_by_object_size(int objectSize, int objects, int slabs)
    {
        var geometry = SlabGeometry.For(objectSize, 0, SlabFlags.None, 2, 2);

        Assert.Equal(objects, geometry.CpuPartialObjects);
        Assert.Equal(slabs, geometry.CpuPartialSlabs);
    }

    [Theory]
    [InlineData(1, 1, 8)]
    [InlineData(1, 4, 16)]     // one CPU plugged in of four possible: room for four
    [InlineData(2, 4, 16)]
    [InlineData(8, 8, 32)]
    public void Wanted_objects_follow_present_cpus_and_possible_ones_while_there_is_one(int present, int possible, int objects) =>
        Assert.Equal(objects, SlabGeometry.For(1024, 1024, SlabFlags.None, present, possible).ObjectsPerSlab);

    [Theory]
    [InlineData(192, 42, 1)]   // facts 7.4: with 16 CPUs two pages
    [InlineData(176, 46, 1)]
    public void Sixteen_cpus_take_two_pages_for_small_objects(int objectSize, int objects, int order)
    {
        var geometry = SlabGeometry.For(objectSize, 0, SlabFlags.None, 16, 16);

        Assert.Equal((objects, order), (geometry.ObjectsPerSlab, geometry.Order));
    }

    [Fact]
    public void Objects_beyond_the_largest_slab_get_the_order_they_need()
    {
        var geometry = SlabGeometry.For(100_000, 0, SlabFlags.None, 2, 2);

        Assert.Equal((5, 1), (geometry.Order, geometry.ObjectsPerSlab));
    }

    [Fact]
    public void Impossible_caches_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => SlabGeometry.For(0, 0, SlabFlags.None, 2, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => SlabGeometry.For(64, 48, SlabFlags.None, 2, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => SlabGeometry.For(64, 0, SlabFlags.None, 2, 1));
    }
}
