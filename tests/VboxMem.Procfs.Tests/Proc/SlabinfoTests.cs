using VboxMem.Testing;

namespace VboxMem.Procfs.Tests.Proc;

public sealed class SlabinfoTests
{
    [Theory]
    [InlineData("ram-1g")]
    [InlineData("cpus-1-1g")]
    [InlineData("cpus-8-1g")]
    [InlineData("numa-4g-4g")]
    public void Names_sizes_and_geometry_are_the_captured_ones(string shape)
    {
        var capture = Capture.Load(shape);
        using var box = Box.Like(capture);
        var ours = box.Read("/proc/slabinfo").Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(2).Select(Fields).ToArray();

        Assert.Equal(capture.Slabs.Count, ours.Length);
        foreach (var (slab, fields) in capture.Slabs.Zip(ours))
        {
            Assert.Equal(
                (slab.Name, $"{slab.ObjectSize}", $"{slab.ObjectsPerSlab}", $"{slab.PagesPerSlab}"),
                (fields[0], fields[3], fields[4], fields[5]));
        }
    }

    [Fact]
    public void Pages_of_all_slabs_are_what_meminfo_calls_slab_but_for_large_kmallocs()
    {
        using var box = Box.With();
        var kilobytes = 0L;
        foreach (var line in box.Read("/proc/slabinfo").Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(2))
        {
            var fields = Fields(line);
            Assert.Equal(fields[13], fields[14]);
            Assert.True(long.Parse(fields[1]) <= long.Parse(fields[2]), line);
            kilobytes += long.Parse(fields[14]) * long.Parse(fields[5]) * 4;
        }

        var slab = Figures.Meminfo(box.Read("/proc/meminfo"))["Slab"];

        // Large kmallocs are 294 to 313 pages on the captured machines. Every CPU may keep back up to a threshold of changes from each of
        // the two counters.
        Assert.InRange(slab - kilobytes, (294 * 4) - (2 * 2 * 16 * 4), (313 * 4) + (2 * 2 * 16 * 4));
    }

    private static string[] Fields(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
