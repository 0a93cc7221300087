// The indices of fragmentation against the free blocks that buddyinfo shows; the layout is that of captured ones.

using System.Globalization;

namespace VboxMem.Procfs.Tests.Sys;

public sealed class ExtfragFilesTests
{
    [Fact]
    public void A_fresh_box_could_serve_every_order_from_every_zone()
    {
        using var box = Box.With();

        Assert.Equal(
            "Node 0, zone      DMA -1.000 -1.000 -1.000 -1.000 -1.000 -1.000 -1.000 -1.000 -1.000 -1.000 -1.000 \n"
            + "Node 0, zone    DMA32 -1.000 -1.000 -1.000 -1.000 -1.000 -1.000 -1.000 -1.000 -1.000 -1.000 -1.000 \n",
            box.Read("/sys/kernel/debug/extfrag/extfrag_index"));
        Assert.StartsWith("Node 0, zone      DMA 0.000 0.0", box.Read("/sys/kernel/debug/extfrag/unusable_index"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_indices_follow_from_the_free_blocks_of_buddyinfo()
    {
        using var box = Box.WithDisks(ramMebibytes: 128);
        box.Start("touch", new(SizeBytes: 160 << 20, Passes: 0));
        box.Run(10_000);
        var (seen, buddy) = (new HashSet<decimal>(), box.Read("/proc/buddyinfo").Split('\n'));
        var (index, unusable) = (Indices(box, "extfrag_index"), Indices(box, "unusable_index"));
        for (var zone = 0; zone < index.Length; zone++)
        {
            var counts = Figures.Numbers(buddy[zone].Split("zone")[1]);
            decimal pages = counts.Select(static (count, order) => count << order).Sum();
            for (var order = 0; order < counts.Length; order++)
            {
                decimal useful = counts.Skip(order).Select((count, more) => count << (order + more)).Sum();
                Assert.Equal(Math.Truncate((pages - useful) * 1000 / pages) / 1000, unusable[zone][order]);
                var expected = useful > 0 ? -1m : (1000 - Math.Truncate((1000 + Math.Truncate(pages * 1000 / (1 << order))) / counts.Sum())) / 1000;
                Assert.Equal(expected, index[zone][order]);
                seen.Add(expected);
            }
        }

        Assert.True(seen.Count > 1, "no order was wanting");
    }

    private static decimal[][] Indices(Box box, string file) =>
        [.. box.Read("/sys/kernel/debug/extfrag/" + file).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[4..].Select(static word => decimal.Parse(word, CultureInfo.InvariantCulture)).ToArray())];
}
