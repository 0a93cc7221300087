// Goal: the box has the slab caches of a real one, laid out as there, and about as many objects in them after boot.
// Method: names, order, sizes and slab layout must equal every captured slabinfo. The boot population is fitted, so the slabs
// it needs are compared with a tolerance: real counts vary by a few slabs from boot to boot, with who ran on which CPU.

using VboxMem.Kernel.Slab;
using VboxMem.Testing;

namespace VboxMem.Conformance.Tests.Slab;

public sealed class SlabinfoConformanceTests
{
    public static TheoryData<string> Shapes => new(Capture.Shapes);

    public static TheoryData<string> BootShapes => new(Capture.Shapes.Where(shape => Capture.Load(shape).IsAtBoot));

    [Theory, MemberData(nameof(Shapes))]
    public void Cache_names_come_in_the_order_of_slabinfo(string shape) =>
        Assert.Equal(
            Capture.Load(shape).Slabs.Select(slab => slab.Name),
            SlabCacheTable.For(Capture.Load(shape).Nodes.Count).Select(cache => cache.Name));

    [Theory, MemberData(nameof(Shapes))]
    public void Every_cache_is_laid_out_as_on_the_captured_machine(string shape)
    {
        var capture = Capture.Load(shape);
        var cpus = capture.Machine.Cpus;
        var expected = capture.Slabs.Select(slab => (slab.Name, slab.ObjectSize, slab.ObjectsPerSlab, slab.PagesPerSlab));
        var actual = SlabCacheTable.For(capture.Nodes.Count)
            .Select(cache => (cache.Name, Layout: cache.Geometry(cpus, cpus)))
            .Select(cache => (cache.Name, cache.Layout.Size, cache.Layout.ObjectsPerSlab, cache.Layout.PagesPerSlab));

        Assert.Equal(expected, actual);
    }

    [Theory, MemberData(nameof(BootShapes))]
    public void Boot_population_needs_about_the_slab_pages_of_the_captured_machine(string shape)
    {
        var capture = Capture.Load(shape);
        var expected = capture.Slabs.Sum(slab => slab.TotalSlabs * slab.PagesPerSlab);

        var actual = Predict(capture).Sum(row => row.Slabs * row.Real.PagesPerSlab);

        // Equal machines differ by 4 % among themselves (1964 to 2045 pages). With eight CPUs it is up to luck which of them
        // used a rare cache and so keep a slab of it: there the figure is 5 % above the one captured machine.
        var tolerance = capture.Machine.Cpus <= 2 ? 0.04 : 0.06;
        Assert.InRange(actual, expected * (1 - tolerance), expected * (1 + tolerance));
    }

    [Theory, MemberData(nameof(BootShapes))]
    public void No_cache_is_off_by_more_than_a_tenth_and_a_slab_for_every_other_cpu(string shape)
    {
        var capture = Capture.Load(shape);
        foreach (var (real, slabs) in Predict(capture))
        {
            var allowed = 1 + real.TotalSlabs / 10 + capture.Machine.Cpus / 2;
            Assert.True(Math.Abs(slabs - real.TotalSlabs) <= allowed, $"{real.Name}: {slabs} slabs, captured {real.TotalSlabs}");
        }
    }

    // Tasks at rest are nearly all kernel threads: thread groups of their own. Areas and memory descriptors: init's few.
    private static IEnumerable<(CapturedSlab Real, int Slabs)> Predict(Capture capture)
    {
        var machine = capture.Machine;
        var caches = SlabCacheTable.For(capture.Nodes.Count);
        for (var index = 0; index < caches.Length; index++)
        {
            var owned = caches[index].Population.Owner is SlabOwner.Task or SlabOwner.Process ? capture.Tasks : 0;
            var geometry = caches[index].Geometry(machine.Cpus, machine.Cpus);
            var slabs = caches[index].Population.SlabsAtBoot(
                geometry, machine.Cpus, capture.Nodes.Count, machine.RamMebibytes / 128, owned);
            yield return (capture.Slabs[index], slabs);
        }
    }
}
