// Goal: the file of pageblocks is read as it stands, columns that are added to it among them, and a damaged one is refused.

using System.Text;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Tests.Parsing;

public sealed class PageblocksTests
{
    private const string Text = """
               pfn   blocks node    zone        type reserved     free     anon
               0x0        1    0     DMA   Unmovable      158      300       54
            0x1000        7    1   DMA32     Movable        0      500       12

        """;

    [Fact]
    public void Runs_and_counts_are_those_of_the_file()
    {
        var blocks = Pageblocks.Parse(Encoding.UTF8.GetBytes(Text));
        Assert.Equal(["reserved", "free", "anon"], blocks.Owners);
        Assert.Equal([new PageblockRun(0, 1, 0, 0, 0), new PageblockRun(0x1000, 7, 1, 1, 1)], blocks.Runs);
        Assert.Equal(["DMA", "DMA32"], blocks.Zones);
        Assert.Equal(["Unmovable", "Movable"], blocks.Types);
        Assert.Equal([0, 500, 12], blocks.Counts(1).ToArray());
    }

    [Theory]
    [InlineData("0x1000", "4096")]
    [InlineData("500", "513")]
    [InlineData("500", "many")]
    [InlineData(" 7 ", " 0 ")]
    [InlineData("  12", "")]
    [InlineData("blocks", "block")]
    public void A_damaged_file_is_refused(string intact, string damaged) =>
        Assert.Throws<ProcFormatException>(() => Pageblocks.Parse(Encoding.UTF8.GetBytes(Text.Replace(intact, damaged, StringComparison.Ordinal))));
}
