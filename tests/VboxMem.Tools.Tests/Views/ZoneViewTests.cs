// Goal: what zoneinfo and buddyinfo say of a zone is what the kernel's own files and formulas say of it.

using System.Text;
using System.Text.Json;
using VboxMem.Tools.Buddyinfo;
using VboxMem.Tools.Parsing;
using VboxMem.Tools.Zoneinfo;
using VboxMem.Testing;

namespace VboxMem.Tools.Tests.Views;

public sealed class ZoneViewTests
{
    [Fact]
    public void A_captured_zone_is_read_whole()
    {
        var zones = ZoneInfo.Parse(Encoding.UTF8.GetBytes(ProcTree.Capture("ram-1g", "zoneinfo")!));
        Assert.Equal(["DMA", "DMA32", "Normal", "Movable", "Device"], zones.Select(static zone => zone.Name));
        var dma = zones[0];
        Assert.Equal(3808UL, dma["free"]);
        Assert.Equal(264UL, dma["high"]);
        Assert.Equal(3840UL, dma["managed"]);
        Assert.Equal([0UL, 944, 944, 944, 944], dma.Protection);
        Assert.Equal(3808UL, dma["nr_free_pages"]);
        Assert.Equal([new PageSet(0, 0, 0, 1), new PageSet(1, 0, 0, 1)], dma.PageSets);
        Assert.Equal(ZoneLevel.AboveHigh, dma.LevelOf());
        Assert.Equal(ZoneLevel.NoMemory, zones[2].LevelOf());
    }

    [Theory]
    [InlineData(10, "below min: allocations reclaim for themselves", "##")]
    [InlineData(250, "below low: kswapd reclaims", "")]
    [InlineData(350, "below high: kswapd goes on, if it is awake", "")]
    [InlineData(400, "above high", "")]
    [InlineData(900, "above high", ">]")]
    public void The_gauge_and_the_words_follow_the_marks(int free, string words, string shown)
    {
        var tree = new MemoryTree
        {
            ["/proc/zoneinfo"] = $"Node 0, zone   Normal\n  pages free     {free}\n        boost    0\n        min      200\n        low      300\n        high     400\n"
                + "        promo    500\n        spanned  4000\n        present  4000\n        managed  1000\n        protection: (0, 0, 0, 0, 0)\n",
        };
        var outcome = Ours.Run(tree, ProcpsVersion.V4_0_4, ["zoneinfo", "-p"]);
        Assert.Equal(0, outcome.Code);
        Assert.Contains(words, outcome.Out, StringComparison.Ordinal);
        Assert.Contains(free == 10 ? "[.........." : shown, outcome.Out, StringComparison.Ordinal);
        Assert.Contains("min 200, low 300, high 400, promo 500 pages", outcome.Out, StringComparison.Ordinal);
        Assert.Contains($"{free / 10m:0.0} % of 1000 pages", outcome.Out, StringComparison.Ordinal);
    }

    // The facts' worked example (physical memory, 5): 1000 blocks of order 0 and 500 of order 1 have an index of 0.916 for order 4.
    [Fact]
    public void The_fragmentation_index_is_the_kernels()
    {
        var orders = Fragmentation.Of(new BuddyInfo(0, "Normal", [1000, 500, 0, 0, 0]));
        Assert.Equal(916, orders[4].Index);
        Assert.Equal(1000, orders[4].UnusablePerMille);
        Assert.Equal(-1000, orders[1].Index);
        Assert.Equal(500, orders[1].UnusablePerMille);   // 1000 of 2000 pages lie in single ones
        Assert.Equal(0, orders[0].UnusablePerMille);
        Assert.All(Fragmentation.Of(new BuddyInfo(0, "Normal", [0, 0, 0])), static order => Assert.Equal((0, 0), (order.Index, order.UnusablePerMille)));
    }

    [Fact]
    public void Buddyinfo_adds_up_to_the_free_pages_of_zoneinfo()
    {
        var zones = ZoneInfo.Parse(Encoding.UTF8.GetBytes(ProcTree.Capture("ram-1g", "zoneinfo")!));
        foreach (var blocks in BuddyInfo.Parse(Encoding.UTF8.GetBytes(ProcTree.Capture("ram-1g", "buddyinfo")!)))
        {
            var zone = Assert.Single(zones, zone => zone.Name == blocks.Zone);
            Assert.InRange((long)blocks.FreePages - (long)zone["free"]!, -300, 300);   // the two files were read one after the other
        }
    }

    [Fact]
    public void Json_holds_the_models()
    {
        var tree = new MemoryTree
        {
            ["/proc/zoneinfo"] = ProcTree.Capture("ram-1g", "zoneinfo")!,
            ["/proc/buddyinfo"] = "Node 0, zone      DMA      7      8      7 \n",
        };
        using var zones = JsonDocument.Parse(Ours.Run(tree, ProcpsVersion.V4_0_4, ["zoneinfo", "--json"]).Out);
        Assert.Equal(3808, zones.RootElement.GetProperty("zones")[0].GetProperty("free").GetInt32());
        using var blocks = JsonDocument.Parse(Ours.Run(tree, ProcpsVersion.V4_0_4, ["buddyinfo", "--json"]).Out);
        Assert.Equal(7 + 16 + 28, blocks.RootElement.GetProperty("zones")[0].GetProperty("freePages").GetInt32());
    }

    [Theory]
    [InlineData("zoneinfo", "/proc/zoneinfo", "Node x, zone DMA\n", "/proc/zoneinfo:1: the node is \"x\"")]
    [InlineData("zoneinfo", "/proc/zoneinfo", "Node 0, zone DMA\n  pages free many\n", "/proc/zoneinfo:2: free is \"many\"")]
    [InlineData("buddyinfo", "/proc/buddyinfo", "Node 0, zone DMA 1 2 -3\n", "/proc/buddyinfo:1: a number of blocks is \"-3\"")]
    [InlineData("buddyinfo", "/proc/buddyinfo", "Node 0, zone DMA\n", "/proc/buddyinfo:1: the line ends before")]
    [InlineData("who-says-what", "/proc/meminfo", "MemTotal: lots kB\n", "/proc/meminfo:1:")]
    public void A_malformed_file_is_named_with_its_line(string tool, string file, string text, string message)
    {
        var outcome = Ours.Run(new MemoryTree { [file] = text }, ProcpsVersion.V4_0_4, [tool]);
        Assert.Equal(1, outcome.Code);
        Assert.Empty(outcome.Out);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
    }
}
