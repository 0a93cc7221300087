using VboxMem.FileTree;
using VboxMem.Tools.Processes;
using VboxMem.Tui.Drawing;
using VboxMem.Tui.Readings;
using VboxMem.Tui.Sources;
using VboxMem.Tui.Terminal;

namespace VboxMem.Tui.Tests;

/// <summary>Screens over trees that tests make up, keys pressed on screens, and what is seen there.</summary>
internal static class TextScreen
{
    /// <summary>A screen of one tree, and of an earlier one some seconds before.</summary>
    public static Screen Of(IFileTree now, IFileTree? before = null, double seconds = 1, Glyphs? glyphs = null)
    {
        var source = new StandingTree(now, TimeSpan.FromSeconds(100));
        var view = new ScreenView { Source = source, Now = Read(now, source.Now), History = new History(), Glyphs = glyphs ?? Glyphs.Unicode };
        var screen = new Screen(view);
        if (before is not null) MoveOn(screen, before, now, seconds);
        return screen;
    }

    /// <summary>Lets a screen see two other trees, as if time had passed.</summary>
    public static void MoveOn(Screen screen, IFileTree before, IFileTree now, double seconds = 1)
    {
        var view = screen.View;
        view.Before = Read(before, view.Source.Now - TimeSpan.FromSeconds(seconds));
        foreach (var pane in screen.Panes) pane.Prepare(view.Before);
        view.Now = Read(now, view.Source.Now);
        view.History.Add(Sample.Take(view.Now));
    }

    /// <summary>The same box on a screen of its own.</summary>
    public static Screen Anew(Screen screen, Glyphs? glyphs = null) => new(new ScreenView
    {
        Source = screen.View.Source, Now = screen.View.Now, Before = screen.View.Before, History = screen.View.History, Glyphs = glyphs ?? Glyphs.Unicode,
    });

    public static void Press(Screen screen, KeyCode code) => screen.Take(new TerminalEvent(TerminalEventKind.Key, new Key(code)));

    public static void Type(Screen screen, string text)
    {
        foreach (var letter in text) screen.Take(new TerminalEvent(TerminalEventKind.Key, Key.Of(letter)));
    }

    public static void Click(Screen screen, int x, int y) => screen.Take(new TerminalEvent(TerminalEventKind.Click, X: x, Y: y));

    /// <summary>The lines that are seen.</summary>
    public static string[] Lines(Screen screen, int width = 120, int height = 40)
    {
        var canvas = new Canvas(width, height);
        screen.Draw(canvas);
        return Picture.TextOf(canvas).Split('\n');
    }

    /// <summary>The first line that holds a text.</summary>
    public static string LineWith(Screen screen, string text, int width = 120, int height = 40) =>
        Lines(screen, width, height).First(line => line.Contains(text, StringComparison.Ordinal));

    /// <summary>Names of the processes that are seen, from top to bottom.</summary>
    public static string[] Commands(Screen screen, int width = 120, int height = 40) =>
        [.. Lines(screen, width, height).Where(static line => line.Contains(" --flag", StringComparison.Ordinal)).Select(static line => line.Split(' ')[^2])];

    private static Reading Read(IFileTree tree, TimeSpan at) => new(tree, new ProcessReader(tree), () => at);

    private sealed class StandingTree(IFileTree tree, TimeSpan now) : ISource
    {
        public string Name => "tree";

        public IFileTree Tree => tree;

        public TimeSpan Now => now;

        public string WriteRefusal => "a dump is only looked at";

        public bool IsLive => false;

        public IMachineControl? Machine => null;

        public void Dispose()
        {
        }
    }
}
