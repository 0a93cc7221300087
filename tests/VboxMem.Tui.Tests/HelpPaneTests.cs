// Goal: the frame around the panes and help look as they are meant to.

namespace VboxMem.Tui.Tests;

public sealed class HelpPaneTests
{
    [Theory]
    [InlineData(80, 24)]
    [InlineData(120, 40)]
    public void Help_looks_so(int width, int height)
    {
        var screen = ScreenOf.Profile("default", 3);
        screen.Open("help");
        Picture.Check(screen, "help", width, height);
    }
}
